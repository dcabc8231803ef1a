//! Which workers there are: who spoke last when, what each should stop, and what that means for the jobs they hold.
//!
//! A worker is alive as long as it says anything (take, stop poll, ping, progress). A hung-up connection alone means nothing.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    dispatch::BUILT_IN_WORKER,
    faults::Fault,
    job::JobStatus,
    queue::{Inner, Job, Queue},
};

/// A worker that says it holds nothing is believed only this long after it took a job: the answer may still be under way.
const TAKE_SETTLES_MS: u64 = 15_000;
/// An idle worker is dropped from memory after an hour.
const WORKER_FORGOTTEN_MS: u64 = 3_600_000;

/// What is known of a worker outside this process.
pub(super) struct Worker {
    last_seen_ms: u64,
    pub last_take_ms: u64,
    held_polls: u32,
    /// Jobs it should stop, not yet told.
    pub stops: Vec<String>,
}

impl Worker {
    pub(super) fn last_seen_at(last_seen_ms: u64, last_take_ms: u64) -> Self {
        Self {
            last_seen_ms,
            last_take_ms,
            held_polls: 0,
            stops: Vec::new(),
        }
    }
}

/// A worker's open long poll; dropping it (also when the worker hangs up) ends it.
pub struct HeldPoll {
    queue: Arc<Queue>,
    worker: String,
}

impl Drop for HeldPoll {
    fn drop(&mut self) {
        if let Some(worker) = self.queue.lock().workers.get_mut(&self.worker) {
            worker.held_polls = worker.held_polls.saturating_sub(1);
        }
    }
}

impl Queue {
    /// A worker asks for work and waits.
    pub fn hold_poll(self: &Arc<Self>, worker: &str, now_ms: u64) -> HeldPoll {
        let mut inner = self.lock();
        let seen = inner.see(worker, now_ms);
        seen.last_take_ms = now_ms;
        seen.held_polls += 1;
        HeldPoll {
            queue: Arc::clone(self),
            worker: worker.to_owned(),
        }
    }

    /// A worker spoke and said nothing about jobs.
    pub fn note_alive(&self, worker: &str, now_ms: u64) {
        self.lock().see(worker, now_ms);
    }

