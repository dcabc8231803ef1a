//! What S3 holds of a selection set, as the server found it: all that a judgement of the form needs, small enough for the
//! browser, so that a person who types need not wait for anybody.

use super::captions::{CaptionRow, ImageFile, is_read_as_image};
use super::plan::Remark;
use crate::dataset::model::buckets::Size;
use crate::dataset::model::header::Flaw;
use crate::dataset::model::image::caption_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names shown in one message before the rest is counted.
const NAMES_SHOWN: usize = 10;

/// A selection set as it lies in the bucket, in set order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetFacts {
    /// Id of the set; 0 when none is chosen.
    pub set: u64,
    /// There is no set of that number: what to say about it.
    pub unknown: Option<String>,
    pub items: Vec<ItemFacts>,
}

/// One image of the set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemFacts {
    pub filename: String,
    pub in_s3: bool,
    /// `None`: not readable as a picture.
    pub size: Option<Size>,
    /// Why the trainer stops on the picture, a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfit: Option<String>,
    /// What it silently gets wrong of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flaws: Vec<Flaw>,
    /// `None`: there is no caption file.
    pub caption: Option<CaptionFile>,
}

/// A caption file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CaptionFile {
    Text(String),
    /// What is no UTF-8.
    Bytes(Vec<u8>),
}

impl CaptionFile {
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes(bytes.to_vec()),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl ItemFacts {
    /// Size of an image that the trainer will read.
    fn trained_size(&self) -> Option<Size> {
        self.size.filter(|_| is_read_as_image(&self.filename))
    }
}

impl DatasetFacts {
    /// Images that the trainer will read.
    pub fn images(&self) -> usize {
        let read = |i: &&ItemFacts| i.in_s3 && is_read_as_image(&i.filename);
        self.items.iter().filter(read).count()
    }

    pub fn sizes(&self) -> Vec<Size> {
        self.items
            .iter()
            .filter_map(ItemFacts::trained_size)
            .collect()
    }

    pub fn image_files(&self) -> Vec<ImageFile<'_>> {
        self.items
            .iter()
            .map(|item| ImageFile {
                filename: &item.filename,
                size: item.trained_size(),
                unfit: item.unfit.as_deref(),
            })
            .collect()
    }

    /// Name and content of each caption file.
    pub fn caption_files(&self) -> Vec<(String, &[u8])> {
        self.items
            .iter()
            .filter_map(|item| Some((caption_name(&item.filename), item.caption.as_ref()?.bytes())))
            .collect()
    }

    /// What the container or the trainer would stop on, or pass over in silence, one remark per kind with the names.
    pub fn problems(&self, captions: &[CaptionRow]) -> Vec<Remark> {
        if let Some(unknown) = &self.unknown {
            return vec![Remark::new(Some("selectionSetId"), "unknown_set", unknown)];
        }
        if self.set != 0 && self.items.is_empty() {
            let message = "The selection set holds no image.";
            return vec![Remark::new(Some("selectionSetId"), "empty_set", message)];
        }
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (item, row) in self.items.iter().zip(captions) {
            for code in stops(item, row) {
                let names = found.entry(code).or_default();
                if names.last() != Some(&item.filename.as_str()) {
                    names.push(&item.filename);
                }
            }
        }
        found
            .into_iter()
            .map(|(code, names)| Remark::new(Some("selectionSetId"), code, sentence(code, &names)))
            .collect()
    }

    /// What the trainer silently gets wrong, one remark per kind.
    pub fn flawed(&self) -> Vec<Remark> {
        let mut found: Vec<(Flaw, Vec<&str>)> = Vec::new();
        for item in self.items.iter().filter(|i| i.in_s3) {
            for flaw in &item.flaws {
                let alike = |(known, _): &&mut (Flaw, Vec<&str>)| known.why() == flaw.why();
                match found.iter_mut().find(alike) {
                    Some((_, names)) => names.push(&item.filename),
                    None => found.push((*flaw, vec![&item.filename])),
                }
            }
        }
        let remark = |(flaw, names): (Flaw, Vec<&str>)| {
            let message = match names[..] {
                [name] => flaw.said_of(name),
                _ => format!("{}: each {}. {}", listed(&names), flaw.why(), flaw.remedy()),
            };
            Remark::new(Some("selectionSetId"), "image_flawed", message)
        };
        found.into_iter().map(remark).collect()
    }
}

/// Stable words of what keeps an image from being trained as meant.
fn stops<'a>(item: &ItemFacts, row: &'a CaptionRow) -> Vec<&'a str> {
    if !item.in_s3 {
        return vec!["not_in_s3"];
    }
    let broken = is_read_as_image(&item.filename) && item.size.is_none();
    let mut codes = if broken {
        vec!["image_unusable"]
    } else {
        Vec::new()
    };
    for problem in &row.problems {
        match problem.code.as_str() {
            // without its own file the row may name another image's caption
            "borrowed" => codes.push("missing"),
            code if problem.fatal || matches!(code, "missing" | "blank" | "not_read") => {
                codes.push(code);
            }
            _ => {}
        }
    }
    codes
}

fn sentence(code: &str, names: &[&str]) -> String {
    let what = match code {
        "not_in_s3" => "are in the set but not in S3. Upload them again or drop them from the set",
        "missing" => "have no caption. Write one for each, or drop them from the set",
        "empty" | "blank" => {
            "have an empty caption, on which the run would stop. Write a line into each"
        }
        "not_utf8" => {
            "have a caption that is not UTF-8, on which the trainer stops. Save it again as UTF-8"
        }
        "too_long" => {
            "have a caption file of more than 64 kB, which is no caption. Write a short one over it"
        }
        "not_read" => {
            "would be passed over by the trainer, which reads .png, .jpg, .jpeg, .webp and .bmp, all lower or all upper case. Rename or convert them"
        }
        "image_unusable" => {
            "cannot be trained: the file is broken or too small. Replace them or drop them from the set"
        }
        _ => "would stop the run",
    };
    format!("{} of the images {what}: {}.", names.len(), listed(names))
}

/// The first names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_SHOWN).copied().collect();
    match names.len().saturating_sub(NAMES_SHOWN) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}
