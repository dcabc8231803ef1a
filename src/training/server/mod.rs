//! One training run, walked from top to bottom: [`start`] below is the path of a request.
//!
//! The version is recorded before it is submitted, and only `settle` gives it another status.

pub mod again;
pub mod compare;
pub mod costs;
pub mod events;
pub mod export;
pub mod forms;
pub mod good;
pub mod import;
pub mod job;
pub mod lora_file;
pub(crate) mod lora_head;
mod model_check;
pub mod notices;
pub(crate) mod outcome;
mod parameter_schema;
pub mod preflight;
pub mod prepare;
pub mod presets;
pub mod progress;
pub mod reconcile;
pub mod removal;
pub mod reproduce;
pub mod routes;
pub(crate) mod settings_file;
pub mod settle;
pub mod snapshot;
pub mod sweeps;
pub mod versions;
pub mod webhook;
pub mod workflow;

use super::model::form::TrainingForm;
use super::model::names::name_again;
use super::model::presets::is_label;
use super::model::version::{ParameterValue, Report, Status, TrainingVersion};
use crate::error::{AppError, ErrorKind};
use crate::server::runpod::RunpodError;
use crate::server::state::AppState;
use crate::server::token;
use crate::styles::model::StyleId;
use crate::{dataset, tunnel};
use costs::Recording;
use prepare::Prepared;
use settle::{Witness, settle};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use versions::{Inserted, Secrets};

/// Starts a training run and returns its version: recorded first, paid second.
///
/// With an idempotency key a repeated start returns what the first one made. Problems of the form and of the dataset come
/// back all at once, by field, before anything is recorded.
pub async fn start(
    state: &AppState,
    form: TrainingForm,
    idempotency_key: Option<String>,
) -> Result<TrainingVersion, AppError> {
    let prepared = prepare::prepare(state, &form).await?;
    if let Some(refusal) = prepared.refusal() {
        return earlier(state, &prepared, idempotency_key.as_deref())?.ok_or(refusal);
    }
    let key = WebhookKey::new(state);
    let version = new_version(state, &prepared);
    let secrets = Secrets {
        token_hash: token::hash(&key.token),
        idempotency_hash: idempotency_key.as_deref().map(token::hash),
    };
    let inserted = {
        let recording = state.residents.of::<Recording>("");
        let _turn = recording.0.lock().await;
        if let Some(earlier) = earlier(state, &prepared, idempotency_key.as_deref())? {
            return Ok(earlier);
        }
        within_allowance(state)?;
        costs::within_month(state, prepared.plan.cost_usd, None)?;
        versions::insert(state, &prepared.style, version.clone(), secrets).await?
    };
    if let Inserted::Already(earlier) = inserted {
        return Ok(*earlier);
    }
    let (style, id) = (&prepared.style.id, version.id.as_str());
    events::append(state, style, id, Witness::Studio.as_str(), "recorded").await;
    if let Err(error) = ready_to_send(state, &prepared, &version).await {
        // a disk that takes no snapshot may not take this either: then the reconciler ends it, since nothing was sent
        let reason = format!("It was not sent: {}", error.message);
        let _ = settle(state, style, id, Witness::Studio, failed(reason)).await;
        return Err(error);
    }
    let submitted = submit(state, &prepared, &version, &key).await;
    let version = conclude(state, style, id, submitted).await;
    state.wake.notify_one();
    version
}

/// Sends a version that is on record and marked as sent.
async fn submit(
    state: &AppState,
    prepared: &Prepared,
    version: &TrainingVersion,
    key: &WebhookKey,
) -> Result<String, RunpodError> {
    let request_id = version.request_id.as_deref().unwrap_or_default();
    let body = prepared.body(request_id, key.address.as_deref());
    let submitted = state.runpod.submit(&body).await;
    remember_size(state, prepared).await;
    submitted
}

/// The last steps on this side: after them the job may be running, before them it is certain that it is not.
async fn ready_to_send(
    state: &AppState,
    prepared: &Prepared,
    version: &TrainingVersion,
) -> Result<(), AppError> {
    if state.kept.are_shared() {
        // another server may have recorded a run in the same moment
        state.documents.catch_up(Duration::ZERO).await;
        costs::within_month(state, prepared.plan.cost_usd, Some(&version.id))?;
    }
    snapshot::take(state, prepared, version).await?;
    versions::mark_sent(state, &prepared.style.id, &version.id).await
}

fn failed(reason: String) -> Report {
    Report::Failed {
        reason,
        delay_ms: None,
        execution_ms: None,
    }
}

