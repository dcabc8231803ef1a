//! RunPod serverless: submit, ask, cancel, health, over the invoke API (contracts 1.1-1.7).
//!
//! The one place that reads RunPod's JSON. The HTTP code is looked at before the body (problem bodies carry a numeric
//! `status`), every field is optional, and an unknown state means that the job is still running. Bodies and keys never
//! enter an error. Does not retry: the run's life (`training`) decides when to ask again.

use crate::server::config::RunpodConfig;
use reqwest::{Method, StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::time::Duration;

/// Answers larger than this are not read: a status echoes the whole request (hundreds of kB).
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// A year: RunPod keeps no job longer.
const MOST_MS: i64 = 366 * 24 * 3_600 * 1_000;
/// Longest job id that is one; RunPod's have 39 bytes.
const MAX_ID_BYTES: usize = 200;

#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum RunpodError {
    #[error(
        "RunPod refused the API key (401). Check MODEL_TRAINING_RUNPOD_API_KEY or RUNPOD_API_KEY."
    )]
    Unauthorized,
    #[error("RunPod knows no such job or endpoint (404).")]
    NotFound,
    #[error("RunPod asks to wait (429).")]
    RateLimited { retry_after: Option<Duration> },
    #[error("RunPod refused the request ({status}).")]
    Refused { status: u16 },
    /// A 5xx: it may have been taken in nevertheless.
    #[error("RunPod answered with an error ({status}).")]
    Server { status: u16 },
    /// A success that cannot be read: it may have been taken in nevertheless.
    #[error("RunPod's answer could not be read (HTTP {status}).")]
    Unreadable { status: u16 },
    #[error("RunPod's answer broke off.")]
    BrokenOff,
    /// Nothing came back: it may have been taken in nevertheless.
    #[error("RunPod did not answer in time.")]
    NoAnswer,
    #[error("RunPod cannot be reached.")]
    Unreachable,
}

impl RunpodError {
    /// Whether it tells of the moment only: the same request may be answered well a little later.
    pub fn may_pass(&self) -> bool {
        let is_busy = matches!(self, Self::RateLimited { .. } | Self::Unreachable);
        is_busy || self.is_unknown_fate()
    }

    /// Whether a submit that ended so may still have been accepted.
    pub fn is_unknown_fate(&self) -> bool {
        matches!(
            self,
            Self::Server { .. } | Self::Unreadable { .. } | Self::BrokenOff | Self::NoAnswer
        )
    }
}

/// RunPod's states; anything else is `Unknown` and counts as running.
#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
    InQueue,
    InProgress,
    Completed,
    Failed,
    Cancelled,
    TimedOut,
    Unknown(String),
}

impl JobState {
    fn parse(word: &str) -> Self {
        match word {
            "IN_QUEUE" => Self::InQueue,
            "IN_PROGRESS" | "RUNNING" => Self::InProgress,
            "COMPLETED" => Self::Completed,
            "FAILED" => Self::Failed,
            "CANCELLED" => Self::Cancelled,
            "TIMED_OUT" => Self::TimedOut,
            other => Self::Unknown(other.chars().take(40).collect()),
        }
    }
}

/// The job object of `/status` and of the webhook's envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: String,
    pub state: JobState,
    pub delay_ms: Option<i64>,
    pub execution_ms: Option<i64>,
    /// The worker's answer, or its progress while the job runs; any JSON.
    pub output: Value,
    pub error: Option<String>,
    /// `input.training_config.request_id`, echoed by webhooks.
    pub request_id: Option<String>,
}

impl Job {
    /// `None` if it is not a job: `id` must be a string and `status` a word.
    pub fn parse(value: &Value) -> Option<Self> {
        let text = |v: &Value| v.as_str().map(str::to_owned);
        Some(Self {
            id: job_id(&value["id"])?,
            state: JobState::parse(value["status"].as_str()?),
            delay_ms: milliseconds(&value["delayTime"]),
            execution_ms: milliseconds(&value["executionTime"]),
            output: value["output"].clone(),
            error: error_text(&value["error"]),
            request_id: text(&value["input"]["training_config"]["request_id"]),
        })
    }
}

