//! What is known of an image beyond its name: what is wrong with it, whether it looks like another one. New kinds of
//! findings are added here; filter words, menus and badges follow.

use crate::dataset::model::caption::CaptionState;
use crate::dataset::model::caption_checks::CaptionCode;
use crate::dataset::model::caption_text::words;
use crate::dataset::model::image::{TrainingImage, is_read_by_trainer};
use std::borrow::Cow;

/// Codes of what is wrong with a file.
const UNREADABLE: &str = "unreadable";
const EXTENSION: &str = "extension";

/// Whether it is a code that an image can have; empty asks for any.
pub fn is_problem(code: &str) -> bool {
    matches!(code, "" | UNREADABLE | EXTENSION) || CaptionCode::parse(code).is_some()
}

/// Codes of all that is wrong with an image, for `problem:CODE`.
pub fn problems(image: &TrainingImage) -> Vec<Cow<'_, str>> {
    let unreadable = image.width.is_none().then_some(UNREADABLE);
    let unread = (!is_read_by_trainer(&image.filename)).then_some(EXTENSION);
    let found = [unreadable, unread].into_iter().flatten();
    caption_problems(image)
        .chain(found)
        .map(Cow::Borrowed)
        .collect()
}

/// Codes of what is wrong with its caption. That there is none to read is known before the captions are judged.
pub fn caption_problems(image: &TrainingImage) -> impl Iterator<Item = &'static str> {
    let state = match image.caption_state {
        CaptionState::Missing => Some(CaptionCode::MissingCaption),
        CaptionState::Empty => Some(CaptionCode::EmptyCaption),
        CaptionState::NotUtf8 => Some(CaptionCode::CaptionNotUtf8),
        CaptionState::TooLong => Some(CaptionCode::CaptionTooLong),
        CaptionState::Present => None,
    };
    let judged = image.caption_problems.iter().map(|remark| remark.code);
    let further = judged.filter(move |code| Some(*code) != state);
    state.into_iter().chain(further).map(CaptionCode::as_str)
}

/// Whether a word stands in the caption; `word` in lower case.
pub fn has_word(image: &TrainingImage, word: &str) -> bool {
    let caption = image.caption.as_deref().unwrap_or_default();
    words(caption).any(|(_, found)| found.to_lowercase() == word)
}

/// Whether another image of the style looks the same.
pub fn is_double(image: &TrainingImage) -> bool {
    !image.duplicates.is_empty()
}

pub fn caption_words(image: &TrainingImage) -> usize {
    let caption = image.caption.as_deref().unwrap_or_default();
    caption.split_whitespace().count()
}
