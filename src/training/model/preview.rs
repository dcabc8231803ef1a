//! What the Train page shows of a preview: the same plan, captions and remarks as `/api/training/preview`, and the request
//! as text for reading, which the browser need not parse.

use super::captions::CaptionRow;
use super::form::TrainingForm;
use super::plan::{Plan, Remark};
use super::rehearsal::RehearsalChoice;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewView {
    pub plan: Plan,
    pub captions: Vec<CaptionRow>,
    /// Each keeps the run from being started.
    pub problems: Vec<Remark>,
    pub warnings: Vec<Remark>,
    /// Images of the dataset that the trainer will read.
    pub images: usize,
    /// The body for RunPod, indented JSON; the webhook's token is left out.
    pub request: String,
}

/// One image of a version's dataset snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotImage {
    pub filename: String,
    pub as_trained: Option<String>,
}

/// What the Train page starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSetup {
    /// The form before anything is typed: trigger, next name, or the parameters of an earlier version.
    pub form: TrainingForm,
    /// Id, title and number of images of each selection set.
    pub sets: Vec<(u64, String, usize)>,
    /// Sent with the start: a form sent twice is one run.
    pub idempotency_key: String,
    /// The trigger an empty field means.
    pub class_tokens: String,
    /// `None` with a real endpoint.
    pub rehearsal: Option<RehearsalChoice>,
}
