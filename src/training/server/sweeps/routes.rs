//! `/api/training/sweeps`.

use super::NotCancelled;
use crate::error::AppError;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use crate::training::model::sweep::{Sweep, SweepForm, SweepPlan};
use crate::training::server::routes::idempotency_key;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(list, start))
        .routes(routes!(get))
        .routes(routes!(cancel))
}

#[derive(Serialize, utoipa::ToSchema)]
struct OneSweep {
    sweep: Sweep,
}

#[derive(Serialize, utoipa::ToSchema)]
struct SweepList {
    sweeps: Vec<Sweep>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct CancelledSweep {
    sweep: Sweep,
    /// Runs that go on, each with the reason.
    not_cancelled: Vec<NotCancelled>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct OfStyle {
    /// Without it the sweeps of all styles.
    style_id: Option<String>,
}

/// Runs, time and cost of a sweep, and everything that is wrong; nothing is recorded.
#[utoipa::path(post, path = "/api/training/sweeps/preview", tag = "training", request_body = SweepForm,
    responses((status = 200, body = SweepPlan), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn preview(
    State(state): State<AppState>,
    Body(sweep): Body<SweepForm>,
) -> Result<Json<SweepPlan>, AppError> {
    super::preview(&state, &sweep).await.map(Json)
}

/// Records every run of a sweep as a version and sends them, `inFlight` at a time. With an `Idempotency-Key` a repeated request
/// returns what the first one made.
#[utoipa::path(post, path = "/api/training/sweeps", tag = "training", request_body = SweepForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 200 characters, chosen by the caller")),
    responses((status = 202, body = OneSweep), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn start(
    State(state): State<AppState>,
    headers: HeaderMap,
    Body(sweep): Body<SweepForm>,
) -> Result<(StatusCode, Json<OneSweep>), AppError> {
    let key = idempotency_key(&headers)?;
    // whole, also when its caller went away
    let started = tokio::spawn(async move { super::start(&state, sweep, key).await });
    let sweep = started.await.expect("start does not panic")?;
    Ok((StatusCode::ACCEPTED, Json(OneSweep { sweep })))
}

/// The sweeps of a style, or of all, newest first in each.
#[utoipa::path(get, path = "/api/training/sweeps", tag = "training", params(OfStyle),
    responses((status = 200, body = SweepList), (status = 404, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    Query(of): Query<OfStyle>,
) -> Result<Json<SweepList>, AppError> {
    let sweeps = match of.style_id {
        Some(style) => super::list(&state, &style_id(&style)?)?,
        None => super::list_all(&state)?,
    };
    Ok(Json(SweepList { sweeps }))
}

/// How a sweep stands.
#[utoipa::path(get, path = "/api/training/sweeps/{sweepId}", tag = "training", params(("sweepId" = String, Path)),
    responses((status = 200, body = OneSweep), (status = 404, body = Problem)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<OneSweep>, AppError> {
    let sweep = super::get(&state, &id)?;
    Ok(Json(OneSweep { sweep }))
}

/// Withdraws the runs that wait and stops those on their way. A single run is cancelled as any version is.
#[utoipa::path(post, path = "/api/training/sweeps/{sweepId}/cancel", tag = "training", params(("sweepId" = String, Path)),
    responses((status = 200, body = CancelledSweep), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<CancelledSweep>, AppError> {
    let (sweep, not_cancelled) = super::cancel(&state, &id).await?;
    Ok(Json(CancelledSweep {
        sweep,
        not_cancelled,
    }))
}
