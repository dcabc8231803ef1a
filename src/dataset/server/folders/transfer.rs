//! A transfer: compares, plans, moves many files at once, and says how far it is. One per style; goes on without its page.
//!
//! Its wish lies in `STATE_DIR/folders/{id}/transfer.json`. Going on after a stop or a crash means comparing again and doing
//! what is left of the wish: a file that got across is in step by then.

use super::super::super::model::image::is_caption;
use super::super::super::model::sync::{
    Action, FileProblem, FileState, FolderFile, Stage, Step, Transfer, Wish, across, held_back,
    plan,
};
use super::moves::{self, Failure};
use super::survey::{Depth, Pair, Survey, note, survey};
use super::{memory, room};
use crate::error::AppError;
use crate::server::documents::write_atomically;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Files on their way at the same time, and the bytes they may hold in memory, in MiB.
const IN_FLIGHT: usize = 8;
const MEMORY_MIB: u32 = 128;
/// How often the progress is written down.
const NOTED: Duration = Duration::from_secs(1);

/// The transfer of a style, if one was begun since the start of the process.
#[derive(Default)]
pub struct Current(Mutex<Option<Running>>);

#[derive(Clone)]
struct Running {
    transfer: Arc<Mutex<Transfer>>,
    stop: CancellationToken,
}

#[derive(Serialize, Deserialize)]
struct Journal {
    wish: Wish,
    transfer: Transfer,
}

/// Begins a transfer; refused while another one of the style runs.
pub fn begin(state: &AppState, style: &StyleId, wish: Wish) -> Result<Transfer, AppError> {
    start(state, style, wish, Transfer::default())
}

/// Goes on with a transfer that was stopped, cancelled or cut off.
pub fn resume(state: &AppState, style: &StyleId) -> Result<Transfer, AppError> {
    let nothing = || AppError::conflict("There is no transfer to go on with.");
    let now = current(state, style)?.ok_or_else(nothing)?;
    let journal = read(state, style).filter(|_| now.stage.can_resume());
    let journal = journal.ok_or_else(nothing)?;
    let before = Transfer {
        files_total: now.files_total,
        bytes_total: now.bytes_total,
        files_done: now.files_done,
        bytes_done: now.bytes_done,
        sent: now.sent,
        fetched: now.fetched,
        started: now.started,
        failed: now.failed,
        ..Transfer::default()
    };
    start(state, style, journal.wish, before)
}

/// The running transfer, or how the last one ended; `None` before the first.
pub fn current(state: &AppState, style: &StyleId) -> Result<Option<Transfer>, AppError> {
    styles::server::get(state, style)?;
    let room = room(state, style);
    let held = room.transfer.0.lock().expect("not poisoned");
    if let Some(running) = held.as_ref() {
        return Ok(Some(running.transfer.lock().expect("not poisoned").clone()));
    }
    drop(held);
    Ok(read(state, style).map(|journal| {
        let mut transfer = journal.transfer;
        if transfer.stage.is_running() {
            transfer.stage = Stage::Interrupted;
        }
        transfer
    }))
}

/// Asks the running transfer to stop; files on their way are dropped, none is left half-written.
pub fn cancel(state: &AppState, style: &StyleId) -> Result<Transfer, AppError> {
    let nothing = || AppError::conflict("No transfer is running.");
    let now = current(state, style)?.filter(|t| t.stage.is_running());
    let now = now.ok_or_else(nothing)?;
    let room = room(state, style);
    if let Some(running) = room.transfer.0.lock().expect("not poisoned").as_ref() {
        running.stop.cancel();
    }
    Ok(now)
}

fn start(
    state: &AppState,
    style: &StyleId,
    wish: Wish,
    before: Transfer,
) -> Result<Transfer, AppError> {
    styles::server::get(state, style)?;
    let started = match before.started.is_empty() {
        true => state.now_iso(),
        false => before.started.clone(),
    };
    let first = Transfer {
        stage: Stage::Comparing,
        started,
        ..before
    };
    let running = Running {
        transfer: Arc::new(Mutex::new(first.clone())),
        stop: CancellationToken::new(),
    };
    let room = room(state, style);
    let mut held = room.transfer.0.lock().expect("not poisoned");
    let busy = held
        .as_ref()
        .is_some_and(|r| r.transfer.lock().expect("not poisoned").stage.is_running());
    if busy {
        return Err(
            AppError::conflict(format!("A transfer of style {style} is running already."))
                .with_remedy("Wait for its end or cancel it."),
        );
    }
    *held = Some(running.clone());
    drop(held);
    let job = Job {
        state: state.clone(),
        style: style.clone(),
        wish,
        running,
    };
    let watched = job.running.transfer.clone();
    let ending = tokio::spawn(job.run());
    tokio::spawn(async move {
        // a defect of ours must not leave a transfer that seems to run for ever
        if ending.await.is_err() {
            let mut transfer = watched.lock().unwrap_or_else(|held| held.into_inner());
            transfer.stage = Stage::Stopped;
            transfer.error = Some("The studio made a mistake; its log says more.".into());
        }
    });
    Ok(first)
}

