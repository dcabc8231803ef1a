//! What became of the last upload, kept in the window's session storage: a reload, or a tab that crashed, loses the files
//! but not the list of those that were not stored, and why.

use super::queue::Stage;

/// Files told by name; further ones are counted.
const TOLD: usize = 200;

/// Of one upload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub stored: usize,
    /// The name and why it was not stored.
    pub missing: Vec<(String, String)>,
    /// Beyond those that are told.
    pub more: usize,
}

#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
impl Summary {
    pub fn of<'a>(files: impl Iterator<Item = (&'a str, Stage)>) -> Self {
        let mut summary = Self::default();
        for (name, stage) in files {
            let why = match stage {
                Stage::Stored | Stage::Same => {
                    summary.stored += 1;
                    continue;
                }
                Stage::Skipped(why) | Stage::Refused(why) | Stage::Failed(why) => why,
                Stage::Cancelled => "It was cancelled.".to_owned(),
                Stage::Asking(_) | Stage::Held => {
                    "The page was left before its question was answered.".to_owned()
                }
                Stage::Looking | Stage::Waiting | Stage::Running(_) => {
                    "The page was left before it was sent.".to_owned()
                }
            };
            if summary.missing.len() < TOLD {
                summary.missing.push((name.to_owned(), why));
            } else {
                summary.more += 1;
            }
        }
        summary
    }

    /// Lines of text; names may hold anything, so what ends a line or a field is taken out of them.
    fn write(&self) -> String {
        let clean = |text: &str| text.replace(|c: char| c.is_control(), " ");
        let mut text = format!("{}\t{}", self.stored, self.more);
        for (name, why) in &self.missing {
            text.push_str(&format!("\n{}\t{}", clean(name), clean(why)));
        }
        text
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (stored, more) = lines.next()?.split_once('\t')?;
        let file = |line: &str| {
            let (name, why) = line.split_once('\t')?;
            Some((name.to_owned(), why.to_owned()))
        };
        Some(Self {
            stored: stored.parse().ok()?,
            more: more.parse().ok()?,
            missing: lines.filter_map(file).collect(),
        })
    }
}

#[cfg(feature = "hydrate")]
mod kept {
    use super::Summary;

    fn storage() -> Option<web_sys::Storage> {
        leptos::prelude::window().session_storage().ok().flatten()
    }

    fn key(style: &str) -> String {
        format!("upload-{style}")
    }

    /// A summary that tells nothing is not kept.
    pub fn keep(style: &str, summary: &Summary) {
        if summary.missing.is_empty() {
            return forget(style);
        }
        if let Some(storage) = storage() {
            // without room for it the page itself still says what happened
            let _ = storage.set_item(&key(style), &summary.write());
        }
    }

    pub fn kept(style: &str) -> Option<Summary> {
        let text = storage()?.get_item(&key(style)).ok().flatten()?;
        Summary::read(&text)
    }

    pub fn forget(style: &str) {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(&key(style));
        }
    }
}

#[cfg(feature = "hydrate")]
pub use kept::{forget, keep, kept};

#[cfg(not(feature = "hydrate"))]
pub fn kept(_: &str) -> Option<Summary> {
    None
}
#[cfg(not(feature = "hydrate"))]
pub fn forget(_: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_stored_survives_with_its_reason() {
        let files = [
            ("fog.png", Stage::Stored),
            ("sea.png", Stage::Same),
            (
                "a\tb\n.png",
                Stage::Failed("The bucket failed (500).".into()),
            ),
            ("page.jpg", Stage::Refused("page.jpg is a web page.".into())),
            ("late.png", Stage::Running(7)),
        ];
        let summary = Summary::of(files.into_iter());
        assert_eq!(summary.stored, 2);
        let read = Summary::read(&summary.write()).unwrap();
        assert_eq!(read.missing.len(), 3);
        assert_eq!(
            read.missing[0],
            ("a b .png".into(), "The bucket failed (500).".into())
        );
        assert_eq!(read.missing[2].1, "The page was left before it was sent.");
        assert_eq!(Summary::read("what else"), None);
    }

    #[test]
    fn a_very_long_list_is_cut_and_counted() {
        let files = (0..250).map(|_| ("a.png", Stage::Cancelled));
        let summary = Summary::of(files);
        assert_eq!((summary.missing.len(), summary.more), (200, 50));
    }
}
