//! `/api/styles`.

use crate::error::AppError;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::model::{Style, StyleDraft, StyleId};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, response};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(cover))
}

#[derive(Serialize, utoipa::ToSchema)]
struct StyleList {
    styles: Vec<Style>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OneStyle {
    style: Style,
}

/// An absent field keeps what is there.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StyleChange {
    #[schema(min_length = 1)]
    title: Option<String>,
    trigger_words: Option<String>,
}

#[derive(Default, Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[into_params(parameter_in = Query)]
struct Confirmation {
    /// The style's title, repeated exactly.
    title: Option<String>,
}

/// A style id from a path; what is not one is a 404, since no such style can exist.
pub fn style_id(text: &str) -> Result<StyleId, AppError> {
    StyleId::parse(text).map_err(|e| AppError::not_found(e.to_string()))
}

/// All styles in registry order.
#[utoipa::path(get, path = "/api/styles", tag = "styles", responses((status = 200, body = StyleList), (status = 500, body = Problem)))]
async fn list(State(state): State<AppState>) -> Result<Json<StyleList>, AppError> {
    let styles = super::list(&state)?;
    Ok(Json(StyleList { styles }))
}

/// Makes a style.
#[utoipa::path(post, path = "/api/styles", tag = "styles", request_body = StyleDraft,
    responses((status = 201, body = OneStyle), (status = 400, body = Problem), (status = 409, body = Problem)))]
async fn create(
    State(state): State<AppState>,
    Body(draft): Body<StyleDraft>,
) -> Result<(StatusCode, Json<OneStyle>), AppError> {
    let style = super::create(&state, draft).await?;
    Ok((StatusCode::CREATED, Json(OneStyle { style })))
}

/// One style.
#[utoipa::path(get, path = "/api/styles/{id}", tag = "styles", params(("id" = String, Path)),
    responses((status = 200, body = OneStyle), (status = 404, body = Problem)))]
async fn get(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<OneStyle>, AppError> {
    let style = super::get(&state, &style_id(&id)?)?;
    Ok(Json(OneStyle { style }))
}

/// Changes title or trigger words.
#[utoipa::path(patch, path = "/api/styles/{id}", tag = "styles", params(("id" = String, Path)), request_body = StyleChange,
    responses((status = 200, body = OneStyle), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn update(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(change): Body<StyleChange>,
) -> Result<Json<OneStyle>, AppError> {
    let style = super::update(&state, &style_id(&id)?, change.title, change.trigger_words).await?;
    Ok(Json(OneStyle { style }))
}

/// Takes a style out of the registry when its title is repeated, as `?title=` or `{"title":…}`. Images and models stay.
#[utoipa::path(delete, path = "/api/styles/{id}", tag = "styles", params(("id" = String, Path), Confirmation),
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn delete(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<Confirmation>,
    body: Bytes,
) -> Result<StatusCode, AppError> {
    let in_body = serde_json::from_slice::<Confirmation>(&body).unwrap_or_default();
    let title = query.title.or(in_body.title).unwrap_or_default();
    super::delete(&state, &style_id(&id)?, &title).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The cover image. Its address changes with the file, so it may be kept for ever.
#[utoipa::path(get, path = "/api/styles/{id}/cover", tag = "styles", params(("id" = String, Path)),
    responses((status = 200, content_type = "image/webp"), (status = 404, body = Problem)))]
async fn cover(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> response::Result<Response> {
    let path = super::cover(&state, &style_id(&id)?)?;
    let kind = match path.extension().and_then(|e| e.to_str()) {
        Some("webp") => "image/webp",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => return Err(AppError::not_found("The cover is not a picture.").into()),
    };
    let bytes = tokio::fs::read(path).await;
    let bytes = bytes.map_err(|_| AppError::not_found("The cover is gone."))?;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}
