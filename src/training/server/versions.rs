//! `training_versions.json`: the runs of a style, newest first.
//!
//! The one place that reads and writes stored records. A change touches the fields it means and leaves every other key,
//! known or not, and their order as they are. Two fields never leave the server: the hash of the webhook's token and the
//! idempotency key.

mod foreign;
mod queue;

pub use foreign::{adopt, merge};
pub use queue::{QueuedRun, insert_all, put_back, queued, sweep_of_key, take};

use super::super::model::names::UsedName;
use super::super::model::version::{ParameterValue, Progress, Status, TrainingVersion};
use crate::error::AppError;
use crate::server::documents::Listed;
use crate::server::runpod::milliseconds;
use crate::server::state::AppState;
use crate::server::token;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use crate::styles::server::folders;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

pub const FILE: &str = "training_versions.json";
const VERSIONS: Listed = Listed {
    file: FILE,
    key: "versions",
    of: "training versions",
};
const TOKEN_HASH: &str = "webhookTokenSha256";
const IDEMPOTENCY_KEY: &str = "idempotencyKeySha256";
/// The form of a version that waits for its turn.
const QUEUED_FORM: &str = "queuedForm";

/// A record as the server sees it.
#[derive(Clone, Debug)]
pub struct Stored {
    pub version: TrainingVersion,
    pub token_hash: Option<String>,
}

/// All versions of a style, newest first as the files have them.
pub fn list(state: &AppState, style: &StyleId) -> Result<Vec<TrainingVersion>, AppError> {
    list_of(state, &styles::server::get(state, style)?)
}

pub fn list_of(state: &AppState, style: &Style) -> Result<Vec<TrainingVersion>, AppError> {
    Ok(stored(state, style)?
        .into_iter()
        .map(|s| s.version)
        .collect())
}

/// All records; of two folders with one id, the first folder's counts.
pub fn stored(state: &AppState, style: &Style) -> Result<Vec<Stored>, AppError> {
    let mut found: Vec<Stored> = Vec::new();
    for path in folders::files(state, style, FILE) {
        let Some(document) = VERSIONS.read(&state.documents, &path)? else {
            continue;
        };
        for record in VERSIONS.entries(&document) {
            let Some(version) = read(record) else {
                continue;
            };
            if !found.iter().any(|s| s.version.id == version.id) {
                let token_hash = record[TOKEN_HASH].as_str().map(str::to_owned);
                found.push(Stored {
                    version,
                    token_hash,
                });
            }
        }
    }
    Ok(found)
}

pub fn get(state: &AppState, style: &StyleId, id: &str) -> Result<TrainingVersion, AppError> {
    let found = list(state, style)?.into_iter().find(|v| v.id == id);
    found.ok_or_else(|| unknown(style, id))
}

pub fn unknown(style: &StyleId, id: &str) -> AppError {
    let id: String = id.chars().take(140).collect();
    AppError::not_found(format!("Style {style} has no training version {id:?}."))
}

/// A record, field by field: one odd value does not hide a version. `None` without an id.
pub fn read(record: &Value) -> Option<TrainingVersion> {
    let text = |key: &str| record[key].as_str().map(str::to_owned);
    let parameters = record["parameters"].as_object();
    let parameters = parameters.into_iter().flatten().filter_map(|(key, value)| {
        let value = serde_json::from_value::<ParameterValue>(value.clone()).ok()?;
        Some((key.clone(), value))
    });
    Some(TrainingVersion {
        id: text("id")?,
        name: text("name").unwrap_or_default(),
        description: text("description"),
        timestamp: text("timestamp").unwrap_or_default(),
        parameters: parameters.collect(),
        status: text("status")
            .and_then(|s| Status::parse(&s))
            .unwrap_or_default(),
        selection_set_id: record["selectionSetId"].as_u64(),
        image_count: record["imageCount"].as_u64(),
        lora_url: text("loraUrl"),
        completed_at: text("completedAt"),
        failed_at: text("failedAt"),
        error: text("error"),
        is_good: record["isGood"].as_bool(),
        last_synced: text("lastSynced"),
        job_id: text("jobId"),
        request_id: text("requestId"),
        trainer: text("trainer"),
        model_name: text("modelName"),
        progress: serde_json::from_value::<Progress>(record["progress"].clone()).ok(),
        delay_time_ms: milliseconds(&record["delayTimeMs"]),
        execution_time_ms: milliseconds(&record["executionTimeMs"]),
        size_bytes: record["sizeBytes"].as_u64(),
        sent_at: text("sentAt"),
        ttl_ms: record["ttlMs"].as_i64(),
        lost: record["lost"].as_bool(),
        preset: text("preset"),
        usd_per_hour: record["usdPerHour"].as_f64(),
        estimated_usd: record["estimatedUsd"].as_f64(),
        sweep: serde_json::from_value(record["sweep"].clone()).ok(),
        queued: record["queued"].as_bool(),
        start_from: text("startFrom"),
    })
}

