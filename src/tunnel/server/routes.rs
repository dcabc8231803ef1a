//! `/api/ngrok/…`.

use crate::error::AppError;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::tunnel::model::{TunnelProvider, TunnelStatus};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(start))
        .routes(routes!(stop))
        .routes(routes!(test))
}

/// Whether a public address leads to the webhook.
#[utoipa::path(get, path = "/api/ngrok/status", tag = "tunnel", responses((status = 200, body = TunnelStatus)))]
async fn status(State(state): State<AppState>) -> Json<TunnelStatus> {
    Json(super::status(&state))
}

/// Which program to start.
#[derive(Default, Deserialize, utoipa::ToSchema)]
struct TunnelStart {
    /// `ngrok` or `cloudflared`; the one that the status names when left out.
    #[serde(default)]
    provider: Option<TunnelProvider>,
}

/// Starts ngrok or cloudflared; waits until it is up, at most 20 seconds. The body may be left out.
#[utoipa::path(post, path = "/api/ngrok/start", tag = "tunnel", request_body = Option<TunnelStart>,
    responses((status = 200, body = TunnelStatus), (status = 400, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn start(State(state): State<AppState>, body: Bytes) -> Result<Json<TunnelStatus>, AppError> {
    let asked = match body.trim_ascii() {
        [] => TunnelStart::default(),
        json => Json::<Option<TunnelStart>>::from_bytes(json)?
            .0
            .unwrap_or_default(),
    };
    super::start(&state, asked.provider).await.map(Json)
}

/// Sends a webhook to ourselves through the public address; the answer's `roundTrip` says how it went.
#[utoipa::path(post, path = "/api/ngrok/test", tag = "tunnel",
    responses((status = 200, body = TunnelStatus), (status = 409, body = Problem)))]
async fn test(State(state): State<AppState>) -> Result<Json<TunnelStatus>, AppError> {
    super::round_trip::run(&state).await.map(Json)
}

/// Stops our agent; somebody else's is left alone.
#[utoipa::path(post, path = "/api/ngrok/stop", tag = "tunnel", responses((status = 200, body = TunnelStatus)))]
async fn stop(State(state): State<AppState>) -> Json<TunnelStatus> {
    Json(super::stop(&state).await)
}