fn path(state: &AppState, style: &StyleId) -> PathBuf {
    memory::folder(state, style).join("transfer.json")
}

fn read(state: &AppState, style: &StyleId) -> Option<Journal> {
    let bytes = std::fs::read(path(state, style)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

struct Job {
    state: AppState,
    style: StyleId,
    wish: Wish,
    running: Running,
}

impl Job {
    async fn run(self) {
        self.write_down().await;
        let stage = match self.work().await {
            Ok(()) if self.running.stop.is_cancelled() => Stage::Cancelled,
            Ok(()) => Stage::Done,
            Err(error) => {
                self.update(|t| t.error = Some(error.to_string()));
                Stage::Stopped
            }
        };
        note(&self.state, &self.style, |_| {}).await;
        self.state.caches.counts.invalidate(self.style.as_str());
        let now = self.state.now_iso();
        let ended = {
            let mut transfer = self.running.transfer.lock().expect("not poisoned").clone();
            transfer.ended = Some(now);
            transfer.stage = stage;
            transfer.failed.sort_by(|a, b| a.filename.cmp(&b.filename));
            transfer
        };
        // on disk first: whoever hears of the end may stop the studio
        self.note_down(ended.clone()).await;
        self.update(|t| *t = ended);
    }

    /// Compares and moves; an error is one that makes the rest pointless.
    async fn work(&self) -> Result<(), AppError> {
        let stop = &self.running.stop;
        let survey = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            survey = survey(&self.state, &self.style, Depth::Whole) => survey?,
        };
        let (folders, state) = (survey.folders.clone(), self.state.clone());
        let swept = tokio::task::spawn_blocking(move || moves::sweep(&state, &folders));
        swept.await.expect("sweeping does not panic");
        let files: Vec<_> = survey.pairs.iter().map(|p| p.file.clone()).collect();
        let (steps, refused) = plan(&files, &self.wish);
        self.planned(&survey, &files, &steps, refused);
        self.write_down().await;
        // captions last: one whose image is refused stays with it
        let (captions, images) = steps
            .into_iter()
            .partition(|s| s.action == Action::Send && is_caption(&s.filename));
        let unfit = self.move_all(&survey, images).await?;
        if stop.is_cancelled() {
            return Ok(());
        }
        let captions = self.with_an_image(files, &unfit, captions);
        self.move_all(&survey, captions).await?;
        Ok(())
    }

    /// Those captions whose image is not among what was refused just now; a person's own word on one counts.
    fn with_an_image(
        &self,
        mut files: Vec<FolderFile>,
        unfit: &[String],
        captions: Vec<Step>,
    ) -> Vec<Step> {
        if unfit.is_empty() || matches!(self.wish, Wish::Decided(_)) {
            return captions;
        }
        for file in files.iter_mut().filter(|f| unfit.contains(&f.filename)) {
            file.problem.get_or_insert_default();
        }
        let mut held = held_back(files.iter());
        let mut left = captions;
        left.retain(|step| match held.remove(&step.filename) {
            None => true,
            Some(message) => {
                self.update(|t| {
                    t.files_done += 1;
                    t.failed.push(FileProblem {
                        filename: step.filename.clone(),
                        message,
                    });
                });
                false
            }
        });
        left
    }

    fn planned(
        &self,
        survey: &Survey,
        files: &[FolderFile],
        steps: &[Step],
        refused: Vec<FileProblem>,
    ) {
        let find: HashMap<_, _> = survey.pairs.iter().map(|p| (&p.file.filename, p)).collect();
        let bytes = steps
            .iter()
            .map(|s| find[&s.filename].file.bytes(s.action))
            .sum();
        let left = steps.len() as u32;
        let is_left = |name: &str| {
            let named_anew = refused.iter().any(|p| p.filename == name);
            let tried_again = steps.iter().any(|s| s.filename == name);
            let differs = |f: &FolderFile| f.filename == name && f.state != FileState::InStep;
            !named_anew && !tried_again && files.iter().any(differs)
        };
        self.update(|t| {
            t.stage = Stage::Moving;
            // of a transfer that is gone on with, what failed and is not tried again stays failed
            t.failed.retain(|f| is_left(&f.filename));
            let failed = t.failed.len() as u32;
            let known = t.sent + t.fetched + failed;
            t.files_total = t.files_total.max(left + known);
            t.bytes_total = t.bytes_total.max(bytes);
            // the rest is done already
            t.files_done = t.files_total - left;
            t.bytes_done = t.bytes_total - bytes;
            let (sent, fetched) = across(files, &self.wish, t.files_done - failed);
            t.sent = t.sent.max(sent);
            t.fetched = t.fetched.max(fetched);
            t.failed.extend(refused.iter().cloned());
        });
    }

    /// Gives the names of the files that the trainer could not use.
    async fn move_all(&self, survey: &Survey, steps: Vec<Step>) -> Result<Vec<String>, AppError> {
        let pairs: HashMap<_, _> = survey.pairs.iter().map(|p| (&p.file.filename, p)).collect();
        let room = Semaphore::new(MEMORY_MIB as usize);
        let moves = steps.iter().map(|step| {
            let pair = pairs[&step.filename];
            let room = &room;
            async move {
                let bytes = pair.file.bytes(step.action);
                let mib = (bytes >> 20) as u32 + 1;
                let _held = room.acquire_many(mib.min(MEMORY_MIB)).await;
                let moved = self.move_one(step, pair, &survey.target);
                (step, bytes, moved.await)
            }
        });
        let moves: Vec<_> = moves.collect();
        let mut under_way = stream::iter(moves).buffer_unordered(IN_FLIGHT);
        let mut noted = Instant::now();
        let mut unfit = Vec::new();
        loop {
            let next = tokio::select! {
                () = self.running.stop.cancelled() => return Ok(unfit),
                next = under_way.next() => next,
            };
            let Some((step, bytes, moved)) = next else {
                return Ok(unfit);
            };
            if matches!(moved, Err(Failure::Unfit(_))) {
                unfit.push(step.filename.clone());
            }
            self.take_in(step, bytes, moved)?;
            if noted.elapsed() > NOTED {
                noted = Instant::now();
                self.write_down().await;
            }
        }
    }

    async fn move_one(&self, step: &Step, pair: &Pair, target: &str) -> Result<(), Failure> {
        match step.action {
            Action::Send => moves::send(&self.state, &self.style, pair).await,
            Action::Fetch => moves::fetch(&self.state, &self.style, pair, target).await,
        }
    }

    fn take_in(&self, step: &Step, bytes: u64, moved: Result<(), Failure>) -> Result<(), AppError> {
        let message = match moved {
            Ok(()) => None,
            Err(Failure::File(message) | Failure::Unfit(message)) => Some(message),
            Err(Failure::All(error)) => return Err(error),
        };
        self.update(|t| {
            t.files_done += 1;
            t.bytes_done += bytes;
            match (message, step.action) {
                (Some(message), _) => t.failed.push(FileProblem {
                    filename: step.filename.clone(),
                    message,
                }),
                (None, Action::Send) => t.sent += 1,
                (None, Action::Fetch) => t.fetched += 1,
            }
        });
        Ok(())
    }

    fn update(&self, change: impl FnOnce(&mut Transfer)) {
        change(&mut self.running.transfer.lock().expect("not poisoned"));
    }

    async fn write_down(&self) {
        let now = self.running.transfer.lock().expect("not poisoned").clone();
        self.note_down(now).await;
    }

    /// A full disk costs the going on after a crash, not the transfer.
    async fn note_down(&self, transfer: Transfer) {
        let wish = self.wish.clone();
        let bytes = serde_json::to_vec(&Journal { wish, transfer }).expect("it can be written");
        let path = path(&self.state, &self.style);
        let written = tokio::task::spawn_blocking(move || write_atomically(&path, &bytes));
        if let Err(error) = written.await.expect("writing does not panic") {
            tracing::warn!(%error, style = %self.style, "the transfer's progress was not kept");
        }
    }
}