/// The data page shows buckets at the size of the last run; a run is not held up when that cannot be kept.
async fn remember_size(state: &AppState, prepared: &Prepared) {
    let choice = prepared.request.bucket_choice();
    let kept = dataset::server::quality::remember_run(state, &prepared.style.id, choice).await;
    if let Err(error) = kept {
        tracing::warn!(%error, "the training size of the run is not remembered");
    }
}

/// Real runs cost money: only so many are started within a minute.
fn within_allowance(state: &AppState) -> Result<(), AppError> {
    let limit = state.config.max_starts_per_minute;
    if state.runpod_is_rehearsed() {
        return Ok(());
    }
    state.starts.take(state.now_ms(), limit).map_err(|seconds| {
        let message = format!(
            "{limit} runs were started within a minute, which is the limit; nothing was sent."
        );
        let remedy = format!("Try again in {seconds} seconds, or raise MAX_STARTS_PER_MINUTE.");
        AppError::new(ErrorKind::TooMany, message).with_remedy(remedy)
    })
}

/// What an earlier start with the same key made: its name is taken by itself, so a repeated start would be refused.
fn earlier(
    state: &AppState,
    prepared: &Prepared,
    key: Option<&str>,
) -> Result<Option<TrainingVersion>, AppError> {
    match key {
        Some(key) => versions::by_idempotency(state, &prepared.style, &token::hash(key)),
        None => Ok(None),
    }
}

/// The answer to the submit. Where it was lost nobody knows whether the job runs: the version stays pending and the
/// reconciler finds out; submitting again could pay twice.
async fn conclude(
    state: &AppState,
    style: &StyleId,
    id: &str,
    submitted: Result<String, RunpodError>,
) -> Result<TrainingVersion, AppError> {
    match submitted {
        Ok(job_id) => {
            let report = Report::Submitted { job_id };
            settle(state, style, id, Witness::Studio, report).await
        }
        Err(error) if error.is_unknown_fate() => {
            let version = versions::get(state, style, id)?;
            let fate = match version.job_id {
                Some(_) => "The job was found meanwhile.",
                None => "The job may run nevertheless; it is being looked for.",
            };
            let message = format!("{error} {fate}");
            events::append(state, style, id, Witness::Studio.as_str(), &message).await;
            Ok(version)
        }
        Err(error) => {
            settle(state, style, id, Witness::Studio, failed(error.to_string())).await?;
            Err(AppError::new(ErrorKind::Upstream, error.to_string())
                .with_remedy("Nothing was paid. The attempt is in the list of versions as failed; its name can be used again."))
        }
    }
}

/// A run's own token, and the address of its webhook where one can be reached.
struct WebhookKey {
    token: String,
    address: Option<String>,
}

impl WebhookKey {
    fn new(state: &AppState) -> Self {
        let token = token::new();
        let address = tunnel::server::webhook_base(state)
            .map(|base| format!("{}?token={token}", tunnel::model::webhook_url(&base)));
        Self { token, address }
    }
}

/// The record of a run that is about to be made, with ids of its own.
fn new_version(state: &AppState, prepared: &Prepared) -> TrainingVersion {
    let (request, style) = (&prepared.request, &prepared.style.id);
    let ms = distinct_ms(state);
    let parameters = request
        .values
        .iter()
        .map(|(parameter, value)| (parameter.name.to_owned(), ParameterValue::from(value)));
    let description = request.description.trim();
    let trainer = if state.runpod_is_rehearsed() {
        "rehearsal"
    } else {
        "runpod"
    };
    TrainingVersion {
        id: format!("style_{style}_{ms}"),
        name: request.name.clone(),
        description: (!description.is_empty()).then(|| description.to_owned()),
        // the clock's: the id may run ahead of it
        timestamp: state.now_iso(),
        parameters: parameters.collect(),
        status: Status::Pending,
        selection_set_id: Some(request.selection_set_id),
        image_count: Some(prepared.dataset.items.len() as u64),
        request_id: Some(format!("{style}_{ms}")),
        trainer: Some(trainer.to_owned()),
        model_name: Some(request.model_name()),
        ttl_ms: i64::try_from(prepared.plan.limits.ttl_ms).ok(),
        preset: Some(prepared.preset.clone()).filter(|p| is_label(p)),
        start_from: request.start_from.clone(),
        usd_per_hour: prepared.usd_per_hour,
        estimated_usd: prepared
            .plan
            .cost_usd
            .filter(|_| prepared.usd_per_hour.is_some()),
        ..TrainingVersion::default()
    }
}