/// Writes the fields that differ; a field that became empty is removed.
fn write(record: &mut Map<String, Value>, before: &TrainingVersion, after: &TrainingVersion) {
    let fields = |version| match json!(version) {
        Value::Object(fields) => fields,
        _ => unreachable!("a struct is an object"),
    };
    let (before, after) = (fields(before), fields(after));
    for (key, value) in after {
        if before.get(&key) == Some(&value) {
            continue;
        }
        if value.is_null() {
            record.shift_remove(&key);
        } else {
            record.insert(key, value);
        }
    }
}

/// What a new record carries besides the version itself.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub token_hash: String,
    pub idempotency_hash: Option<String>,
}

/// How an insert ended.
#[derive(Debug)]
pub enum Inserted {
    New,
    /// The same request came before: this is what it made.
    Already(Box<TrainingVersion>),
}

/// The file that takes a new record.
fn for_new(state: &AppState, style: &Style) -> PathBuf {
    let path = folders::files(state, style, FILE).into_iter().next();
    path.unwrap_or_else(|| folders::new_file(state, style, FILE))
}

/// Records a new version on top of the list. A name that was used before is refused: its model would be overwritten.
pub async fn insert(
    state: &AppState,
    style: &Style,
    version: TrainingVersion,
    secrets: Secrets,
) -> Result<Inserted, AppError> {
    let others = list_of(state, style)?;
    let path = for_new(state, style);
    state
        .documents
        .update(path, move |document| {
            let versions = VERSIONS.entries_mut(document)?;
            if let Some(hash) = &secrets.idempotency_hash {
                let same = |r: &&Value| r[IDEMPOTENCY_KEY].as_str() == Some(hash);
                if let Some(earlier) = versions.iter().find(same).and_then(read) {
                    return Ok(Inserted::Already(Box::new(earlier)));
                }
            }
            let here = versions.iter().filter_map(read);
            refuse_used_name(&version.name, here.chain(others.iter().cloned()))?;
            if versions
                .iter()
                .any(|r| r["id"].as_str() == Some(&version.id))
            {
                return Err(AppError::conflict(
                    "Another run was started this very moment; try again.",
                ));
            }
            versions.insert(0, Value::Object(new_record(&version, &secrets)));
            Ok::<_, AppError>(Inserted::New)
        })
        .await
}

fn new_record(version: &TrainingVersion, secrets: &Secrets) -> Map<String, Value> {
    let mut record = Map::new();
    write(&mut record, &TrainingVersion::default(), version);
    record.insert("status".into(), json!(version.status));
    record.insert(TOKEN_HASH.into(), json!(secrets.token_hash));
    if let Some(hash) = &secrets.idempotency_hash {
        record.insert(IDEMPOTENCY_KEY.into(), json!(hash));
    }
    record
}

/// Whether RunPod never took it, so that it wrote no model.
pub fn never_ran(version: &TrainingVersion) -> bool {
    UsedName::of(version).is_empty()
}

/// Two versions must never write one model file.
fn refuse_used_name(
    name: &str,
    others: impl Iterator<Item = TrainingVersion>,
) -> Result<(), AppError> {
    let mut used = others.flat_map(|other| UsedName::of(&other));
    let refusal = used.find_map(|used| used.refusal(name));
    match refusal {
        None => Ok(()),
        Some(message) => Err(AppError {
            kind: crate::error::ErrorKind::Conflict,
            ..AppError::field("name", message)
        }),
    }
}

