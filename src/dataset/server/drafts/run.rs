//! A run of drafts: several images, a few at a time, each draft written down as it comes. One per style; goes on without its
//! page. Going on after a stop or a crash means the names that have no draft yet.

use super::super::super::model::drafts::{
    DEFAULT_PROMPT, Draft, DraftProblem, DraftRun, DraftStage, check_prompt, filled,
};
use super::super::super::model::filter::Filter;
use super::super::super::model::image::check_name;
use super::super::search;
use super::kept::{self, Kept};
use super::look::{self, Failure};
use crate::error::AppError;
use crate::server::state::{AppState, iso};
use crate::server::vision::{Answer, Vision, VisionError};
use crate::styles;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use std::sync::{Arc, Mutex as Held};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Most images of one run: its file is written anew with every draft.
const MOST_IN_A_RUN: usize = 5_000;
/// Images shown to the model at the same time.
const IN_FLIGHT: usize = 3;
/// An endpoint that fails on so many in a row fails on all.
const ENOUGH: u32 = 5;
/// How often one image is asked about again when the endpoint asks to wait, and how long it is waited for at most.
const TRIES: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_secs(90);
/// How long answers on their way are waited for when nothing further is asked: they are paid for.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// The run of a style in this process.
#[derive(Default)]
pub struct Current(Mutex<Option<Active>>);

struct Active {
    id: uuid::Uuid,
    stop: CancellationToken,
}

fn room(state: &AppState, style: &StyleId) -> Arc<Current> {
    state.residents.of(style.as_str())
}

/// What a run is asked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Every image without a caption and without a draft.
    Missing,
    Names(Vec<String>),
}

/// The style's file, and its run as it is now.
pub async fn current(
    state: &AppState,
    style: &StyleId,
) -> Result<(Kept, Option<DraftRun>), AppError> {
    let room = room(state, style);
    let active = room.0.lock().await;
    let kept = kept::read(state, style)?;
    let mut run = kept.run.clone();
    if let Some(run) = run.as_mut().filter(|r| r.is_running() && active.is_none()) {
        run.stage = DraftStage::Interrupted;
        run.waiting_until = None;
    }
    Ok((kept, run))
}

/// Begins a run. `prompt` is kept for the style; without one the kept one is used.
pub async fn begin(
    state: &AppState,
    style: &StyleId,
    wanted: Wanted,
    prompt: Option<String>,
) -> Result<DraftRun, AppError> {
    configured(state)?;
    styles::server::get(state, style)?;
    if let Some(typed) = prompt {
        let prompt = check_prompt(&typed).map_err(|told| AppError::field("prompt", told))?;
        kept::change(state, style, move |kept| kept.set_prompt(&prompt)).await?;
    }
    let names = match wanted {
        Wanted::Names(names) => checked(names)?,
        Wanted::Missing => missing(state, style).await?,
    };
    let run = DraftRun {
        total: names.len() as u32,
        started: state.now_iso(),
        ..DraftRun::default()
    };
    start(state, style, names, run).await
}

/// Goes on with what a run left, failed images among them.
pub async fn resume(state: &AppState, style: &StyleId) -> Result<DraftRun, AppError> {
    configured(state)?;
    styles::server::get(state, style)?;
    let (kept, run) = current(state, style).await?;
    let nothing = || AppError::conflict("There is no run of drafts to go on with.");
    let before = run.filter(DraftRun::can_resume).ok_or_else(nothing)?;
    start(state, style, kept.left, before).await
}

/// Asks the running run to stop. Drafts that came stay, also those whose answers come within a moment.
pub async fn stop(state: &AppState, style: &StyleId) -> Result<DraftRun, AppError> {
    styles::server::get(state, style)?;
    let (_, run) = current(state, style).await?;
    let nothing = || AppError::conflict("No drafts are being made.");
    let run = run.filter(DraftRun::is_running).ok_or_else(nothing)?;
    if let Some(active) = room(state, style).0.lock().await.as_ref() {
        active.stop.cancel();
    }
    Ok(run)
}

fn configured(state: &AppState) -> Result<Vision, AppError> {
    state.vision.clone().ok_or_else(|| {
        AppError::conflict("No model is configured that could draft captions.").with_remedy(
            "Set CAPTION_API_BASE and CAPTION_MODEL (and CAPTION_API_KEY, where one is asked for) in .env and start the studio again.",
        )
    })
}

fn checked(names: Vec<String>) -> Result<Vec<String>, AppError> {
    let refuse = |told: String| AppError::field("filenames", told);
    let mut seen = std::collections::HashSet::new();
    let mut distinct = Vec::new();
    for name in names {
        check_name(&name).map_err(|problem| refuse(problem.to_string()))?;
        if seen.insert(name.clone()) {
            distinct.push(name);
        }
    }
    match distinct.len() {
        0 => Err(refuse("Select at least one image.".into())),
        many if many > MOST_IN_A_RUN => Err(refuse(format!(
            "{many} images were named; at most {MOST_IN_A_RUN} are drafted in one run."
        ))),
        _ => Ok(distinct),
    }
}

