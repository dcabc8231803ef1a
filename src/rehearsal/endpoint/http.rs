//! What clients' and workers' routes share: who may call, problem bodies, and reading a body that may be too long.
//!
//! In problem bodies `status` is a number, in job bodies a word: so does RunPod.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{
    faults::Fault,
    queue::{Queue, QueueError},
};

/// A body longer than allowed is read up to here and thrown away, so that its sender gets to read the answer.
const MOST_DISCARDED: usize = 64 * 1024 * 1024;

/// What every route needs.
pub(super) struct Shared {
    pub queue: Arc<Queue>,
    pub endpoint_id: String,
    pub api_key: String,
}

/// A problem body with its numeric status.
pub(super) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = json!({"status": status.as_u16(), "title": title, "detail": detail}).to_string();
    (
        status,
        [(header::CONTENT_TYPE, "application/problem+json")],
        body,
    )
        .into_response()
}

impl IntoResponse for QueueError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::UnknownJob => StatusCode::NOT_FOUND,
            Self::NotRetryable(_) => StatusCode::BAD_REQUEST,
            Self::Disk(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        problem(status, &self.to_string())
    }
}

/// Lets through who brings the key, with or without `Bearer`, to this endpoint.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if shared.queue.is_closed() {
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "the local endpoint is stopping",
        );
    }
    let Some(key) = bearer(request.headers()) else {
        return problem(StatusCode::UNAUTHORIZED, "missing bearer token");
    };
    if !bool::from(key.as_bytes().ct_eq(shared.api_key.as_bytes())) {
        return problem(StatusCode::UNAUTHORIZED, "invalid API key");
    }
    let mut path = request.uri().path().split('/').skip(2);
    if path.next() != Some(shared.endpoint_id.as_str()) {
        return problem(StatusCode::NOT_FOUND, "endpoint not found");
    }
    let for_workers = path
        .next()
        .is_some_and(|operation| operation.starts_with("job-") || operation == "ping");
    if !for_workers && shared.queue.faults.has(Fault::KeyExpired) {
        return problem(StatusCode::UNAUTHORIZED, "the API key has expired");
    }
    next.run(request).await
}

/// Reads at most `limit` bytes; a longer body is a 400 in RunPod's words.
pub(super) async fn read_body(body: Body, limit: usize) -> Result<Bytes, Response> {
    let mut kept = Vec::new();
    let mut total = 0usize;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk =
            chunk.map_err(|_| problem(StatusCode::BAD_REQUEST, "bad request: body broke off"))?;
        total += chunk.len();
        if total <= limit {
            kept.extend_from_slice(&chunk);
        } else if total > MOST_DISCARDED {
            break;
        }
    }
    if total > limit {
        let detail = format!(
            "bad request: body: exceeded max body size of {}MiB",
            limit / 1024 / 1024
        );
        return Err(problem(StatusCode::BAD_REQUEST, &detail));
    }
    Ok(kept.into())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let key = match value.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => value,
    };
    (!key.is_empty()).then_some(key)
}
