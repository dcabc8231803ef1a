//! The limits RunPod keeps a job to. Without them a run is killed after ten minutes.

use super::costs::stated_seconds;
use super::form::TrainingRequest;
use serde::{Deserialize, Serialize};

const HOUR_MS: u64 = 3_600_000;
/// RunPod's longest `ttl`.
const WEEK_MS: u64 = 7 * 24 * HOUR_MS;
/// How long a job may wait for a worker.
const QUEUE_ALLOWANCE_MS: u64 = 24 * HOUR_MS;

/// In milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// On the worker. RunPod's default is 10 minutes.
    pub execution_timeout_ms: u64,
    /// From submission, queue and run; the job is deleted then, even while running.
    pub ttl_ms: u64,
}

impl Limits {
    /// Six times the estimated time on the worker (or the stated one, if that is longer) and half an hour for a cold
    /// start, at least 1 h, at most 6 days; the queue gets 24 h more, so that both stay within RunPod's 7 days.
    pub fn of(request: &TrainingRequest, estimated_seconds: f64) -> Self {
        let seconds = estimated_seconds.max(stated_seconds(request));
        let estimate_ms = (seconds * 1_000.0) as u64;
        let generous_ms = estimate_ms.saturating_mul(6).saturating_add(HOUR_MS / 2);
        let execution_timeout_ms = generous_ms.clamp(HOUR_MS, WEEK_MS - QUEUE_ALLOWANCE_MS);
        Self {
            execution_timeout_ms,
            ttl_ms: execution_timeout_ms + QUEUE_ALLOWANCE_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::form::TrainingForm;
    use super::super::parameters::Defaults;
    use super::*;

    fn request(steps: &str, batch: &str) -> TrainingRequest {
        let form = TrainingForm {
            style_id: "16".into(),
            selection_set_id: "1".into(),
            name: "v1.0".into(),
            parameters: [("max_train_steps", steps), ("batch_size", batch)]
                .into_iter()
                .collect(),
            ..TrainingForm::default()
        };
        TrainingRequest::parse(&form, &Defaults::new("16", "", 30)).expect("a request")
    }

    #[test]
    fn time_limits_are_generous_and_stay_within_runpods() {
        for steps in ["1", "1200", "100000"] {
            for batch in ["1", "8", "1024"] {
                let limits = Limits::of(&request(steps, batch), 0.0);
                assert!((HOUR_MS..=WEEK_MS).contains(&limits.execution_timeout_ms));
                assert!(limits.ttl_ms >= limits.execution_timeout_ms + QUEUE_ALLOWANCE_MS);
                assert!(limits.ttl_ms <= WEEK_MS);
            }
        }
        let stated = Limits::of(&request("1200", "2"), 60.0);
        assert_eq!(
            stated.execution_timeout_ms, 9_000_000,
            "20 minutes stated, 2.5 hours allowed"
        );
        let slower = Limits::of(&request("1200", "2"), 2_400.0);
        assert_eq!(slower.execution_timeout_ms, 16_200_000);
    }
}
