//! The quality report of a style or one of its sets: what the quality view shows and `/api/styles/{id}/quality` answers.

pub mod rows;

use super::analysis::{Hash, Swatch};
use super::bucket_choice::{BucketChoice, BucketPlace, BucketUse};
use super::outliers::Outlier;
use super::quality::{Quality, QualityCode};
use serde::{Deserialize, Serialize};

/// Where the training size of a report comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum ChoiceSource {
    /// The trainer's defaults.
    #[default]
    Default,
    /// The style's last run.
    LastRun,
    /// Asked for here.
    Asked,
}

/// Which images of a style a report is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    #[default]
    All,
    /// A selection set's, in its order.
    Set(u64),
    /// These, in this order.
    Names(Vec<String>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct QualityReport {
    pub choice: BucketChoice,
    pub choice_source: ChoiceSource,
    /// Why the trainer would stop on these settings; no image has a bucket then.
    pub choice_problem: Option<String>,
    /// In the set's order, or by name as a person reads names.
    pub images: Vec<QualityRow>,
    /// Of the images that are trained.
    pub buckets: Vec<BucketUse>,
    /// Images that are still being measured: ask again.
    pub analysing: usize,
    pub fine: usize,
    pub look: usize,
    pub bad: usize,
}

impl QualityReport {
    /// Images that are in no bucket: how many the trainer passes over, and on how many it stops.
    pub fn kept_out(&self) -> (usize, usize) {
        let judged = self.images.iter().filter_map(|i| i.quality.as_ref());
        let codes: Vec<QualityCode> = judged.filter_map(Quality::kept_out).collect();
        let passed_over = codes.iter().filter(|c| **c == QualityCode::Extension);
        let passed_over = passed_over.count();
        (passed_over, codes.len() - passed_over)
    }
}

/// One image of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct QualityRow {
    pub filename: String,
    pub etag: String,
    pub url: String,
    pub thumbnail_url: String,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// `null` for what is not trained at all.
    pub bucket: Option<BucketPlace>,
    /// `null` while it is being measured.
    pub quality: Option<Quality>,
    pub hash: Option<Hash>,
    /// Names of its near-duplicates, wherever in the style.
    pub duplicates: Vec<String>,
    pub palette: Vec<Swatch>,
    /// Mean luma, 0 to 255.
    pub luma: Option<f32>,
    pub outlier: Option<Outlier>,
}

/// A remark taken back or dismissed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Dismissal {
    pub code: QualityCode,
    pub dismissed: bool,
}
