//! An OpenAI-compatible vision endpoint over HTTP that does as a story says: answers, refuses, asks to wait, or never answers.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

pub const API_KEY: &str = "sk-s3cr3t-of-the-endpoint";
pub const MODEL: &str = "llava:13b";

/// What the endpoint does with one question.
#[derive(Clone, Debug)]
pub enum Does {
    /// This text, with tokens counted.
    Say(&'static str),
    /// This status and body; with seconds, a `Retry-After`.
    Refuse(u16, Value, Option<u32>),
    /// This body with 200.
    Body(String),
    /// Nothing, until the client goes.
    Hang,
}

struct Inner {
    key: Option<&'static str>,
    /// done in order, one per question; then `Say`
    script: VecDeque<Does>,
    asked: Vec<Value>,
    /// questions answered at the same time, at most
    most: usize,
    now: usize,
}

/// The fake; cheap to clone.
#[derive(Clone)]
pub struct FakeVision {
    inner: Arc<Mutex<Inner>>,
    /// A question takes one before it is answered.
    pub gate: Arc<Semaphore>,
    base_url: String,
}

impl FakeVision {
    /// Asks for [`API_KEY`]; answers at once.
    pub async fn start() -> Self {
        Self::with_key(Some(API_KEY)).await
    }

    pub async fn with_key(key: Option<&'static str>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let inner = Inner {
            key,
            script: VecDeque::new(),
            asked: Vec::new(),
            most: 0,
            now: 0,
        };
        let fake = Self {
            inner: Arc::new(Mutex::new(inner)),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            base_url,
        };
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    /// The variables that lead a studio here.
    pub fn variables(&self, key: Option<&str>) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("CAPTION_API_BASE", self.base_url.clone()),
            ("CAPTION_MODEL", MODEL.to_owned()),
        ];
        variables.extend(key.map(|key| ("CAPTION_API_KEY", key.to_owned())));
        variables
    }

    /// What it does with the next questions, one each.
    pub fn then(&self, does: impl IntoIterator<Item = Does>) {
        self.inner().script.extend(does);
    }

    /// From now on it does nothing but answer.
    pub fn comes_to(&self) {
        self.inner().script.clear();
    }

    /// Bodies it was sent, in order.
    pub fn asked(&self) -> Vec<Value> {
        self.inner().asked.clone()
    }

    /// Questions that were open at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.inner().most
    }
}

/// A refusal as OpenAI writes it; carries what must not come through.
pub fn refusal(code: &str) -> Value {
    json!({"error": {"message": format!("Incorrect API key provided: {API_KEY}"), "code": code, "param": null}})
}

/// The picture of a question.
pub fn picture_of(question: &Value) -> image::DynamicImage {
    let parts = question["messages"][0]["content"]
        .as_array()
        .expect("parts");
    let url = parts[1]["image_url"]["url"].as_str().expect("an address");
    let data = url.strip_prefix("data:image/jpeg;base64,").expect("a JPEG");
    let bytes = base64::engine::general_purpose::STANDARD.decode(data);
    image::load_from_memory(&bytes.expect("base64")).expect("a picture")
}

/// The prompt of a question.
pub fn prompt_of(question: &Value) -> &str {
    let parts = question["messages"][0]["content"]
        .as_array()
        .expect("parts");
    parts[0]["text"].as_str().expect("text")
}

async fn complete(
    State(fake): State<FakeVision>,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Response {
    let does = {
        let mut inner = fake.inner();
        inner.asked.push(question);
        inner.now += 1;
        inner.most = inner.most.max(inner.now);
        let sent = headers.get(header::AUTHORIZATION);
        let sent = sent.and_then(|v| v.to_str().ok()?.strip_prefix("Bearer "));
        match inner.key {
            Some(key) if sent != Some(key) => Does::Refuse(401, refusal("invalid_api_key"), None),
            _ => inner
                .script
                .pop_front()
                .unwrap_or(Does::Say("a quiet boat at dawn")),
        }
    };
    fake.gate.acquire().await.expect("never closed").forget();
    fake.inner().now -= 1;
    match does {
        Does::Say(text) => Json(json!({
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 12, "total_tokens": 912, "cost": 0.0005},
        }))
        .into_response(),
        Does::Refuse(status, body, wait) => {
            let status = StatusCode::from_u16(status).expect("a status");
            let mut response = (status, Json(body)).into_response();
            if let Some(seconds) = wait {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        Does::Body(text) => text.into_response(),
        Does::Hang => std::future::pending().await,
    }
}
