//! A training version and its life: `pending -> training -> completed | failed | cancelled`.
//!
//! [`TrainingVersion::apply`] is the whole state machine, pure: what a witness reported goes in, what changed comes out.
//! A final status never changes again, so a second delivery, a late one and one out of order change nothing. With one
//! exception: a run that only counts as failed because nobody knew how it ended (`lost`) takes the word of whoever knows.

mod parameter;
mod report;

pub use parameter::ParameterValue;
pub use report::{Report, Success};

use super::costs::cents;
use super::sweep::SweepPlace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use super::event::VersionEvent;

/// Where a version stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Status {
    /// Recorded, submitted or queued.
    #[default]
    Pending,
    Training,
    Completed,
    Failed,
    Cancelled,
}

impl Status {
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Training,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Training => "training",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// Nothing changes it any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Training => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }

    pub fn can_cancel(self) -> bool {
        !self.is_final()
    }
}

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Progress {
    /// `downloading`, `training`, `saving`, `uploading`, or what the worker calls it.
    pub stage: String,
    pub step: u32,
    /// 0 when the worker did not say.
    pub total: u32,
    /// Of the last step, where the worker reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// The end of the worker's log, where it reports one; kept in a file of its own, never in the record.
    #[serde(skip)]
    pub log: Option<String>,
}

impl Progress {
    /// 0-100, whole; `None` without a total.
    pub fn percent(&self) -> Option<u32> {
        let done = u64::from(self.step.min(self.total)) * 100;
        (self.total > 0).then(|| (done / u64::from(self.total)) as u32)
    }
}

/// One run as pages and `/api` show it. The stored record may hold more; it never leaves the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TrainingVersion {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    /// When it was recorded, ISO 8601.
    pub timestamp: String,
    pub parameters: BTreeMap<String, ParameterValue>,
    pub status: Status,
    pub selection_set_id: Option<u64>,
    pub image_count: Option<u64>,
    pub lora_url: Option<String>,
    pub completed_at: Option<String>,
    pub failed_at: Option<String>,
    pub error: Option<String>,
    pub is_good: Option<bool>,
    pub last_synced: Option<String>,
    /// RunPod's id, verbatim.
    pub job_id: Option<String>,
    pub request_id: Option<String>,
    /// `rehearsal` or `runpod`; absent on versions of the older system.
    pub trainer: Option<String>,
    /// The model's file name without `.safetensors`.
    pub model_name: Option<String>,
    pub progress: Option<Progress>,
    pub delay_time_ms: Option<i64>,
    pub execution_time_ms: Option<i64>,
    pub size_bytes: Option<u64>,
    /// When the submit was sent off. Without it RunPod was never asked.
    pub sent_at: Option<String>,
    /// RunPod deletes every trace of the job this long after it was submitted.
    pub ttl_ms: Option<i64>,
    /// It counts as failed because nobody knew how it ended, not because somebody said so.
    pub lost: Option<bool>,
    /// Label of the preset it began from.
    pub preset: Option<String>,
    /// What an hour of its GPU cost when it began; absent where nothing is paid or the price was not known.
    pub usd_per_hour: Option<f64>,
    /// What it was expected to cost when it began.
    pub estimated_usd: Option<f64>,
    /// Its place in the sweep it belongs to.
    pub sweep: Option<SweepPlace>,
    /// It waits for its turn in a sweep: recorded, not sent.
    pub queued: Option<bool>,
    /// Id of the version whose model it went on from.
    pub start_from: Option<String>,
}

impl TrainingVersion {
    /// Whether this studio submitted it, so that it watches over it.
    pub fn is_ours(&self) -> bool {
        self.request_id.is_some()
    }

    /// The name it was started under, which its model file carries: a person may have renamed it since. `None` where that is not
    /// on record.
    pub fn started_as(&self) -> Option<&str> {
        let style = self.request_id.as_deref()?.rsplit_once('_')?.0;
        let name = self.model_name.as_deref()?.strip_prefix("style_")?;
        name.strip_prefix(style)?.strip_prefix('_')
    }

