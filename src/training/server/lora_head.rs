//! The head of a `.safetensors` file (contracts 5): the one place that reads it, from the first bytes of the object.
//!
//! Eight bytes say how long a JSON table is; the table says where each tensor lies, so how long the whole file must be,
//! and holds what the trainer wrote about the run. The tensors themselves are never read.

use super::super::model::import::ModelFacts;
use super::super::model::lora_file::{LoraFacts, TagCount, Verdict, verdict};
use crate::server::s3::{ObjectInfo, S3, S3Error};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Fetched at first: enough for the head of nearly every LoRA, which has 110 to 120 kB.
const FIRST_BYTES: u64 = 256 << 10;
/// Longest head that is fetched.
const HEAD_MAX: u64 = 16 << 20;
/// Longer heads are refused by the format's own library.
const FORMAT_MAX: u64 = 100_000_000;
/// Eight bytes of length and `{}`.
const SHORTEST: u64 = 10;
/// Captions shown.
const TAGS_SHOWN: usize = 40;
/// Longest text taken over from the metadata, in characters.
const TEXT_MAX: usize = 400;

/// Parts of tensors' names that only files made to be added to a model have: LoRA as kohya, diffusers and PEFT write it, LoHa,
/// LoKr, OFT and what else LyCORIS trains.
const ADDED: [&str; 11] = [
    "lora_down",
    "lora_up",
    "lora_A",
    "lora_B",
    "lora.",
    "lora_unet",
    "lora_te",
    "lycoris_",
    "hada_",
    "lokr_",
    "oft_blocks",
];
const NO_LORA: &str = "A safetensors file, but none of a LoRA: none of its tensors is a lora_down, lora_A or the like.";

/// What the first bytes of an object turned out to be.
#[derive(Debug)]
pub enum Opening {
    Head(Box<Head>),
    /// The file ends within its own head, or before it; it needs at least so many bytes.
    Cut {
        needed_bytes: u64,
    },
    /// Not such a file, or one whose head is not looked into: why, as a sentence.
    Foreign(String),
    /// The head goes on: ask for so many bytes.
    More(u64),
}

/// A head that was read.
#[derive(Debug)]
pub struct Head {
    /// 8 + head + tensors.
    pub described_bytes: u64,
    metadata: Value,
    tensors: Map<String, Value>,
}

/// Reads the head of an object: one ranged GET, a second one only for a head longer than usual.
///
/// # Errors
/// `NotFound` when there is none; everything else is no statement about the file.
pub async fn read(s3: &S3, object: &ObjectInfo) -> Result<Opening, S3Error> {
    let first = s3.head_bytes(&object.key, FIRST_BYTES).await?;
    match open(&first, object.size_bytes) {
        Opening::More(bytes) => {
            let whole = s3.head_bytes(&object.key, bytes).await?;
            Ok(open(&whole, object.size_bytes))
        }
        opening => Ok(opening),
    }
}

/// Judges the first bytes of a file of `size_bytes`.
pub fn open(first: &[u8], size_bytes: u64) -> Opening {
    if size_bytes < SHORTEST {
        return Opening::Cut {
            needed_bytes: SHORTEST,
        };
    }
    let foreign = |why: &str| Opening::Foreign(why.to_owned());
    let Some((length, rest)) = first.split_first_chunk::<8>() else {
        return Opening::More(FIRST_BYTES);
    };
    let length = u64::from_le_bytes(*length);
    if rest.first() != Some(&b'{') || length < 2 {
        return foreign("It does not begin as a safetensors file does.");
    }
    if length > FORMAT_MAX {
        return Opening::Foreign(format!(
            "Its header would have {length} bytes; the format allows {FORMAT_MAX}."
        ));
    }
    let end = 8 + length;
    if size_bytes < end {
        return Opening::Cut { needed_bytes: end };
    }
    if length > HEAD_MAX {
        return Opening::Foreign(format!(
            "Its header has {length} bytes; at most {HEAD_MAX} are read here."
        ));
    }
    let Some(table) = first.get(8..end as usize) else {
        return Opening::More(end);
    };
    match Head::parse(table) {
        Some(head) => Opening::Head(Box::new(head)),
        None => foreign("Its header is not a table of tensors."),
    }
}

impl Head {
    fn parse(table: &[u8]) -> Option<Self> {
        let mut tensors: Map<String, Value> = serde_json::from_slice(table).ok()?;
        let metadata = tensors.remove("__metadata__").unwrap_or_default();
        let mut data = 0;
        for tensor in tensors.values() {
            let offset = |at: usize| tensor["data_offsets"][at].as_u64();
            let (begin, end) = (offset(0)?, offset(1)?);
            (begin <= end).then_some(())?;
            data = data.max(end);
        }
        Some(Self {
            described_bytes: (table.len() as u64 + 8).checked_add(data)?,
            metadata,
            tensors,
        })
    }

    /// A text of the metadata; the trainer writes “None” for what it does not know.
    fn text(&self, key: &str) -> Option<String> {
        let text = self.metadata[key].as_str();
        let text = text.filter(|t| !t.is_empty() && *t != "None")?;
        Some(text.chars().take(TEXT_MAX).collect())
    }

    fn number(&self, key: &str) -> Option<f64> {
        let number: f64 = self.text(key)?.parse().ok()?;
        number.is_finite().then_some(number)
    }

    fn whole(&self, key: &str) -> Option<u32> {
        let fits = |n: &f64| (0.0..1e9).contains(n);
        self.number(key).filter(fits).map(|n| n as u32)
    }

