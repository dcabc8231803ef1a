//! Training images and the names of files: what may be a name, what is an image, which caption belongs to it.

use super::analysis::Hash;
use super::bucket_choice::BucketPlace;
use super::caption::CaptionState;
use super::caption_checks::CaptionRemark;
use super::quality::Quality;
use serde::{Deserialize, Serialize};

/// Largest image taken in, bytes (100 MB).
pub const MAX_IMAGE_BYTES: u64 = 100_000_000;
/// Largest caption taken in, bytes; real ones have 200.
pub const MAX_CAPTION_BYTES: u64 = 64 << 10;
/// Extensions (lower case) of files that count as images in a listing.
const LISTED: [&str; 8] = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "avif", "jxl"];
/// Extensions the trainer reads, all-lower or all-upper case (contracts 6).
const READ_BY_TRAINER: [&str; 5] = ["jpg", "jpeg", "png", "webp", "bmp"];

/// Why a text is no file name of ours; each names the value and the bound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    #[error("The file name is empty.")]
    Empty,
    #[error("{0:?} has {1} bytes; a file name has at most 255.")]
    TooLong(String, usize),
    #[error("{0:?} begins with a dot; such files are hidden from the trainer. Rename it.")]
    Hidden(String),
    #[error("{0:?} {1}. Rename it.")]
    Misleading(String, String),
    #[error(
        "{0:?} holds {1:?}; a file name may not hold slashes, backslashes or control characters. Rename it."
    )]
    Character(String, char),
}

/// What common file systems take.
pub const MAX_NAME_BYTES: usize = 255;

/// Checks a file name: 1-255 bytes of UTF-8 without `/`, `\`, control characters or a leading dot.
pub fn check_name(name: &str) -> Result<(), NameProblem> {
    let shown = || name.chars().take(80).collect::<String>();
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(NameProblem::TooLong(shown(), name.len()));
    }
    if name.starts_with('.') {
        return Err(NameProblem::Hidden(shown()));
    }
    let bad = |c: &char| c.is_control() || matches!(c, '/' | '\\');
    match name.chars().find(bad) {
        Some(c) => Err(NameProblem::Character(shown(), c)),
        None => Ok(()),
    }
}

/// Stems that Windows keeps for devices.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
/// What a lenient program may read as a dot or a slash.
const LOOK_ALIKES: [char; 8] = [
    '\u{ff0e}', '\u{ff0f}', '\u{ff3c}', '\u{2215}', '\u{2044}', '\u{29f8}', '\u{2216}', '\u{2024}',
];
const ENCODED: [&str; 4] = ["%2e", "%2f", "%5c", "%00"];

/// Checks the name of a file that is to be stored anew: what another system cannot hold, or may take for something else, is
/// refused too. Files of such names that are there already are read as ever.
pub fn check_new_name(name: &str) -> Result<(), NameProblem> {
    check_name(name)?;
    let shown: String = name.chars().take(80).collect();
    let told = |why: String| Err(NameProblem::Misleading(shown.clone(), why));
    if name.trim() != name {
        return told("begins or ends with a blank, which some systems drop".into());
    }
    let lower = name.to_lowercase();
    let first = lower.split('.').next().unwrap_or_default();
    let numbered = first.strip_prefix("com").or(first.strip_prefix("lpt"));
    let is_port = numbered.is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    if DEVICES.contains(&first) || is_port {
        return told(format!("is a device on Windows ({first})"));
    }
    if let Some(found) = name.chars().find(|c| LOOK_ALIKES.contains(c)) {
        return told(format!(
            "holds {found}, which looks like a dot or a slash and is none"
        ));
    }
    if let Some(found) = name.chars().find(|c| turns_text(*c)) {
        let code = u32::from(found);
        return told(format!("holds the invisible character U+{code:04X}"));
    }
    match ENCODED.iter().find(|code| lower.contains(**code)) {
        Some(code) => told(format!("holds {code}, an encoded dot or slash")),
        None => Ok(()),
    }
}

