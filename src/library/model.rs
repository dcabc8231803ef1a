//! A card of the grid, and the state of an outside system.

use crate::styles::model::Style;
use crate::training::model::history::newest_first;
use crate::training::model::version::TrainingVersion;
use serde::{Deserialize, Serialize};

/// One style with what is known of its dataset and runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StyleCard {
    pub style: Style,
    /// Images and captions in S3; `None` while S3 does not answer.
    pub counts: Option<(usize, usize)>,
    pub sets: usize,
    pub versions: usize,
    /// The unfinished run, else the newest.
    pub latest: Option<LatestRun>,
}

/// What stands around the pages of a style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StyleFrame {
    pub card: StyleCard,
    /// What a person calls the version that is looked at.
    pub version: Option<String>,
}

/// What a card says of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatestRun {
    pub id: String,
    pub name: String,
    pub status: crate::training::model::version::Status,
    pub percent: Option<u32>,
    /// Whether the badge may still change.
    pub live: bool,
    pub timestamp: String,
}

impl LatestRun {
    /// The run a card shows.
    pub fn of(versions: &[TrainingVersion]) -> Option<Self> {
        let live = |v: &TrainingVersion| v.is_ours() && !v.status.is_final();
        let newest = || versions.iter().min_by(|a, b| newest_first(a, b));
        let version = versions.iter().find(|v| live(v)).or_else(newest)?;
        Some(Self {
            id: version.id.clone(),
            name: version.name.clone(),
            status: version.status,
            percent: version.progress.as_ref().and_then(|p| p.percent()),
            live: live(version),
            timestamp: version.timestamp.clone(),
        })
    }
}

/// How an outside system is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SystemHealth {
    /// `s3`, `trainer`, `tunnel`, `documents`, `captions`, `notices`.
    pub system: String,
    /// `rehearsal`, `live`, `off`.
    pub mode: String,
    pub ok: bool,
    /// One sentence; names no secret.
    pub detail: String,
    pub remedy: Option<String>,
}

/// All systems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Health {
    /// Whether a training can be started: everything but the tunnel works.
    pub ok: bool,
    pub systems: Vec<SystemHealth>,
}