    /// A parameter that is a number, whatever the file wrote it as.
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.parameters.get(name)? {
            ParameterValue::Int(number) => Some(*number as f64),
            ParameterValue::Float(number) => Some(*number),
            ParameterValue::Text(text) => text.trim().parse().ok(),
            ParameterValue::Bool(_) => None,
        }
    }

    /// Whether it waits for its turn: RunPod was not asked yet.
    pub fn is_queued(&self) -> bool {
        self.queued == Some(true) && self.is_ours() && !self.status.is_final()
    }

    /// When it was sent off, else when it was recorded; ISO 8601.
    pub fn began_at(&self) -> &str {
        self.sent_at.as_deref().unwrap_or(&self.timestamp)
    }

    /// Whether it may still hear of its job: unfinished, or given up without a witness.
    pub fn is_open_to(&self, report: &Report) -> bool {
        if matches!(report, Report::Withdrawn) {
            return self.is_queued();
        }
        if !self.status.is_final() {
            return !matches!(report, Report::Reopened(_));
        }
        let is_lost = self.lost == Some(true);
        match report {
            Report::Reopened(_) => !is_lost && self.status != Status::Completed,
            Report::Lost { .. } => false,
            // who tells the job's id only says that RunPod took it, which may be known
            Report::Submitted { .. } => is_lost && self.job_id.is_none(),
            _ => is_lost,
        }
    }

    /// What it cost, about: by the time on the worker, else by `running_ms`, else by the estimate while it is not over.
    pub fn cost_usd(&self, running_ms: Option<i64>) -> Option<f64> {
        let price = self.usd_per_hour?;
        match self.execution_time_ms.or(running_ms) {
            Some(ms) => Some(cents(price * ms.max(0) as f64 / 3_600_000.0)),
            None if self.status.is_final() => None,
            None => self.estimated_usd,
        }
    }

    /// Takes a report in; says what changed, for the event log, or `None` when nothing did.
    pub fn apply(&mut self, report: &Report, now: &str) -> Option<String> {
        if !self.is_open_to(report) {
            return None;
        }
        if !self.status.is_final() {
            return self.step(report, now);
        }
        self.status = Status::Pending;
        self.failed_at = None;
        self.completed_at = None;
        self.error = None;
        self.lost = None;
        let then = self.step(report, now);
        let then = then.map(|what| format!(": {what}")).unwrap_or_default();
        Some(match self.status.is_final() {
            true => format!("the verdict was taken back{then}"),
            false => format!("taken back as unfinished{then}"),
        })
    }

    fn step(&mut self, report: &Report, now: &str) -> Option<String> {
        match report {
            Report::Reopened(news) => self.step(news, now),
            Report::Withdrawn => {
                self.cancelled(now);
                Some("cancelled before it was sent; nothing was paid".into())
            }
            Report::Lost { reason } => {
                self.queued = None;
                self.status = Status::Failed;
                self.failed_at = Some(now.to_owned());
                self.error = Some(reason.clone());
                self.lost = Some(true);
                Some(format!("failed: {reason}"))
            }
            Report::Submitted { job_id } => self.submitted(job_id),
            // a job handed to another worker is queued again: it stays what it was
            Report::Queued => None,
            Report::Running { progress, delay_ms } => self.running(progress.as_ref(), *delay_ms),
            Report::Succeeded(success) => Some(self.succeed(success, now)),
            Report::Failed {
                reason,
                delay_ms,
                execution_ms,
            } => {
                self.queued = None;
                self.status = Status::Failed;
                self.failed_at = Some(now.to_owned());
                self.error = Some(reason.clone());
                self.times(*delay_ms, *execution_ms);
                Some(format!("failed: {reason}"))
            }
            Report::Cancelled => {
                self.cancelled(now);
                Some("cancelled".into())
            }
        }
    }

    fn cancelled(&mut self, now: &str) {
        self.queued = None;
        self.status = Status::Cancelled;
        self.completed_at = Some(now.to_owned());
    }

    fn submitted(&mut self, job_id: &str) -> Option<String> {
        if self.job_id.is_some() {
            return None;
        }
        self.job_id = Some(job_id.to_owned());
        Some(format!("submitted as job {job_id}"))
    }

    fn running(&mut self, progress: Option<&Progress>, delay_ms: Option<i64>) -> Option<String> {
        let began = self.status == Status::Pending;
        self.status = Status::Training;
        self.times(delay_ms, None);
        let stage_before = self.progress.as_ref().map(|p| p.stage.clone());
        if let Some(progress) = progress {
            let loss_before = self.progress.as_ref().and_then(|p| p.loss);
            self.progress = Some(Progress {
                loss: progress.loss.or(loss_before),
                ..progress.clone()
            });
        }
        let stage = self.progress.as_ref().map(|p| p.stage.clone());
        if began {
            return Some("a worker took the job".into());
        }
        (stage != stage_before).then(|| stage.unwrap_or_default())
    }

    fn succeed(&mut self, success: &Success, now: &str) -> String {
        self.status = Status::Completed;
        self.completed_at = Some(now.to_owned());
        self.error = None;
        self.times(success.delay_ms, success.execution_ms);
        if success.lora_url.is_some() {
            self.lora_url.clone_from(&success.lora_url);
        }
        self.size_bytes = success.size_bytes.or(self.size_bytes);
        if let Some(progress) = &mut self.progress {
            progress.step = progress.total;
            progress.stage = "done".into();
        }
        match &self.lora_url {
            Some(_) => "completed".into(),
            None => "completed, but the answer named no model file".into(),
        }
    }

    fn times(&mut self, delay_ms: Option<i64>, execution_ms: Option<i64>) {
        self.delay_time_ms = delay_ms.or(self.delay_time_ms);
        self.execution_time_ms = execution_ms.or(self.execution_time_ms);
    }
}

