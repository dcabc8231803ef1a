//! Sweeps: several runs recorded at once as versions, sent one after the other.
//!
//! There is no record of a sweep besides its versions. `queue` sends those that wait, as many at a time as the sweep allows.

mod queue;
pub mod routes;

pub use queue::send_due;

use super::super::model::sweep::{
    Sweep, SweepForm, SweepPlace, SweepPlan, expand, judge_sweep, standing,
};
use super::super::model::version::TrainingVersion;
use super::costs::{self, Recording};
use super::prepare::{Ground, refusal};
use super::settle::Witness;
use super::versions::{Inserted, Secrets};
use super::{distinct_ms, events, new_version, versions};
use crate::error::{AppError, FieldError};
use crate::server::state::AppState;
use crate::server::token;
use crate::styles;
use crate::styles::model::{Style, StyleId};

/// Everything a sweep would do, without doing it.
pub async fn preview(state: &AppState, sweep: &SweepForm) -> Result<SweepPlan, AppError> {
    let ground = Ground::of(state, &sweep.form, None).await?;
    Ok(judged(state, sweep, &ground))
}

/// The plan, with what only the server sees.
fn judged(state: &AppState, sweep: &SweepForm, ground: &Ground) -> SweepPlan {
    let mut plan = judge_sweep(sweep, &ground.known, &ground.facts);
    plan.problems
        .extend(ground.prepared(state, &sweep.form).told);
    plan
}

/// Records every run of a sweep, or none; they are sent from then on, whatever happens to this process.
///
/// With an idempotency key a repeated start returns what the first one made.
pub async fn start(
    state: &AppState,
    sweep: SweepForm,
    key: Option<String>,
) -> Result<Sweep, AppError> {
    let mut ground = Ground::of(state, &sweep.form, None).await?;
    let recording = state.residents.of::<Recording>("");
    let turn = recording.0.lock().await;
    ground.known.costs = costs::facts(state, None)?;
    if let Some(earlier) = earlier(state, &ground.style, key.as_deref())? {
        return Ok(earlier);
    }
    if let Some(refusal) = refusal(&judged(state, &sweep, &ground).problems) {
        return Err(refusal);
    }
    let runs = runs(state, &sweep, &ground, key.as_deref())?;
    let recorded: Vec<TrainingVersion> = runs.iter().map(|(v, ..)| v.clone()).collect();
    let (style, first) = (&ground.style, &recorded[0]);
    let inserted = versions::insert_all(state, style, runs).await?;
    drop(turn);
    let id = match inserted {
        Inserted::Already(earlier) => earlier.sweep.unwrap_or_default().id,
        Inserted::New => {
            for version in &recorded {
                let place = version.sweep.as_ref().map_or(0, |p| p.number);
                let words = format!("recorded as run {place} of {} of a sweep", recorded.len());
                let witness = Witness::Studio.as_str();
                events::append(state, &style.id, &version.id, witness, &words).await;
            }
            state.wake.notify_one();
            first.sweep.clone().unwrap_or_default().id
        }
    };
    of_style(state, style)?
        .into_iter()
        .find(|sweep| sweep.id == id)
        .ok_or_else(|| unknown(&id))
}

/// Version, secrets and form of every run.
fn runs(
    state: &AppState,
    sweep: &SweepForm,
    ground: &Ground,
    key: Option<&str>,
) -> Result<Vec<(TrainingVersion, Secrets, super::TrainingForm)>, AppError> {
    let expanded = expand(sweep).map_err(|errors| {
        let told = errors.into_iter().map(|e| FieldError {
            field: e.field,
            message: e.message,
        });
        AppError::invalid(told.collect())
    })?;
    let id = format!("sweep_{}_{}", ground.style.id, distinct_ms(state));
    let of = expanded.points.len() as u32;
    let run = |(at, point): (usize, &super::super::model::sweep::Point)| {
        let prepared = ground.prepared(state, &point.form);
        let version = TrainingVersion {
            queued: Some(true),
            sweep: Some(SweepPlace {
                id: id.clone(),
                number: at as u32 + 1,
                of,
                in_flight: expanded.in_flight,
                varies: expanded.varies.clone(),
            }),
            ..new_version(state, &prepared)
        };
        let secrets = Secrets {
            // nobody knows this token: the run gets another when it is sent
            token_hash: token::hash(&token::new()),
            idempotency_hash: key.filter(|_| at == 0).map(token::hash),
        };
        (version, secrets, point.form.clone())
    };
    Ok(expanded.points.iter().enumerate().map(run).collect())
}

/// What an earlier start with the same key made.
pub fn earlier(
    state: &AppState,
    style: &Style,
    key: Option<&str>,
) -> Result<Option<Sweep>, AppError> {
    let Some(key) = key else { return Ok(None) };
    let Some(id) = versions::sweep_of_key(state, style, &token::hash(key))? else {
        return Ok(None);
    };
    Ok(of_style(state, style)?.into_iter().find(|s| s.id == id))
}

/// The sweeps of a style, newest first.
pub fn list(state: &AppState, style: &StyleId) -> Result<Vec<Sweep>, AppError> {
    of_style(state, &styles::server::get(state, style)?)
}

/// The sweeps of all styles; a style whose file is broken is passed over, its own pages name it.
pub fn list_all(state: &AppState) -> Result<Vec<Sweep>, AppError> {
    let styles = styles::server::list(state)?.into_iter();
    Ok(styles
        .flat_map(|style| of_style(state, &style).unwrap_or_default())
        .collect())
}

fn of_style(state: &AppState, style: &Style) -> Result<Vec<Sweep>, AppError> {
    let versions = versions::list_of(state, style)?;
    Ok(standing(style.id.as_str(), &versions))
}

/// A sweep by its id, which names its style.
pub fn get(state: &AppState, id: &str) -> Result<Sweep, AppError> {
    let style = style_of(id)?;
    let sweeps = list(state, &style).map_err(|_| unknown(id))?;
    let found = sweeps.into_iter().find(|sweep| sweep.id == id);
    found.ok_or_else(|| unknown(id))
}

/// `sweep_{style}_{ms}`
fn style_of(id: &str) -> Result<StyleId, AppError> {
    let style = id.strip_prefix("sweep_").and_then(|s| s.rsplit_once('_'));
    let style = style.and_then(|(style, _)| StyleId::parse(style).ok());
    style.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> AppError {
    let id: String = id.chars().take(140).collect();
    AppError::not_found(format!("There is no sweep {id:?}."))
}

/// A run that a cancelled sweep could not stop, and why.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct NotCancelled {
    pub id: String,
    pub name: String,
    pub message: String,
}

/// Takes every waiting run out of the queue, then stops those on their way.
pub async fn cancel(state: &AppState, id: &str) -> Result<(Sweep, Vec<NotCancelled>), AppError> {
    let sweep = get(state, id)?;
    let style = style_of(id)?;
    if !sweep.is_live() {
        let message = format!("Every run of the sweep {} has ended.", sweep.name);
        return Err(AppError::conflict(message));
    }
    // none is sent meanwhile
    let _turn = queue::turn(state).await;
    let mut still = Vec::new();
    let (waiting, others): (Vec<_>, Vec<_>) = sweep.runs.into_iter().partition(|r| r.queued);
    for run in waiting.into_iter().chain(others) {
        if run.status.is_final() {
            continue;
        }
        if let Err(error) = super::cancel(state, &style, &run.id).await {
            still.push(NotCancelled {
                id: run.id,
                name: run.name,
                message: error.to_string(),
            });
        }
    }
    Ok((get(state, id)?, still))
}
