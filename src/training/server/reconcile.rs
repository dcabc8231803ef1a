//! Polling: every unfinished run of ours is asked after until it has settled. Enough by itself; the webhook only hurries.
//!
//! The loop is thin: [`reconcile_once`] does the work and takes the time from the state's clock. A run survives whatever
//! RunPod answers: errors are no verdict, a 404 is one only after S3 was asked for the model. None stays open for ever: when
//! RunPod must have deleted the job and nobody could be asked, it is given up with its reason. Runs that were given up are
//! looked after for a week, since a model may turn up and an endpoint come back.

use super::super::model::version::{Report, Status, Success, TrainingVersion};
use super::model_check::{self, Model};
use super::settle::{Witness, settle};
use super::{events, job, outcome, sweeps, versions};
use crate::error::AppError;
use crate::server::patience::Trouble;
use crate::server::runpod::{Job, RunpodError};
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
const HOUR_MS: i64 = 3600 * 1000;
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
/// How often runs that were given up are looked after, and how long.
const LOOK_BACK_EVERY: Duration = Duration::from_secs(300);
const LOOK_BACK_MS: i64 = WEEK_MS;
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
    state.documents.catch_up(Duration::ZERO).await;
    let runs = match unfinished(state) {
        Ok(runs) => runs,
        Err(error) => {
            tracing::error!(%error, "runs cannot be listed");
            return 1; // try again soon: a run may be hidden behind the broken file
        }
    };
    let (open, given_up): (Vec<_>, Vec<_>) =
        runs.into_iter().partition(|(_, v)| !v.status.is_final());
    if state.patience.looks_back(state.now_ms(), LOOK_BACK_EVERY) {
        for (style, version) in &given_up {
            if let Err(error) = look_back(state, style, version).await {
                tracing::debug!(%style, version = version.id, %error, "looked back in vain");
            }
        }
    }
    let checks: Vec<_> = open.iter().map(|(s, v)| still_open(state, s, v)).collect();
    let open: Vec<bool> = stream::iter(checks)
        .buffer_unordered(RUNS_IN_FLIGHT)
        .collect()
        .await;
    // what has ended made room
    sweeps::send_due(state).await;
    open.into_iter().filter(|open| *open).count()
}

/// Checks one run; a failed check leaves it open.
async fn still_open(state: &AppState, style: &StyleId, version: &TrainingVersion) -> bool {
    let checked = check(state, style, version).await;
    let trouble = checked.as_ref().err().map(|e| e.message.as_str());
    let about = format!("settling {}", version.id);
    if let (Trouble::New, Some(what)) = (state.patience.note(&about, trouble), trouble) {
        let message = format!("not settled yet: {what}");
        events::append(
            state,
            style,
            &version.id,
            Witness::Studio.as_str(),
            &message,
        )
        .await;
    }
    checked.map_or(true, |version| !version.status.is_final())
}

/// Runs that are open, and those of the last week that were given up without a witness.
fn unfinished(state: &AppState) -> Result<Vec<(StyleId, TrainingVersion)>, AppError> {
    let mut runs = Vec::new();
    for style in styles::server::list(state)? {
        match versions::list_of(state, &style) {
            Ok(versions) => runs.extend(
                versions
                    .into_iter()
                    .filter(|v| v.is_ours() && is_of_interest(state, v))
                    .map(|v| (style.id.clone(), v)),
            ),
            Err(error) => tracing::error!(style = %style.id, %error, "versions cannot be read"),
        }
    }
    Ok(runs)
}

fn is_of_interest(state: &AppState, version: &TrainingVersion) -> bool {
    let given_up = version.lost == Some(true) && age_ms(state, version) < LOOK_BACK_MS;
    given_up || !version.status.is_final()
}

