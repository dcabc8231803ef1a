//! What a client submitted: the body of `/run`, read once and kept with the job.
//!
//! `input` is not looked into but for `input.rehearsal`, by which a run sets its own speed and faults.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::faults::Faults;

/// `policy.executionTimeout` where the request has none: 10 minutes.
const DEFAULT_EXECUTION_TIMEOUT_MS: u64 = 600_000;
/// `policy.ttl` where the request has none: 24 hours.
const DEFAULT_TTL_MS: u64 = 86_400_000;

/// What was submitted; never changes afterwards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JobRequest {
    pub input: Value,
    #[serde(default)]
    pub webhook: Option<String>,
    #[serde(default)]
    pub s3_config: Option<Value>,
    pub execution_timeout_ms: u64,
    pub ttl_ms: u64,
    /// Submitted by `/runsync`: its result is kept for a minute only.
    pub sync: bool,
}

impl JobRequest {
    /// Reads the body of `/run` or `/runsync`; the error is the `detail` of a 400.
    pub fn from_body(body: &[u8], sync: bool) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| format!("bad request: body is not JSON: {error}"))?;
        let input = body.get("input").cloned().unwrap_or(Value::Null);
        if is_empty(&input) {
            return Err(
                "bad request: body: input is missing or empty; send {\"input\":{…}}".to_owned(),
            );
        }
        let webhook = match body.get("webhook") {
            None | Some(Value::Null) => None,
            Some(Value::String(url)) if url.is_empty() => None,
            Some(Value::String(url)) => Some(url.clone()),
            Some(_) => {
                return Err("bad request: body: webhook must be a string with a URL".to_owned());
            }
        };
        let policy_ms = |name: &str, default: u64| {
            let number = body.get("policy").and_then(|policy| policy.get(name));
            number
                .and_then(Value::as_f64)
                .filter(|ms| *ms > 0.0)
                .map_or(default, |ms| ms as u64)
        };
        let request = Self {
            webhook,
            s3_config: body
                .get("s3Config")
                .filter(|config| config.is_object())
                .cloned(),
            execution_timeout_ms: policy_ms("executionTimeout", DEFAULT_EXECUTION_TIMEOUT_MS),
            ttl_ms: policy_ms("ttl", DEFAULT_TTL_MS),
            sync,
            input,
        };
        request.own_faults()?;
        request.own_speed()?;
        Ok(request)
    }

    /// The faults this run asks for in `input.rehearsal.faults`, or `None` when it leaves them to the endpoint.
    pub fn own_faults(&self) -> Result<Option<Faults>, String> {
        match self.rehearsal("faults") {
            None => Ok(None),
            Some(Value::String(words)) => Faults::of_a_run(words)
                .map(Some)
                .map_err(|error| format!("bad request: input.rehearsal.faults: {error}")),
            Some(_) => {
                Err("bad request: input.rehearsal.faults must be a string of words".to_owned())
            }
        }
    }

    /// The speed this run asks for in `input.rehearsal.steps_per_second`, or `None`.
    pub fn own_speed(&self) -> Result<Option<f64>, String> {
        let Some(value) = self.rehearsal("steps_per_second") else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(speed) if speed.is_finite() && speed > 0.0 => Ok(Some(speed)),
            _ => Err(format!(
                "bad request: input.rehearsal.steps_per_second is {value}: write a number above 0"
            )),
        }
    }

    fn rehearsal(&self, field: &str) -> Option<&Value> {
        self.input
            .get("rehearsal")?
            .get(field)
            .filter(|value| !value.is_null())
    }
}

/// What Python takes for nothing: the worker would answer it with "missing field(s)".
fn is_empty(input: &Value) -> bool {
    match input {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => true,
    }
}