    /// A ping, or a job-take, with the jobs the worker says it has; jobs it should have and has not are lost, jobs it should
    /// not have it is told to stop.
    pub fn hear(&self, worker: &str, held: &[&str], now_ms: u64) {
        let mut inner = self.lock();
        inner.see(worker, now_ms);
        let lost: Vec<String> = inner
            .held_by(worker)
            .filter(|(id, job)| {
                let since = job.state.started_ms.unwrap_or(now_ms);
                !held.contains(&id.as_str()) && now_ms.saturating_sub(since) >= TAKE_SETTLES_MS
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in &lost {
            self.lose(&mut inner, id, now_ms);
        }
        for id in held {
            let theirs = inner.held_by(worker).any(|(own, _)| own == id);
            if !theirs {
                inner.stop(Some(worker), id);
            }
        }
        drop(inner);
        self.wake();
    }

    /// The jobs a worker is to stop, told once.
    pub fn take_stops(&self, worker: &str, now_ms: u64) -> Vec<String> {
        std::mem::take(&mut self.lock().see(worker, now_ms).stops)
    }

    /// `/health`. The built-in trainer counts as one worker while no outside worker is there.
    pub fn health(&self, now_ms: u64) -> Value {
        let inner = self.lock();
        let mut jobs: BTreeMap<&str, u64> =
            ["completed", "failed", "inProgress", "inQueue", "retried"]
                .map(|name| (name, 0))
                .into();
        let mut running = 0;
        for job in inner.jobs.values() {
            let counter = match job.state.status {
                JobStatus::Completed => "completed",
                JobStatus::Failed => "failed",
                JobStatus::InProgress => "inProgress",
                JobStatus::InQueue => "inQueue",
                JobStatus::Cancelled => continue,
            };
            *jobs.entry(counter).or_default() += 1;
            *jobs.entry("retried").or_default() += u64::from(job.state.retries);
        }
        let throttled = self.plays_throttled(&inner);
        let outside = inner.workers.iter().filter(|(name, worker)| {
            *name != BUILT_IN_WORKER && self.is_recent(worker.last_seen_ms, now_ms)
        });
        let mut present: Vec<&str> = outside.map(|(name, _)| name.as_str()).collect();
        let trains = inner.held_by(BUILT_IN_WORKER).next().is_some();
        if present.is_empty() && (trains || !throttled) {
            present.push(BUILT_IN_WORKER);
        }
        for worker in &present {
            running += u64::from(inner.held_by(worker).next().is_some());
        }
        let idle = present.len() as u64 - running;
        json!({"jobs": jobs, "workers": {"idle": idle, "initializing": 0, "ready": idle, "running": running, "throttled": u64::from(throttled), "unhealthy": 0}})
    }

    /// The endpoint plays throttled, or a run that waits does.
    fn plays_throttled(&self, inner: &Inner) -> bool {
        let mut waiting = inner
            .jobs
            .values()
            .filter(|job| job.state.status == JobStatus::InQueue);
        self.faults.has(Fault::Throttled) || waiting.any(|job| job.faults.has(Fault::Throttled))
    }

    /// Takes the jobs of workers that have been silent too long. Whether there were any.
    pub(super) fn requeue_silent(&self, inner: &mut Inner, now_ms: u64) -> bool {
        let limit = self.timing.worker_silence.as_millis();
        let silent: Vec<String> = inner
            .ids_where(|job| {
                let Some(worker) = job.state.worker.as_deref() else {
                    return false;
                };
                let seen = inner
                    .workers
                    .get(worker)
                    .map_or(0, |worker| worker.last_seen_ms);
                job.state.status == JobStatus::InProgress
                    && worker != BUILT_IN_WORKER
                    && u128::from(now_ms.saturating_sub(seen)) >= limit
            })
            .collect();
        for id in &silent {
            self.lose(inner, id, now_ms);
        }
        !silent.is_empty()
    }

    /// An outside worker waits for work, asked a moment ago, or runs a job.
    pub(super) fn has_outside_worker(&self, inner: &Inner, now_ms: u64) -> bool {
        inner.workers.iter().any(|(name, worker)| {
            let asked = u128::from(now_ms.saturating_sub(worker.last_take_ms))
                < self.timing.stand_down.as_millis();
            let works =
                self.is_recent(worker.last_seen_ms, now_ms) && inner.held_by(name).next().is_some();
            name != BUILT_IN_WORKER && (worker.held_polls > 0 || asked || works)
        })
    }

    fn is_recent(&self, seen_ms: u64, now_ms: u64) -> bool {
        u128::from(now_ms.saturating_sub(seen_ms)) < self.timing.worker_silence.as_millis()
    }
}

impl Inner {
    /// Notes that a worker spoke.
    pub(super) fn see(&mut self, worker: &str, now_ms: u64) -> &mut Worker {
        let seen = self
            .workers
            .entry(worker.to_owned())
            .or_insert_with(|| Worker::last_seen_at(now_ms, 0));
        seen.last_seen_ms = now_ms;
        seen
    }

    /// Has a worker told to stop a job.
    pub(super) fn stop(&mut self, worker: Option<&str>, id: &str) {
        let Some(worker) = worker.and_then(|name| self.workers.get_mut(name)) else {
            return;
        };
        if !worker.stops.iter().any(|stopped| stopped == id) {
            worker.stops.push(id.to_owned());
        }
    }

    pub(super) fn forget_old_workers(&mut self, now_ms: u64) {
        self.workers.retain(|_, worker| {
            worker.held_polls > 0
                || now_ms.saturating_sub(worker.last_seen_ms) < WORKER_FORGOTTEN_MS
        });
    }

    fn held_by<'a>(&'a self, worker: &'a str) -> impl Iterator<Item = (&'a String, &'a Job)> {
        self.jobs.iter().filter(move |(_, job)| {
            job.state.status == JobStatus::InProgress && job.state.worker.as_deref() == Some(worker)
        })
    }
}