/// Asks all witnesses about one run and settles what they say.
pub async fn check(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<TrainingVersion, AppError> {
    match witnesses(state, style, version).await? {
        Some((witness, report)) => settle(state, style, &version.id, witness, report).await,
        None => Ok(version.clone()),
    }
}

/// Asks again about a run that ended badly. Whoever knows better is believed; if nobody does, it stays as it is.
pub async fn look_again(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<TrainingVersion, AppError> {
    let Some((witness, report)) = better_news(state, style, version).await? else {
        let nothing = "checked again: neither the trainer nor S3 knows better";
        events::append(state, style, &version.id, Witness::Person.as_str(), nothing).await;
        return Ok(version.clone());
    };
    let reopened = Report::Reopened(Box::new(report.clone()));
    settle(state, style, &version.id, witness, reopened).await?;
    // one that was given up, or taken up again meanwhile, is open to the news as it is
    settle(state, style, &version.id, witness, report).await
}

/// The same for a run that was given up, unasked.
async fn look_back(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<(), AppError> {
    if let Some((witness, report)) = better_news(state, style, version).await? {
        settle(state, style, &version.id, witness, report).await?;
    }
    Ok(())
}

/// What contradicts a bad end. A cancelled run that still runs is none: RunPod takes a moment to stop it.
async fn better_news(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<Found, AppError> {
    let told = match &version.job_id {
        Some(job_id) => state.runpod.status(job_id).await.ok(),
        None => None,
    };
    let told = told.map(|job| outcome::of_job(&job)).filter(|report| {
        let runs = matches!(report, Report::Queued | Report::Running { .. });
        matches!(report, Report::Succeeded(_)) || (runs && version.status == Status::Failed)
    });
    if let Some(report) = told {
        return Ok(Some((Witness::Polling, report)));
    }
    if let Some(found) = listed_job(state, version).await.ok().flatten() {
        return Ok(Some(found));
    }
    let found = model_in_s3(state, style, version).await?;
    Ok(found.filter(|(_, report)| matches!(report, Report::Succeeded(_))))
}

type Found = Option<(Witness, Report)>;

async fn witnesses(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<Found, AppError> {
    if version.is_queued() {
        return Ok(None); // nobody has heard of it yet
    }
    let told = ask_all(state, style, version).await;
    // a version made before its ttl was recorded: RunPod's longest
    let over_ms = age_ms(state, version) - version.ttl_ms.unwrap_or(WEEK_MS) - HOUR_MS;
    if over_ms < 0 || matches!(told, Ok(Some(_))) {
        return told;
    }
    match model_in_s3(state, style, version).await {
        Ok(None) => Ok(lost(
            "RunPod could not be asked until it had deleted the job, and no model of it turned up. Look at RunPod's dashboard before you start it again.",
        )),
        Err(_) if over_ms > WEEK_MS => Ok(lost(
            "Neither RunPod nor S3 could be asked for a week after the run's time was over. See Setup for what is wrong with them, then check again.",
        )),
        found => found,
    }
}

async fn ask_all(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<Found, AppError> {
    let Some(job_id) = &version.job_id else {
        return unknown_fate(state, style, version).await;
    };
    match ask(state, style, version, job_id).await {
        Ok(job) => Ok(Some((Witness::Polling, outcome::of_job(&job)))),
        Err(RunpodError::NotFound) => vanished(state, style, version).await,
        Err(_) => Ok(None),
    }
}

/// Asks RunPod unless it wants to be left alone; what troubles the asking is in the event log once, and its end too.
async fn ask(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
    job_id: &str,
) -> Result<Job, RunpodError> {
    if state.patience.is_waiting(state.now_ms()) {
        return Err(RunpodError::RateLimited { retry_after: None });
    }
    let answer = state.runpod.status(job_id).await;
    if let Err(RunpodError::RateLimited { retry_after }) = &answer {
        state.patience.wait(state.now_ms(), *retry_after);
    }
    let trouble = match &answer {
        Err(RunpodError::NotFound) | Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    let news = state.patience.note(&version.id, trouble.as_deref());
    let message = match (news, trouble) {
        (Trouble::New, Some(trouble)) => format!("{trouble} It is asked again; the run goes on."),
        (Trouble::Over, _) => "RunPod answers again.".to_owned(),
        _ => return answer,
    };
    events::append(
        state,
        style,
        &version.id,
        Witness::Polling.as_str(),
        &message,
    )
    .await;
    answer
}

/// Since it was sent off: a run of a sweep may have waited for hours before.
fn age_ms(state: &AppState, version: &TrainingVersion) -> i64 {
    let since = unix_ms(version.began_at()).unwrap_or(0);
    state.now_ms() - since
}

fn lost(reason: &str) -> Found {
    let reason = reason.to_owned();
    Some((Witness::Studio, Report::Lost { reason }))
}

/// RunPod does not know the job (any more): only the model in S3 can tell how it ended.
async fn vanished(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<Found, AppError> {
    if let Some(found) = model_in_s3(state, style, version).await? {
        return Ok(Some(found));
    }
    if age_ms(state, version) < GRACE_MS {
        return Ok(None);
    }
    Ok(match state.runpod.health().await {
        Err(RunpodError::NotFound) => lost(
            "RunPod knows no such endpoint any more: it was deleted, or its id in .env is another one now. S3 holds no model of the run. Mend MODEL_TRAINING_RUNPOD_ENDPOINT_ID and check again, or start it on another endpoint.",
        ),
        _ => lost(
            "RunPod no longer knows the job (results are kept for 30 minutes) and S3 holds no model of it. Start it again.",
        ),
    })
}

/// The answer to the submit was lost: the endpoint's list, the webhook or the model may show that it was accepted.
async fn unknown_fate(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<Found, AppError> {
    let age = age_ms(state, version);
    // versions made before `sentAt` was recorded have no `ttlMs` either
    if version.sent_at.is_none() && version.ttl_ms.is_some() {
        return Ok(if age > UNSEEN_MS {
            lost(
                "The trainer never received the job: the studio was stopped before it was sent; nothing was paid. Start it again.",
            )
        } else {
            None
        });
    }
    let is_firm_no = match listed_job(state, version).await {
        Ok(Some(found)) => return Ok(Some(found)),
        Ok(None) => true,
        Err(_) => false,
    };
    if let Some(found) = model_in_s3(state, style, version).await? {
        return Ok(Some(found));
    }
    if is_firm_no && age > UNSEEN_MS {
        return Ok(lost(
            "The trainer never received the job; nothing was paid. Start it again.",
        ));
    }
    Ok(None)
}

/// The job of a run whose id is not known, by the endpoint's list. `Ok(None)` is a firm no, and so for a run whose job is known.
async fn listed_job(state: &AppState, version: &TrainingVersion) -> Result<Found, RunpodError> {
    let (Some(request_id), None) = (&version.request_id, &version.job_id) else {
        return Ok(None);
    };
    let listed = state.runpod.find_by_request_id(request_id).await?;
    Ok(listed.map(|job_id| (Witness::Polling, Report::Submitted { job_id })))
}

/// The model at the key the container writes to, if it is younger than the run and no other run's.
async fn model_in_s3(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<Found, AppError> {
    let Some(model_name) = &version.model_name else {
        return Ok(None);
    };
    let key = job::model_key(model_name);
    match model_check::look(&state.s3, &key).await {
        Ok(Model::Whole {
            size_bytes,
            modified_ms,
        }) if may_have_written(version, modified_ms) && is_alone(state, style, version)? => {
            let success = Success {
                lora_url: Some(state.s3.object_url(&key)),
                size_bytes: Some(size_bytes),
                ..Success::default()
            };
            Ok(Some((Witness::S3, Report::Succeeded(success))))
        }
        Ok(bad @ (Model::Cut { .. } | Model::Foreign { .. }))
            if age_ms(state, version) > GRACE_MS =>
        {
            let reason = bad.reason(&key);
            Ok(Some((Witness::S3, Report::Lost { reason })))
        }
        Ok(_) | Err(S3Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Whether a model of that time may be the run's: clocks differ by seconds, an older model of the same name by more.
pub fn may_have_written(version: &TrainingVersion, modified_ms: i64) -> bool {
    modified_ms + 120_000 > unix_ms(version.began_at()).unwrap_or(0)
}

/// Whether no other run may have written its model: the name of a run that never started is free again.
fn is_alone(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
) -> Result<bool, AppError> {
    let others = versions::list(state, style)?;
    let same = |o: &&TrainingVersion| o.id != version.id && o.model_name == version.model_name;
    Ok(others.iter().filter(same).all(versions::never_ran))
}
