//! The queue: every job in memory, each change on disk before it is told to anybody.
//!
//! Holds what clients ask for (submit, look, cancel, retry, purge). Giving jobs to workers is in `dispatch`, who they are in
//! `attendance`, the passing of time in `lifetime`, webhooks in `webhooks`. Each method takes the time as an argument, in Unix ms.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::{
    Timing,
    attendance::Worker,
    faults::{Fault, Faults},
    job::{JobState, JobStatus},
    job_request::JobRequest,
    lifetime,
    store::{Durability, Store, StoreLock},
};

/// One job: what was asked, where it stands, and what is counted in memory only.
pub(super) struct Job {
    pub request: Arc<JobRequest>,
    pub state: JobState,
    pub faults: Faults,
    /// `/status` answers given so far, for the faults that spoil the first ones.
    pub status_answers: u32,
}

/// Everything behind the lock.
#[derive(Default)]
pub(super) struct Inner {
    pub jobs: HashMap<String, Job>,
    pub workers: HashMap<String, Worker>,
    /// Webhooks on their way at this moment: (job, delivery).
    pub in_flight: HashSet<(String, u32)>,
    next_seq: u64,
    run_faults: HashMap<Fault, u32>,
}

/// The local endpoint's queue.
pub struct Queue {
    pub(super) store: Store,
    pub(super) timing: Timing,
    pub(super) faults: Faults,
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    closed: AtomicBool,
}