    /// JSON inside of a text.
    fn inner(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.metadata[key].as_str()?).ok()
    }

    /// What stands before every caption, as the trainer or the tool that packed the file wrote it.
    fn trigger(&self) -> Option<String> {
        let of_dataset = || {
            let datasets = self.inner("ss_datasets")?;
            let subsets = datasets.as_array()?.iter();
            let mut subsets = subsets.filter_map(|d| d["subsets"].as_array()).flatten();
            let words = subsets.find_map(|s| s["class_tokens"].as_str())?;
            Some(words.chars().take(TEXT_MAX).collect())
        };
        self.text("modelspec.trigger_phrase").or_else(of_dataset)
    }

    /// `ss_tag_frequency`: folders, each with the pieces of its captions and how often they were counted.
    fn tags(&self) -> (Vec<TagCount>, usize) {
        let folders = self.inner("ss_tag_frequency").unwrap_or_default();
        let mut counts: HashMap<String, u64> = HashMap::new();
        let folders = folders.as_object().into_iter().flatten();
        for (tag, count) in folders.filter_map(|(_, tags)| tags.as_object()).flatten() {
            let sum = counts.entry(tag.trim().to_owned()).or_default();
            *sum = sum.saturating_add(count.as_u64().unwrap_or(0));
        }
        let total = counts.len();
        let mut tags: Vec<TagCount> = counts
            .into_iter()
            .map(|(tag, count)| TagCount { tag, count })
            .collect();
        tags.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.tag.cmp(&b.tag)));
        tags.truncate(TAGS_SHOWN);
        (tags, total)
    }

    /// Whether any tensor is one that is added to a model's own: a whole model has none.
    fn is_of_a_lora(&self) -> bool {
        let added = |name: &String| ADDED.iter().any(|part| name.contains(part));
        self.tensors.keys().any(added)
    }

    /// Everything the file says of itself, and whether it is whole.
    pub fn facts(&self, size_bytes: u64) -> LoraFacts {
        let down = self.tensors.iter().find(|(name, _)| {
            name.ends_with("lora_down.weight") || name.ends_with("lora_A.weight")
        });
        let (mut verdict, mut words) = verdict(size_bytes, self.described_bytes);
        if !self.is_of_a_lora() && verdict == Verdict::Whole {
            (verdict, words) = (Verdict::Foreign, NO_LORA.to_owned());
        }
        let (tags, tags_total) = self.tags();
        let dtype = down.and_then(|(_, t)| t["dtype"].as_str());
        LoraFacts {
            described_bytes: Some(self.described_bytes),
            tensors: self.tensors.len(),
            dtype: dtype.map(str::to_owned),
            rank: down.and_then(|(_, t)| t["shape"][0].as_u64()),
            network_dim: self.text("ss_network_dim"),
            network_alpha: self.text("ss_network_alpha"),
            steps: self.text("ss_steps"),
            epochs: self.text("ss_epoch"),
            base_model: self
                .text("ss_sd_model_name")
                .or_else(|| self.text("ss_base_model_version")),
            learning_rate: self.text("ss_learning_rate"),
            trained_at: self.text("modelspec.date"),
            comment: self.text("ss_training_comment"),
            trigger: self.trigger(),
            tags,
            tags_total,
            ..LoraFacts::without_head(verdict, words, size_bytes)
        }
    }

    /// What a version made from the file records.
    fn model_facts(&self) -> ModelFacts {
        let base_model = self.text("ss_base_model_version");
        ModelFacts {
            network_dim: self.whole("ss_network_dim"),
            network_alpha: self.number("ss_network_alpha"),
            learning_rate: self.number("ss_learning_rate"),
            steps: self.whole("ss_steps").or(self.whole("ss_max_train_steps")),
            base_model: base_model.map(|t| t.chars().take(60).collect()),
            tensors: self.tensors.len() as u32,
        }
    }
}

impl Opening {
    /// What the file says of itself; a file without a readable head says only that.
    pub fn facts(&self, size_bytes: u64) -> LoraFacts {
        match self {
            Self::Head(head) => head.facts(size_bytes),
            Self::Foreign(why) => {
                LoraFacts::without_head(Verdict::Foreign, why.clone(), size_bytes)
            }
            Self::Cut { needed_bytes } | Self::More(needed_bytes) => {
                let words = format!(
                    "The file has {size_bytes} bytes and ends within its own header, which needs {needed_bytes}: it was cut off."
                );
                LoraFacts::without_head(Verdict::Truncated, words, size_bytes)
            }
        }
    }

    /// The facts a version is made from, or why the file cannot become one.
    pub fn importable(&self, size_bytes: u64) -> Result<ModelFacts, String> {
        let needed = match self {
            Self::Foreign(why) => return Err(format!("It is no LoRA file. {why}")),
            Self::Cut { needed_bytes } | Self::More(needed_bytes) => *needed_bytes,
            Self::Head(head) => head.described_bytes,
        };
        let what = match (self, verdict(size_bytes, needed).0) {
            (Self::Head(head), Verdict::Whole) if head.is_of_a_lora() => {
                return Ok(head.model_facts());
            }
            (Self::Head(_), Verdict::Whole) => {
                return Err(format!("It is no LoRA file. {NO_LORA}"));
            }
            (_, Verdict::Longer) => "It is longer than its header says",
            _ => "It is not whole",
        };
        Err(format!(
            "{what}: it has {size_bytes} bytes, its header speaks of {needed}."
        ))
    }
}

#[cfg(test)]
mod tests;