/// The millisecond of the run that was begun last.
#[derive(Default)]
struct LastBegun(AtomicI64);

/// Ids carry the millisecond: two runs of one millisecond get two.
fn distinct_ms(state: &AppState) -> i64 {
    let (now_ms, begun) = (state.now_ms(), state.residents.of::<LastBegun>(""));
    let next = |last: i64| Some(now_ms.max(last + 1));
    let last = begun
        .0
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    now_ms.max(last.unwrap_or(0) + 1)
}

/// Stops a run at RunPod and settles it as cancelled.
pub async fn cancel(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<TrainingVersion, AppError> {
    let version = versions::get(state, style, id)?;
    if !version.status.can_cancel() {
        let message = format!(
            "{} is {}; there is nothing to cancel.",
            version.name,
            version.status.as_str()
        );
        return Err(AppError::conflict(message));
    }
    if version.is_queued() {
        let withdrawn = settle(state, style, id, Witness::Person, Report::Withdrawn).await?;
        if withdrawn.status.is_final() {
            return Ok(withdrawn);
        }
    }
    let Some(job_id) = version.job_id.as_deref().filter(|_| version.is_ours()) else {
        let message = format!("{} has no job of this studio at RunPod yet.", version.name);
        return Err(AppError::conflict(message)
            .with_remedy("Wait a moment, or cancel it on RunPod's dashboard."));
    };
    match state.runpod.cancel(job_id).await {
        Ok(()) => settle(state, style, id, Witness::Person, Report::Cancelled).await,
        // it ended meanwhile: what it ended as is for the witnesses to say
        Err(RunpodError::NotFound) => reconcile::check(state, style, &version).await,
        Err(error) => Err(AppError::upstream(format!("{error} The run goes on."))
            .with_remedy("Try again, or cancel it on RunPod's dashboard.")),
    }
}

/// Starts a run that ended badly again, as a new version with the next name. Pressed twice it is one run.
pub async fn retry(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<TrainingVersion, AppError> {
    let version = versions::get(state, style, id)?;
    if !matches!(version.status, Status::Failed | Status::Cancelled) {
        let message = format!("{} is {}.", version.name, version.status.as_str());
        return Err(AppError::conflict(message)
            .with_remedy("Train again from here opens the form with its parameters."));
    }
    let setup = prepare::setup(state, style, id).await?;
    let notes = version.description.clone();
    let notes = notes.filter(|notes| !notes.trim().is_empty());
    let form = TrainingForm {
        // a renamed one may have a name that no file can have
        name: name_again(
            version.started_as().unwrap_or(&version.name),
            &setup.form.name,
            &setup.style.used_names,
        ),
        description: notes.unwrap_or_else(|| format!("{} again", version.name)),
        ..setup.form
    };
    preflight::start(state, form, Some(format!("retry {id}")), "").await
}

/// Asks all witnesses now, also those of a run that ended badly: a model that turned up later is taken.
pub async fn recheck(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<TrainingVersion, AppError> {
    let version = versions::get(state, style, id)?;
    match version.status {
        _ if !version.is_ours() || version.is_queued() => Ok(version),
        Status::Completed => Ok(version),
        Status::Failed | Status::Cancelled => reconcile::look_again(state, style, &version).await,
        Status::Pending | Status::Training => reconcile::check(state, style, &version).await,
    }
}

/// Whether [`download_url`] knows where the model lies; does not ask S3.
pub fn is_downloadable(state: &AppState, version: &TrainingVersion) -> bool {
    let url = version.lora_url.as_deref();
    version.status == Status::Completed && url.is_some_and(|url| state.s3.key_of(url).is_some())
}

/// A link under which the model can be downloaded for an hour.
pub async fn download_url(state: &AppState, style: &StyleId, id: &str) -> Result<String, AppError> {
    let version = versions::get(state, style, id)?;
    let url = version
        .lora_url
        .as_deref()
        .ok_or_else(|| AppError::not_found(format!("{} has no model file.", version.name)))?;
    let key = state.s3.key_of(url).ok_or_else(|| {
        AppError::conflict(format!(
            "The model of {} does not lie in the configured bucket {}.",
            version.name,
            state.s3.bucket()
        ))
        .with_remedy("Only that bucket is read; its address is shown on the version's page.")
    })?;
    let filename = key.rsplit('/').next().unwrap_or("model.safetensors");
    let hour = std::time::Duration::from_secs(3600);
    Ok(state.s3.presign_get(&key, filename, hour).await?.url)
}
