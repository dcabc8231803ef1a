//! `/api/ngrok/…`.

use crate::error::AppError;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::tunnel::model::TunnelStatus;
use axum::Json;
use axum::extract::State;
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

/// Starts the ngrok agent; waits until it is up, at most 20 seconds.
#[utoipa::path(post, path = "/api/ngrok/start", tag = "tunnel",
    responses((status = 200, body = TunnelStatus), (status = 502, body = Problem)))]
async fn start(State(state): State<AppState>) -> Result<Json<TunnelStatus>, AppError> {
    super::start(&state).await.map(Json)
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
