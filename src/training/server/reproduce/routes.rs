//! `/api/styles/{id}/reproductions` and the form that a page without script sends its file with.

use super::{MAX_BYTES, Reproduction, adopt, get, report, take_in};
use crate::error::AppError;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use crate::training::model::version::TrainingVersion;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Room for the parts of a form around the file.
const FORM_BYTES: usize = MAX_BYTES + 64_000;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(post_reproduction))
        .routes(routes!(get_reproduction))
        .routes(routes!(post_version))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

pub fn forms() -> Router<AppState> {
    Router::new()
        .route("/forms/styles/{id}/reproductions", post(upload))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// Takes an exported run in and says what of it is otherwise here. Nothing of the style changes.
#[utoipa::path(post, path = "/api/styles/{id}/reproductions", tag = "versions", params(("id" = String, Path)), request_body(content = Object, description = "The file that a version's export gave"),
    responses((status = 201, body = Reproduction), (status = 400, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem), (status = 502, body = Problem)))]
async fn post_reproduction(
    State(state): State<AppState>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Reproduction>), AppError> {
    let style = style_id(&id)?;
    crate::styles::server::get(&state, &style)?;
    let run = take_in(&state, &body).await?;
    let report = report(&state, &style, &run).await?;
    Ok((StatusCode::CREATED, Json(report)))
}

/// What of a run that was taken in is otherwise here now.
#[utoipa::path(get, path = "/api/styles/{id}/reproductions/{runId}", tag = "versions", params(("id" = String, Path), ("runId" = String, Path)),
    responses((status = 200, body = Reproduction), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn get_reproduction(
    State(state): State<AppState>,
    Path((id, run)): Path<(String, String)>,
) -> Result<Json<Reproduction>, AppError> {
    let run = get(&state, &run).await?;
    report(&state, &style_id(&id)?, &run).await.map(Json)
}

#[derive(Serialize, utoipa::ToSchema)]
struct Adopted {
    version: TrainingVersion,
    /// False: the run was in the history already; nothing was changed.
    added: bool,
}

/// Adds a run that was taken in to the history, with its snapshot. What is there stays as it is.
#[utoipa::path(post, path = "/api/styles/{id}/reproductions/{runId}/version", tag = "versions", params(("id" = String, Path), ("runId" = String, Path)),
    responses((status = 200, body = Adopted), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn post_version(
    State(state): State<AppState>,
    Path((id, run)): Path<(String, String)>,
) -> Result<Json<Adopted>, AppError> {
    let run = get(&state, &run).await?;
    let (version, added) = adopt(&state, &style_id(&id)?, &run).await?;
    Ok(Json(Adopted { version, added }))
}

/// The page that tells what differs, or why the file was not taken in.
async fn upload(
    State(state): State<AppState>,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Redirect, AppError> {
    let style = style_id(&id)?;
    crate::styles::server::get(&state, &style)?;
    let taken_in = match file_of(form).await {
        Ok(bytes) => take_in(&state, &bytes).await,
        Err(error) => Err(error),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match taken_in {
        Ok(run) => query.append_pair("run", &run.id),
        Err(error) => query.append_pair("run_refused", &error.to_string()),
    };
    let query = query.finish();
    Ok(Redirect::to(&format!("/styles/{style}/versions?{query}")))
}

async fn file_of(mut form: Multipart) -> Result<Bytes, AppError> {
    let broken = |_| AppError::field("file", "The upload broke off; send the file again.");
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if field.name() == Some("file") {
            return field.bytes().await.map_err(|_| {
                let message =
                    format!("The file could not be read, or has more than {MAX_BYTES} bytes.");
                AppError::field("file", message)
            });
        }
    }
    Err(AppError::field("file", "Choose a file first."))
}
