//! A job as RunPod's serverless API knows it: where it stands, by which steps it got there, and how that looks on the wire.
//!
//! Pure data and pure steps; the clock is an argument and nothing is written here. RunPod's `TIMED_OUT` is not produced:
//! an execution timeout is reported as `FAILED` with `executionTimeout exceeded`, as the service itself does.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The states that stand in a job's `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    InQueue,
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

impl JobStatus {
    /// Whether nothing but a retry can change the job any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::InQueue | Self::InProgress)
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InQueue => "IN_QUEUE",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// A webhook that is still to be delivered; kept with the job so that it survives a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub id: u32,
    pub kind: DeliveryKind,
    /// Unix ms of the first try, past or coming; the further ones are counted from it.
    pub first_ms: u64,
    pub due_ms: u64,
    /// Tries made.
    pub tries: u32,
}

/// Which body a delivery carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryKind {
    /// RunPod's envelope.
    Envelope,
    /// The envelope of a moment before the end: an older truth that comes too late.
    StaleProgress,
    /// The training container's own flat body.
    Container,
    Empty,
}

/// Where a job stands; written to disk at every change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JobState {
    /// Place in the queue; lower goes first. Kept when a dead worker's job goes back.
    pub seq: u64,
    pub status: JobStatus,
    pub created_ms: u64,
    /// From when `delayTime` counts: the submission, or the last `/retry`.
    pub queued_ms: u64,
    /// Start of the last attempt.
    #[serde(default)]
    pub started_ms: Option<u64>,
    #[serde(default)]
    pub finished_ms: Option<u64>,
    /// Times the job was given out again after a worker died.
    #[serde(default)]
    pub retries: u32,
    /// Times the job was given out at all.
    #[serde(default)]
    pub attempt: u32,
    /// Who holds it, or held it last.
    #[serde(default)]
    pub worker: Option<String>,
    /// Everybody who ever held it: the result of a worker given up too early is still taken.
    #[serde(default)]
    pub holders: Vec<String>,
    #[serde(default)]
    pub output: Option<Value>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub stream: Vec<Value>,
    #[serde(default)]
    pub deliveries: Vec<Delivery>,
    /// Answers 404 although the record is still there.
    #[serde(default)]
    pub forgotten: bool,
    /// Training steps done when the studio was last stopped; the built-in trainer goes on from there.
    #[serde(default)]
    pub resume_step: u64,
}

/// How a job ended on its worker.
#[derive(Clone, Debug)]
pub struct JobOutcome {
    pub output: Option<Value>,
    /// Present makes the job FAILED.
    pub error: Option<String>,
}

impl JobState {
    /// A job just submitted.
    pub fn queued(seq: u64, now_ms: u64) -> Self {
        Self {
            seq,
            status: JobStatus::InQueue,
            created_ms: now_ms,
            queued_ms: now_ms,
            started_ms: None,
            finished_ms: None,
            retries: 0,
            attempt: 0,
            worker: None,
            holders: Vec::new(),
            output: None,
            error: None,
            stream: Vec::new(),
            deliveries: Vec::new(),
            forgotten: false,
            resume_step: 0,
        }
    }

    /// A worker takes the job.
    pub fn start(&mut self, worker: &str, now_ms: u64) {
        self.status = JobStatus::InProgress;
        self.started_ms = Some(now_ms);
        self.output = None;
        self.attempt += 1;
        self.worker = Some(worker.to_owned());
        if !self.holders.iter().any(|holder| holder == worker) {
            self.holders.push(worker.to_owned());
        }
    }

    /// The job goes back to the queue without having ended.
    pub fn requeue(&mut self) {
        self.status = JobStatus::InQueue;
        self.worker = None;
        self.output = None;
        self.stream.clear();
    }

    /// A worker reports the end.
    pub fn finish(&mut self, outcome: JobOutcome, now_ms: u64) {
        self.status = if outcome.error.is_some() {
            JobStatus::Failed
        } else {
            JobStatus::Completed
        };
        self.output = outcome.output;
        self.error = outcome.error;
        self.finished_ms = Some(now_ms);
        self.started_ms.get_or_insert(now_ms);
    }

    /// The person called it off.
    pub fn cancel(&mut self, now_ms: u64) {
        self.status = JobStatus::Cancelled;
        self.output = None;
        self.finished_ms = Some(now_ms);
    }

    /// `/retry`: the same id starts anew and everything the old run left is gone, webhooks still due included.
    pub fn retry(&mut self, seq: u64, now_ms: u64) {
        let created_ms = self.created_ms;
        let attempt = self.attempt;
        *self = Self::queued(seq, now_ms);
        self.created_ms = created_ms;
        self.attempt = attempt;
    }

    /// `delayTime` in ms: the wait before the last attempt.
    fn delay_ms(&self, now_ms: u64) -> u64 {
        let start = self.started_ms.or(self.finished_ms).unwrap_or(now_ms);
        start.saturating_sub(self.queued_ms)
    }

    /// `executionTime` in ms: how long the last attempt ran.
    fn execution_ms(&self) -> u64 {
        match (self.started_ms, self.finished_ms) {
            (Some(start), Some(end)) => end.saturating_sub(start),
            _ => 0,
        }
    }

    /// The job as `/status` shows it.
    pub fn wire(&self, id: &str, now_ms: u64) -> Map<String, Value> {
        let mut wire = Map::new();
        if self.status != JobStatus::InQueue {
            wire.insert("delayTime".to_owned(), json!(self.delay_ms(now_ms)));
        }
        if let Some(error) = &self.error {
            wire.insert("error".to_owned(), json!(error));
        }
        if self.status.is_final() {
            wire.insert("executionTime".to_owned(), json!(self.execution_ms()));
        }
        wire.insert("id".to_owned(), json!(id));
        if let Some(output) = &self.output {
            wire.insert("output".to_owned(), output.clone());
        }
        if self.retries > 0 {
            wire.insert("retries".to_owned(), json!(self.retries));
        }
        wire.insert("status".to_owned(), json!(self.status));
        if let Some(worker) = &self.worker {
            wire.insert("workerId".to_owned(), json!(worker));
        }
        wire
    }
}