fn job_id(value: &Value) -> Option<String> {
    let id = value.as_str()?;
    (1..=MAX_ID_BYTES)
        .contains(&id.len())
        .then(|| id.to_owned())
}

/// A duration as a report or a record tells it; what no run can take is left out, since sums are made of it.
pub fn milliseconds(value: &Value) -> Option<i64> {
    value.as_i64().filter(|ms| (0..=MOST_MS).contains(ms))
}

/// The worker's error: a string, or a string that holds JSON with `error_message` (what the Python SDK sends).
pub fn error_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let inner = serde_json::from_str::<Value>(&text)
        .ok()
        .and_then(|v| v["error_message"].as_str().map(str::to_owned));
    Some(inner.unwrap_or(text).chars().take(2000).collect())
}

/// `/health`: every counter optional.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Health {
    pub in_queue: u64,
    pub in_progress: u64,
    pub idle: u64,
    pub ready: u64,
    pub running: u64,
    pub initializing: u64,
    pub throttled: u64,
    pub unhealthy: u64,
}

/// One endpoint. Cheap to clone.
#[derive(Clone)]
pub struct Runpod {
    http: reqwest::Client,
    config: RunpodConfig,
}

impl Runpod {
    pub fn new(config: RunpodConfig) -> Self {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(config.answer_within)
            .build()
            .expect("the TLS roots are built in");
        Self { http, config }
    }

    /// `{base}/{endpoint}`, for people; holds no key.
    pub fn address(&self) -> String {
        format!("{}/{}", self.config.base_url, self.config.endpoint_id)
    }

    /// Sends a job; returns its id exactly as RunPod gave it.
    pub async fn submit(&self, body: &Value) -> Result<String, RunpodError> {
        let answer = self.call(Method::POST, "run", Some(body)).await?;
        // accepted by the HTTP code, unreadable by the body: nobody knows
        job_id(&answer["id"]).ok_or(RunpodError::Unreadable { status: 200 })
    }

    pub async fn status(&self, job_id: &str) -> Result<Job, RunpodError> {
        let answer = self
            .call(Method::GET, &path("status", job_id), None)
            .await?;
        Job::parse(&answer).ok_or(RunpodError::Unreadable { status: 200 })
    }

    pub async fn cancel(&self, job_id: &str) -> Result<(), RunpodError> {
        let path = path("cancel", job_id);
        self.call(Method::POST, &path, None).await.map(|_| ())
    }

    pub async fn health(&self) -> Result<Health, RunpodError> {
        let answer = self.call(Method::GET, "health", None).await?;
        let jobs = |name: &str| answer["jobs"][name].as_u64().unwrap_or(0);
        let workers = |name: &str| answer["workers"][name].as_u64().unwrap_or(0);
        Ok(Health {
            in_queue: jobs("inQueue"),
            in_progress: jobs("inProgress"),
            idle: workers("idle"),
            ready: workers("ready"),
            running: workers("running"),
            initializing: workers("initializing"),
            throttled: workers("throttled"),
            unhealthy: workers("unhealthy"),
        })
    }

    /// The job that carries a request id, looked up in the endpoint's request list.
    ///
    /// `Ok(None)` is a firm no; an endpoint whose list does not echo inputs is an error (`Refused`), i.e. no answer.
    pub async fn find_by_request_id(
        &self,
        request_id: &str,
    ) -> Result<Option<String>, RunpodError> {
        let answer = self.call(Method::GET, "requests", None).await?;
        let unreadable = RunpodError::Refused { status: 200 };
        let Some(list) = answer["requests"].as_array() else {
            return Err(unreadable);
        };
        let id_of = |job: &Value| {
            job["input"]["training_config"]["request_id"]
                .as_str()
                .map(str::to_owned)
        };
        if let Some(job) = list
            .iter()
            .find(|j| id_of(j).as_deref() == Some(request_id))
        {
            return Ok(job["id"].as_str().map(str::to_owned));
        }
        if list.iter().any(|j| j["input"].is_null()) {
            return Err(unreadable);
        }
        Ok(None)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, RunpodError> {
        let url = format!("{}/{path}", self.address());
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.config.api_key.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|e| transport(&e))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(refused(status, answer.headers()));
        }
        let bytes = bounded(answer).await?;
        serde_json::from_slice(&bytes).map_err(|_| RunpodError::Unreadable {
            status: status.as_u16(),
        })
    }
}

