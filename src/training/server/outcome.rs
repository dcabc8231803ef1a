//! What RunPod or the container says, as a report on a run.
//!
//! COMPLETED with an inner `failed` is a failure; an unknown state is still running; progress may come as an object, a
//! `"4/10"`, a number or not at all. Loss and the end of the log are taken where a worker reports them, under the names in use.

use super::super::model::version::{Progress, Report, Success};
use crate::server::runpod::{Job, JobState, error_text};
use serde_json::Value;

const MAX_ADDRESS_BYTES: usize = 2_048;
/// Of a worker's log, the last so many lines and characters.
const LOG_LINES: usize = 100;
const LOG_CHARS: usize = 8_000;
/// What workers call the loss: the container, kohya's and ai-toolkit's progress bars, the Trainer of transformers.
const LOSS_NAMES: [&str; 6] = [
    "loss",
    "avr_loss",
    "avg_loss",
    "train_loss",
    "current_loss",
    "step_loss",
];
const LOG_NAMES: [&str; 4] = ["log", "logs", "log_tail", "logTail"];

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
    let (loss, log) = (loss(output), log_tail(output));
    let counted = counted(output);
    if counted.is_none() && loss.is_none() && log.is_none() {
        return None;
    }
    Some(Progress {
        loss,
        log,
        ..counted.unwrap_or_else(|| Progress {
            stage: stage(output),
            ..Progress::default()
        })
    })
}

fn stage(output: &Value) -> String {
    let stage = output["stage"].as_str().unwrap_or("training");
    stage.chars().take(40).collect()
}

/// The last step's loss: at the top or within `metrics`, a number or text.
fn loss(output: &Value) -> Option<f64> {
    let places = [output, &output["metrics"]];
    let number = |value: &Value| match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    let told = places
        .into_iter()
        .flat_map(|place| LOSS_NAMES.iter().map(move |name| &place[*name]));
    told.filter_map(number).find(|loss| loss.is_finite())
}

/// The end of the log: text or a list of lines, without what a terminal would act on.
fn log_tail(output: &Value) -> Option<String> {
    let told = LOG_NAMES.iter().map(|name| &output[*name]);
    let text = told.into_iter().find_map(|value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => {
            let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
            Some(lines.join("\n"))
        }
        _ => None,
    })?;
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    let plain = shown
        .chars()
        .filter(|c| *c == '\n' || *c == '\t' || !c.is_control());
    let plain: Vec<char> = plain.collect();
    let tail: String = plain[plain.len().saturating_sub(LOG_CHARS)..]
        .iter()
        .collect();
    (!tail.trim().is_empty()).then_some(tail)
}

/// Stage, step and total.
fn counted(output: &Value) -> Option<Progress> {
    let number = |keys: &[&str]| {
        keys.iter()
            .find_map(|k| output[*k].as_f64())
            .map(|n| n.clamp(0.0, f64::from(u32::MAX)) as u32)
    };
    let stage = stage(output);
    let total = number(&["total", "total_steps", "max_steps", "max"]);
    if let Some(step) = number(&["step", "current_step", "value"]) {
        return Some(Progress {
            stage,
            step,
            total: total.unwrap_or(0),
            ..Progress::default()
        });
    }
    let text = output.as_str().or_else(|| output["progress"].as_str());
    if let Some((step, total)) = text.and_then(|t| t.split_once('/')) {
        return Some(Progress {
            stage,
            step: step.trim().parse().ok()?,
            total: total.trim().parse().ok()?,
            ..Progress::default()
        });
    }
    let percent = number(&["progress", "percent"])?;
    Some(Progress {
        stage,
        step: percent.min(100),
        total: 100,
        ..Progress::default()
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
    fn loss_and_log_are_taken_under_the_names_in_use() {
        let of = |output: Value| {
            let job = json!({"id": "a", "status": "IN_PROGRESS", "output": output});
            match report(job) {
                Report::Running { progress, .. } => progress,
                other => panic!("{other:?}"),
            }
        };
        for output in [
            json!({"step": 3, "total": 9, "loss": 0.25}),
            json!({"step": 3, "total": 9, "avr_loss": "0.25"}),
            json!({"step": 3, "total": 9, "metrics": {"train_loss": 0.25}}),
        ] {
            let progress = of(output).unwrap();
            assert_eq!((progress.step, progress.loss), (3, Some(0.25)));
        }
        assert_eq!(of(json!({"loss": "NaN", "step": 1})).unwrap().loss, None);
        let log = of(json!({"logs": ["a\u{1b}[31m", "b"]})).unwrap().log;
        assert_eq!(log.as_deref(), Some("a[31m\nb"));
        let long = "x".repeat(20_000);
        let log = of(json!({ "log": long })).unwrap().log.unwrap();
        assert_eq!(log.len(), LOG_CHARS);
        let many: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        let log = of(json!({ "log": many })).unwrap().log.unwrap();
        assert!(log.starts_with("200\n") && log.ends_with("299"));
        assert_eq!(of(json!({"hello": 1})), None);
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