async fn missing(state: &AppState, style: &StyleId) -> Result<Vec<String>, AppError> {
    let filter = Filter::parse_typed("missing:caption").map_err(AppError::internal)?;
    let mut names = search::names_of(state, style, filter).await?;
    let drafts = kept::read(state, style)?.drafts;
    names.retain(|name| !drafts.contains_key(name));
    names.truncate(MOST_IN_A_RUN);
    if names.is_empty() {
        return Err(AppError::conflict(
            "Every image has a caption or a draft already.",
        ));
    }
    Ok(names)
}

async fn start(
    state: &AppState,
    style: &StyleId,
    names: Vec<String>,
    before: DraftRun,
) -> Result<DraftRun, AppError> {
    let vision = configured(state)?;
    let trigger = styles::server::get(state, style)?.default_class_tokens();
    let room = room(state, style);
    let mut active = room.0.lock().await;
    let kept = kept::read(state, style)?;
    let busy = active.is_some() && kept.run.as_ref().is_some_and(DraftRun::is_running);
    if busy {
        let told = format!("Captions of style {style} are being drafted already.");
        return Err(AppError::conflict(told).with_remedy("Wait for the end or stop it."));
    }
    let run = DraftRun {
        stage: DraftStage::Running,
        left: names.len() as u32,
        failed: Vec::new(),
        ended: None,
        error: None,
        waiting_until: None,
        ..before
    };
    let (first, left) = (run.clone(), names.clone());
    kept::change(state, style, move |kept| {
        kept.run = Some(first.clone());
        kept.left = left.clone();
    })
    .await?;
    let prompt = kept.prompt.as_deref();
    let prompt = prompt.unwrap_or(DEFAULT_PROMPT);
    let job = Job {
        state: state.clone(),
        style: style.clone(),
        vision,
        prompt: filled(prompt, &trigger),
        stop: CancellationToken::new(),
        enough: CancellationToken::new(),
        not_before: Held::new(Instant::now()),
    };
    let id = uuid::Uuid::new_v4();
    let stop = job.stop.clone();
    *active = Some(Active { id, stop });
    drop(active);
    watch(
        state.clone(),
        style.clone(),
        id,
        tokio::spawn(job.run(names)),
    );
    Ok(run)
}

/// Frees the room when the run is over. A defect of ours must not leave a run that seems to go on for ever.
fn watch(state: AppState, style: StyleId, id: uuid::Uuid, ending: tokio::task::JoinHandle<()>) {
    tokio::spawn(async move {
        let broken = ending.await.is_err();
        let room = room(&state, &style);
        let mut active = room.0.lock().await;
        if active.as_ref().is_some_and(|a| a.id == id) {
            *active = None;
        }
        drop(active);
        if broken {
            let told = Some("The studio made a mistake; its log says more.".to_owned());
            note(&state, &style, move |kept| {
                let run = kept.run.get_or_insert_default();
                run.stage = DraftStage::Failed;
                run.error = told.clone();
            })
            .await;
        }
    });
}

/// A full disk costs the note of how far it is; a draft that cannot be kept ends the run.
async fn note(state: &AppState, style: &StyleId, change: impl Fn(&mut Kept) + Send + 'static) {
    if let Err(error) = kept::change(state, style, change).await {
        tracing::warn!(%error, %style, "the run of drafts was not noted");
    }
}

struct Job {
    state: AppState,
    style: StyleId,
    vision: Vision,
    /// With the trigger filled in.
    prompt: String,
    stop: CancellationToken,
    /// Something that every further image would meet too: nothing more is asked.
    enough: CancellationToken,
    /// The endpoint asked for a pause until then.
    not_before: Held<Instant>,
}

impl Job {
    async fn run(self, names: Vec<String>) {
        let (stage, error) = match self.work(&names).await {
            Ok(()) if self.stop.is_cancelled() => (DraftStage::Stopped, None),
            Ok(()) => (DraftStage::Done, None),
            Err(error) => (DraftStage::Failed, Some(error.to_string())),
        };
        let now = self.state.now_iso();
        note(&self.state, &self.style, move |kept| {
            let run = kept.run.get_or_insert_default();
            run.stage = stage;
            run.error = error.clone();
            run.ended = Some(now.clone());
            run.waiting_until = None;
        })
        .await;
    }

