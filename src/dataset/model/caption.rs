//! A caption file: what state it is in. What the trainer makes of its text is `training::model::captions`.

use super::image::MAX_CAPTION_BYTES;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum CaptionState {
    #[default]
    Missing,
    /// No bytes, or only blanks.
    Empty,
    NotUtf8,
    /// More than [`MAX_CAPTION_BYTES`]: not read to its end, so not shown either.
    TooLong,
    Present,
}

/// Why a caption file's bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    TooLong,
    NotUtf8,
}

impl From<Unread> for CaptionState {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooLong => Self::TooLong,
            Unread::NotUtf8 => Self::NotUtf8,
        }
    }
}

/// The text of a caption file's bytes. Of a longer file than [`MAX_CAPTION_BYTES`] a byte more than that may be all there is:
/// it is never taken for the text.
pub fn text(bytes: &[u8]) -> Result<&str, Unread> {
    if bytes.len() as u64 > MAX_CAPTION_BYTES {
        return Err(Unread::TooLong);
    }
    std::str::from_utf8(bytes).map_err(|_| Unread::NotUtf8)
}

impl CaptionState {
    /// The state and text of a caption file's bytes; `None` = no file.
    pub fn read(bytes: Option<&[u8]>) -> (Self, Option<String>) {
        let Some(bytes) = bytes else {
            return (Self::Missing, None);
        };
        match text(bytes) {
            Err(unread) => (unread.into(), None),
            Ok(text) if text.trim().is_empty() => (Self::Empty, Some(text.to_owned())),
            Ok(text) => (Self::Present, Some(text.to_owned())),
        }
    }

    pub fn is_present(self) -> bool {
        self == Self::Present
    }

    /// A word for a tile.
    pub fn label(self) -> &'static str {
        match self {
            Self::Missing => "No caption",
            Self::Empty => "Caption is empty",
            Self::NotUtf8 => "Caption is not UTF-8",
            Self::TooLong => "Caption is too long",
            Self::Present => "Caption",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_an_empty_caption_and_foreign_bytes_are_said_so() {
        assert_eq!(CaptionState::read(Some(b" \n")).0, CaptionState::Empty);
        assert_eq!(CaptionState::read(Some(b"")).0, CaptionState::Empty);
        assert_eq!(
            CaptionState::read(Some(b"caf\xe9")).0,
            CaptionState::NotUtf8
        );
        assert_eq!(CaptionState::read(None), (CaptionState::Missing, None));
        let most = MAX_CAPTION_BYTES as usize;
        assert!(CaptionState::read(Some(&vec![b'a'; most])).0.is_present());
        assert_eq!(
            CaptionState::read(Some(&vec![b'a'; most + 1])),
            (CaptionState::TooLong, None)
        );
        let (state, text) = CaptionState::read(Some(b"a boat\n"));
        assert!(state.is_present());
        assert_eq!(text.as_deref(), Some("a boat\n"));
    }
}