/// Invisible characters that turn or hide text. Joiners stay: names in Persian and emoji need them.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The part after the last dot, as written; empty when there is none.
pub fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ext)| ext)
}

/// The part before the last dot.
pub fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

pub fn is_image(name: &str) -> bool {
    LISTED.contains(&extension(name).to_ascii_lowercase().as_str())
}

pub fn is_caption(name: &str) -> bool {
    extension(name) == "txt"
}

/// `a b (1).jpg` -> `a b (1).txt`. Images of one stem share one caption.
pub fn caption_name(image: &str) -> String {
    format!("{}.txt", stem(image))
}

/// Whether the trainer reads the file at all: `.Jpg` and `.gif` are passed over in silence.
pub fn is_read_by_trainer(name: &str) -> bool {
    let ext = extension(name);
    let lower = ext.to_ascii_lowercase();
    READ_BY_TRAINER.contains(&lower.as_str()) && (ext == lower || ext == ext.to_ascii_uppercase())
}

/// The type a file is stored and served with; `None` for what is not taken in.
pub fn content_type(name: &str) -> Option<&'static str> {
    Some(match extension(name).to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "bmp" => "image/bmp",
        "gif" => "image/gif",
        "avif" => "image/avif",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

/// Whether a new file of this name and size may be stored, or the sentence that refuses it.
pub fn check_upload(name: &str, size_bytes: u64) -> Result<&'static str, String> {
    check_new_name(name).map_err(|e| e.to_string())?;
    let caption = is_caption(name);
    if !caption && !is_read_by_trainer(name) {
        return Err(refusal_of_type(name));
    }
    check_size(name, size_bytes, caption)?;
    content_type(name).ok_or_else(|| refusal_of_type(name))
}

/// Whether a caption or an image may have so many bytes, or the sentence that refuses it.
pub fn check_size(name: &str, size_bytes: u64, caption: bool) -> Result<(), String> {
    let limit = if caption {
        MAX_CAPTION_BYTES
    } else {
        MAX_IMAGE_BYTES
    };
    if size_bytes > limit {
        return Err(format!(
            "{name} has {size_bytes} bytes; at most {limit} are taken. Make it smaller."
        ));
    }
    if size_bytes == 0 && !caption {
        return Err(format!("{name} is empty (0 bytes)."));
    }
    if size_bytes == 0 {
        return Err(format!(
            "{name} is an empty caption, on which the trainer stops. Write a line into it or leave it out."
        ));
    }
    Ok(())
}

pub fn refusal_of_type(name: &str) -> String {
    let ext = extension(name);
    let lower = ext.to_ascii_lowercase();
    if lower == "txt" || READ_BY_TRAINER.contains(&lower.as_str()) {
        return format!(
            "{name}: the trainer passes over the mixed or upper-case extension .{ext}. Rename it to .{lower}."
        );
    }
    if ext.is_empty() {
        return format!(
            "{name} has no extension, so the trainer passes over it. Name it .jpg, .jpeg, .png, .webp or .bmp, a caption .txt."
        );
    }
    format!(
        "{name}: the trainer does not read .{ext} files. Use .jpg, .jpeg, .png, .webp or .bmp, with captions as .txt."
    )
}