/// The body, read only as far as an answer of RunPod's can go.
async fn bounded(mut answer: reqwest::Response) -> Result<Vec<u8>, RunpodError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| transport(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            let status = answer.status().as_u16();
            return Err(RunpodError::Unreadable { status });
        }
    }
    Ok(bytes)
}

/// Job ids come from outside: nothing in them may change the path.
fn path(operation: &str, job_id: &str) -> String {
    let id = percent_encoding::utf8_percent_encode(job_id, percent_encoding::NON_ALPHANUMERIC);
    format!("{operation}/{id}")
}

fn transport(error: &reqwest::Error) -> RunpodError {
    if error.is_connect() {
        RunpodError::Unreachable
    } else if error.is_timeout() {
        RunpodError::NoAnswer
    } else {
        RunpodError::BrokenOff
    }
}

fn refused(status: StatusCode, headers: &header::HeaderMap) -> RunpodError {
    match status.as_u16() {
        401 | 403 => RunpodError::Unauthorized,
        404 => RunpodError::NotFound,
        429 => RunpodError::RateLimited {
            retry_after: headers
                .get(header::RETRY_AFTER)
                .and_then(|v| v.to_str().ok()?.parse().ok())
                .map(Duration::from_secs),
        },
        status @ 500.. => RunpodError::Server { status },
        status => RunpodError::Refused { status },
    }
}

/// Whether two job ids name one job: exactly, or without RunPod's `-e1`/`-u1` suffix (contracts 1.2).
pub fn same_job(a: &str, b: &str) -> bool {
    fn bare(id: &str) -> &str {
        match id.rsplit_once('-') {
            Some((head, tail))
                if tail.len() >= 2
                    && tail.starts_with(|c: char| c.is_ascii_lowercase())
                    && tail[1..].bytes().all(|b| b.is_ascii_digit())
                    // a UUID's own last group is 12 characters: a suffix is short
                    && tail.len() <= 4 =>
            {
                head
            }
            _ => id,
        }
    }
    !a.is_empty() && bare(a) == bare(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_id_matches_with_any_suffix_and_no_other_job() {
        let stored = "3c274376-7093-4316-9b76-fdcf1210a040-e1";
        for id in [
            stored,
            "3c274376-7093-4316-9b76-fdcf1210a040",
            "3c274376-7093-4316-9b76-fdcf1210a040-e2",
            "3c274376-7093-4316-9b76-fdcf1210a040-u1",
        ] {
            assert!(same_job(stored, id), "{id}");
        }
        assert!(!same_job(stored, "3c274376-7093-4316-9b76-fdcf1210a041-e1"));
        assert!(!same_job("", ""));
    }

    #[test]
    fn an_unknown_state_and_a_problem_body_do_not_end_a_job() {
        let job = Job::parse(&json!({"id": "a", "status": "PAUSED"})).unwrap();
        assert_eq!(job.state, JobState::Unknown("PAUSED".into()));
        assert_eq!(
            Job::parse(&json!({"status": 404, "title": "Not Found"})),
            None
        );
    }

    #[test]
    fn the_sdks_json_in_a_string_is_unpacked() {
        let error = json!(r#"{"error_type":"E","error_message":"caption file is empty"}"#);
        assert_eq!(error_text(&error).unwrap(), "caption file is empty");
        assert_eq!(error_text(&json!("plain")).unwrap(), "plain");
    }
}
