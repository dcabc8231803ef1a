//! A vision model behind an OpenAI-compatible interface (`/chat/completions`): one picture and a prompt in, a text out.
//!
//! Works with OpenAI, vLLM, Ollama, LM Studio and what speaks like them. The one place that reads their JSON; what they say in
//! a refusal never enters an error, and neither does the key. Sends no temperature (some models refuse any but their own).
//! Does not retry: the caller knows how many pictures wait.

use crate::server::config::CaptionConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Answers larger than this are not read: a caption is a line.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// A caption needs 60; models that think first need room for it.
const MAX_TOKENS: u32 = 2048;

/// What a caller can do about it.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum VisionError {
    #[error("The caption endpoint refused the access ({status}). {}", key_remedy(.has_key))]
    Unauthorized { status: u16, has_key: bool },
    #[error(
        "The caption endpoint knows no model {model:?}, or its address is another one ({status}). Check CAPTION_MODEL, and CAPTION_API_BASE (mostly it ends in /v1)."
    )]
    NotFound { model: String, status: u16 },
    #[error("The caption endpoint asks to wait (429).")]
    RateLimited { retry_after: Option<Duration> },
    #[error(
        "The account of CAPTION_API_KEY has no credit left (429, 402). Add some, or configure another endpoint."
    )]
    NoCredit,
    #[error(
        "The caption endpoint refused the request ({status}). Check that CAPTION_MODEL takes images."
    )]
    Refused { status: u16 },
    #[error("The caption endpoint answered with an error ({status}). Its own log says more.")]
    Server { status: u16 },
    #[error(
        "The caption endpoint's answer could not be read. Check that CAPTION_API_BASE is an OpenAI-compatible address."
    )]
    Unreadable,
    #[error("The caption endpoint did not answer within {0} s.")]
    NoAnswer(u64),
    #[error("The caption endpoint broke off the connection.")]
    BrokenOff,
    #[error(
        "The caption endpoint at {host} cannot be reached. Start it, or check CAPTION_API_BASE."
    )]
    Unreachable { host: String },
}

fn key_remedy(has_key: &bool) -> &'static str {
    if *has_key {
        "Check CAPTION_API_KEY and what it may use."
    } else {
        "It wants a key: set CAPTION_API_KEY."
    }
}

impl VisionError {
    /// Whether the next picture would meet it too.
    pub fn is_for_all(&self) -> bool {
        matches!(
            self,
            Self::Unauthorized { .. }
                | Self::NotFound { .. }
                | Self::NoCredit
                | Self::Unreachable { .. }
        )
    }
}

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Text(String),
    /// It declined in its own field, or its filter did.
    Declined,
    /// It spent its tokens before it said anything.
    CutOff,
}

/// An answer with what it took, as far as the endpoint tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub said: Said,
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    /// US dollars.
    pub cost_usd: Option<f64>,
}

/// One endpoint and model. Cheap to clone.
#[derive(Clone)]
pub struct Vision {
    http: reqwest::Client,
    config: CaptionConfig,
    /// newer models of OpenAI's know `max_tokens` under another name
    renamed_limit: Arc<AtomicBool>,
}

impl Vision {
    pub fn new(config: CaptionConfig) -> Self {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(config.answer_within)
            // a key is sent where it was meant for
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("the TLS roots are built in");
        Self {
            http,
            config,
            renamed_limit: Arc::default(),
        }
    }

    pub fn model(&self) -> &str {
        &self.config.model
    }

