//! The local endpoint: RunPod's serverless protocol on both sides, for clients and for workers, over a queue on disk.
//!
//! It lets the studio, the official SDK and a person's own GPU machine work without an account. With no worker attached the
//! built-in rehearsal trainer takes the jobs. It knows nothing of styles or versions: only jobs.
//!
//! It deliberately does not scale, bill, keep a history beyond RunPod's own 30 minutes, or check what `input` holds.
//!
//! ```text
//! clients (run, status, cancel …) ─┐                       ┌─ workers (job-take, job-done, ping …)
//!                                  ├─> queue ── on disk <──┤
//! tick (limits, silence, keeping) ─┘      │                └─ rehearsal trainer (when no worker is there)
//!                                         └─> webhooks
//! ```

mod attendance;
mod clients;
mod dispatch;
mod faults;
mod http;
mod job;
mod job_request;
mod lifetime;
mod queue;
mod store;
mod webhooks;
mod workers;

#[cfg(test)]
pub(super) mod tests;

use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, http::StatusCode, middleware};
use tokio::{net::TcpListener, task::JoinSet};

pub use self::{
    dispatch::Assignment,
    faults::{FAULT_WORDS, Fault, FaultError, FaultWord, Faults},
    job::JobOutcome,
    job_request::JobRequest,
    queue::Queue,
    workers::worker_env,
};
use super::trainer::{self, RehearsalTrainerOptions};

/// How often limits are looked at.
const TICK: Duration = Duration::from_millis(200);

/// Where the local endpoint lives and who may call it.
#[derive(Clone, Debug)]
pub struct LocalEndpointOptions {
    /// The queue on disk; one process at a time.
    pub dir: PathBuf,
    /// The `{endpoint_id}` of `/v2/{endpoint_id}`, usually `local`.
    pub endpoint_id: String,
    /// The key clients and workers bring; not empty.
    pub api_key: String,
    pub timing: Timing,
}

/// The protocol's spans of time; the default is RunPod's.
#[derive(Clone, Debug)]
pub struct Timing {
    /// How long job-take and job-stop are held open.
    pub long_poll: Duration,
    /// A worker silent for this long is dead (the SDK pings every 10 s).
    pub worker_silence: Duration,
    /// How long after its last job-take a worker still keeps the built-in trainer from taking jobs.
    pub stand_down: Duration,
    /// How long a result is kept after the end, `/run`.
    pub result_kept: Duration,
    /// How long a result is kept after the end, `/runsync`.
    pub sync_result_kept: Duration,
    /// When a webhook is tried, counted from the first try.
    pub webhook_tries: [Duration; 3],
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            long_poll: Duration::from_secs(20),
            worker_silence: Duration::from_secs(30),
            stand_down: Duration::from_secs(30),
            result_kept: Duration::from_secs(30 * 60),
            sync_result_kept: Duration::from_secs(60),
            webhook_tries: [
                Duration::ZERO,
                Duration::from_secs(5),
                Duration::from_secs(20),
            ],
        }
    }
}

/// Serves clients and workers, delivers webhooks and runs the rehearsal trainer, until dropped.
///
/// # Errors
/// The queue's directory cannot be used or belongs to another process, the key is empty, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    endpoint: LocalEndpointOptions,
    trainer: RehearsalTrainerOptions,
) -> io::Result<()> {
    if endpoint.api_key.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the local endpoint's API key is empty: set RUNPOD_API_KEY or let the studio make one",
        ));
    }
    let (queue, lock) = Queue::open(
        &endpoint.dir,
        endpoint.timing.clone(),
        trainer.faults.clone(),
        now_ms(),
    )?;
    let webhooks = webhooks::client().map_err(io::Error::other)?;
    let _stopping = CloseOnDrop(Arc::clone(&queue), lock);
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_time(Arc::clone(&queue)));
    tasks.spawn(webhooks::deliver(Arc::clone(&queue), webhooks));
    tasks.spawn(trainer::run(Arc::clone(&queue), trainer));
    let served = axum::serve(listener, router(queue, endpoint));
    tokio::select! {
        served = served => served,
        Some(ended) = tasks.join_next() => Err(io::Error::other(match ended {
            Ok(()) => "a part of the local endpoint ended".to_owned(),
            Err(error) => format!("a part of the local endpoint broke: {error}"),
        })),
    }
}

/// Unix time in ms; the one clock of this room.
pub fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Connections outlive the listener; once `serve` is dropped they must not touch the queue any more.
struct CloseOnDrop(
    Arc<Queue>,
    #[expect(dead_code, reason = "held for its drop")] store::StoreLock,
);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

async fn keep_time(queue: Arc<Queue>) {
    loop {
        tokio::time::sleep(TICK).await;
        queue.tick(now_ms());
    }
}

fn router(queue: Arc<Queue>, endpoint: LocalEndpointOptions) -> Router {
    let shared = Arc::new(http::Shared {
        queue,
        endpoint_id: endpoint.endpoint_id,
        api_key: endpoint.api_key,
    });
    let operations = clients::routes()
        .merge(workers::routes())
        .fallback(|| async { http::problem(StatusCode::NOT_FOUND, "no such operation") })
        .method_not_allowed_fallback(|| async {
            http::problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "this operation has another method",
            )
        });
    Router::new()
        .nest(&format!("/v2/{}", shared.endpoint_id), operations)
        .fallback(|| async { http::problem(StatusCode::NOT_FOUND, "endpoint not found") })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            http::guard,
        ))
        .with_state(shared)
}
