//! Versions that another program made: merged from outside by id, or adopted from a model in the bucket.

use super::super::super::model::version::{Status, TrainingVersion, is_version_id};
use super::super::good;
use super::{
    IDEMPOTENCY_KEY, QUEUED_FORM, TOKEN_HASH, VERSIONS, change, file_of, for_new, read, write,
};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use serde_json::{Map, Value};

/// Merges versions by id: known ones get what a person owns (name, description, isGood), unknown ones are imported as
/// they are, none is removed. Returns how many were imported.
pub async fn merge(
    state: &AppState,
    style: &StyleId,
    incoming: Vec<Map<String, Value>>,
) -> Result<usize, AppError> {
    let known = styles::server::get(state, style)?;
    let mut imported = Vec::new();
    let mut marks = Vec::new();
    for record in incoming {
        let version = read(&Value::Object(record.clone()))
            .filter(|v| is_version_id(&v.id))
            .ok_or_else(|| {
                AppError::field(
                    "versions",
                    "Each version needs an `id` of letters, digits, - _ and dots.",
                )
            })?;
        marks.extend(version.is_good.map(|good| (version.id.clone(), good)));
        if file_of(state, style, &version.id).is_err() {
            imported.push(foreign(record));
            continue;
        }
        change(state, style, &version.id, move |mine| {
            if !version.name.is_empty() {
                mine.name.clone_from(&version.name);
            }
            mine.description = version.description.clone().or(mine.description.take());
            Ok(())
        })
        .await?;
    }
    let count = imported.len();
    if count > 0 {
        insert_all(state, &known, imported).await?;
    }
    mark_all(state, style, marks).await?;
    Ok(count)
}

async fn insert_all(
    state: &AppState,
    known: &Style,
    imported: Vec<Map<String, Value>>,
) -> Result<(), AppError> {
    let path = for_new(state, known);
    state
        .documents
        .update(path, move |document| {
            let versions = VERSIONS.entries_mut(document)?;
            for record in imported.iter().rev() {
                versions.insert(0, Value::Object(record.clone()));
            }
            Ok::<_, AppError>(())
        })
        .await
}

/// One version is the good one, and the registry names it: the first that asks to be and can.
async fn mark_all(
    state: &AppState,
    style: &StyleId,
    marks: Vec<(String, bool)>,
) -> Result<(), AppError> {
    for (id, _) in marks.iter().filter(|(_, good)| !good) {
        if super::get(state, style, id)?.is_good == Some(true) {
            good::mark(state, style, id, false).await?;
        }
    }
    for (id, _) in marks.iter().filter(|(_, good)| *good) {
        if super::get(state, style, id)?.status == Status::Completed {
            good::mark(state, style, id, true).await?;
            break;
        }
    }
    Ok(())
}

/// An imported record may not bring secrets or claim to be watched by us.
fn foreign(mut record: Map<String, Value>) -> Map<String, Value> {
    for key in [
        TOKEN_HASH,
        IDEMPOTENCY_KEY,
        QUEUED_FORM,
        "queued",
        "requestId",
        "jobId",
        "sentAt",
        "lost",
        // given, where it can be, when all are there
        "isGood",
    ] {
        record.shift_remove(key);
    }
    record
}

/// Records a version of a model that another program made, on top of the list. `None` when a record of it is there:
/// two imports at the same moment make one.
pub async fn adopt(
    state: &AppState,
    style: &Style,
    version: TrainingVersion,
    is_it: impl Fn(&TrainingVersion) -> bool + Send + 'static,
) -> Result<Option<TrainingVersion>, AppError> {
    let path = for_new(state, style);
    state
        .documents
        .update(path, move |document| {
            let versions = VERSIONS.entries_mut(document)?;
            if versions.iter().filter_map(read).any(|v| is_it(&v)) {
                return Ok(None);
            }
            let mut record = Map::new();
            write(&mut record, &TrainingVersion::default(), &version);
            versions.insert(0, Value::Object(record));
            Ok::<_, AppError>(Some(version.clone()))
        })
        .await
}
