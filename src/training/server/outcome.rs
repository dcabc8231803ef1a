//! What RunPod or the container says, as a report on a run.
//!
//! COMPLETED with an inner `failed` is a failure; an unknown state is still running; progress may come as an object, a
//! `"4/10"`, a number or not at all.

use super::super::model::version::{Progress, Report, Success};
use crate::server::runpod::{Job, JobState, error_text};
use serde_json::Value;

const MAX_ADDRESS_BYTES: usize = 2_048;

/// The report in a job of `/status` or of a webhook's envelope.
pub fn of_job(job: &Job) -> Report {
    let failed = |reason: String| Report::Failed {
        reason,
        delay_ms: job.delay_ms,
        execution_ms: job.execution_ms,
    };
    match &job.state {
        JobState::InQueue => Report::Queued,
        JobState::InProgress | JobState::Unknown(_) => Report::Running {
            progress: progress(&job.output),
            delay_ms: job.delay_ms,
        },
        JobState::Completed => match inner_failure(&job.output) {
            Some(reason) => failed(reason),
            None => Report::Succeeded(Success {
                delay_ms: job.delay_ms,
                execution_ms: job.execution_ms,
                ..success(&job.output)
            }),
        },
        JobState::Failed => failed(explained(job.error.as_deref())),
        JobState::TimedOut => failed(
            "RunPod stopped the job: it ran longer than its execution timeout. Train fewer steps or raise the timeout."
                .into(),
        ),
        JobState::Cancelled => Report::Cancelled,
    }
}

/// The container's own body: `job_id` (our request id) and a lower-case `status`. `None` if it is something else.
pub fn of_flat(body: &Value) -> Option<(String, Report)> {
    let request_id = body["job_id"].as_str()?.to_owned();
    let report = match body["status"].as_str()? {
        "success" | "completed" => Report::Succeeded(success(body)),
        "failed" | "error" => Report::Failed {
            reason: inner_failure(body).unwrap_or_else(|| "Training failed.".into()),
            delay_ms: None,
            execution_ms: None,
        },
        _ => Report::Running {
            progress: progress(body),
            delay_ms: None,
        },
    };
    Some((request_id, report))
}

fn success(output: &Value) -> Success {
    let addresses = [
        &output["loraUrl"],
        &output["s3_url"],
        &output["model_info"]["download_url"],
    ];
    let address = addresses
        .into_iter()
        .filter_map(Value::as_str)
        .find(|a| is_address(a));
    Success {
        lora_url: address.map(str::to_owned),
        size_bytes: output["model_info"]["size_bytes"].as_u64(),
        ..Success::default()
    }
}

/// What can be the address of a model; anything else a webhook might plant is passed over.
fn is_address(text: &str) -> bool {
    let scheme = ["https://", "http://", "s3://"];
    text.len() <= MAX_ADDRESS_BYTES
        && scheme.iter().any(|s| text.starts_with(s))
        && !text.chars().any(char::is_control)
}

fn inner_failure(output: &Value) -> Option<String> {
    let said = error_text(&output["error"]);
    match output["status"].as_str() {
        Some("failed" | "error" | "FAILED" | "ERROR") => {
            Some(said.unwrap_or_else(|| "Training failed.".into()))
        }
        _ => said,
    }
}

/// RunPod's words with what they mean (contracts 1.3: timeouts come as FAILED).
fn explained(error: Option<&str>) -> String {
    match error {
        None => "Training failed; RunPod gave no reason.".into(),
        Some(text) if text.contains("executionTimeout exceeded") => {
            format!("{text}: the run took longer than its execution timeout.")
        }
        Some(text) if text.contains("job timed out after") => {
            format!("{text}: the worker died or never took the job up.")
        }
        Some(text) => text.to_owned(),
    }
}

fn progress(output: &Value) -> Option<Progress> {
    let number = |keys: &[&str]| {
        keys.iter()
            .find_map(|k| output[*k].as_f64())
            .map(|n| n.clamp(0.0, f64::from(u32::MAX)) as u32)
    };
    let stage = output["stage"].as_str().unwrap_or("training");
    let stage: String = stage.chars().take(40).collect();
    let total = number(&["total", "total_steps", "max_steps", "max"]);
    if let Some(step) = number(&["step", "current_step", "value"]) {
        return Some(Progress {
            stage,
            step,
            total: total.unwrap_or(0),
        });
    }
    let text = output.as_str().or_else(|| output["progress"].as_str());
    if let Some((step, total)) = text.and_then(|t| t.split_once('/')) {
        return Some(Progress {
            stage,
            step: step.trim().parse().ok()?,
            total: total.trim().parse().ok()?,
        });
    }
    let percent = number(&["progress", "percent"])?;
    Some(Progress {
        stage,
        step: percent.min(100),
        total: 100,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report(value: Value) -> Report {
        of_job(&Job::parse(&value).unwrap())
    }

    #[test]
    fn completed_with_an_inner_failure_is_a_failure() {
        let job = json!({"id": "a-u1", "status": "COMPLETED", "output": {"status": "failed", "error": "out of memory"}});
        assert!(matches!(report(job), Report::Failed { reason, .. } if reason == "out of memory"));
    }

    #[test]
    fn in_progress_and_unknown_states_are_no_failure() {
        for state in ["IN_PROGRESS", "RUNNING", "PAUSED"] {
            let job = json!({"id": "a", "status": state, "output": {"progress": "4/10"}});
            let Report::Running { progress, .. } = report(job) else {
                panic!("{state}");
            };
            let progress = progress.unwrap();
            assert_eq!((progress.step, progress.total), (4, 10));
        }
    }

    #[test]
    fn the_containers_own_body_is_understood() {
        let body = json!({"status": "success", "job_id": "1_5", "loraUrl": "s3://b/k", "model_info": {"size_bytes": 9}});
        let (request, report) = of_flat(&body).unwrap();
        assert_eq!(request, "1_5");
        assert!(matches!(report, Report::Succeeded(s) if s.size_bytes == Some(9)));
        assert!(of_flat(&json!({"hello": 1})).is_none());
    }

    #[test]
    fn what_is_no_address_of_a_model_is_passed_over() {
        for planted in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://x\n",
            &format!("https://{}", "x".repeat(3_000)),
        ] {
            let job = json!({"id": "a", "status": "COMPLETED", "output": {"loraUrl": planted, "s3_url": "s3://b/k"}});
            assert!(
                matches!(report(job), Report::Succeeded(s) if s.lora_url.as_deref() == Some("s3://b/k"))
            );
        }
    }

    #[test]
    fn an_output_of_any_shape_is_survived() {
        for output in [json!(null), json!([1]), json!("text"), json!({"step": "x"})] {
            let job = json!({"id": "a", "status": "COMPLETED", "output": output});
            assert!(matches!(report(job), Report::Succeeded(_)));
        }
    }
}
