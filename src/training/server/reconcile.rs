//! Polling: every unfinished run of ours is asked after until it has settled. Enough by itself; the webhook only hurries.
//!
//! The loop is thin: [`reconcile_once`] does the work and takes the time from the state's clock. A run survives whatever
//! RunPod answers: errors are no verdict, a 404 is one only after S3 was asked for the model.

use super::super::model::version::{Report, Success, TrainingVersion};
use super::settle::{Witness, settle};
use super::{job, outcome, versions};
use crate::error::AppError;
use crate::server::runpod::RunpodError;
use crate::server::s3::S3Error;
use crate::server::state::{AppState, unix_ms};
use crate::styles;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use std::time::Duration;

/// A 404 right after the submit may pass (contracts 1.6).
const GRACE_MS: i64 = 150_000;
/// How long a submit of unknown fate may stay invisible in the endpoint's own list before it counts as not received:
/// longer than a submit may take (30 s), since it may still be on its way.
const UNSEEN_MS: i64 = 45_000;
/// After this a run nobody knows anything of is given up: RunPod has deleted every trace of it.
const FORGOTTEN_MS: i64 = 8 * 24 * 3600 * 1000;
const RUNS_IN_FLIGHT: usize = 8;

/// Runs until the process ends.
pub async fn run(state: AppState) {
    loop {
        let open = reconcile_once(&state).await;
        let pause = match (open, state.runpod_is_rehearsed()) {
            (0, _) => Duration::from_secs(30),
            (_, true) => Duration::from_millis(500),
            (_, false) => Duration::from_secs(5),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = state.wake.notified(), if open == 0 => {}
        }
    }
}

/// Asks once after every unfinished run; returns how many are still unfinished.
pub async fn reconcile_once(state: &AppState) -> usize {
    let runs = match unfinished(state) {
        Ok(runs) => runs,
        Err(error) => {
            tracing::error!(%error, "runs cannot be listed");
            return 1; // try again soon: a run may be hidden behind the broken file
        }
    };
    let checks: Vec<_> = runs.iter().map(|(s, v)| still_open(state, s, v)).collect();
    let open: Vec<bool> = stream::iter(checks)
        .buffer_unordered(RUNS_IN_FLIGHT)
        .collect()
        .await;
    open.into_iter().filter(|open| *open).count()
}

/// Checks one run; a failed check leaves it open.
async fn still_open(state: &AppState, style: &StyleId, version: &TrainingVersion) -> bool {
    match check(state, style, version).await {
        Ok(version) => !version.status.is_final(),
        Err(error) => {
            tracing::warn!(%style, version = version.id, %error, "run not settled yet");
            true
        }
    }
}

fn unfinished(state: &AppState) -> Result<Vec<(StyleId, TrainingVersion)>, AppError> {
    let mut runs = Vec::new();
    for style in styles::server::list(state)? {
        match versions::list_of(state, &style) {
            Ok(versions) => runs.extend(
                versions
                    .into_iter()
                    .filter(|v| v.is_ours() && !v.status.is_final())
                    .map(|v| (style.id.clone(), v)),
            ),
            Err(error) => tracing::error!(style = %style.id, %error, "versions cannot be read"),
        }
    }
    Ok(runs)
}

/// Asks all witnesses about one run and settles what they say.
pub async fn check(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<TrainingVersion, AppError> {
    let found = match &version.job_id {
        Some(job_id) => match state.runpod.status(job_id).await {
            Ok(job) => Some((Witness::Polling, outcome::of_job(&job))),
            Err(RunpodError::NotFound) => vanished(state, version).await?,
            Err(error) => {
                tracing::warn!(%style, version = version.id, %error, "polling");
                None
            }
        },
        None => unknown_fate(state, version).await?,
    };
    match found {
        Some((witness, report)) => settle(state, style, &version.id, witness, report).await,
        None => Ok(version.clone()),
    }
}

type Found = Option<(Witness, Report)>;

fn age_ms(state: &AppState, version: &TrainingVersion) -> i64 {
    let since = unix_ms(&version.timestamp).unwrap_or(0);
    state.now_ms() - since
}

fn lost(reason: &str) -> Found {
    let report = Report::Failed {
        reason: reason.to_owned(),
        delay_ms: None,
        execution_ms: None,
    };
    Some((Witness::Studio, report))
}

/// RunPod does not know the job (any more): only the model in S3 can tell how it ended.
async fn vanished(state: &AppState, version: &TrainingVersion) -> Result<Found, AppError> {
    if let Some(success) = model_in_s3(state, version).await? {
        return Ok(Some(success));
    }
    if age_ms(state, version) < GRACE_MS {
        return Ok(None);
    }
    Ok(lost(
        "RunPod no longer knows the job (results are kept for 30 minutes) and S3 holds no model of it. Start it again.",
    ))
}

/// The answer to the submit was lost: the endpoint's list, the webhook or the model may show that it was accepted.
async fn unknown_fate(state: &AppState, version: &TrainingVersion) -> Result<Found, AppError> {
    let request_id = version.request_id.as_deref().unwrap_or_default();
    let listed = state.runpod.find_by_request_id(request_id).await;
    if let Ok(Some(job_id)) = listed {
        return Ok(Some((Witness::Polling, Report::Submitted { job_id })));
    }
    if let Some(success) = model_in_s3(state, version).await? {
        return Ok(Some(success));
    }
    let age = age_ms(state, version);
    if listed == Ok(None) && age > UNSEEN_MS {
        return Ok(lost(
            "The trainer never received the job; nothing was paid. Start it again.",
        ));
    }
    if age > FORGOTTEN_MS {
        return Ok(lost(
            "Whether RunPod received the job could not be found out, and no model of it turned up. Look at RunPod's dashboard before you start it again.",
        ));
    }
    Ok(None)
}

/// The model at the key the container writes to, if it is younger than the run.
async fn model_in_s3(state: &AppState, version: &TrainingVersion) -> Result<Found, AppError> {
    let Some(model_name) = &version.model_name else {
        return Ok(None);
    };
    let key = job::model_key(model_name);
    match state.s3.head(&key).await {
        // clocks differ by seconds, an older model of the same name by more
        Ok(object) if object.modified_ms + 120_000 > unix_ms(&version.timestamp).unwrap_or(0) => {
            let success = Success {
                lora_url: Some(state.s3.object_url(&key)),
                size_bytes: Some(object.size_bytes),
                ..Success::default()
            };
            Ok(Some((Witness::S3, Report::Succeeded(success))))
        }
        Ok(_) | Err(S3Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}
