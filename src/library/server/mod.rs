//! Cards and health, gathered from the features below.

pub mod routes;

use super::model::{Health, LatestRun, StyleCard, StyleFrame, SystemHealth};
use crate::dataset::model::selection::SetUse;
use crate::dataset::server::listing::{self, Counting};
use crate::dataset::server::selection_sets;
use crate::error::AppError;
use crate::server::runpod::RunpodError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use crate::training::server::versions;
use crate::tunnel;
use futures::stream::{self, StreamExt};
use std::time::Duration;

/// The grid does not wait longer than this for S3: cards come without counts then.
const S3_PATIENCE: Duration = Duration::from_secs(3);
const STYLES_IN_FLIGHT: usize = 16;

/// A card for every style, in registry order.
pub async fn cards(state: &AppState) -> Result<Vec<StyleCard>, AppError> {
    let styles = styles::server::list(state)?;
    let cards: Vec<_> = styles
        .into_iter()
        .map(|s| one_card(state, s, Counting::Glance))
        .collect();
    Ok(stream::iter(cards)
        .buffered(STYLES_IN_FLIGHT)
        .collect()
        .await)
}

/// The card of one style, whose captions are read for it: beside it stands the list that shows them.
pub async fn card(state: &AppState, style: Style) -> StyleCard {
    one_card(state, style, Counting::Read).await
}

async fn one_card(state: &AppState, style: Style, how: Counting) -> StyleCard {
    let counting = listing::counts(state, &style.id, how);
    let counted = tokio::time::timeout(S3_PATIENCE, counting).await;
    // a broken file of one style must not hide the others; its own pages name it
    let versions = versions::list_of(state, &style).ok();
    StyleCard {
        counts: counted.ok().and_then(Result::ok),
        sets: selection_sets::list_of(state, &style).ok().map(|s| s.len()),
        versions: versions.as_ref().map(Vec::len),
        latest: versions.and_then(|versions| LatestRun::of(&versions)),
        style,
    }
}

/// What stands around a style's pages; `version` is the id of the one that is looked at, or empty.
pub async fn frame(state: &AppState, id: &StyleId, version: &str) -> Result<StyleFrame, AppError> {
    let style = styles::server::get(state, id)?;
    // a browser's uploads go past us: what was counted a moment ago is not what is there now
    state.caches.counts.invalidate(id.as_str());
    let versions = versions::list_of(state, &style).unwrap_or_default();
    let named = versions
        .into_iter()
        .find(|v| v.id == version && !v.name.is_empty());
    Ok(StyleFrame {
        version: named.map(|v| v.name),
        card: card(state, style).await,
    })
}

/// The versions that were trained on each set, newest first.
pub fn set_uses(state: &AppState, style: &StyleId) -> Result<Vec<SetUse>, AppError> {
    let known = styles::server::get(state, style)?;
    let mut uses: Vec<SetUse> = Vec::new();
    for version in versions::list_of(state, &known)? {
        let Some(set) = version.selection_set_id else {
            continue;
        };
        let link = (
            version.name,
            format!("/styles/{style}/versions/{}", version.id),
        );
        match uses.iter_mut().find(|u| u.set == set) {
            Some(known) => known.by.push(link),
            None => uses.push(SetUse {
                set,
                by: vec![link],
            }),
        }
    }
    Ok(uses)
}

/// Asks every system.
pub async fn health(state: &AppState) -> Health {
    let (s3, trainer) = tokio::join!(s3_health(state), trainer_health(state));
    let documents = documents_health(state);
    let ok = s3.ok && trainer.ok && documents.ok;
    Health {
        ok,
        systems: vec![
            s3,
            trainer,
            SystemHealth::of_tunnel(&tunnel::server::status(state)),
            documents,
            captions_health(state),
            notices_health(state),
        ],
    }
}

fn mode(rehearsed: bool) -> String {
    if rehearsed { "rehearsal" } else { "live" }.to_owned()
}

