//! The client's side of the protocol: `/run`, `/runsync`, `/status`, `/stream`, `/cancel`, `/retry`, `/purge-queue`, `/health`
//! and `/requests`, as the official SDK calls them.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{
    faults::Fault,
    http::{Shared, problem, read_body},
    job::JobStatus,
    job_request::JobRequest,
    now_ms,
    queue::QueueError,
};

/// Largest body of `/run`, in bytes.
const RUN_LIMIT: usize = 10 * 1024 * 1024;
/// Largest body of `/runsync`, in bytes.
const RUNSYNC_LIMIT: usize = 20 * 1024 * 1024;

/// The client routes below `/v2/{endpoint}`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/run", post(run))
        .route("/runsync", post(runsync))
        .route("/status/{id}", get(status).post(status))
        .route("/stream/{id}", get(stream).post(stream))
        .route("/cancel/{id}", post(cancel))
        .route("/retry/{id}", post(retry))
        .route("/purge-queue", post(purge))
        .route("/health", get(health))
        .route("/requests", get(requests))
}

#[derive(Deserialize)]
struct WaitQuery {
    wait: Option<u64>,
}

async fn run(State(shared): State<Arc<Shared>>, body: Body) -> Result<Response, Response> {
    let request = read_request(body, RUN_LIMIT, false).await?;
    if shared.queue.run_fault_strikes(Fault::Run500, &request) {
        return Err(problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal server error",
        ));
    }
    let never_answers = shared.queue.run_fault_strikes(Fault::RunTimeout, &request);
    let id = submit(&shared, request).await?;
    if never_answers {
        // ends when the client hangs up
        std::future::pending::<()>().await;
    }
    Ok(Json(json!({"id": id, "status": JobStatus::InQueue})).into_response())
}

/// Answers the finished job, or where it stands when `wait` (1,000 to 300,000 ms, default 90,000) is over.
async fn runsync(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<WaitQuery>,
    body: Body,
) -> Result<Response, Response> {
    let request = read_request(body, RUNSYNC_LIMIT, true).await?;
    let mut changes = shared.queue.watch();
    let id = submit(&shared, request).await?;
    let wait = Duration::from_millis(query.wait.unwrap_or(90_000).clamp(1_000, 300_000));
    let deadline = Instant::now() + wait;
    loop {
        let job = shared
            .queue
            .look(&id, now_ms())
            .ok_or_else(|| QueueError::UnknownJob.into_response())?;
        let over = !matches!(
            job.get("status").and_then(Value::as_str),
            Some("IN_QUEUE" | "IN_PROGRESS")
        );
        if over || timeout_at(deadline, changes.changed()).await.is_err() {
            return Ok(Json(job).into_response());
        }
    }
}

async fn status(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    if let Some(spoiled) = spoiled_status(&shared, &id) {
        return spoiled;
    }
    match shared.queue.look(&id, now_ms()) {
        Some(job) => Json(job).into_response(),
        None => QueueError::UnknownJob.into_response(),
    }
}

async fn stream(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    match shared.queue.drain_stream(&id, now_ms()) {
        Some((status, pieces)) => Json(json!({"status": status, "stream": pieces})).into_response(),
        None => QueueError::UnknownJob.into_response(),
    }
}

async fn cancel(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, QueueError> {
    let status = shared.queue.cancel(&id, now_ms())?;
    Ok(Json(json!({"id": id, "status": status})))
}

async fn retry(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, QueueError> {
    shared.queue.retry(&id, now_ms())?;
    Ok(Json(json!({"id": id, "status": JobStatus::InQueue})))
}

async fn purge(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let removed = shared.queue.purge();
    Json(json!({"removed": removed, "status": "completed"}))
}

async fn health(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.queue.health(now_ms()))
}

async fn requests(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"requests": shared.queue.requests(now_ms())}))
}

async fn read_request(body: Body, limit: usize, sync: bool) -> Result<JobRequest, Response> {
    let body = read_body(body, limit).await?;
    JobRequest::from_body(&body, sync).map_err(|detail| problem(StatusCode::BAD_REQUEST, &detail))
}

/// Writes the job to disk on a thread that may block.
async fn submit(shared: &Arc<Shared>, request: JobRequest) -> Result<String, Response> {
    let queue = Arc::clone(&shared.queue);
    let submitted = tokio::task::spawn_blocking(move || queue.submit(request, now_ms())).await;
    match submitted {
        Ok(Ok(id)) => Ok(id),
        Ok(Err(error)) => Err(error.into_response()),
        Err(_) => Err(problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the job could not be queued",
        )),
    }
}

/// The answer a fault puts in the place of one of the first `/status` answers; several faults come one after another.
fn spoiled_status(shared: &Shared, id: &str) -> Option<Response> {
    let (faults, mut answered) = shared.queue.count_status_answer(id)?;
    let spoilers = [
        Fault::Status404First,
        Fault::Status429,
        Fault::Status500,
        Fault::StatusHtml,
        Fault::StatusCut,
        Fault::StatusUnknown,
    ];
    let struck = spoilers.into_iter().find(|fault| {
        let times = faults.number(*fault).unwrap_or(0);
        let strikes = answered < times;
        answered = answered.saturating_sub(times);
        strikes
    })?;
    Some(match struck {
        Fault::Status404First => QueueError::UnknownJob.into_response(),
        Fault::Status429 => {
            let answer = problem(StatusCode::TOO_MANY_REQUESTS, "too many requests");
            ([(header::RETRY_AFTER, "1")], answer).into_response()
        }
        Fault::StatusHtml => {
            let page = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>";
            (
                StatusCode::BAD_GATEWAY,
                [(header::CONTENT_TYPE, "text/html")],
                page,
            )
                .into_response()
        }
        Fault::StatusCut => broken_off(),
        Fault::StatusUnknown => Json(json!({"id": id, "status": "PAUSED"})).into_response(),
        _ => problem(StatusCode::INTERNAL_SERVER_ERROR, "internal server error"),
    })
}

/// An answer whose connection breaks before it is all there.
fn broken_off() -> Response {
    let pieces = [
        Ok(Bytes::from_static(b"{\"id\": \"")),
        Err(io::Error::other("broken off as asked for")),
    ];
    Body::from_stream(futures::stream::iter(pieces)).into_response()
}
