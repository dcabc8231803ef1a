//! Giving jobs to workers: the official SDK's over HTTP, and the built-in rehearsal trainer when none of those is there.
//!
//! A job whose worker dies goes back to the queue once and then fails with `job timed out after 1 retries`, as on RunPod. Who
//! is alive is known by `attendance`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    faults::{Fault, Faults},
    job::{JobOutcome, JobStatus},
    job_request::JobRequest,
    queue::{Inner, Job, Queue},
    store::Durability,
    webhooks,
};

/// The id under which the rehearsal trainer takes jobs.
pub const BUILT_IN_WORKER: &str = "rehearsal";
/// Times a job is given out again after its worker died.
const MOST_RETRIES: u32 = 1;

/// A job in the built-in trainer's hands.
pub struct Assignment {
    pub id: String,
    /// Which attempt this is, from 1; what a former attempt still says is ignored.
    pub attempt: u32,
    pub request: Arc<JobRequest>,
    pub faults: Faults,
    /// Training steps already done before a restart.
    pub resume_step: u64,
}

impl Queue {
    /// Up to `most` jobs for a worker, oldest first, in the form the SDK's worker expects.
    pub fn take(&self, worker: &str, most: usize, now_ms: u64) -> Vec<Value> {
        let mut inner = self.lock();
        inner.see(worker, now_ms).last_take_ms = now_ms;
        let mut taken = Vec::new();
        while taken.len() < most {
            let Some(id) = inner.next_queued(|_| true) else {
                break;
            };
            let Some(job) = inner.jobs.get_mut(&id) else {
                break;
            };
            job.state.start(worker, now_ms);
            self.save(&id, &job.state);
            taken.push(worker_view(&id, &job.request));
            // a stop meant for a former attempt must not end this one
            inner
                .see(worker, now_ms)
                .stops
                .retain(|stopped| *stopped != id);
        }
        drop(inner);
        if !taken.is_empty() {
            self.wake();
        }
        taken
    }

    /// The next job for the built-in trainer; none while an outside worker is there, and none of those that ask for no worker.
    pub fn take_built_in(&self, now_ms: u64) -> Option<Assignment> {
        let mut inner = self.lock();
        if self.is_closed()
            || self.faults.has(Fault::Throttled)
            || self.has_outside_worker(&inner, now_ms)
        {
            return None;
        }
        let id = inner.next_queued(|job| !job.faults.has(Fault::Throttled))?;
        let job = inner.jobs.get_mut(&id)?;
        job.state.start(BUILT_IN_WORKER, now_ms);
        self.save(&id, &job.state);
        let assignment = Assignment {
            attempt: job.state.attempt,
            request: Arc::clone(&job.request),
            faults: job.faults.clone(),
            resume_step: job.state.resume_step,
            id,
        };
        drop(inner);
        self.wake();
        Some(assignment)
    }

    /// Whether this attempt of the built-in trainer still has the job.
    pub fn still_running(&self, assignment: &Assignment) -> bool {
        let inner = self.lock();
        let job = inner.jobs.get(&assignment.id);
        !self.is_closed()
            && job.is_some_and(|job| {
                job.state.status == JobStatus::InProgress && job.state.attempt == assignment.attempt
            })
    }

    /// A worker's word on a running job; only the latest is kept, and one that comes after the end changes nothing.
    pub fn progress(&self, id: &str, worker: &str, output: Value, now_ms: u64) {
        let mut inner = self.lock();
        inner.see(worker, now_ms);
        let Some(job) = inner.jobs.get_mut(id) else {
            return;
        };
        if job.state.status != JobStatus::InProgress || job.state.worker.as_deref() != Some(worker)
        {
            return;
        }
        job.state.output = Some(output);
        self.save_as(id, &job.state, Durability::Buffered);
        drop(inner);
        self.wake();
    }