async fn s3_health(state: &AppState) -> SystemHealth {
    let checked = tokio::time::timeout(Duration::from_secs(5), state.s3.check()).await;
    let (ok, detail) = match checked {
        Ok(Ok(())) => (
            true,
            format!("Bucket {} at {}", state.s3.bucket(), state.s3.address()),
        ),
        Ok(Err(error)) => (false, error.to_string()),
        Err(_) => (false, "S3 did not answer within 5 seconds.".into()),
    };
    SystemHealth {
        system: "s3".into(),
        mode: mode(state.s3_is_rehearsed()),
        ok,
        detail,
        remedy: (!ok).then(|| {
            "Check S3_USER_BUCKET, the AWS keys, S3_REGION and AWS_ENDPOINT_URL_S3 in .env.".into()
        }),
    }
}

async fn trainer_health(state: &AppState) -> SystemHealth {
    let answer = tokio::time::timeout(Duration::from_secs(8), state.runpod.health()).await;
    let answer = answer.unwrap_or(Err(RunpodError::NoAnswer));
    let (ok, detail, remedy) = match answer {
        Err(error) => (
            false,
            error.to_string(),
            Some(
                "Check the endpoint id and the API key in .env, and the endpoint on RunPod's dashboard.",
            ),
        ),
        Ok(h) => {
            let working = h.idle + h.ready + h.running + h.initializing;
            let waiting = format!("{} running, {} waiting", h.in_progress, h.in_queue);
            let detail = format!("{}: {waiting}", state.runpod.address());
            let stuck = h.in_queue > 0 && working == 0;
            let remedy = if stuck && h.throttled > 0 {
                Some(
                    "All workers are throttled: RunPod is short of this GPU. Add another GPU type or wait.",
                )
            } else if h.unhealthy > 0 {
                Some("Workers are unhealthy: look at their logs on RunPod's dashboard.")
            } else if stuck {
                Some("Jobs wait and no worker is there: raise the endpoint's max workers.")
            } else {
                None
            };
            (true, detail, remedy)
        }
    };
    SystemHealth {
        system: "trainer".into(),
        mode: mode(state.runpod_is_rehearsed()),
        ok,
        detail,
        remedy: remedy.map(str::to_owned),
    }
}

/// What was configured, not whether it answers: a question to a model costs money, a notice would be one too many.
fn captions_health(state: &AppState) -> SystemHealth {
    configured(
        "captions",
        state
            .vision
            .as_ref()
            .map(|vision| format!("{} at {} drafts captions.", vision.model(), vision.host())),
        "No model drafts captions: they are written by hand. CAPTION_API_BASE and CAPTION_MODEL name one.",
    )
}

fn notices_health(state: &AppState) -> SystemHealth {
    configured(
        "notices",
        state.notifier.as_ref().map(|_| "A chat is told when a run has ended; if it cannot be reached, the version's events say so.".to_owned()),
        "No chat is told of a run's end. NOTIFY_WEBHOOK_URL names one (Slack, Discord, ntfy); a browser can be asked on the version's page.",
    )
}

fn configured(system: &str, detail: Option<String>, without: &str) -> SystemHealth {
    SystemHealth {
        system: system.into(),
        mode: if detail.is_some() { "live" } else { "off" }.into(),
        ok: true,
        detail: detail.unwrap_or_else(|| without.to_owned()),
        remedy: None,
    }
}

fn documents_health(state: &AppState) -> SystemHealth {
    let place = state.documents.place();
    let (ok, detail, remedy) = match (styles::server::list(state), state.documents.trouble()) {
        (Ok(styles), None) => (true, format!("Styles: {}, in {place}", styles.len()), None),
        (Ok(_), Some(trouble)) => (
            false,
            format!("{trouble} What is shown may be up to a minute old; nothing can be saved."),
            Some("Check the bucket: the documents lie in it (DOCUMENTS=s3).".to_owned()),
        ),
        (Err(error), _) => (false, error.message, error.remedy),
    };
    SystemHealth {
        system: "documents".into(),
        mode: "live".into(),
        ok,
        detail,
        remedy,
    }
}
