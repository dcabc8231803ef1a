//! Versions that wait for their turn in a sweep: recorded all at once with their forms, taken one by one.
//!
//! Taking is one write under the file's lock: whoever takes a version is the only one who may send it, also after a crash.

use super::{
    IDEMPOTENCY_KEY, Inserted, QUEUED_FORM, Secrets, TOKEN_HASH, VERSIONS, file_of, for_new,
    list_of, new_record, read, refuse_used_name, unknown,
};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::{Style, StyleId};
use crate::styles::server::folders;
use crate::training::model::form::TrainingForm;
use crate::training::model::version::TrainingVersion;
use serde_json::{Map, Value, json};

/// A version that waits, with the form it will be sent with.
#[derive(Clone, Debug)]
pub struct QueuedRun {
    pub version: TrainingVersion,
    /// `None`: the record was cut by another program; such a run cannot be sent.
    pub form: Option<TrainingForm>,
}

/// Records all runs of a sweep, or none of them. The first run's key decides whether they were recorded before.
pub async fn insert_all(
    state: &AppState,
    style: &Style,
    runs: Vec<(TrainingVersion, Secrets, TrainingForm)>,
) -> Result<Inserted, AppError> {
    let others = list_of(state, style)?;
    let path = for_new(state, style);
    state
        .documents
        .update(path, move |document| {
            let versions = VERSIONS.entries_mut(document)?;
            let key = runs.first().and_then(|r| r.1.idempotency_hash.as_deref());
            if let Some(earlier) = key.and_then(|key| with_key(versions, key)) {
                return Ok(Inserted::Already(Box::new(earlier)));
            }
            for (version, secrets, form) in &runs {
                let here: Vec<TrainingVersion> = versions.iter().filter_map(read).collect();
                refuse_used_name(
                    &version.name,
                    here.into_iter().chain(others.iter().cloned()),
                )?;
                let mut record = new_record(version, secrets);
                record.insert(QUEUED_FORM.into(), json!(form));
                versions.insert(0, Value::Object(record));
            }
            Ok::<_, AppError>(Inserted::New)
        })
        .await
}

fn with_key(versions: &[Value], key: &str) -> Option<TrainingVersion> {
    let same = |r: &&Value| r[IDEMPOTENCY_KEY].as_str() == Some(key);
    versions.iter().find(same).and_then(read)
}

/// Id of the sweep that an earlier start with this key made.
pub fn sweep_of_key(
    state: &AppState,
    style: &Style,
    hash: &str,
) -> Result<Option<String>, AppError> {
    let earlier = super::by_idempotency(state, style, hash)?;
    Ok(earlier.and_then(|version| Some(version.sweep?.id)))
}

/// All versions of a style that wait, in no order.
pub fn queued(state: &AppState, style: &Style) -> Result<Vec<QueuedRun>, AppError> {
    let mut found = Vec::new();
    for path in folders::files(state, style, super::FILE) {
        let document = VERSIONS.read(&state.documents, &path)?;
        for record in document.as_deref().map_or(&[][..], |d| VERSIONS.entries(d)) {
            let Some(version) = read(record).filter(TrainingVersion::is_queued) else {
                continue;
            };
            let form = serde_json::from_value(record[QUEUED_FORM].clone());
            found.push(QueuedRun {
                version,
                form: form.ok(),
            });
        }
    }
    Ok(found)
}

/// Takes a version out of the queue to send it now, under a new token. `false`: it does not wait any more, or another server sent
/// one of its sweep meanwhile and there is no room in flight.
pub async fn take(
    state: &AppState,
    style: &StyleId,
    id: &str,
    token_hash: &str,
) -> Result<bool, AppError> {
    let (now, token_hash) = (state.now_iso(), token_hash.to_owned());
    on_record(state, style, id, move |record, version, all| {
        let place = version.sweep.clone().unwrap_or_default();
        let goes = version.is_queued() && place.has_room(all);
        if goes {
            record.shift_remove("queued");
            record.shift_remove(QUEUED_FORM);
            record.insert("sentAt".into(), json!(now));
            record.insert(TOKEN_HASH.into(), json!(token_hash));
        }
        goes
    })
    .await
}

/// Lets a version wait again whose submit certainly did not reach RunPod.
pub async fn put_back(
    state: &AppState,
    style: &StyleId,
    id: &str,
    form: &TrainingForm,
) -> Result<(), AppError> {
    let form = json!(form);
    on_record(state, style, id, move |record, version, _| {
        if !version.status.is_final() && version.job_id.is_none() {
            record.insert("queued".into(), json!(true));
            record.insert(QUEUED_FORM.into(), form.clone());
            record.shift_remove("sentAt");
        }
    })
    .await
}

/// Changes what is stored of one version, under the file's lock, with all versions of the file to look at.
async fn on_record<T: Send + 'static>(
    state: &AppState,
    style: &StyleId,
    id: &str,
    mut change: impl FnMut(&mut Map<String, Value>, &TrainingVersion, &[TrainingVersion]) -> T
    + Send
    + 'static,
) -> Result<T, AppError> {
    let path = file_of(state, style, id)?;
    let (style, id) = (style.clone(), id.to_owned());
    state
        .documents
        .update(path, move |document| {
            let versions = VERSIONS.entries_mut(document)?;
            let all: Vec<TrainingVersion> = versions.iter().filter_map(read).collect();
            let mut records = versions.iter_mut();
            let record = records.find(|r| r["id"].as_str() == Some(&id));
            let found = record.and_then(|r| Some((read(r)?, r.as_object_mut()?)));
            let (version, record) = found.ok_or_else(|| unknown(&style, &id))?;
            Ok::<_, AppError>(change(record, &version, &all))
        })
        .await
}
