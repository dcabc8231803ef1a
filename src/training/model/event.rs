//! A version's event log: what a witness said, and what it changed.

use super::version::{Report, Status};
use serde::{Deserialize, Serialize};

/// One line of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct VersionEvent {
    /// ISO 8601.
    pub time: String,
    /// Who said it: `studio`, `webhook`, `polling`, `s3`, `person`.
    pub witness: String,
    pub message: String,
    /// The witness's own words, where the message does not hold them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// The status before and after, if it is another one now: `training → completed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

/// What a report says beyond the message it becomes.
pub fn said(report: &Report) -> Option<String> {
    match report {
        Report::Running { progress, .. } => Some(match progress {
            Some(p) => format!("running: {}, step {} of {}", p.stage, p.step, p.total),
            None => "running".to_owned(),
        }),
        Report::Succeeded(success) => {
            let url = success.lora_url.as_ref().map(|url| format!("model {url}"));
            let bytes = success.size_bytes.map(|bytes| format!("{bytes} bytes"));
            let took = success.execution_ms;
            let took = took.map(|ms| format!("{} s on the worker", ms / 1_000));
            let known: Vec<String> = [url, bytes, took].into_iter().flatten().collect();
            Some(match known.as_slice() {
                [] => "success".to_owned(),
                known => format!("success: {}", known.join(", ")),
            })
        }
        _ => None,
    }
}

/// The change of a status in words.
pub fn change(before: Status, after: Status) -> Option<String> {
    let words = || format!("{} → {}", before.as_str(), after.as_str());
    (before != after).then(words)
}

#[cfg(test)]
mod tests {
    use super::super::version::{Progress, Success};
    use super::*;

    #[test]
    fn a_witness_is_quoted_where_the_message_is_shorter_than_its_words() {
        let progress = Some(Progress {
            stage: "training".into(),
            step: 4,
            total: 80,
            ..Progress::default()
        });
        let running = Report::Running {
            progress,
            delay_ms: None,
        };
        assert_eq!(
            said(&running).as_deref(),
            Some("running: training, step 4 of 80")
        );
        let success = Report::Succeeded(Success {
            lora_url: Some("s3://b/k".into()),
            execution_ms: Some(61_500),
            ..Success::default()
        });
        assert_eq!(
            said(&success).as_deref(),
            Some("success: model s3://b/k, 61 s on the worker")
        );
        assert_eq!(said(&Report::Cancelled), None);
    }

    #[test]
    fn only_another_status_is_a_change() {
        assert_eq!(change(Status::Training, Status::Training), None);
        let settled = change(Status::Training, Status::Completed);
        assert_eq!(settled.as_deref(), Some("training → completed"));
    }
}
