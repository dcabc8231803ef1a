//! A style's captions at a glance: how many lack what, by which rules, and the words they use.

use super::caption_checks::{CaptionCode, CaptionRules, TriggerPlace};
use super::caption_edit::AppliedEdit;
use super::caption_words::CaptionWords;
use serde::{Deserialize, Serialize};

/// How many captions have one problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CodeCount {
    pub code: CaptionCode,
    pub images: usize,
    /// Those of them that have a certain fix, or a suggestion: what an edit `fix` of this `code` shows first.
    pub fixable: usize,
}

/// What the checks say of all captions of a style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionReport {
    pub images: usize,
    /// Images with a remark on their caption.
    pub remarked: usize,
    /// The problems that occur, the gravest first.
    pub problems: Vec<CodeCount>,
    pub trigger: String,
    /// Where the trigger belongs by the rules; never `auto`.
    pub trigger_place: TriggerPlace,
    pub rules: CaptionRules,
    /// Whether a person set the rules.
    pub rules_are_own: bool,
}

/// All that the captions view shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaptionView {
    pub report: CaptionReport,
    pub words: CaptionWords,
    /// The last edits, the newest first.
    pub edits: Vec<AppliedEdit>,
}
