//! `/api/training/…` and `/api/styles/{id}/training-versions/…`.

use super::super::model::form::TrainingForm;
use super::super::model::version::{TrainingVersion, VersionEvent};
use super::prepare::Preview;
use super::{events, good, prepare, snapshot, versions};
use crate::error::{AppError, ErrorKind};
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest name and description, in characters.
const MAX_NAME: usize = 80;
const MAX_DESCRIPTION: usize = 2_000;
/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 200;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(start))
        .routes(routes!(list, merge))
        .routes(routes!(change, delete))
        .routes(routes!(cancel))
        .routes(routes!(recheck))
        .routes(routes!(download))
        .routes(routes!(list_events))
        .routes(routes!(get_snapshot))
}

#[derive(Serialize, utoipa::ToSchema)]
struct OneVersion {
    version: TrainingVersion,
}

#[derive(Serialize, utoipa::ToSchema)]
struct VersionList {
    versions: Vec<TrainingVersion>,
}

/// What a start would do, and everything that is wrong; nothing is submitted.
#[utoipa::path(post, path = "/api/training/preview", tag = "training", request_body = TrainingForm,
    responses((status = 200, body = Preview), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn preview(
    State(state): State<AppState>,
    Body(form): Body<TrainingForm>,
) -> Result<Json<Preview>, AppError> {
    prepare::preview(&state, &form).await.map(Json)
}

/// Starts a training run. With an `Idempotency-Key` a repeated request returns what the first one made.
#[utoipa::path(post, path = "/api/training/start", tag = "training", request_body = TrainingForm,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 200 characters, chosen by the caller")),
    responses((status = 202, body = OneVersion), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn start(
    State(state): State<AppState>,
    headers: HeaderMap,
    Body(form): Body<TrainingForm>,
) -> Result<(StatusCode, Json<OneVersion>), AppError> {
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok());
    let key = key.map(str::to_owned).filter(|k| !k.is_empty());
    if key.as_ref().is_some_and(|k| k.len() > MAX_KEY) {
        let message = format!("The Idempotency-Key has more than {MAX_KEY} bytes.");
        return Err(AppError::new(ErrorKind::Invalid, message));
    }
    // a run must not be lost because its caller went away between record and submit
    let started = tokio::spawn(async move { super::start(&state, form, key).await });
    let version = started.await.expect("start does not panic")?;
    Ok((StatusCode::ACCEPTED, Json(OneVersion { version })))
}

/// All versions of a style, newest first.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions", tag = "versions", params(("id" = String, Path)),
    responses((status = 200, body = VersionList), (status = 404, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<VersionList>, AppError> {
    let versions = versions::list(&state, &style_id(&id)?)?;
    Ok(Json(VersionList { versions }))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Merge {
    /// Versions by id. Of known ones only name, description and isGood count; unknown ones are imported.
    #[schema(value_type = Vec<Object>)]
    versions: Option<Vec<Map<String, Value>>>,
}

/// Merges versions by id. Nothing is removed.
#[utoipa::path(post, path = "/api/styles/{id}/training-versions", tag = "versions", params(("id" = String, Path)), request_body = Merge,
    responses((status = 200, body = VersionList), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn merge(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(merge): Body<Merge>,
) -> Result<Json<VersionList>, AppError> {
    let id = style_id(&id)?;
    let incoming = merge.versions.ok_or_else(|| {
        AppError::field("versions", "Send {\"versions\":[…]}; nothing was changed.")
    })?;
    versions::merge(&state, &id, incoming).await?;
    let versions = versions::list(&state, &id)?;
    Ok(Json(VersionList { versions }))
}

/// An absent field keeps what is there.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct VersionChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub is_good: Option<bool>,
}

/// Changes what a person owns of a version.
pub async fn apply(
    state: &AppState,
    style: &StyleId,
    id: &str,
    change: VersionChange,
) -> Result<TrainingVersion, AppError> {
    let name = change.name.map(|n| n.trim().to_owned());
    if name
        .as_ref()
        .is_some_and(|n| n.is_empty() || n.chars().count() > MAX_NAME)
    {
        let message = format!("A version's name has 1 to {MAX_NAME} characters.");
        return Err(AppError::field("name", message));
    }
    let description = change.description;
    if description
        .as_ref()
        .is_some_and(|d| d.chars().count() > MAX_DESCRIPTION)
    {
        let message = format!("The notes have at most {MAX_DESCRIPTION} characters.");
        return Err(AppError::field("description", message));
    }
    if name.is_some() || description.is_some() {
        versions::change(state, style, id, move |version| {
            if let Some(name) = &name {
                version.name.clone_from(name);
            }
            if let Some(text) = &description {
                version.description = Some(text.clone()).filter(|t| !t.trim().is_empty());
            }
            Ok(())
        })
        .await?;
    }
    match change.is_good {
        Some(is_good) => good::mark(state, style, id, is_good).await,
        None => versions::get(state, style, id),
    }
}

/// Renames a version, changes its notes or its good mark.
#[utoipa::path(patch, path = "/api/styles/{id}/training-versions/{versionId}", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    request_body = VersionChange, responses((status = 200, body = OneVersion), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn change(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
    Body(change): Body<VersionChange>,
) -> Result<Json<OneVersion>, AppError> {
    let version = apply(&state, &style_id(&id)?, &version, change).await?;
    Ok(Json(OneVersion { version }))
}

/// Removes a finished version from the list. Its model file stays in S3.
#[utoipa::path(delete, path = "/api/styles/{id}/training-versions/{versionId}", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<StatusCode, AppError> {
    let id = style_id(&id)?;
    let known = versions::get(&state, &id, &version)?;
    if known.is_ours() && !known.status.is_final() {
        let message = format!(
            "{} is still running; cancel it before removing it.",
            known.name
        );
        return Err(AppError::conflict(message));
    }
    versions::remove(&state, &id, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops the run at RunPod.
#[utoipa::path(post, path = "/api/styles/{id}/training-versions/{versionId}/cancel", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = OneVersion), (status = 404, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn cancel(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<OneVersion>, AppError> {
    let version = super::cancel(&state, &style_id(&id)?, &version).await?;
    Ok(Json(OneVersion { version }))
}

/// Asks RunPod and S3 about the run now.
#[utoipa::path(post, path = "/api/styles/{id}/training-versions/{versionId}/recheck", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = OneVersion), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn recheck(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<OneVersion>, AppError> {
    let version = super::recheck(&state, &style_id(&id)?, &version).await?;
    Ok(Json(OneVersion { version }))
}

/// Redirects to the model file, with a link that is good for an hour.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/download", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 307), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn download(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Redirect, AppError> {
    let url = super::download_url(&state, &style_id(&id)?, &version).await?;
    Ok(Redirect::temporary(&url))
}

#[derive(Serialize, utoipa::ToSchema)]
struct EventList {
    events: Vec<VersionEvent>,
}

/// The version's event log, oldest first.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/events", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = EventList), (status = 404, body = Problem)))]
async fn list_events(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<EventList>, AppError> {
    let events = events::list(&state, &style_id(&id)?, &version)?;
    Ok(Json(EventList { events }))
}

/// What the version was trained on.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/snapshot", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn get_snapshot(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<Value>, AppError> {
    snapshot::read(&state, &style_id(&id)?, &version).map(Json)
}
