//! `/api/styles/{id}/folder…`: the folder beside S3, and transfers between them.

use super::super::super::model::sync::{
    Action, Decision, FolderView, Named, Removed, Side, Transfer, Wish,
};
use super::{choose as choose_copies, look, remove as removal, shown, transfer};
use crate::error::AppError;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(compare))
        .routes(routes!(send))
        .routes(routes!(fetch))
        .routes(routes!(resume))
        .routes(routes!(current))
        .routes(routes!(cancel))
        .routes(routes!(choose))
        .routes(routes!(remove))
        .routes(routes!(thumbnail))
}

/// The style's folders and its S3 prefix side by side. `files` are those that are not in step. A folder that is there but
/// cannot be read is a 409.
#[utoipa::path(get, path = "/api/styles/{id}/folder", tag = "folder", params(("id" = String, Path)),
    responses((status = 200, body = FolderView), (status = 404, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn compare(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<FolderView>, AppError> {
    Ok(Json(look(&state, &style_id(&id)?).await?))
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct FilesToMove {
    /// Absent: what is missing there or newer here. Given: these, also over a conflict; a `version` that is no longer
    /// the one of the comparison is refused.
    files: Option<Vec<Named>>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OneTransfer {
    /// `null` before the first one.
    transfer: Option<Transfer>,
}

type Accepted = Result<(StatusCode, Json<OneTransfer>), AppError>;

fn accepted(transfer: Transfer) -> (StatusCode, Json<OneTransfer>) {
    let transfer = Some(transfer);
    (StatusCode::ACCEPTED, Json(OneTransfer { transfer }))
}

fn wish(action: Action, body: &Bytes) -> Result<Wish, AppError> {
    if body.is_empty() {
        return Ok(Wish::All(action));
    }
    let wanted: Option<FilesToMove> = serde_json::from_slice(body)
        .map_err(|e| AppError::field("files", format!("The body could not be read: {e}")))?;
    let Some(files) = wanted.and_then(|wanted| wanted.files) else {
        return Ok(Wish::All(action));
    };
    let decide = |named: Named| Decision {
        filename: named.filename,
        action,
        version: named.version,
    };
    Ok(Wish::Decided(files.into_iter().map(decide).collect()))
}

/// Sends files of the folder to S3. Without a body: those that S3 lacks and those newer here. Never deletes.
#[utoipa::path(post, path = "/api/styles/{id}/folder/send", tag = "folder", params(("id" = String, Path)), request_body = Option<FilesToMove>,
    responses((status = 202, body = OneTransfer), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn send(State(state): State<AppState>, Path(id): Path<String>, body: Bytes) -> Accepted {
    let wish = wish(Action::Send, &body)?;
    transfer::begin(&state, &style_id(&id)?, wish).map(accepted)
}

/// Fetches files from S3 into the folder, which is made if need be. Without a body: those missing here and those newer
/// there. Never deletes.
#[utoipa::path(post, path = "/api/styles/{id}/folder/fetch", tag = "folder", params(("id" = String, Path)), request_body = Option<FilesToMove>,
    responses((status = 202, body = OneTransfer), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn fetch(State(state): State<AppState>, Path(id): Path<String>, body: Bytes) -> Accepted {
    let wish = wish(Action::Fetch, &body)?;
    transfer::begin(&state, &style_id(&id)?, wish).map(accepted)
}

/// Goes on with a transfer that was cancelled, stopped or cut off.
#[utoipa::path(post, path = "/api/styles/{id}/folder/resume", tag = "folder", params(("id" = String, Path)),
    responses((status = 202, body = OneTransfer), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn resume(State(state): State<AppState>, Path(id): Path<String>) -> Accepted {
    transfer::resume(&state, &style_id(&id)?).map(accepted)
}

/// The running transfer, or how the last one ended.
#[utoipa::path(get, path = "/api/styles/{id}/folder/transfer", tag = "folder", params(("id" = String, Path)),
    responses((status = 200, body = OneTransfer), (status = 304), (status = 404, body = Problem)))]
async fn current(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<OneTransfer>, AppError> {
    let transfer = transfer::current(&state, &style_id(&id)?)?;
    Ok(Json(OneTransfer { transfer }))
}

/// Stops the running transfer. What is across stays; no file is left half-written.
#[utoipa::path(post, path = "/api/styles/{id}/folder/cancel", tag = "folder", params(("id" = String, Path)),
    responses((status = 202, body = OneTransfer), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn cancel(State(state): State<AppState>, Path(id): Path<String>) -> Accepted {
    transfer::cancel(&state, &style_id(&id)?).map(accepted)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Choice {
    #[schema(min_length = 1)]
    filename: String,
    /// The folder whose copy counts from now on.
    #[schema(min_length = 1)]
    folder: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Choices {
    choices: Vec<Choice>,
}

/// Chooses between folders that hold a name with different content. Neither copy is changed.
#[utoipa::path(post, path = "/api/styles/{id}/folder/choose", tag = "folder", params(("id" = String, Path)), request_body = Choices,
    responses((status = 200, body = FolderView), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn choose(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(body): Body<Choices>,
) -> Result<Json<FolderView>, AppError> {
    let id = style_id(&id)?;
    let choices = body.choices.into_iter().map(|c| (c.filename, c.folder));
    choose_copies(&state, &id, choices.collect()).await?;
    Ok(Json(look(&state, &id).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Removal {
    side: Side,
    #[schema(min_items = 1)]
    files: Vec<Named>,
    /// The names were shown to a person, who agreed.
    #[serde(default)]
    confirmed: bool,
}

/// Removes files that one side alone has, by name and confirmed. No transfer does this.
#[utoipa::path(post, path = "/api/styles/{id}/folder/remove", tag = "folder", params(("id" = String, Path)), request_body = Removal,
    responses((status = 200, body = Removed), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn remove(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(body): Body<Removal>,
) -> Result<Json<Removed>, AppError> {
    if !body.confirmed {
        let message = "Nothing was removed: send \"confirmed\": true after showing the names.";
        return Err(AppError::field("confirmed", message));
    }
    let done = removal::remove(&state, &style_id(&id)?, body.side, body.files).await?;
    Ok(Json(done))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Copy {
    /// One of the style's folders.
    folder: String,
    filename: String,
}

/// A JPEG of at most 320 px of a picture in the folder, to be looked at beside that of S3. Only of files that take part in the
/// comparison.
#[utoipa::path(get, path = "/api/styles/{id}/folder/thumbnail", tag = "folder", params(("id" = String, Path), Copy),
    responses((status = 200, content_type = "image/jpeg"), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn thumbnail(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(copy): Query<Copy>,
) -> Result<impl IntoResponse, AppError> {
    let bytes = shown::thumbnail(&state, &style_id(&id)?, copy.folder, copy.filename).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    Ok((headers, bytes))
}
