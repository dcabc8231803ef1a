//! What is said of a run, by whoever saw it.

use super::Progress;

/// What a witness says of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// RunPod took the job in.
    Submitted {
        job_id: String,
    },
    Queued,
    Running {
        progress: Option<Progress>,
        delay_ms: Option<i64>,
    },
    Succeeded(Success),
    Failed {
        reason: String,
        delay_ms: Option<i64>,
        execution_ms: Option<i64>,
    },
    Cancelled,
    /// Taken out of a sweep's queue before it was sent.
    Withdrawn,
    /// Nobody knows how it ended, and nobody is left to ask.
    Lost {
        reason: String,
    },
    /// A person asked again, and what the trainer or S3 says contradicts the end on record. In one step, so that a verdict that
    /// comes in meanwhile does not end it again.
    Reopened(Box<Report>),
}

impl Report {
    /// The same with every text of the trainer's as `change` gives it.
    pub fn with_texts(self, change: &impl Fn(&str) -> String) -> Self {
        match self {
            Self::Reopened(news) => Self::Reopened(Box::new(news.with_texts(change))),
            Self::Lost { reason } => Self::Lost {
                reason: change(&reason),
            },
            Self::Failed {
                reason,
                delay_ms,
                execution_ms,
            } => Self::Failed {
                reason: change(&reason),
                delay_ms,
                execution_ms,
            },
            Self::Running {
                progress: Some(progress),
                delay_ms,
            } => Self::Running {
                progress: Some(Progress {
                    stage: change(&progress.stage),
                    log: progress.log.as_deref().map(change),
                    ..progress
                }),
                delay_ms,
            },
            other => other,
        }
    }

    /// What it says of the run.
    pub fn news(&self) -> &Self {
        match self {
            Self::Reopened(news) => news,
            other => other,
        }
    }
}

/// A finished model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Success {
    pub lora_url: Option<String>,
    pub size_bytes: Option<u64>,
    pub delay_ms: Option<i64>,
    pub execution_ms: Option<i64>,
}