/// Why an operation on a job is refused.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    #[error("job not found")]
    UnknownJob,
    #[error("the job is {0}: only a FAILED job can be retried")]
    NotRetryable(&'static str),
    #[error("the job could not be written to the queue: {0}")]
    Disk(#[from] io::Error),
}

impl Queue {
    /// Opens the queue of `dir` and takes up what a former process left there.
    pub fn open(
        dir: &Path,
        timing: Timing,
        faults: Faults,
        now_ms: u64,
    ) -> io::Result<(Arc<Self>, StoreLock)> {
        let (store, lock) = Store::open(dir)?;
        let mut inner = Inner::default();
        for (id, request, mut state) in store.load()? {
            inner.next_seq = inner.next_seq.max(state.seq + 1);
            lifetime::take_up(&store, &mut inner, &id, &mut state, now_ms);
            let job = Job {
                faults: effective(&request, &faults),
                request: Arc::new(request),
                state,
                status_answers: 0,
            };
            inner.jobs.insert(id, job);
        }
        let queue = Self {
            store,
            timing,
            faults,
            inner: Mutex::new(inner),
            changed: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        };
        Ok((Arc::new(queue), lock))
    }

    /// Takes a job in; it is on disk when this returns. Blocks on the disk.
    pub fn submit(&self, request: JobRequest, now_ms: u64) -> Result<String, QueueError> {
        let uuid = uuid::Uuid::new_v4();
        let id = if request.sync {
            format!("sync-{uuid}-u1")
        } else {
            format!("{uuid}-u1")
        };
        self.store.write_request(&id, &request)?;
        let mut inner = self.lock();
        let state = JobState::queued(inner.next_seq, now_ms);
        self.store.write_state(&id, &state, Durability::Synced)?;
        inner.next_seq += 1;
        let job = Job {
            faults: effective(&request, &self.faults),
            request: Arc::new(request),
            state,
            status_answers: 0,
        };
        inner.jobs.insert(id.clone(), job);
        drop(inner);
        self.wake();
        Ok(id)
    }

    /// The job as `/status` shows it, or `None` when it is unknown, expired or forgotten.
    pub fn look(&self, id: &str, now_ms: u64) -> Option<Map<String, Value>> {
        let inner = self.lock();
        let job = inner
            .jobs
            .get(id)
            .filter(|job| self.is_visible(job, now_ms))?;
        Some(job.state.wire(id, now_ms))
    }

    /// The job's own faults and the number of `/status` answers given before this one, which is counted.
    pub fn count_status_answer(&self, id: &str) -> Option<(Faults, u32)> {
        let mut inner = self.lock();
        let job = inner.jobs.get_mut(id)?;
        job.status_answers += 1;
        Some((job.faults.clone(), job.status_answers - 1))
    }

    /// Whether a fault of `/run` strikes now; `n` of the fault limits how often it does.
    pub fn run_fault_strikes(&self, fault: Fault, request: &JobRequest) -> bool {
        let Some(limit) = effective(request, &self.faults).number(fault) else {
            return false;
        };
        let mut inner = self.lock();
        let struck = inner.run_faults.entry(fault).or_default();
        if limit != 0 && *struck >= limit {
            return false;
        }
        *struck += 1;
        true
    }

    /// `/cancel`: ends a job that has not ended, tells its worker, and answers the status it then has.
    pub fn cancel(&self, id: &str, now_ms: u64) -> Result<JobStatus, QueueError> {
        let mut inner = self.lock();
        let job = inner
            .jobs
            .get_mut(id)
            .filter(|job| self.is_visible(job, now_ms))
            .ok_or(QueueError::UnknownJob)?;
        if !job.state.status.is_final() {
            job.state.cancel(now_ms);
            let holder = job.state.worker.clone();
            self.save(id, &job.state);
            inner.stop(holder.as_deref(), id);
        }
        let status = inner
            .jobs
            .get(id)
            .map_or(JobStatus::Cancelled, |job| job.state.status);
        drop(inner);
        self.wake();
        Ok(status)
    }

    /// `/retry`: a FAILED job goes to the end of the queue under the same id, its old result removed.
    pub fn retry(&self, id: &str, now_ms: u64) -> Result<(), QueueError> {
        let mut inner = self.lock();
        let seq = inner.next_seq;
        let job = inner
            .jobs
            .get_mut(id)
            .filter(|job| self.is_visible(job, now_ms))
            .ok_or(QueueError::UnknownJob)?;
        if job.state.status != JobStatus::Failed {
            return Err(QueueError::NotRetryable(job.state.status.as_str()));
        }
        job.state.retry(seq, now_ms);
        self.save(id, &job.state);
        inner.next_seq += 1;
        drop(inner);
        self.wake();
        Ok(())
    }

    /// `/purge-queue`: removes the jobs no worker has taken; the number of them.
    pub fn purge(&self) -> usize {
        let mut inner = self.lock();
        let queued: Vec<String> = inner
            .ids_where(|job| job.state.status == JobStatus::InQueue)
            .collect();
        for id in &queued {
            inner.jobs.remove(id);
            self.store.remove(id);
        }
        drop(inner);
        self.wake();
        queued.len()
    }

    /// `/stream`: the pieces come in since the last look, which are then gone, and the job's status.
    pub fn drain_stream(&self, id: &str, now_ms: u64) -> Option<(JobStatus, Vec<Value>)> {
        let mut inner = self.lock();
        let job = inner
            .jobs
            .get_mut(id)
            .filter(|job| self.is_visible(job, now_ms))?;
        let pieces = std::mem::take(&mut job.state.stream);
        if !pieces.is_empty() {
            self.save(id, &job.state);
        }
        Some((job.state.status, pieces))
    }

    /// `/requests`: the jobs known, newest first, each with its `training_config` alone; the rest of an input can be megabytes.
    pub fn requests(&self, now_ms: u64) -> Vec<Value> {
        let inner = self.lock();
        let mut known: Vec<(&String, &Job)> = inner
            .jobs
            .iter()
            .filter(|(_, job)| self.is_visible(job, now_ms))
            .collect();
        known.sort_by_key(|(_, job)| std::cmp::Reverse((job.state.created_ms, job.state.seq)));
        let shown = known.into_iter().map(|(id, job)| {
            let config = job
                .request
                .input
                .get("training_config")
                .cloned()
                .unwrap_or(Value::Null);
            json!({"id": id, "status": job.state.status, "input": {"training_config": config}})
        });
        shown.collect()
    }

    /// A receiver that is told of every change.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// No answer and no write any more: another `serve` may own the directory by now.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Whether `close` was called.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // a panic elsewhere leaves the maps usable: each change is one assignment
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake(&self) {
        self.changed
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    pub(super) fn save(&self, id: &str, state: &JobState) {
        self.save_as(id, state, Durability::Synced);
    }

    pub(super) fn save_as(&self, id: &str, state: &JobState, durability: Durability) {
        if self.is_closed() {
            return;
        }
        if let Err(error) = self.store.write_state(id, state, durability) {
            tracing::error!(job = id, %error, "a job's state could not be written; it would be lost in a restart");
        }
    }
}

impl Inner {
    pub(super) fn ids_where<'a>(
        &'a self,
        wanted: impl Fn(&Job) -> bool + 'a,
    ) -> impl Iterator<Item = String> + 'a {
        self.jobs
            .iter()
            .filter(move |(_, job)| wanted(job))
            .map(|(id, _)| id.clone())
    }
}

/// The faults of a job: its own when it names any, else the endpoint's.
fn effective(request: &JobRequest, endpoint: &Faults) -> Faults {
    request
        .own_faults()
        .ok()
        .flatten()
        .unwrap_or_else(|| endpoint.clone())
}