    /// A piece of a streaming handler's output.
    pub fn append_stream(&self, id: &str, worker: &str, piece: Value, now_ms: u64) {
        let mut inner = self.lock();
        inner.see(worker, now_ms);
        if let Some(job) = inner
            .jobs
            .get_mut(id)
            .filter(|job| !job.state.status.is_final())
        {
            job.state.stream.push(piece);
            self.save_as(id, &job.state, Durability::Buffered);
        }
        drop(inner);
        self.wake();
    }

    /// A worker's result. Taken from whoever ever held the job, even after the job went back to the queue: work done is
    /// work done. Whether the result was taken.
    pub fn finish(&self, id: &str, worker: &str, outcome: JobOutcome, now_ms: u64) -> bool {
        let mut inner = self.lock();
        inner.see(worker, now_ms);
        let Some(job) = inner.jobs.get_mut(id) else {
            return false;
        };
        let held = job.state.holders.iter().any(|holder| holder == worker);
        if job.state.status.is_final() || !held {
            return false;
        }
        let other = job.state.worker.take().filter(|holder| holder != worker);
        job.state.worker = Some(worker.to_owned());
        self.end(job, id, outcome, now_ms);
        inner.stop(other.as_deref(), id);
        drop(inner);
        self.wake();
        true
    }

    /// The built-in trainer's progress; ignored once another attempt has the job.
    pub fn progress_built_in(&self, assignment: &Assignment, output: Value, now_ms: u64) {
        if self.still_running(assignment) {
            self.progress(&assignment.id, BUILT_IN_WORKER, output, now_ms);
        }
    }

    /// The built-in trainer's result; ignored once another attempt has the job.
    pub fn finish_built_in(&self, assignment: &Assignment, outcome: JobOutcome, now_ms: u64) {
        if self.still_running(assignment) {
            self.finish(&assignment.id, BUILT_IN_WORKER, outcome, now_ms);
        }
    }

    /// The worker of a job died: back to the queue once, then FAILED.
    pub fn worker_died(&self, id: &str, now_ms: u64) {
        self.lose(&mut self.lock(), id, now_ms);
        self.wake();
    }

    /// Ends a job and plans its webhooks.
    pub(super) fn end(&self, job: &mut Job, id: &str, outcome: JobOutcome, now_ms: u64) {
        job.state.finish(outcome, now_ms);
        if job.request.webhook.is_some() {
            job.state.deliveries = webhooks::plan(&job.faults, now_ms);
        }
        job.state.forgotten = job.faults.has(Fault::ForgetResults);
        self.save(id, &job.state);
        tracing::info!(
            job = id,
            status = job.state.status.as_str(),
            "a local job ended"
        );
    }

    pub(super) fn lose(&self, inner: &mut Inner, id: &str, now_ms: u64) {
        let Some(job) = inner
            .jobs
            .get_mut(id)
            .filter(|job| job.state.status == JobStatus::InProgress)
        else {
            return;
        };
        if job.state.retries < MOST_RETRIES {
            job.state.retries += 1;
            job.state.resume_step = 0;
            job.state.requeue();
            self.save(id, &job.state);
        } else {
            let error = format!("job timed out after {MOST_RETRIES} retries");
            self.end(
                job,
                id,
                JobOutcome {
                    output: None,
                    error: Some(error),
                },
                now_ms,
            );
        }
    }
}

impl Inner {
    fn next_queued(&self, wanted: impl Fn(&Job) -> bool) -> Option<String> {
        let queued = self
            .jobs
            .iter()
            .filter(|(_, job)| job.state.status == JobStatus::InQueue && wanted(job));
        queued
            .min_by_key(|(_, job)| job.state.seq)
            .map(|(id, _)| id.clone())
    }
}

/// A job as the SDK's worker takes it.
fn worker_view(id: &str, request: &JobRequest) -> Value {
    let mut view = Map::new();
    view.insert("id".to_owned(), json!(id));
    view.insert("input".to_owned(), request.input.clone());
    if let Some(webhook) = &request.webhook {
        view.insert("webhook".to_owned(), json!(webhook));
    }
    if let Some(config) = &request.s3_config {
        view.insert("s3Config".to_owned(), config.clone());
    }
    Value::Object(view)
}
