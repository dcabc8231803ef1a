//! A run that was exported elsewhere: what of it is otherwise here. Pure; the file is read and S3 is asked elsewhere.

use super::compare::{CaptionChange, TrainedImage};
use super::parameters::{PARAMETERS, find};
use super::version::ParameterValue;
use super::words::difference;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Value of `format` in an exported file.
pub const FORMAT: &str = "actormaker-training-run";
/// Value of `formatVersion` that is written; newer files are refused, since what they mean is not known.
pub const FORMAT_VERSION: u64 = 1;
/// Largest file taken in, in bytes (16 MB).
pub const MAX_BYTES: usize = 16_000_000;

/// A value that cannot stand here as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UnusableValue {
    pub name: String,
    pub value: String,
    /// Why, as a sentence.
    pub message: String,
}

/// The images of the file beside those of the style here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImageDifferences {
    /// Not in the bucket.
    pub missing: Vec<String>,
    /// Same name, other content.
    pub replaced: Vec<String>,
    /// Same name and size; the ETags, which are no hashes in one of the two, prove nothing.
    pub unproven: Vec<String>,
    /// From the caption there to the caption here.
    pub captions: Vec<CaptionChange>,
    /// Same file and same caption.
    pub same: usize,
}

/// An exported run as this studio sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Reproduction {
    /// Names the file from now on.
    pub id: String,
    /// Name of the version there.
    pub name: String,
    /// Title of its style there.
    pub style: String,
    /// ISO 8601.
    pub exported_at: String,
    /// How it ended there.
    pub status: String,
    /// Images it was trained on; `null` when the file holds no snapshot of the dataset.
    pub images: Option<usize>,
    pub dataset: ImageDifferences,
    /// Unknown here or out of bounds: left out of the form.
    pub parameters: Vec<UnusableValue>,
    /// Parameters the file does not name: they stand at their defaults.
    pub absent: Vec<String>,
    /// What the trainer would be told otherwise, or is otherwise itself.
    pub trainer: Vec<String>,
    /// Name of the version of this style that is the same run.
    pub known_as: Option<String>,
}

impl Reproduction {
    /// Everything stands here as it stood there.
    pub fn is_same(&self) -> bool {
        let d = &self.dataset;
        let images = d.missing.is_empty() && d.replaced.is_empty() && d.unproven.is_empty();
        images
            && self.images.is_some()
            && d.captions.is_empty()
            && self.parameters.is_empty()
            && self.trainer.is_empty()
    }
}

