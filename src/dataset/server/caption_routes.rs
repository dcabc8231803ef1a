//! `/api/styles/{id}/caption-checks`, `…/caption-words` and `…/caption-edits`.

use super::super::model::caption_checks::{CaptionRules, TriggerPlace};
use super::super::model::caption_edit::{AppliedEdit, CaptionEdit, CaptionPreview};
use super::super::model::caption_report::CaptionReport;
use super::super::model::caption_words::CaptionWords;
use super::caption_edits::Scope;
use super::{caption_checks, caption_edits, caption_report};
use crate::error::AppError;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(checks, set_rules))
        .routes(routes!(words))
        .routes(routes!(edits, apply))
        .routes(routes!(preview))
        .routes(routes!(preview_page))
        .routes(routes!(undo))
}

/// What is wrong with a style's captions, counted. Each image's own are `captionProblems` in the list of images.
#[utoipa::path(get, path = "/api/styles/{id}/caption-checks", tag = "captions", params(("id" = String, Path)),
    responses((status = 200, body = CaptionReport), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn checks(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<CaptionReport>, AppError> {
    Ok(Json(caption_report::report(&state, &style_id(&id)?).await?))
}

/// An absent field keeps what is there.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaptionRulesChange {
    style_words: Option<Vec<String>>,
    trigger_place: Option<TriggerPlace>,
}

/// Sets the words that describe the style itself, and where the trigger belongs.
#[utoipa::path(put, path = "/api/styles/{id}/caption-checks", tag = "captions", params(("id" = String, Path)), request_body = CaptionRulesChange,
    responses((status = 200, body = CaptionRules), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn set_rules(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(change): Body<CaptionRulesChange>,
) -> Result<Json<CaptionRules>, AppError> {
    let style = style_id(&id)?;
    let now = caption_checks::rules(&state, &style)?;
    let rules = CaptionRules {
        style_words: change.style_words.unwrap_or(now.style_words),
        trigger_place: change.trigger_place.unwrap_or(now.trigger_place),
    };
    Ok(Json(
        caption_checks::set_rules(&state, &style, rules).await?,
    ))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// How many to pass over.
    offset: Option<usize>,
    /// At most 1000.
    limit: Option<usize>,
}

/// The words of a style's captions, the most used first; the trigger and articles are left out.
#[utoipa::path(get, path = "/api/styles/{id}/caption-words", tag = "captions", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = CaptionWords), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn words(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<CaptionWords>, AppError> {
    let offset = page.offset.unwrap_or(0);
    let words = caption_report::words(&state, &style_id(&id)?, offset, page.limit).await?;
    Ok(Json(words))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedEdit {
    edit: CaptionEdit,
    /// Names of images; without any, all that `filter` keeps.
    #[serde(default)]
    filenames: Vec<String>,
    /// As in the filter box; empty: all images of the style.
    #[serde(default)]
    filter: String,
}

/// What an edit of many captions would do. Nothing is written; the answer names the plan that applies it.
#[utoipa::path(post, path = "/api/styles/{id}/caption-edits/preview", tag = "captions", params(("id" = String, Path)), request_body = WantedEdit,
    responses((status = 200, body = CaptionPreview), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn preview(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(wanted): Body<WantedEdit>,
) -> Result<Json<CaptionPreview>, AppError> {
    let scope = Scope {
        filenames: wanted.filenames,
        filter: wanted.filter,
        same_as: String::new(),
    };
    let preview = caption_edits::preview(&state, &style_id(&id)?, wanted.edit, scope).await?;
    Ok(Json(preview))
}

/// Another page of a preview.
#[utoipa::path(get, path = "/api/styles/{id}/caption-edits/preview/{plan}", tag = "captions",
    params(("id" = String, Path), ("plan" = String, Path), PageQuery),
    responses((status = 200, body = CaptionPreview), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn preview_page(
    State(state): State<AppState>,
    Path((id, plan)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Result<Json<CaptionPreview>, AppError> {
    let (style, offset) = (style_id(&id)?, page.offset.unwrap_or(0));
    let page = caption_edits::page(&state, &style, &plan, offset, page.limit)?;
    Ok(Json(page))
}

#[derive(Serialize, utoipa::ToSchema)]
struct AppliedEdits {
    /// The newest first.
    edits: Vec<AppliedEdit>,
}

/// The last edits of a style's captions.
#[utoipa::path(get, path = "/api/styles/{id}/caption-edits", tag = "captions", params(("id" = String, Path)),
    responses((status = 200, body = AppliedEdits), (status = 404, body = Problem)))]
async fn edits(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<AppliedEdits>, AppError> {
    let edits = caption_edits::list(&state, &style_id(&id)?)?;
    Ok(Json(AppliedEdits { edits }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedPlan {
    /// `plan` of a preview.
    plan: String,
}

/// Applies what a preview showed, once. Captions that were changed meanwhile are left and named.
#[utoipa::path(post, path = "/api/styles/{id}/caption-edits", tag = "captions", params(("id" = String, Path)), request_body = WantedPlan,
    responses((status = 200, body = AppliedEdit), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn apply(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(wanted): Body<WantedPlan>,
) -> Result<Json<AppliedEdit>, AppError> {
    let applied = caption_edits::apply(&state, &style_id(&id)?, &wanted.plan).await?;
    Ok(Json(applied))
}

/// Brings back what an edit changed. Captions that were edited since are left and named.
#[utoipa::path(post, path = "/api/styles/{id}/caption-edits/{edit}/undo", tag = "captions", params(("id" = String, Path), ("edit" = u64, Path)),
    responses((status = 200, body = AppliedEdit), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn undo(
    State(state): State<AppState>,
    Path((id, edit)): Path<(String, String)>,
) -> Result<Json<AppliedEdit>, AppError> {
    let unknown = || AppError::not_found(format!("There is no caption edit {edit:?}."));
    let edit_id: u64 = edit.parse().map_err(|_| unknown())?;
    let undone = caption_edits::undo(&state, &style_id(&id)?, edit_id).await?;
    Ok(Json(undone))
}
