//! What the Train page is sent: facts to judge a form by while it is typed, and the request as text for reading, which the
//! browser need not parse.

use super::again::TakenOver;
use super::dataset::DatasetFacts;
use super::form::TrainingForm;
use super::judge::StyleFacts;
use super::plan::Remark;
use super::presets::SettingsPreset;
use super::rehearsal::RehearsalChoice;
use serde::{Deserialize, Serialize};

/// What the server says of a form. The rest of the preview the page works out of it by itself, by the same rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewView {
    pub dataset: DatasetFacts,
    /// Problems that only the server sees.
    pub problems: Vec<Remark>,
    /// The body for RunPod, indented JSON; the webhook's token is left out.
    pub request: String,
    /// The submit as a command for a shell; the key stands as a variable's name.
    pub curl: String,
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
    pub style: StyleFacts,
    /// A person's own.
    pub presets: Vec<SettingsPreset>,
    /// `None` with a real endpoint.
    pub rehearsal: Option<RehearsalChoice>,
    /// What the form was filled from.
    pub taken_over: Option<TakenOver>,
}