/// An ETag that can be a hash of the content (MD5): those of uploads in parts have a dash.
fn is_hash(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether two files of one name have the same content; `None` when nothing proves it.
pub fn is_same_file(a: &TrainedImage, b: &TrainedImage) -> Option<bool> {
    let sizes = a.size_bytes.zip(b.size_bytes);
    if !a.etag.is_empty() && a.etag == b.etag {
        return Some(true);
    }
    if sizes.is_some_and(|(a, b)| a != b) || (is_hash(&a.etag) && is_hash(&b.etag)) {
        return Some(false);
    }
    None
}

impl ImageDifferences {
    /// `there`: the file's snapshot. `here`: the images of the style now.
    pub fn between(there: &[TrainedImage], here: &[TrainedImage]) -> Self {
        let here: HashMap<&str, &TrainedImage> =
            here.iter().map(|i| (i.filename.as_str(), i)).collect();
        let mut found = Self::default();
        for image in there {
            let name = || image.filename.clone();
            let Some(ours) = here.get(image.filename.as_str()) else {
                found.missing.push(name());
                continue;
            };
            let same = is_same_file(image, ours);
            match same {
                Some(true) => {}
                Some(false) => found.replaced.push(name()),
                None => found.unproven.push(name()),
            }
            let (before, after) = (image.trained_caption(), ours.trained_caption());
            if before != after {
                found.captions.push(CaptionChange {
                    filename: name(),
                    pieces: difference(before, after),
                });
            }
            found.same += usize::from(same == Some(true) && before == after);
        }
        found
    }
}

/// Values of the file that cannot stand in the form here, and names of parameters that it does not hold.
pub fn judge_parameters(
    sent: &BTreeMap<String, ParameterValue>,
) -> (Vec<UnusableValue>, Vec<String>) {
    let unusable = sent.iter().filter_map(|(name, value)| {
        let value = value.to_string();
        let message = match find(name) {
            None => "This studio has no such parameter; it is left out.".to_owned(),
            // an empty text is an empty field
            Some(_) if value.is_empty() => return None,
            Some(parameter) => parameter.read(&value).err()?,
        };
        Some(UnusableValue {
            name: name.clone(),
            value,
            message,
        })
    });
    let absent = PARAMETERS.iter().filter(|p| !sent.contains_key(p.name));
    (
        unusable.collect(),
        absent.map(|p| p.name.to_owned()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, etag: &str, size: u64, caption: &str) -> TrainedImage {
        TrainedImage {
            filename: name.into(),
            etag: etag.into(),
            size_bytes: Some(size),
            caption: Some(caption.into()),
        }
    }

    const MD5_A: &str = "0cc175b9c0f1b6a831c399e269772661";
    const MD5_B: &str = "92eb5ffee6ae2fec3ad71c777531578f";

    #[test]
    fn a_hash_proves_an_etag_of_parts_does_not_and_a_size_can_refute() {
        let same = |a: (&str, u64), b: (&str, u64)| {
            is_same_file(&image("x", a.0, a.1, ""), &image("x", b.0, b.1, ""))
        };
        assert_eq!(same((MD5_A, 9), (MD5_A, 9)), Some(true));
        assert_eq!(same((MD5_A, 9), (MD5_B, 9)), Some(false));
        assert_eq!(same((MD5_A, 9), ("abc-2", 9)), None);
        assert_eq!(same(("abc-2", 9), ("abc-2", 9)), Some(true));
        assert_eq!(same((MD5_A, 9), ("abc-2", 8)), Some(false));
        assert_eq!(same(("", 9), ("", 9)), None);
    }

    #[test]
    fn what_is_otherwise_here_is_told_by_name() {
        let there = [
            image("gone.jpg", MD5_A, 1, "x"),
            image("other.jpg", MD5_A, 1, "x"),
            image("parts.jpg", "abc-2", 1, "x"),
            image("told.jpg", MD5_A, 1, "a red boat"),
            image("same.jpg", MD5_A, 1, "x\n"),
        ];
        let here = [
            image("same.jpg", MD5_A, 1, "x"),
            image("told.jpg", MD5_A, 1, "a blue boat"),
            image("parts.jpg", MD5_A, 1, "x"),
            image("other.jpg", MD5_B, 1, "x"),
            image("more.jpg", MD5_B, 1, "x"),
        ];
        let found = ImageDifferences::between(&there, &here);
        assert_eq!(found.missing, ["gone.jpg"]);
        assert_eq!(found.replaced, ["other.jpg"]);
        assert_eq!(found.unproven, ["parts.jpg"]);
        assert_eq!(found.captions.len(), 1);
        assert_eq!(found.captions[0].filename, "told.jpg");
        assert_eq!(found.same, 1);
    }

    #[test]
    fn values_that_cannot_stand_here_are_named_with_the_reason() {
        let sent = [
            ("network_dim", ParameterValue::Int(16)),
            ("max_train_steps", ParameterValue::Int(9_000_000)),
            ("of_the_future", ParameterValue::Bool(true)),
            ("sample_prompts", ParameterValue::Text(String::new())),
        ];
        let sent = sent.map(|(k, v)| (k.to_owned(), v)).into();
        let (unusable, absent) = judge_parameters(&sent);
        let names: Vec<&str> = unusable.iter().map(|u| u.name.as_str()).collect();
        assert_eq!(names, ["max_train_steps", "of_the_future"]);
        assert!(unusable[0].message.contains("9000000"), "{unusable:?}");
        assert!(absent.contains(&"learning_rate".to_owned()));
        assert!(!absent.contains(&"network_dim".to_owned()));
    }
}
