//! The queue of sweeps: versions on record that were not sent. Nothing is kept besides the records, so it goes on after any end
//! of the process, and a version that was taken is never taken again.

use super::super::prepare::{Ground, Prepared};
use super::super::settle::{Witness, settle};
use super::super::versions::{self, QueuedRun};
use super::super::{WebhookKey, conclude, events, failed, snapshot, submit, within_allowance};
use crate::error::AppError;
use crate::server::patience::Trouble;
use crate::server::runpod::RunpodError;
use crate::server::state::AppState;
use crate::server::token;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use crate::training::model::form::TrainingForm;
use crate::training::model::version::TrainingVersion;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// After a submit that could not be made, and until S3 answers again.
const PAUSE: Duration = Duration::from_secs(10);

/// One sends at a time; all runs in flight are counted before the next one goes.
#[derive(Default)]
struct Turn {
    one: Arc<Mutex<()>>,
    quiet_until_ms: AtomicI64,
}

/// While it is held nothing is sent.
pub(super) async fn turn(state: &AppState) -> OwnedMutexGuard<()> {
    let turn = state.residents.of::<Turn>("sweeps");
    Arc::clone(&turn.one).lock_owned().await
}

/// What became of a run whose turn had come.
enum Sent {
    /// It is with RunPod, or has ended.
    Gone,
    /// It waits on; so do all others, this long.
    Later(Duration),
}

/// Sends what waits, as far as each sweep's limit in flight allows.
pub async fn send_due(state: &AppState) {
    let _turn = turn(state).await;
    let pause = state.residents.of::<Turn>("sweeps");
    if state.now_ms() < pause.quiet_until_ms.load(Ordering::SeqCst) {
        return;
    }
    let styles = match styles::server::list(state) {
        Ok(styles) => styles,
        Err(error) => return tracing::error!(%error, "sweeps cannot be listed"),
    };
    for style in styles {
        match send_of_style(state, &style).await {
            Ok(None) => {}
            Ok(Some(later)) => {
                let until = state.now_ms() + later.as_millis() as i64;
                pause.quiet_until_ms.store(until, Ordering::SeqCst);
                return;
            }
            Err(error) => tracing::error!(style = %style.id, %error, "a sweep cannot go on"),
        }
    }
}

async fn send_of_style(state: &AppState, style: &Style) -> Result<Option<Duration>, AppError> {
    let mut waiting = versions::queued(state, style)?;
    if waiting.is_empty() {
        return Ok(None);
    }
    waiting.sort_by_key(|run| (run.version.timestamp.clone(), run.version.id.clone()));
    for run in waiting {
        let place = run.version.sweep.clone().unwrap_or_default();
        if place.has_room(&versions::list_of(state, style)?)
            && let Sent::Later(later) = send(state, style, &run).await?
        {
            return Ok(Some(later));
        }
    }
    Ok(None)
}

/// Sends one run with the dataset as it is now: what is trained is what its snapshot tells.
async fn send(state: &AppState, style: &Style, run: &QueuedRun) -> Result<Sent, AppError> {
    let (style, version) = (&style.id, &run.version);
    let Some(form) = &run.form else {
        return end(state, style, version, "its form is missing from its record").await;
    };
    let prepared = match Ground::of(state, form, Some(&version.id)).await {
        Ok(ground) => ground.prepared(state, form),
        Err(error) => return Ok(wait(state, style, version, &error.message, PAUSE).await),
    };
    if let Some(refusal) = prepared.refusal() {
        return end(state, style, version, &refusal.message).await;
    }
    if let Err(error) = within_allowance(state) {
        return Ok(wait(state, style, version, &error.message, PAUSE).await);
    }
    if let Err(error) = snapshot::take(state, &prepared, version).await {
        return Ok(wait(state, style, version, &error.message, PAUSE).await);
    }
    let key = WebhookKey::new(state);
    if !versions::take(state, style, &version.id, &token::hash(&key.token)).await? {
        return Ok(Sent::Gone); // withdrawn meanwhile, or another server sent one
    }
    hand_over(state, &prepared, version, form, &key).await
}

async fn hand_over(
    state: &AppState,
    prepared: &Prepared,
    version: &TrainingVersion,
    form: &TrainingForm,
    key: &WebhookKey,
) -> Result<Sent, AppError> {
    let style = &prepared.style.id;
    let submitted = submit(state, prepared, version, key).await;
    let later = match &submitted {
        Err(RunpodError::RateLimited { retry_after }) => retry_after.unwrap_or(PAUSE),
        Err(RunpodError::Unreachable) => PAUSE,
        _ => {
            // a refusal is on record; the others go on
            let _ = conclude(state, style, &version.id, submitted).await;
            return Ok(Sent::Gone);
        }
    };
    let why = submitted.err().map(|e| e.to_string()).unwrap_or_default();
    versions::put_back(state, style, &version.id, form).await?;
    Ok(wait(state, style, version, &why, later).await)
}

/// Notes once why a run waits on.
async fn wait(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
    why: &str,
    later: Duration,
) -> Sent {
    let about = format!("sending {}", version.id);
    if state.patience.note(&about, Some(why)) == Trouble::New {
        let message = format!("not sent yet: {why}");
        events::append(
            state,
            style,
            &version.id,
            Witness::Studio.as_str(),
            &message,
        )
        .await;
    }
    Sent::Later(later.clamp(Duration::from_secs(1), Duration::from_secs(300)))
}

/// A run that cannot be sent as it is ends here; nothing was paid for it.
async fn end(
    state: &AppState,
    style: &StyleId,
    version: &TrainingVersion,
    why: &str,
) -> Result<Sent, AppError> {
    let reason = format!("It was not sent: {why}");
    settle(state, style, &version.id, Witness::Studio, failed(reason)).await?;
    Ok(Sent::Gone)
}
