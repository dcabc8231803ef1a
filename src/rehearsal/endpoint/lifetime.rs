//! What time does to jobs: execution timeouts, `ttl`, the keeping of results, silent workers; and a job found after a restart.

use super::{
    attendance::Worker,
    dispatch::BUILT_IN_WORKER,
    job::{JobOutcome, JobState, JobStatus},
    queue::{Inner, Job, Queue},
    store::{Durability, Store},
};

impl Queue {
    /// Lets time pass: limits run out, silent workers lose their jobs, old results go. Returns whether anything changed.
    pub fn tick(&self, now_ms: u64) -> bool {
        let mut inner = self.lock();
        let expired: Vec<String> = inner.ids_where(|job| self.is_over(job, now_ms)).collect();
        for id in &expired {
            if let Some(job) = inner.jobs.remove(id)
                && !job.state.status.is_final()
            {
                inner.stop(job.state.worker.as_deref(), id);
            }
            self.store.remove(id);
        }
        let overdue: Vec<String> = inner
            .ids_where(|job| {
                job.state.status == JobStatus::InProgress
                    && job.state.started_ms.is_some_and(|start| {
                        now_ms.saturating_sub(start) >= job.request.execution_timeout_ms
                    })
            })
            .collect();
        for id in &overdue {
            self.end_overdue(&mut inner, id, now_ms);
        }
        let silent = self.requeue_silent(&mut inner, now_ms);
        inner.forget_old_workers(now_ms);
        drop(inner);
        let something = !expired.is_empty() || !overdue.is_empty() || silent;
        if something {
            self.wake();
        }
        something
    }

    /// Ends a running job as RunPod does when its time is over.
    pub fn exceed_execution_timeout(&self, id: &str, now_ms: u64) {
        self.end_overdue(&mut self.lock(), id, now_ms);
        self.wake();
    }

    fn end_overdue(&self, inner: &mut Inner, id: &str, now_ms: u64) {
        let Some(job) = inner
            .jobs
            .get_mut(id)
            .filter(|job| job.state.status == JobStatus::InProgress)
        else {
            return;
        };
        let outcome = JobOutcome {
            output: None,
            error: Some("executionTimeout exceeded".to_owned()),
        };
        self.end(job, id, outcome, now_ms);
        let holder = job.state.worker.clone();
        inner.stop(holder.as_deref(), id);
    }

    pub(super) fn is_visible(&self, job: &Job, now_ms: u64) -> bool {
        let state = &job.state;
        if !state.status.is_final() {
            return now_ms.saturating_sub(state.created_ms) < job.request.ttl_ms;
        }
        !state.forgotten && !self.is_past_keeping(job, now_ms)
    }

    fn is_past_keeping(&self, job: &Job, now_ms: u64) -> bool {
        let kept = if job.request.sync {
            self.timing.sync_result_kept
        } else {
            self.timing.result_kept
        };
        let finished = job.state.finished_ms.unwrap_or(now_ms);
        u128::from(now_ms.saturating_sub(finished)) >= kept.as_millis()
    }

    /// A job whose record can go: its ttl or its keeping is over and no webhook waits for it.
    fn is_over(&self, job: &Job, now_ms: u64) -> bool {
        if !job.state.status.is_final() {
            return !self.is_visible(job, now_ms);
        }
        self.is_past_keeping(job, now_ms) && job.state.deliveries.is_empty()
    }
}

/// A job found on disk. The built-in trainer died with the former process, so its job goes back to the queue; an outside
/// worker may well live and is given its usual silence to show it.
pub(super) fn take_up(
    store: &Store,
    inner: &mut Inner,
    id: &str,
    state: &mut JobState,
    now_ms: u64,
) {
    if state.status != JobStatus::InProgress {
        return;
    }
    match state.worker.clone() {
        Some(worker) if worker != BUILT_IN_WORKER => {
            inner
                .workers
                .insert(worker, Worker::last_seen_at(now_ms, now_ms));
        }
        _ => {
            let progress = state.output.take();
            let step = progress
                .filter(|progress| progress["stage"] == "training")
                .and_then(|progress| progress["step"].as_u64());
            state.resume_step = step.unwrap_or(state.resume_step);
            state.requeue();
            if let Err(error) = store.write_state(id, state, Durability::Synced) {
                tracing::error!(job = id, %error, "a job's state could not be written");
            }
        }
    }
}
