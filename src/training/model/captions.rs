//! Which files the trainer reads and the caption each image is really trained with.
//!
//! FluxTrainer's rules, held to its own results by the truth tests. Reads no file: bytes are handed in.
//! What to say about a caption is in `captions/problems`.

use std::collections::BTreeMap;

use crate::dataset::model::caption::{Unread, text};
use crate::dataset::model::caption_checks::TOO_LONG;
use crate::dataset::model::caption_text::{strip, with_class_tokens};
use thiserror::Error;

mod problems;

pub use problems::{CaptionProblem, CaptionRow, ImageFile, rows};

/// Extensions counted, all lower or all upper case only.
const EXTENSIONS: [&str; 10] = [
    ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".PNG", ".JPG", ".JPEG", ".WEBP", ".BMP",
];
/// Splits a caption into a fixed and a shuffled part.
const KEEP_TOKENS_SEPARATOR: &str = "|||";

/// A caption file that ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CaptionError {
    #[error("The caption file is empty: the trainer stops. Write a caption, or remove the file.")]
    Empty,
    #[error("The caption file is not UTF-8: the trainer stops. Save it as UTF-8.")]
    NotUtf8,
    #[error("{TOO_LONG}")]
    TooLong,
}

/// The settings that decide what becomes of a caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptionSettings<'a> {
    /// Put before every caption, as it is.
    pub class_tokens: &'a str,
    /// With or without its dot.
    pub caption_extension: &'a str,
    /// Whether `cache_text_encoder_outputs` is on: captions are then taken as loaded.
    pub cached: bool,
    pub shuffle_caption: bool,
}

/// Whether the trainer takes this file of its folder for an image.
pub fn is_read_as_image(filename: &str) -> bool {
    !filename.starts_with('.')
        && !filename.contains('/')
        && EXTENSIONS
            .iter()
            .any(|extension| filename.ends_with(extension))
}

/// Name without its last extension. A leading dot starts no extension.
pub fn stem(filename: &str) -> &str {
    match filename.rfind('.') {
        Some(at) if !filename[..at].trim_start_matches('.').is_empty() => &filename[..at],
        _ => filename,
    }
}

/// Caption files the trainer looks for, in order: the image's own, then the one a stem of five or more `_` parts falls back to.
pub fn caption_names(image: &str, caption_extension: &str) -> (String, Option<String>) {
    let stem = stem(image);
    let extension = caption_extension
        .strip_prefix('.')
        .unwrap_or(caption_extension);
    let parts: Vec<&str> = stem.split('_').collect();
    let fallback =
        (parts.len() >= 5).then(|| format!("{}.{extension}", parts[..parts.len() - 4].join("_")));
    (format!("{stem}.{extension}"), fallback)
}

/// The caption file the trainer reads for an image, of those that exist.
pub fn caption_source(
    image: &str,
    caption_extension: &str,
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    let (own, fallback) = caption_names(image, caption_extension);
    if exists(&own) {
        Some(own)
    } else {
        fallback.filter(|name| exists(name))
    }
}

/// The caption an image is trained with; `file` is its caption file's content, `None` when it has none.
/// With shuffling it is the unshuffled order; caption dropout is not shown.
///
/// # Errors
/// A file the trainer stops on.
pub fn as_trained(file: Option<&[u8]>, settings: &CaptionSettings) -> Result<String, CaptionError> {
    let loaded = match file {
        None => settings.class_tokens.to_owned(),
        Some(bytes) => with_class_tokens(settings.class_tokens, read(bytes)?),
    };
    if settings.cached {
        return Ok(loaded);
    }
    // a line break can only come from the trigger token: the rest is then lost
    let line = loaded.split('\n').next().unwrap_or_default();
    Ok(if settings.shuffle_caption {
        tags(line)
    } else {
        line.to_owned()
    })
}

fn read(bytes: &[u8]) -> Result<&str, CaptionError> {
    if bytes.is_empty() {
        return Err(CaptionError::Empty);
    }
    text(bytes).map_err(|unread| match unread {
        Unread::NotUtf8 => CaptionError::NotUtf8,
        Unread::TooLong => CaptionError::TooLong,
    })
}

/// The caption put together again from its comma-separated tags, as shuffling leaves it.
fn tags(line: &str) -> String {
    let parts =
        |text: &str| -> Vec<String> { text.split(',').map(|tag| strip(tag).to_owned()).collect() };
    if !line.contains(KEEP_TOKENS_SEPARATOR) {
        return parts(strip(line)).join(", ");
    }
    let kept: Vec<String> = line
        .splitn(3, KEEP_TOKENS_SEPARATOR)
        .flat_map(parts)
        .filter(|tag| !tag.is_empty())
        .collect();
    kept.join(", ")
}

/// Image names that share a caption file: the stems two or more images have in common.
fn shared_stems<'a>(images: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, u32> {
    let mut stems = BTreeMap::new();
    for image in images {
        *stems.entry(stem(image)).or_insert(0) += 1;
    }
    stems.retain(|_, images| *images > 1);
    stems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> CaptionSettings<'static> {
        CaptionSettings {
            class_tokens: "style_16",
            caption_extension: ".txt",
            cached: true,
            shuffle_caption: false,
        }
    }

    #[test]
    fn only_the_first_line_is_trained_and_the_trigger_stands_before_it() {
        assert_eq!(
            as_trained(Some(b"  a boat \r\nmore"), &settings()).as_deref(),
            Ok("style_16 a boat")
        );
        assert_eq!(as_trained(None, &settings()).as_deref(), Ok("style_16"));
        assert_eq!(
            as_trained(Some(b"\ntext"), &settings()).as_deref(),
            Ok("style_16 ")
        );
    }

    #[test]
    fn a_line_break_in_the_trigger_loses_the_caption_unless_captions_are_cached() {
        let broken = CaptionSettings {
            class_tokens: "style\n16",
            ..settings()
        };
        assert_eq!(
            as_trained(Some(b"a boat"), &broken).as_deref(),
            Ok("style\n16 a boat")
        );
        let uncached = CaptionSettings {
            cached: false,
            ..broken
        };
        assert_eq!(
            as_trained(Some(b"a boat"), &uncached).as_deref(),
            Ok("style")
        );
    }

    #[test]
    fn an_empty_or_foreign_caption_file_ends_the_run() {
        assert_eq!(as_trained(Some(b""), &settings()), Err(CaptionError::Empty));
        assert_eq!(
            as_trained(Some(b"caf\xe9"), &settings()),
            Err(CaptionError::NotUtf8)
        );
    }

    #[test]
    fn a_name_of_many_underscores_can_read_another_images_caption() {
        let exists = |name: &str| name == "portrait.txt";
        let found = caption_source("portrait_of_a_man_01.png", ".txt", exists);
        assert_eq!(found.as_deref(), Some("portrait.txt"));
        assert_eq!(
            caption_source("portrait_of_a_man.png", ".txt", exists),
            None
        );
    }

    #[test]
    fn mixed_case_extensions_dotfiles_and_gifs_are_not_images() {
        assert!(is_read_as_image("a (1).JPEG"));
        for name in ["a.Jpg", "a.gif", ".hidden.png", "sub/a.png", "a.txt", "png"] {
            assert!(!is_read_as_image(name), "{name}");
        }
    }
}