/// One training image with its caption, as pages and `/api/styles/{id}/images` show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TrainingImage {
    pub filename: String,
    pub size_bytes: u64,
    /// Without quotes; changes with the content.
    pub etag: String,
    /// ISO 8601.
    pub last_modified: String,
    /// Pixels; `null` where the file is no readable picture.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// Why the file is no readable picture, so that it has no size or no thumbnail, or the trainer stops on it; `null` for one.
    pub problem: Option<String>,
    /// The whole caption file; `null` when missing or not UTF-8.
    pub caption: Option<String>,
    pub caption_state: CaptionState,
    /// The caption's ETag without quotes, for `If-Match`.
    pub caption_etag: Option<String>,
    /// What is wrong with the caption, the gravest first.
    #[serde(default)]
    pub caption_problems: Vec<CaptionRemark>,
    pub url: String,
    pub thumbnail_url: String,
    /// Ids of the selection sets that hold it.
    pub sets: Vec<u64>,
    /// Where it is trained at the size of the style's last run, or the trainer's own.
    #[serde(default)]
    pub bucket: Option<BucketPlace>,
    /// Whether it is good for training; `null` while it is being measured.
    #[serde(default)]
    pub quality: Option<Quality>,
    /// A perceptual hash; near-duplicates differ in at most 6 bits.
    #[serde(default)]
    pub hash: Option<Hash>,
    /// Names of its near-duplicates; of a large group at most 64.
    #[serde(default)]
    pub duplicates: Vec<String>,
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ImagePage {
    pub images: Vec<TrainingImage>,
    /// Ask with `cursor=` this for the next page; `null` on the last.
    pub next_cursor: Option<String>,
    /// How many match in all.
    pub total: usize,
    /// How many of them stand before this page.
    #[serde(default)]
    pub offset: usize,
    /// How many of all that match lack a caption with text.
    pub without_caption: usize,
    /// How many of all that match have a remark on their caption.
    #[serde(default)]
    pub caption_problems: usize,
    /// How many images of the style are still being measured: ask again.
    #[serde(default)]
    pub analysing: usize,
}

/// `a.png, b.png and 3 more`.
pub fn listed<S: AsRef<str>>(names: &[S], shown: usize) -> String {
    let first = names.iter().take(shown).map(S::as_ref);
    let first = first.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(shown) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_people_have_them_pass() {
        for name in [
            "A Boy and a Girl_scene_1_shot_1 (1).jpg",
            "café ☕ 東京.png",
            "a..b.webp",
            &format!("{}.jpg", "x".repeat(251)),
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn new_names_that_mislead_or_that_another_system_cannot_hold_are_refused() {
        for name in [
            "CON.png",
            "aux.x.png",
            "lpt1.jpg",
            "．．／x.png",
            "%2e%2e%2Fx.png",
            "a\u{202e}gnp.png",
            " x.png",
            "x.png ",
        ] {
            assert!(check_name(name).is_ok(), "{name:?}");
            assert!(check_new_name(name).is_err(), "{name:?}");
        }
        for name in [
            "console.png",
            "x .png",
            "com10.png",
            "100 %.png",
            "👩‍🎨 a (1).png",
            "a b.png",
        ] {
            assert_eq!(check_new_name(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn names_that_could_lead_elsewhere_are_refused_by_name() {
        for name in [
            "",
            ".hidden.jpg",
            "../x.jpg",
            "a/b.jpg",
            "a\\b.jpg",
            "a\0.jpg",
            "a\n.jpg",
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name(&"é".repeat(128)).is_err(), "256 bytes");
    }

    #[test]
    fn what_the_trainer_would_pass_over_is_refused_with_the_reason() {
        assert!(check_upload("a.Jpg", 1).unwrap_err().contains(".Jpg"));
        assert!(
            check_upload("a.gif", 1)
                .unwrap_err()
                .contains("does not read .gif")
        );
        assert!(
            check_upload("a.TXT", 1)
                .unwrap_err()
                .contains("Rename it to .txt")
        );
        assert_eq!(check_upload("a.JPG", 1), Ok("image/jpeg"));
        assert!(
            check_upload("a.txt", 0)
                .unwrap_err()
                .contains("empty caption")
        );
        assert!(check_upload("a.png", MAX_IMAGE_BYTES + 1).is_err());
    }

    #[test]
    fn the_caption_has_the_images_stem() {
        assert_eq!(caption_name("a.b (1).jpeg"), "a.b (1).txt");
        assert_eq!(caption_name("x.avif"), "x.txt");
    }
}
