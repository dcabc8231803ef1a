//! The worker's side of the protocol: job-take, job-stop, job-done, job-stream and ping, as the official SDK's worker calls
//! them. With it a person's own GPU machine runs the unchanged training container against this endpoint.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{
    LocalEndpointOptions,
    http::{Shared, problem, read_body},
    job::JobOutcome,
    now_ms,
};

/// Largest result or progress body, in bytes; RunPod's own bound for a result is 20 MB.
const RESULT_LIMIT: usize = 20 * 1024 * 1024;
/// The worker id that `rehearsal.env` proposes.
const PROPOSED_WORKER: &str = "local-worker";

/// The worker routes below `/v2/{endpoint}`.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/job-take/{worker}", get(job_take))
        .route("/job-take-batch/{worker}", get(job_take_batch))
        .route("/job-stop/{worker}", get(job_stop))
        .route("/job-done/{worker}/{id}", post(job_done))
        .route("/job-stream/{worker}/{id}", post(job_stream))
        .route("/ping/{worker}", get(ping))
}

/// The variables the official worker reads, ready for `rehearsal.env`; `base` is the endpoint's address, with or without `/v2`.
/// The dollars stand for themselves: the worker replaces them, so a shell must find the values in single quotes. A second
/// machine needs another `RUNPOD_POD_ID`.
pub fn worker_env(base: &str, endpoint: &LocalEndpointOptions) -> Vec<(String, String)> {
    let origin = base.trim_end_matches('/').trim_end_matches("/v2");
    let root = format!("{origin}/v2/{}", endpoint.endpoint_id);
    let pairs = [
        (
            "RUNPOD_WEBHOOK_GET_JOB",
            format!("{root}/job-take/$ID?gpu=local"),
        ),
        (
            "RUNPOD_WEBHOOK_POST_OUTPUT",
            format!("{root}/job-done/$RUNPOD_POD_ID/$ID?gpu=local"),
        ),
        (
            "RUNPOD_WEBHOOK_POST_STREAM",
            format!("{root}/job-stream/$RUNPOD_POD_ID/$ID?gpu=local"),
        ),
        ("RUNPOD_WEBHOOK_PING", format!("{root}/ping/$RUNPOD_POD_ID")),
        ("RUNPOD_AI_API_KEY", endpoint.api_key.clone()),
        ("RUNPOD_POD_ID", PROPOSED_WORKER.to_owned()),
        // the worker's start-up checks of a RunPod host (free disk, Internet, CUDA) say nothing about a machine at home
        ("RUNPOD_SKIP_AUTO_SYSTEM_CHECKS", "true".to_owned()),
        ("RUNPOD_SKIP_GPU_CHECK", "true".to_owned()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

#[derive(Deserialize)]
struct TakeQuery {
    batch_size: Option<usize>,
    job_in_progress: Option<String>,
}

#[derive(Deserialize)]
struct PingQuery {
    job_id: Option<String>,
}

async fn job_take(
    State(shared): State<Arc<Shared>>,
    Path(worker): Path<String>,
    Query(query): Query<TakeQuery>,
) -> Response {
    let mut taken = wait_for_jobs(&shared, &worker, &query, 1).await;
    match taken.pop() {
        Some(job) => Json(job).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn job_take_batch(
    State(shared): State<Arc<Shared>>,
    Path(worker): Path<String>,
    Query(query): Query<TakeQuery>,
) -> Response {
    let most = query.batch_size.unwrap_or(1).clamp(1, 1_000);
    let taken = wait_for_jobs(&shared, &worker, &query, most).await;
    if taken.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    Json(taken).into_response()
}

/// Holds the request open until there is work or the long poll's time is over.
async fn wait_for_jobs(
    shared: &Shared,
    worker: &str,
    query: &TakeQuery,
    most: usize,
) -> Vec<Value> {
    if query.job_in_progress.as_deref() == Some("0") {
        shared.queue.hear(worker, &[], now_ms());
    }
    let mut changes = shared.queue.watch();
    let _held = shared.queue.hold_poll(worker, now_ms());
    let deadline = Instant::now() + shared.queue.timing.long_poll;
    loop {
        let taken = shared.queue.take(worker, most, now_ms());
        let done = !taken.is_empty() || shared.queue.is_closed();
        if done || timeout_at(deadline, changes.changed()).await.is_err() {
            return taken;
        }
    }
}

/// How cancel and timeout reach a worker: `{"jobsToStop":["id"]}`, or 204 when the long poll's time is over.
async fn job_stop(State(shared): State<Arc<Shared>>, Path(worker): Path<String>) -> Response {
    let mut changes = shared.queue.watch();
    let deadline = Instant::now() + shared.queue.timing.long_poll;
    loop {
        let stops = shared.queue.take_stops(&worker, now_ms());
        if !stops.is_empty() {
            return Json(json!({"jobsToStop": stops})).into_response();
        }
        let over =
            shared.queue.is_closed() || timeout_at(deadline, changes.changed()).await.is_err();
        if over {
            return StatusCode::NO_CONTENT.into_response();
        }
    }
}

/// A result, or progress when the body's `status` is IN_PROGRESS. The SDK calls the body form-urlencoded; it is JSON.
async fn job_done(
    State(shared): State<Arc<Shared>>,
    Path((worker, id)): Path<(String, String)>,
    body: Body,
) -> Result<Json<Value>, Response> {
    let mut body = read_json(body).await?;
    let output = body.get_mut("output").map(Value::take);
    if body["status"] == "IN_PROGRESS" {
        shared
            .queue
            .progress(&id, &worker, output.unwrap_or(Value::Null), now_ms());
        return Ok(Json(json!({"id": id, "status": "IN_PROGRESS"})));
    }
    let error = match body.get("error") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    let taken = shared
        .queue
        .finish(&id, &worker, JobOutcome { output, error }, now_ms());
    Ok(Json(json!({"id": id, "taken": taken})))
}

async fn job_stream(
    State(shared): State<Arc<Shared>>,
    Path((worker, id)): Path<(String, String)>,
    body: Body,
) -> Result<Json<Value>, Response> {
    let piece = read_json(body).await?;
    shared.queue.append_stream(&id, &worker, piece, now_ms());
    Ok(Json(json!({"id": id})))
}

/// A sign of life with the jobs the worker holds, separated by commas.
async fn ping(
    State(shared): State<Arc<Shared>>,
    Path(worker): Path<String>,
    Query(query): Query<PingQuery>,
) -> Json<Value> {
    let held: Vec<&str> = query
        .job_id
        .iter()
        .flat_map(|ids| ids.split(','))
        .filter(|id| !id.is_empty())
        .collect();
    if held.is_empty() {
        // some SDK versions never name their jobs, so silence about them proves nothing
        shared.queue.note_alive(&worker, now_ms());
    } else {
        shared.queue.hear(&worker, &held, now_ms());
    }
    Json(json!({"status": "ok"}))
}

async fn read_json(body: Body) -> Result<Value, Response> {
    let body = read_body(body, RESULT_LIMIT).await?;
    let value: Option<Value> = serde_json::from_slice(&body).ok();
    value.filter(Value::is_object).ok_or_else(|| {
        problem(
            StatusCode::BAD_REQUEST,
            "bad request: body is not a JSON object",
        )
    })
}
