//! What a model file says of itself, and whether it is whole. The file is read elsewhere; here is what was found.

use serde::{Deserialize, Serialize};

/// Whether a file is what its header describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Verdict {
    /// Its length is exactly what the header asks for.
    Whole,
    /// Shorter than its header says.
    Truncated,
    /// Longer than its header says.
    Longer,
    /// No safetensors file, or none of a LoRA.
    Foreign,
}

impl Verdict {
    /// In a word or two, the same for every file of its kind.
    pub fn label(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Truncated => "cut off",
            Self::Longer => "longer than its header says",
            Self::Foreign => "no LoRA",
        }
    }
}

/// A model file as its first bytes describe it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LoraFacts {
    pub verdict: Verdict,
    /// The verdict as a sentence.
    pub words: String,
    pub size_bytes: u64,
    /// 8 + header + tensors; `null` when there is no header to ask.
    pub described_bytes: Option<u64>,
    pub tensors: usize,
    /// Number format of the tensors.
    pub dtype: Option<String>,
    /// Rows of the first `lora_down`: what the tensors say.
    pub rank: Option<u64>,
    /// Of the metadata, as the trainer wrote them.
    pub network_dim: Option<String>,
    pub network_alpha: Option<String>,
    pub steps: Option<String>,
    pub epochs: Option<String>,
    pub base_model: Option<String>,
    pub learning_rate: Option<String>,
    pub trained_at: Option<String>,
    pub comment: Option<String>,
    /// What stands before every caption.
    pub trigger: Option<String>,
    /// Pieces of the captions between commas and how often they were counted, the most frequent first.
    pub tags: Vec<TagCount>,
    /// Different pieces in all.
    pub tags_total: usize,
}

impl LoraFacts {
    /// Said where the file holds another rank than its version's record: it is not what that run trained.
    pub fn other_rank(&self, version: &str, recorded: i64) -> Option<String> {
        let rank = self.rank.filter(|rank| *rank as i64 != recorded)?;
        Some(format!(
            "The model file of {version} holds rank {rank}, its record says {recorded}: another file lies under its name."
        ))
    }

    /// Of a file whose header says nothing.
    pub fn without_head(verdict: Verdict, words: String, size_bytes: u64) -> Self {
        Self {
            verdict,
            words,
            size_bytes,
            described_bytes: None,
            tensors: 0,
            dtype: None,
            rank: None,
            network_dim: None,
            network_alpha: None,
            steps: None,
            epochs: None,
            base_model: None,
            learning_rate: None,
            trained_at: None,
            comment: None,
            trigger: None,
            tags: Vec::new(),
            tags_total: 0,
        }
    }
}

/// A piece of captions and how often it was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TagCount {
    pub tag: String,
    pub count: u64,
}

/// A file that a run left in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RunFile {
    pub filename: String,
    pub size_bytes: u64,
    /// ISO 8601.
    pub modified: String,
    /// Step of a checkpoint, from its name.
    pub step: Option<u32>,
}

/// Judges a length against what the header describes.
pub fn verdict(size_bytes: u64, described_bytes: u64) -> (Verdict, String) {
    let words = |what: &str| {
        format!("The file has {size_bytes} bytes; its header describes {described_bytes}: {what}.")
    };
    match size_bytes.cmp(&described_bytes) {
        std::cmp::Ordering::Equal => (
            Verdict::Whole,
            format!("Whole: its {size_bytes} bytes are exactly what its header describes."),
        ),
        std::cmp::Ordering::Less => (
            Verdict::Truncated,
            words("it was cut off and cannot be loaded"),
        ),
        std::cmp::Ordering::Greater => (
            Verdict::Longer,
            words("there is something behind the last tensor"),
        ),
    }
}

/// Step in a checkpoint's name, `…-step00250.safetensors`.
pub fn step_of(filename: &str) -> Option<u32> {
    let (_, rest) = filename.rsplit_once("step")?;
    rest.split('.').next()?.parse().ok()
}

/// Whether a file of the bucket belongs to the model of that name, when `others` are the names of the style's other models:
/// the longest name that fits owns it.
pub fn is_of_model(filename: &str, model_name: &str, others: &[String]) -> bool {
    let fits = |name: &str| {
        let rest = filename.strip_prefix(name);
        !name.is_empty() && rest.is_some_and(|rest| rest.starts_with(['.', '_', '-']))
    };
    let longer = |other: &String| other.len() > model_name.len() && fits(other);
    filename.ends_with(".safetensors") && fits(model_name) && !others.iter().any(longer)
}

/// Whether a file was left by the run of that model besides the model itself: a checkpoint, or the trainer's own name for it.
pub fn is_left_by(filename: &str, model_name: &str, others: &[String]) -> bool {
    let rest = filename.strip_prefix(model_name).unwrap_or_default();
    let by_trainer = rest.starts_with("_rank") || step_of(rest).is_some();
    by_trainer && is_of_model(filename, model_name, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_to_the_byte_or_it_says_what_is_wrong() {
        assert_eq!(verdict(100, 100).0, Verdict::Whole);
        let file = LoraFacts {
            rank: Some(4),
            ..LoraFacts::without_head(Verdict::Whole, String::new(), 100)
        };
        assert_eq!(file.other_rank("V1", 4), None);
        assert!(
            file.other_rank("V1", 16)
                .is_some_and(|words| words.contains("holds rank 4"))
        );
        let (verdict_short, words) = verdict(99, 100);
        assert!(
            verdict_short == Verdict::Truncated && words.contains("99") && words.contains("100")
        );
        assert_eq!(verdict(101, 100).0, Verdict::Longer);
    }

    #[test]
    fn a_file_belongs_to_the_model_with_the_longest_name_that_fits() {
        let others = ["style_1_v1.1".to_owned(), "style_1_v1".to_owned()];
        let of = |file: &str, model: &str| is_of_model(file, model, &others);
        assert!(of("style_1_v1.safetensors", "style_1_v1"));
        assert!(of(
            "style_1_v1_rank16_bf16-step00250.safetensors",
            "style_1_v1"
        ));
        assert!(!of("style_1_v1.1.safetensors", "style_1_v1"));
        assert!(!of("style_1_v10.safetensors", "style_1_v1"));
        assert!(of("style_1_v1.1.safetensors", "style_1_v1.1"));
        assert!(!of("style_1_v1.png", "style_1_v1"));
        assert_eq!(
            step_of("style_1_v1_rank16_bf16-step00250.safetensors"),
            Some(250)
        );
        assert_eq!(step_of("style_1_v1.safetensors"), None);
    }

    #[test]
    fn checkpoints_and_the_trainers_own_names_are_left_by_the_run_and_others_are_not() {
        let others = ["style_1_V1".to_owned(), "style_1_V1_remix".to_owned()];
        let left = |file: &str| is_left_by(file, &others[0], &others);
        assert!(left("style_1_V1-step00250.safetensors"));
        assert!(left("style_1_V1_rank16_bf16.safetensors"));
        assert!(left("style_1_V1_rank16_bf16-step00250.safetensors"));
        assert!(!left("style_1_V1.safetensors"));
        assert!(!left("style_1_V1_other.safetensors"));
        assert!(!left("style_1_V1_remix-step00250.safetensors"));
    }
}
