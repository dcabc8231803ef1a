//! What is known of an image beyond its name: what is wrong with it, whether it looks like another one. New kinds of
//! findings are added here; filter words, menus and badges follow.

use crate::dataset::model::caption::CaptionState;
use crate::dataset::model::image::{TrainingImage, is_read_by_trainer};
use std::borrow::Cow;

/// Codes of all that is wrong with an image, for `problem:CODE`.
pub fn problems(image: &TrainingImage) -> Vec<Cow<'_, str>> {
    let caption = match image.caption_state {
        CaptionState::Missing => Some("missing_caption"),
        CaptionState::Empty => Some("empty_caption"),
        CaptionState::NotUtf8 => Some("caption_not_utf8"),
        CaptionState::Present => None,
    };
    let unreadable = image.width.is_none().then_some("unreadable");
    let unread = (!is_read_by_trainer(&image.filename)).then_some("extension");
    let found = [caption, unreadable, unread].into_iter().flatten();
    found.map(Cow::Borrowed).collect()
}

/// Whether another image of the style looks the same.
pub fn is_double(image: &TrainingImage) -> bool {
    !image.duplicates.is_empty()
}

pub fn caption_words(image: &TrainingImage) -> usize {
    let caption = image.caption.as_deref().unwrap_or_default();
    caption.split_whitespace().count()
}
