//! Tells of the end of a run through `NOTIFY_WEBHOOK_URL`: once for each final status, tried again for a while, also after a restart.
//!
//! What is due lies in `STATE_DIR/notices.json`. A run never waits for it, and never fails by it.

use super::super::model::version::{Status, TrainingVersion};
use super::{events, settle::Witness, versions};
use crate::error::AppError;
use crate::server::notify::{Notice, Notifier, NotifyError};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify};

const FILE: &str = "notices.json";
/// Tries of one message: the last about half an hour after the first.
const TRIES: u32 = 9;
const FIRST_PAUSE_MS: i64 = 5_000;
/// How long a server has to send what it took: longer than one try may last.
const CLAIM_MS: i64 = 60_000;
/// More are not kept: somebody's receiver is gone for good.
const DUE_MAX: usize = 200;

/// Rung when something is due; held by one sender at a time.
#[derive(Default)]
struct Bell {
    due: Notify,
    one: Arc<Mutex<()>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Due {
    style_id: String,
    version_id: String,
    status: Status,
    tries: u32,
    not_before_ms: i64,
}

/// Notes that a run has ended, to be told of. Runs that were never sent off are not told of: a person withdrew them.
pub async fn note(state: &AppState, style: &StyleId, version: &TrainingVersion) {
    let was_sent = version.sent_at.is_some() || version.status == Status::Failed;
    if state.notifier.is_none() || !version.status.is_final() || !was_sent {
        return;
    }
    let due = Due {
        style_id: style.to_string(),
        version_id: version.id.clone(),
        status: version.status,
        tries: 0,
        not_before_ms: state.now_ms(),
    };
    let noted = change(state, move |all| {
        let same = |d: &Due| d.version_id == due.version_id && d.status == due.status;
        if !all.iter().any(same) && all.len() < DUE_MAX {
            all.push(due.clone());
        }
    });
    if let Err(error) = noted.await {
        tracing::error!(%style, version = version.id, %error, "the end of a run cannot be told of");
    }
    state.residents.of::<Bell>("notices").due.notify_one();
}

/// Runs until the process ends.
pub async fn run(state: AppState) {
    if state.notifier.is_none() {
        return;
    }
    let bell = state.residents.of::<Bell>("notices");
    loop {
        let pause = match send_due(&state).await {
            0 => Duration::from_secs(60),
            _ => Duration::from_secs(5),
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = bell.due.notified() => {}
        }
    }
}

/// Sends what is due; how many are still to be sent.
pub async fn send_due(state: &AppState) -> usize {
    let Some(notifier) = &state.notifier else {
        return 0;
    };
    let bell = state.residents.of::<Bell>("notices");
    let _alone = bell.one.lock().await;
    state.kept.catch_up(Duration::ZERO).await;
    let due = match read(state) {
        Ok(due) => due,
        Err(error) => {
            tracing::error!(%error, "notices cannot be read");
            return 0;
        }
    };
    let now = state.now_ms();
    for due in due.into_iter().filter(|due| due.not_before_ms <= now) {
        let claimed = match claim(state, &due).await {
            Ok(true) => send(state, notifier, due).await,
            Ok(false) => Ok(()), // another server tells it
            Err(error) => Err(error),
        };
        if let Err(error) = claimed {
            tracing::error!(%error, "notices cannot be written");
        }
    }
    read(state).map_or(0, |due| due.len())
}

/// Takes a message for this server for a while: where several share their documents, one of them sends it.
async fn claim(state: &AppState, due: &Due) -> Result<bool, AppError> {
    let (due, until) = (due.clone(), state.now_ms() + CLAIM_MS);
    let claim = move |all: &mut Vec<Due>| {
        let mine = all.iter_mut().find(|d| **d == due);
        mine.map(|d| d.not_before_ms = until).is_some()
    };
    change(state, claim).await
}

async fn send(state: &AppState, notifier: &Notifier, due: Due) -> Result<(), AppError> {
    // a version that was removed meanwhile is no news
    let sent = match notice(state, &due) {
        Some(notice) => notifier.send(&notice).await,
        None => Ok(()),
    };
    let (gives_up, later) = match &sent {
        Ok(()) => (true, 0),
        Err(error) => (
            !error.may_pass() || due.tries + 1 >= TRIES,
            FIRST_PAUSE_MS << due.tries.min(16),
        ),
    };
    if let (true, Err(error)) = (gives_up, &sent) {
        not_delivered(state, &due, error).await;
    }
    let until = state.now_ms() + later;
    change(state, move |all| {
        let is_it = |d: &Due| d.version_id == due.version_id && d.status == due.status;
        if gives_up {
            all.retain(|d| !is_it(d));
        } else if let Some(known) = all.iter_mut().find(|d| is_it(d)) {
            known.tries += 1;
            known.not_before_ms = until;
        }
    })
    .await
}

async fn not_delivered(state: &AppState, due: &Due, error: &NotifyError) {
    let Ok(style) = StyleId::parse(&due.style_id) else {
        return;
    };
    let message = format!("nobody was notified: {error}");
    events::append(
        state,
        &style,
        &due.version_id,
        Witness::Studio.as_str(),
        &message,
    )
    .await;
}

/// The message; `None` when there is nothing to say any more.
fn notice(state: &AppState, due: &Due) -> Option<Notice> {
    let style = StyleId::parse(&due.style_id).ok()?;
    let known = styles::server::get(state, &style).ok()?;
    let version = versions::get(state, &style, &due.version_id).ok()?;
    let name = match version.name.as_str() {
        "" => version.id.as_str(),
        name => name,
    };
    let rehearsed = match version.trainer.as_deref() {
        Some("rehearsal") => " (rehearsal)",
        _ => "",
    };
    let page = format!("/styles/{style}/versions/{}", version.id);
    // without a password only the webhook answers there
    let public = state.config.tunnel.public_url.as_ref();
    let link = public
        .filter(|_| state.access.is_on())
        .map(|base| format!("{base}{page}"));
    let status = due.status.as_str();
    let facts = json!({
        "event": "training_ended", "status": status, "style": known.title, "styleId": due.style_id,
        "version": name, "versionId": version.id, "error": version.error, "costUsd": version.cost_usd(None),
        "executionTimeMs": version.execution_time_ms, "rehearsed": !rehearsed.is_empty(),
    });
    Some(Notice {
        title: format!("{}: {name} {status}{rehearsed}", known.title),
        text: words(&version),
        link,
        facts,
    })
}

/// `22 min on the worker, about $0.41`, or why it failed.
fn words(version: &TrainingVersion) -> String {
    if let (Status::Failed, Some(error)) = (version.status, &version.error) {
        return error.chars().take(500).collect();
    }
    let took = version.execution_time_ms.map(|ms| {
        let minutes = ms.max(0) / 60_000;
        let seconds = ms.max(0) / 1_000 % 60;
        format!("{minutes} min {seconds:02} s on the worker")
    });
    let cost = version.cost_usd(None).map(|usd| format!("about ${usd:.2}"));
    let told: Vec<String> = [took, cost].into_iter().flatten().collect();
    told.join(", ")
}

fn read(state: &AppState) -> Result<Vec<Due>, AppError> {
    let document = state.kept.read(Path::new(FILE))?;
    Ok(document.as_deref().map(of).unwrap_or_default())
}

/// Entries that cannot be read are dropped: nothing but a message is lost.
fn of(document: &Value) -> Vec<Due> {
    let due = document["due"].as_array().into_iter().flatten();
    due.filter_map(|due| serde_json::from_value(due.clone()).ok())
        .collect()
}

async fn change<T: Send + 'static>(
    state: &AppState,
    mut change: impl FnMut(&mut Vec<Due>) -> T + Send + 'static,
) -> Result<T, AppError> {
    state
        .kept
        .update(FILE.into(), move |document| {
            let mut due = of(document);
            let result = change(&mut due);
            *document = json!({ "due": due });
            Ok::<_, AppError>(result)
        })
        .await
}
