//! `/api/styles/{id}/drafts…` and `…/images/{filename}/draft`: captions drafted by a vision model.

use super::super::super::model::drafts::{Accepted, Decided, DraftRun, DraftsView};
use super::run::{self, Wanted};
use super::{
    Acceptance, accept as accept_one, accept_all as accept_them, discard, discard_all, set_prompt,
};
use crate::error::AppError;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(view, begin, discard_every))
        .routes(routes!(stop))
        .routes(routes!(resume))
        .routes(routes!(accept_all))
        .routes(routes!(put_prompt))
        .routes(routes!(accept, edit, discard_one))
}

/// Drafts, prompt, the model that is configured, and how far the run is.
#[utoipa::path(get, path = "/api/styles/{id}/drafts", tag = "drafts", params(("id" = String, Path)),
    responses((status = 200, body = DraftsView), (status = 304), (status = 404, body = Problem)))]
async fn view(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<DraftsView>, AppError> {
    Ok(Json(super::view(&state, &style_id(&id)?).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedDrafts {
    /// Absent: every image without a caption and without a draft.
    #[schema(min_items = 1, max_items = 5000)]
    filenames: Option<Vec<String>>,
    /// Kept for the style; absent: the one it has. `[TRIGGER]` stands for the trigger words.
    #[schema(max_length = 4000)]
    prompt: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OneRun {
    run: DraftRun,
}

type Accepting = Result<(StatusCode, Json<OneRun>), AppError>;

fn accepted(run: DraftRun) -> (StatusCode, Json<OneRun>) {
    (StatusCode::ACCEPTED, Json(OneRun { run }))
}

/// Lets the model draft captions. Nothing becomes a caption before it is accepted.
#[utoipa::path(post, path = "/api/styles/{id}/drafts", tag = "drafts", params(("id" = String, Path)), request_body = WantedDrafts,
    responses((status = 202, body = OneRun), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn begin(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(wanted): Body<WantedDrafts>,
) -> Accepting {
    let names = wanted.filenames.map_or(Wanted::Missing, Wanted::Names);
    let run = run::begin(&state, &style_id(&id)?, names, wanted.prompt).await?;
    Ok(accepted(run))
}

/// Discards every draft of the style.
#[utoipa::path(delete, path = "/api/styles/{id}/drafts", tag = "drafts", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn discard_every(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    discard_all(&state, &style_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops the running run; its drafts stay.
#[utoipa::path(post, path = "/api/styles/{id}/drafts/stop", tag = "drafts", params(("id" = String, Path)),
    responses((status = 202, body = OneRun), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn stop(State(state): State<AppState>, Path(id): Path<String>) -> Accepting {
    run::stop(&state, &style_id(&id)?).await.map(accepted)
}

/// Goes on with the images that the last run left or failed on.
#[utoipa::path(post, path = "/api/styles/{id}/drafts/resume", tag = "drafts", params(("id" = String, Path)),
    responses((status = 202, body = OneRun), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn resume(State(state): State<AppState>, Path(id): Path<String>) -> Accepting {
    run::resume(&state, &style_id(&id)?).await.map(accepted)
}

/// Makes every draft the caption of its image, unless that caption or that image changed since.
#[utoipa::path(post, path = "/api/styles/{id}/drafts/accept", tag = "drafts", params(("id" = String, Path)),
    responses((status = 200, body = Accepted), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn accept_all(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Accepted>, AppError> {
    Ok(Json(
        accept_them(&state, &style_id(&id)?, Vec::new()).await?,
    ))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Prompt {
    /// Empty: the default.
    #[schema(max_length = 4000)]
    prompt: String,
}

/// Keeps the style's prompt.
#[utoipa::path(put, path = "/api/styles/{id}/drafts/prompt", tag = "drafts", params(("id" = String, Path)), request_body = Prompt,
    responses((status = 200, body = DraftsView), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn put_prompt(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(body): Body<Prompt>,
) -> Result<Json<DraftsView>, AppError> {
    let id = style_id(&id)?;
    set_prompt(&state, &id, &body.prompt).await?;
    Ok(Json(super::view(&state, &id).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AcceptedDraft {
    /// Absent: the draft as it is.
    #[schema(min_length = 1)]
    caption: Option<String>,
    /// The caption's ETag that is to be replaced, empty for none. Absent: the one at the time of the draft.
    etag: Option<String>,
    /// The ETag of the image that the caption is for. Absent: the one that was drafted.
    image_etag: Option<String>,
}

/// Makes the draft, as it is or edited, the caption. A caption that changed since is not overwritten, and none is written for
/// another image than was drafted (412).
#[utoipa::path(post, path = "/api/styles/{id}/images/{filename}/draft", tag = "drafts", params(("id" = String, Path), ("filename" = String, Path)),
    request_body = AcceptedDraft,
    responses((status = 200, body = Decided), (status = 400, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem)))]
async fn accept(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    Body(body): Body<AcceptedDraft>,
) -> Result<Json<Decided>, AppError> {
    let id = style_id(&id)?;
    let acceptance = Acceptance {
        text: body.caption,
        caption_etag: body.etag,
        image_etag: body.image_etag,
    };
    let decided = accept_one(&state, &id, &filename, acceptance).await?;
    Ok(Json(decided))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Edited {
    #[schema(min_length = 1)]
    caption: String,
}

/// Keeps the draft of an image as edited; it stays a draft.
#[utoipa::path(put, path = "/api/styles/{id}/images/{filename}/draft", tag = "drafts", params(("id" = String, Path), ("filename" = String, Path)),
    request_body = Edited,
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn edit(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    Body(body): Body<Edited>,
) -> Result<StatusCode, AppError> {
    super::edit(&state, &style_id(&id)?, &filename, &body.caption).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Discards the draft of an image, if there is one.
#[utoipa::path(delete, path = "/api/styles/{id}/images/{filename}/draft", tag = "drafts", params(("id" = String, Path), ("filename" = String, Path)),
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn discard_one(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
) -> Result<StatusCode, AppError> {
    let id = style_id(&id)?;
    crate::styles::server::get(&state, &id)?;
    discard(&state, &id, BTreeSet::from([filename])).await?;
    Ok(StatusCode::NO_CONTENT)
}