    /// An error is one that makes the rest pointless.
    async fn work(&self, names: &[String]) -> Result<(), AppError> {
        let asked = names.iter().map(|name| async move {
            let is_over = self.stop.is_cancelled() || self.enough.is_cancelled();
            let answered = if is_over {
                None
            } else {
                Some(self.draft(name).await)
            };
            (name, answered)
        });
        let asked: Vec<_> = asked.collect();
        let mut under_way = stream::iter(asked).buffer_unordered(IN_FLIGHT);
        let (mut in_a_row, mut ended) = (0, Ok(()));
        let last_answers = self.last_answers();
        tokio::pin!(last_answers);
        loop {
            let next = tokio::select! {
                () = &mut last_answers => return ended,
                next = under_way.next() => next,
            };
            let Some((name, answered)) = next else {
                return ended;
            };
            let Some((answer, made)) = answered else {
                continue;
            };
            in_a_row = match &made {
                Err(Failure::Endpoint(_)) => in_a_row + 1,
                _ => 0,
            };
            let last = match &made {
                Err(Failure::Endpoint(message)) if in_a_row >= ENOUGH => Some(message.clone()),
                _ => None,
            };
            let taken_in = self.take_in(name, answer, made).await;
            let pointless = taken_in.err().or_else(|| {
                let told = format!("{ENOUGH} images in a row failed, so the rest was not tried.");
                last.map(|message| AppError::upstream(told).with_remedy(message))
            });
            if let (Some(error), true) = (pointless, ended.is_ok()) {
                ended = Err(error);
                self.enough.cancel();
            }
        }
    }

    /// Over when nothing further is asked and what was asked before had its time.
    async fn last_answers(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.enough.cancelled() => {}
        }
        tokio::time::sleep(LAST_ANSWERS).await;
    }

    /// The answer, where one came, was paid for whatever became of it.
    async fn draft(&self, name: &str) -> (Option<Answer>, Result<Draft, Failure>) {
        let sight = match look::sight(&self.state, &self.style, name).await {
            Ok(sight) => sight,
            Err(failure) => return (None, Err(failure)),
        };
        match self.ask(&sight.jpeg).await {
            Err(failure) => (None, Err(failure)),
            Ok(answer) => {
                let text = look::read(&answer, name);
                let draft = text.map(|text| Draft {
                    text,
                    made: self.state.now_iso(),
                    ..sight.draft
                });
                (Some(answer), draft)
            }
        }
    }

    /// Asks, and asks again after the pauses that the endpoint wants.
    async fn ask(&self, jpeg: &[u8]) -> Result<Answer, Failure> {
        for attempt in 0..TRIES {
            self.pause().await;
            let wait = match self.vision.describe(&self.prompt, jpeg).await {
                Ok(answer) => return Ok(answer),
                Err(VisionError::RateLimited { retry_after }) => {
                    retry_after.unwrap_or(Duration::from_secs(2 << attempt))
                }
                Err(error) if error.is_for_all() => {
                    return Err(Failure::All(AppError::upstream(error.to_string())));
                }
                Err(error) => return Err(Failure::Endpoint(error.to_string())),
            };
            if wait > LONGEST_WAIT {
                let told = format!(
                    "The caption endpoint asks to wait {} s (429).",
                    wait.as_secs()
                );
                return Err(Failure::All(
                    AppError::upstream(told).with_remedy("Go on after that."),
                ));
            }
            self.hold_back(wait).await;
        }
        let told = format!("The caption endpoint asked to wait {TRIES} times in a row (429).");
        Err(Failure::All(
            AppError::upstream(told).with_remedy("Go on later."),
        ))
    }

    async fn pause(&self) {
        loop {
            let until = *self.not_before.lock().expect("not poisoned");
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Nobody of this run asks before the pause is over.
    async fn hold_back(&self, wait: Duration) {
        {
            let mut not_before = self.not_before.lock().expect("not poisoned");
            *not_before = (*not_before).max(Instant::now() + wait);
        }
        let until = iso(self.state.now_ms() + wait.as_millis() as i64);
        note(&self.state, &self.style, move |kept| {
            kept.run.get_or_insert_default().waiting_until = Some(until.clone());
        })
        .await;
    }

    async fn take_in(
        &self,
        name: &str,
        answer: Option<Answer>,
        made: Result<Draft, Failure>,
    ) -> Result<(), AppError> {
        let made = match made {
            Ok(draft) => Ok(draft),
            Err(Failure::Image(message)) => Err(message),
            Err(Failure::Endpoint(message)) => Err(format!("{name}: {message}")),
            Err(Failure::All(error)) => return Err(error),
        };
        let name = name.to_owned();
        kept::change(&self.state, &self.style, move |kept| {
            let run = kept.run.get_or_insert_default();
            run.waiting_until = None;
            if let Some(answer) = &answer {
                count(run, answer);
            }
            match &made {
                Ok(draft) => {
                    run.drafted += 1;
                    run.left = run.left.saturating_sub(1);
                    kept.left.retain(|n| *n != name);
                    kept.drafts.insert(name.clone(), draft.clone());
                }
                Err(message) => run.failed.push(DraftProblem {
                    filename: name.clone(),
                    message: message.clone(),
                }),
            }
        })
        .await
    }
}

/// Adds what an answer took.
fn count(run: &mut DraftRun, answer: &Answer) {
    let add = |sum: &mut Option<u64>, more: Option<u64>| {
        if let Some(more) = more {
            *sum = Some(sum.unwrap_or(0).saturating_add(more));
        }
    };
    add(&mut run.prompt_tokens, answer.prompt_tokens);
    add(&mut run.completion_tokens, answer.completion_tokens);
    if let Some(cost) = answer.cost_usd {
        run.cost_usd = Some(run.cost_usd.unwrap_or(0.0) + cost);
    }
}
