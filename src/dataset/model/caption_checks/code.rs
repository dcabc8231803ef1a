//! What the checks can find, with the words for it.

use serde::{Deserialize, Serialize};

/// What a remark is about, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum CaptionCode {
    EmptyCaption,
    CaptionNotUtf8,
    CaptionTooLong,
    MissingCaption,
    BlankFirstLine,
    SeveralLines,
    ByteOrderMark,
    TriggerTwice,
    TriggerMissing,
    TriggerNotLast,
    StyleWords,
    SameCaption,
    FewWords,
    ManyWords,
    ShorterThanOthers,
    LongerThanOthers,
}

impl CaptionCode {
    pub const ALL: [Self; 16] = [
        Self::EmptyCaption,
        Self::CaptionNotUtf8,
        Self::CaptionTooLong,
        Self::MissingCaption,
        Self::BlankFirstLine,
        Self::SeveralLines,
        Self::ByteOrderMark,
        Self::TriggerTwice,
        Self::TriggerMissing,
        Self::TriggerNotLast,
        Self::StyleWords,
        Self::SameCaption,
        Self::FewWords,
        Self::ManyWords,
        Self::ShorterThanOthers,
        Self::LongerThanOthers,
    ];

    /// As the wire and the filter word `problem:` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyCaption => "empty_caption",
            Self::CaptionNotUtf8 => "caption_not_utf8",
            Self::CaptionTooLong => "caption_too_long",
            Self::MissingCaption => "missing_caption",
            Self::BlankFirstLine => "blank_first_line",
            Self::SeveralLines => "several_lines",
            Self::ByteOrderMark => "byte_order_mark",
            Self::TriggerTwice => "trigger_twice",
            Self::TriggerMissing => "trigger_missing",
            Self::TriggerNotLast => "trigger_not_last",
            Self::StyleWords => "style_words",
            Self::SameCaption => "same_caption",
            Self::FewWords => "few_words",
            Self::ManyWords => "many_words",
            Self::ShorterThanOthers => "shorter_than_others",
            Self::LongerThanOthers => "longer_than_others",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// The words before a remark.
    pub fn label(self) -> &'static str {
        match self {
            Self::EmptyCaption => "Caption is empty",
            Self::CaptionNotUtf8 => "Caption is not UTF-8",
            Self::CaptionTooLong => "Caption is too long",
            Self::MissingCaption => "No caption",
            Self::BlankFirstLine => "First line is blank",
            Self::SeveralLines => "Several lines",
            Self::ByteOrderMark => "Byte order mark",
            Self::TriggerTwice => "Trigger twice",
            Self::TriggerMissing => "Trigger missing",
            Self::TriggerNotLast => "Trigger not last",
            Self::StyleWords => "Style words",
            Self::SameCaption => "Same caption",
            Self::FewWords => "Few words",
            Self::ManyWords => "Many words",
            Self::ShorterThanOthers => "Shorter than the others",
            Self::LongerThanOthers => "Longer than the others",
        }
    }

    /// Whether the trainer stops on it or loses the caption or part of it; the rest is advice.
    pub fn loses_text(self) -> bool {
        self <= Self::SeveralLines
    }
}
