//! The event log of a version: one JSON line per event in `training_runs/{id}/events.jsonl` beside its record.
//!
//! Lines are appended in one write each, so a crash leaves whole lines; a line that cannot be read is passed over. The record is
//! the truth: an end it has and the log lacks is shown nevertheless.

use super::super::model::version::{Status, TrainingVersion, VersionEvent};
use super::settle::Witness;
use super::versions;
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use std::path::PathBuf;

/// Longest text of an event.
const MAX_CHARS: usize = 2_000;
/// At most this many events are shown, the last ones.
const MAX_SHOWN: usize = 1_000;

fn path(state: &AppState, style: &StyleId, id: &str) -> Result<PathBuf, AppError> {
    Ok(versions::folder_of(state, style, id)?.join("events.jsonl"))
}

/// Appends what a witness tells now, in a message that says it all.
pub async fn append(state: &AppState, style: &StyleId, id: &str, witness: &str, message: &str) {
    let event = VersionEvent {
        witness: witness.to_owned(),
        message: message.to_owned(),
        ..VersionEvent::default()
    };
    append_event(state, style, id, event).await;
}

/// Appends an event of now. A full disk must not stop a run: it is logged and the run goes on. What a witness said last is not
/// said twice in a row (two servers may watch one run), except by people.
pub async fn append_event(state: &AppState, style: &StyleId, id: &str, event: VersionEvent) {
    let short = |text: String| text.chars().take(MAX_CHARS).collect::<String>();
    let event = VersionEvent {
        time: state.now_iso(),
        message: short(event.message),
        said: event.said.map(short),
        ..event
    };
    let (witness, message) = (&event.witness, &event.message);
    tracing::info!(%style, version = id, witness, message, "version");
    if let Err(error) = write(state, style, id, &event).await {
        tracing::error!(%style, version = id, %error, "event not written");
    }
}

async fn write(
    state: &AppState,
    style: &StyleId,
    id: &str,
    event: &VersionEvent,
) -> Result<(), AppError> {
    let path = path(state, style, id)?;
    let line = serde_json::to_string(event).expect("an event can be written");
    let told = |last: &str| {
        let last = serde_json::from_str::<VersionEvent>(last);
        let says_it = |l: VersionEvent| l.witness == event.witness && l.message == event.message;
        event.witness != Witness::Person.as_str() && last.is_ok_and(says_it)
    };
    Ok(state.documents.append(&path, &line, told).await?)
}

/// All events, oldest first.
pub async fn list(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<Vec<VersionEvent>, AppError> {
    let path = path(state, style, id)?;
    let bytes = state.documents.read_file(&path).await?.unwrap_or_default();
    let events: Vec<VersionEvent> = String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let version = versions::get(state, style, id)?;
    let skip = events.len().saturating_sub(MAX_SHOWN);
    let missing = missing_end(&version, &events);
    Ok(events.into_iter().skip(skip).chain(missing).collect())
}

/// The end that is on record and not in the log: a studio that is killed between the two leaves it out.
fn missing_end(version: &TrainingVersion, events: &[VersionEvent]) -> Option<VersionEvent> {
    let ends = [Status::Completed, Status::Failed, Status::Cancelled].map(Status::as_str);
    let tells = |event: &VersionEvent| {
        let taken_back = event.message.strip_prefix("taken back as unfinished: ");
        let message = taken_back.unwrap_or(&event.message);
        ends.iter().any(|end| message.starts_with(end))
    };
    if !version.is_ours() || !version.status.is_final() || events.iter().any(tells) {
        return None;
    }
    let status = version.status.as_str();
    let message = match &version.error {
        Some(reason) => format!("{status}: {reason}"),
        None => status.to_owned(),
    };
    let time = version.completed_at.clone().or(version.failed_at.clone());
    Some(VersionEvent {
        time: time.unwrap_or_else(|| version.timestamp.clone()),
        witness: "studio".into(),
        message,
        ..VersionEvent::default()
    })
}