/// Whether a text can be a version id: it becomes a folder's name and part of an address.
pub fn is_version_id(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=128).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-02T03:04:05.000Z";

    fn training() -> TrainingVersion {
        let mut version = TrainingVersion::default();
        version.apply(
            &Report::Submitted {
                job_id: "j-u1".into(),
            },
            NOW,
        );
        let progress = Some(Progress {
            stage: "training".into(),
            step: 5,
            total: 10,
            ..Progress::default()
        });
        let running = Report::Running {
            progress,
            delay_ms: Some(7),
        };
        assert!(version.apply(&running, NOW).is_some());
        version
    }

    fn failure() -> Report {
        Report::Failed {
            reason: "no GPU".into(),
            delay_ms: None,
            execution_ms: None,
        }
    }

    fn success() -> Report {
        Report::Succeeded(Success {
            lora_url: Some("s3://b/k".into()),
            size_bytes: Some(9),
            ..Success::default()
        })
    }

    #[test]
    fn a_run_goes_from_pending_over_training_to_completed() {
        let mut version = training();
        assert_eq!(version.status, Status::Training);
        assert_eq!(version.progress.as_ref().unwrap().percent(), Some(50));
        assert_eq!(version.apply(&success(), NOW).as_deref(), Some("completed"));
        assert_eq!(version.status, Status::Completed);
        assert_eq!(version.delay_time_ms, Some(7));
        assert_eq!(version.progress.unwrap().percent(), Some(100));
    }

    #[test]
    fn a_final_status_never_changes() {
        let last_words = [success(), failure(), Report::Cancelled];
        for (i, last) in last_words.iter().enumerate() {
            let mut version = training();
            version.apply(last, NOW);
            let settled = version.clone();
            for later in last_words.iter().chain([&Report::Queued]) {
                assert_eq!(version.apply(later, "later"), None, "{i}");
            }
            assert_eq!(version, settled);
        }
    }

    #[test]
    fn a_run_that_was_only_given_up_believes_whoever_knows_better() {
        let lost = || {
            let mut version = training();
            let reason = "nobody knows".to_owned();
            version.apply(&Report::Lost { reason }, NOW);
            assert_eq!((version.status, version.lost), (Status::Failed, Some(true)));
            version
        };
        for (report, status) in [
            (success(), Status::Completed),
            (failure(), Status::Failed),
            (Report::Cancelled, Status::Cancelled),
            (Report::Queued, Status::Pending),
        ] {
            let mut version = lost();
            assert!(version.apply(&report, "later").is_some());
            assert_eq!((version.status, version.lost), (status, None));
            assert_ne!(version.error.as_deref(), Some("nobody knows"));
        }
        let mut version = lost();
        let job_id = "j-u1".to_owned();
        assert_eq!(version.apply(&Report::Submitted { job_id }, NOW), None);
        let reason = "again".to_owned();
        assert_eq!(version.apply(&Report::Lost { reason }, NOW), None);
    }

    #[test]
    fn a_verdict_is_taken_back_only_when_a_person_asked_and_never_a_success() {
        let mut version = training();
        let reopened = |news: Report| Report::Reopened(Box::new(news));
        assert_eq!(version.apply(&reopened(success()), NOW), None);
        version.apply(&failure(), NOW);
        assert_eq!(version.apply(&success(), NOW), None);
        assert!(version.apply(&reopened(Report::Queued), NOW).is_some());
        assert_eq!((version.status, &version.error), (Status::Pending, &None));
        assert_eq!(version.failed_at, None);
        version.apply(&failure(), NOW);
        let told = version.apply(&reopened(success()), NOW);
        assert!(told.is_some_and(|told| told.starts_with("the verdict was taken back: completed")));
        assert_eq!(
            version.status,
            Status::Completed,
            "no verdict came in between"
        );
        assert_eq!(version.apply(&reopened(failure()), NOW), None);
        assert_eq!(version.status, Status::Completed);
    }

    #[test]
    fn being_queued_again_is_no_step_back_and_a_second_job_id_is_ignored() {
        let mut version = training();
        assert_eq!(version.apply(&Report::Queued, NOW), None);
        assert_eq!(version.status, Status::Training);
        version.apply(
            &Report::Submitted {
                job_id: "other".into(),
            },
            NOW,
        );
        assert_eq!(version.job_id.as_deref(), Some("j-u1"));
    }

    #[test]
    fn a_run_costs_its_time_on_the_worker_and_its_estimate_until_that_is_known() {
        let mut version = training();
        assert_eq!(version.cost_usd(None), None, "no price was known");
        version.usd_per_hour = Some(1.2);
        version.estimated_usd = Some(0.5);
        assert_eq!(version.cost_usd(None), Some(0.5));
        assert_eq!(version.cost_usd(Some(600_000)), Some(0.2));
        version.apply(&Report::Cancelled, NOW);
        assert_eq!(version.cost_usd(None), None);
        version.execution_time_ms = Some(1_200_000);
        assert_eq!(version.cost_usd(None), Some(0.4));
    }

    #[test]
    fn a_run_that_waits_for_its_turn_can_be_withdrawn_and_one_that_was_sent_cannot() {
        let mut waiting = TrainingVersion {
            queued: Some(true),
            request_id: Some("1_1".into()),
            ..TrainingVersion::default()
        };
        assert!(waiting.apply(&Report::Withdrawn, NOW).is_some());
        assert_eq!((waiting.status, waiting.queued), (Status::Cancelled, None));
        assert_eq!(waiting.apply(&Report::Withdrawn, NOW), None);
        let mut sent = training();
        assert_eq!(sent.apply(&Report::Withdrawn, NOW), None);
        assert_eq!(sent.status, Status::Training);
    }

    #[test]
    fn the_last_loss_stays_when_a_later_word_has_none() {
        let mut version = training();
        let said = |stage: &str, loss| Report::Running {
            progress: Some(Progress {
                stage: stage.into(),
                step: 9,
                total: 10,
                loss,
                log: None,
            }),
            delay_ms: None,
        };
        version.apply(&said("training", Some(0.25)), NOW);
        version.apply(&said("saving", None), NOW);
        assert_eq!(version.progress.unwrap().loss, Some(0.25));
    }

    #[test]
    fn ids_of_the_older_system_pass_and_paths_do_not() {
        for id in ["ec487842-b853-4ca1-ba91-76bba6a59006-e2", "style_16_vV1"] {
            assert!(is_version_id(id));
        }
        for id in ["", "..", "a/b", ".x", "a b"] {
            assert!(!is_version_id(id));
        }
    }
}