/// The version that an earlier start with this key made.
pub fn by_idempotency(
    state: &AppState,
    style: &Style,
    hash: &str,
) -> Result<Option<TrainingVersion>, AppError> {
    for path in folders::files(state, style, FILE) {
        let document = VERSIONS.read(&state.documents, &path)?;
        let records = document.as_deref().map_or(&[][..], |d| VERSIONS.entries(d));
        let same = |r: &&Value| r[IDEMPOTENCY_KEY].as_str() == Some(hash);
        if let Some(version) = records.iter().find(same).and_then(read) {
            return Ok(Some(version));
        }
    }
    Ok(None)
}

/// Whether some run's webhook carries the token of this hash.
///
/// # Errors
/// It was not found, and a style's file cannot be read: it may be there.
pub fn knows_token(state: &AppState, hash: &str) -> Result<bool, AppError> {
    let mut unread = None;
    for style in styles::server::list(state)? {
        let runs = stored(state, &style).unwrap_or_else(|error| {
            unread = Some(error);
            Vec::new()
        });
        let mut known = runs.iter().filter_map(|run| run.token_hash.as_deref());
        if known.any(|known| token::same(known, hash)) {
            return Ok(true);
        }
    }
    unread.map_or(Ok(false), Err)
}

/// Notes that the submit goes out now. Refused when the run was given up meanwhile: then nothing may be sent.
pub async fn mark_sent(state: &AppState, style: &StyleId, id: &str) -> Result<(), AppError> {
    let now = state.now_iso();
    let marked = change(state, style, id, move |version| {
        if version.status.is_final() {
            let message = format!("{} was given up before it was sent.", version.name);
            return Err(AppError::conflict(message).with_remedy("Start it again."));
        }
        version.sent_at = Some(now.clone());
        Ok(())
    });
    marked.await.map(|_| ())
}

/// Changes one version in the file that holds it. `change` may run more than once.
pub async fn change<T: Send + 'static>(
    state: &AppState,
    style: &StyleId,
    id: &str,
    mut change: impl FnMut(&mut TrainingVersion) -> Result<T, AppError> + Send + 'static,
) -> Result<(T, TrainingVersion), AppError> {
    let path = file_of(state, style, id)?;
    let (style, id) = (style.clone(), id.to_owned());
    state
        .documents
        .update(path, move |document| {
            let record = VERSIONS
                .entries_mut(document)?
                .iter_mut()
                .find(|r| r["id"].as_str() == Some(&id));
            let (record, before) = record
                .and_then(|r| read(r).map(|v| (r, v)))
                .ok_or_else(|| unknown(&style, &id))?;
            let mut after = before.clone();
            let result = change(&mut after)?;
            let record = record.as_object_mut().expect("it was read");
            write(record, &before, &after);
            if !after.is_queued() {
                record.shift_remove(QUEUED_FORM);
            }
            Ok((result, after))
        })
        .await
}

fn file_of(state: &AppState, style: &StyleId, id: &str) -> Result<PathBuf, AppError> {
    let known = styles::server::get(state, style)?;
    for path in folders::files(state, &known, FILE) {
        let document = VERSIONS.read(&state.documents, &path)?;
        let is_it = |r: &Value| r["id"].as_str() == Some(id);
        let holds = |d: &Value| VERSIONS.entries(d).iter().any(is_it);
        if document.is_some_and(|d| holds(&d)) {
            return Ok(path);
        }
    }
    Err(unknown(style, id))
}

/// The folder of a version's own files (events, snapshot), beside its record, as the documents' paths have it.
pub fn folder_of(state: &AppState, style: &StyleId, id: &str) -> Result<PathBuf, AppError> {
    if !super::super::model::version::is_version_id(id) {
        return Err(unknown(style, id));
    }
    let file = file_of(state, style, id)?;
    let folder = file.parent().expect("it lies in a folder");
    Ok(folder.join("training_runs").join(id))
}

/// Removes one record; nothing else of the run.
pub async fn remove(state: &AppState, style: &StyleId, id: &str) -> Result<(), AppError> {
    let path = file_of(state, style, id)?;
    let (style, id) = (style.clone(), id.to_owned());
    state
        .documents
        .update(path, move |document| {
            let versions = VERSIONS.entries_mut(document)?;
            let before = versions.len();
            versions.retain(|r| r["id"].as_str() != Some(&id));
            if versions.len() == before {
                return Err(unknown(&style, &id));
            }
            Ok(())
        })
        .await
}