    /// Host and port, for people.
    pub fn host(&self) -> String {
        let url = url::Url::parse(&self.config.base_url);
        let host = |url: url::Url| {
            let host = url.host_str()?.to_owned();
            Some(match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host,
            })
        };
        url.ok().and_then(host).unwrap_or_default()
    }

    /// Asks about one JPEG.
    pub async fn describe(&self, prompt: &str, jpeg: &[u8]) -> Result<Answer, VisionError> {
        let picture = format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg));
        let renamed = self.renamed_limit.load(Ordering::Relaxed);
        match self.ask(prompt, &picture, renamed).await {
            Err(Refusal::OtherLimit) if !renamed => {
                self.renamed_limit.store(true, Ordering::Relaxed);
                self.ask(prompt, &picture, true).await
            }
            other => other,
        }
        .map_err(|refusal| match refusal {
            Refusal::OtherLimit => VisionError::Refused { status: 400 },
            Refusal::Error(error) => error,
        })
    }

    async fn ask(&self, prompt: &str, picture: &str, renamed: bool) -> Result<Answer, Refusal> {
        let limit = if renamed {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        let mut body = json!({
            "model": self.config.model,
            "messages": [{"role": "user", "content": [
                {"type": "text", "text": prompt},
                {"type": "image_url", "image_url": {"url": picture}},
            ]}],
        });
        body[limit] = json!(MAX_TOKENS);
        let url = format!("{}/chat/completions", self.config.base_url);
        let mut request = self.http.post(url).json(&body);
        if let Some(key) = &self.config.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.send().await.map_err(|e| self.transport(&e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = self.bounded(response).await?;
        let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
        if !status.is_success() {
            return Err(self.refused(status, &headers, &answer.unwrap_or_default()));
        }
        let answer = answer.ok_or(VisionError::Unreadable)?;
        if answer["choices"][0].is_null() && answer["error"].is_object() {
            // a gateway that says 200 and means what it writes
            let code = answer["error"]["code"].as_u64().unwrap_or(500);
            let status = u16::try_from(code).ok();
            let status = status.and_then(|s| StatusCode::from_u16(s).ok());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Err(self.refused(status, &headers, &answer));
        }
        Ok(read(&answer).ok_or(VisionError::Unreadable)?)
    }

    /// The body, read only as far as an answer can go.
    async fn bounded(&self, mut response: reqwest::Response) -> Result<Vec<u8>, VisionError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.transport(&e))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER_BYTES {
                return Err(VisionError::Unreadable);
            }
        }
        Ok(bytes)
    }

    fn transport(&self, error: &reqwest::Error) -> VisionError {
        if error.is_connect() {
            VisionError::Unreachable { host: self.host() }
        } else if !error.is_timeout() {
            VisionError::BrokenOff
        } else {
            VisionError::NoAnswer(self.config.answer_within.as_secs())
        }
    }

    fn refused(&self, status: StatusCode, headers: &header::HeaderMap, body: &Value) -> Refusal {
        let error = &body["error"];
        let is = |key: &str, word: &str| error[key].as_str() == Some(word);
        let status = status.as_u16();
        Refusal::Error(match status {
            400 if is("param", "max_tokens") => return Refusal::OtherLimit,
            401 | 403 => VisionError::Unauthorized {
                status,
                has_key: self.config.api_key.is_some(),
            },
            402 => VisionError::NoCredit,
            404 | 405 => VisionError::NotFound {
                model: self.config.model.clone(),
                status,
            },
            429 if is("code", "insufficient_quota") => VisionError::NoCredit,
            429 => VisionError::RateLimited {
                retry_after: headers
                    .get(header::RETRY_AFTER)
                    .and_then(|v| v.to_str().ok()?.trim().parse::<f64>().ok())
                    .and_then(|s| Duration::try_from_secs_f64(s).ok()),
            },
            500.. => VisionError::Server { status },
            _ => VisionError::Refused { status },
        })
    }
}

enum Refusal {
    /// The bound on the answer has another name with this model.
    OtherLimit,
    Error(VisionError),
}

impl From<VisionError> for Refusal {
    fn from(error: VisionError) -> Self {
        Self::Error(error)
    }
}

/// `None` if it is no answer of this interface.
fn read(answer: &Value) -> Option<Answer> {
    let choice = answer["choices"].as_array()?.first()?;
    let message = choice["message"].as_object()?;
    let text = match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|p| p["text"].as_str()).collect(),
        None | Some(Value::Null) => String::new(),
        Some(_) => return None,
    };
    let ended = choice["finish_reason"].as_str().unwrap_or_default();
    let declined = message.get("refusal").is_some_and(|r| r.as_str().is_some());
    let said = match (declined, text.trim().is_empty(), ended) {
        (true, ..) | (_, true, "content_filter") => Said::Declined,
        (_, true, "length") => Said::CutOff,
        _ => Said::Text(text),
    };
    let usage = &answer["usage"];
    let cost = usage["cost"].as_f64();
    Some(Answer {
        said,
        prompt_tokens: usage["prompt_tokens"].as_u64(),
        completion_tokens: usage["completion_tokens"].as_u64(),
        cost_usd: cost.filter(|c| c.is_finite() && *c >= 0.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_as_a_string_or_in_parts_and_usage_may_be_missing() {
        let plain = read(&json!({"choices": [{"message": {"content": "a boat"}}]})).unwrap();
        assert_eq!(plain.said, Said::Text("a boat".into()));
        assert_eq!((plain.prompt_tokens, plain.cost_usd), (None, None));
        let parts = json!([{"type": "text", "text": "a "}, {"type": "text", "text": "boat"}]);
        let whole = read(&json!({
            "choices": [{"message": {"content": parts}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 12, "cost": 0.00021},
        }));
        let whole = whole.unwrap();
        assert_eq!(whole.said, Said::Text("a boat".into()));
        assert_eq!(whole.prompt_tokens, Some(900));
        assert_eq!(whole.cost_usd, Some(0.00021));
    }

    #[test]
    fn a_model_that_declines_or_thinks_to_the_end_says_no_text() {
        let said = |message: Value, ended: &str| {
            let choice = json!({"message": message, "finish_reason": ended});
            read(&json!({"choices": [choice]})).unwrap().said
        };
        assert_eq!(said(json!({"refusal": "no"}), "stop"), Said::Declined);
        assert_eq!(
            said(json!({"content": null}), "content_filter"),
            Said::Declined
        );
        assert_eq!(said(json!({"content": ""}), "length"), Said::CutOff);
        let cut = said(json!({"content": "a boat on"}), "length");
        assert_eq!(cut, Said::Text("a boat on".into()));
        for foreign in [json!({}), json!([]), json!({"choices": []}), json!("x")] {
            assert_eq!(read(&foreign), None, "{foreign}");
        }
    }
}
