//! `/api/training/…` and `/api/styles/{id}/training-versions/…`.

use super::super::model::costs::CostSettings;
use super::super::model::form::TrainingForm;
use super::super::model::lora_file::{LoraFacts, RunFile};
use super::super::model::names::NAME_MAX;
use super::super::model::preflight::Check;
use super::super::model::presets::SettingsPreset;
use super::super::model::progress::ProgressPoint;
use super::super::model::version::{TrainingVersion, VersionEvent};
use super::prepare::Preview;
use super::{
    costs, events, good, lora_file, preflight, prepare, presets, progress, removal, snapshot,
    versions,
};
use crate::error::{AppError, ErrorKind};
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 2_000;
/// Longest idempotency key, in bytes.
const MAX_KEY: usize = 200;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(preview))
        .routes(routes!(start))
        .routes(routes!(list_presets, save_preset))
        .routes(routes!(get_preset, delete_preset))
        .routes(routes!(get_costs, put_costs))
        .routes(routes!(get_preflight))
        .merge(super::sweeps::routes::router())
        .routes(routes!(list, merge))
        .routes(routes!(change, delete))
        .routes(routes!(cancel))
        .routes(routes!(recheck))
        .routes(routes!(retry))
        .routes(routes!(download))
        .routes(routes!(inspect_model))
        .routes(routes!(list_files))
        .routes(routes!(download_file, delete_file))
        .routes(routes!(list_events))
        .routes(routes!(get_progress))
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
    let key = idempotency_key(&headers)?;
    // a run must not be lost because its caller went away between record and submit
    let started = tokio::spawn(async move { super::start(&state, form, key).await });
    let version = started.await.expect("start does not panic")?;
    Ok((StatusCode::ACCEPTED, Json(OneVersion { version })))
}

/// The caller's own key for a start; `None` without one.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, AppError> {
    let key = headers.get("idempotency-key").and_then(|v| v.to_str().ok());
    let key = key.map(str::to_owned).filter(|k| !k.is_empty());
    if key.as_ref().is_some_and(|k| k.len() > MAX_KEY) {
        let message = format!("The Idempotency-Key has more than {MAX_KEY} bytes.");
        return Err(AppError::new(ErrorKind::Invalid, message));
    }
    Ok(key)
}

#[derive(Serialize, utoipa::ToSchema)]
struct PresetList {
    presets: Vec<SettingsPreset>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewPreset {
    /// Left out: the file's own. Where it is taken, a number is added: `Kohya-2`.
    #[serde(default)]
    name: String,
    /// Text of an exported preset, of a kohya settings file (TOML, JSON) or of an ai-toolkit one (YAML).
    #[schema(min_length = 1)]
    text: String,
}

/// One's own presets, then those that come with the studio.
#[utoipa::path(get, path = "/api/training/presets", tag = "training", responses((status = 200, body = PresetList)))]
async fn list_presets(State(state): State<AppState>) -> Result<Json<PresetList>, AppError> {
    let presets = presets::all(&state)?;
    Ok(Json(PresetList { presets }))
}

/// Imports a settings file as a preset of one's own, beside those that are there; what has no place here is listed in `leftOut`.
#[utoipa::path(post, path = "/api/training/presets", tag = "training", request_body = NewPreset,
    responses((status = 201, body = SettingsPreset), (status = 400, body = Problem), (status = 413, body = Problem)))]
async fn save_preset(
    State(state): State<AppState>,
    Body(new): Body<NewPreset>,
) -> Result<(StatusCode, Json<SettingsPreset>), AppError> {
    let preset = presets::import(&state, &new.name, "", &new.text).await?;
    Ok((StatusCode::CREATED, Json(preset)))
}

/// A preset, as it can be imported elsewhere.
#[utoipa::path(get, path = "/api/training/presets/{presetId}", tag = "training", params(("presetId" = String, Path)),
    responses((status = 200, body = SettingsPreset), (status = 404, body = Problem)))]
async fn get_preset(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<SettingsPreset>, AppError> {
    presets::get(&state, &id).map(Json)
}

/// Deletes a preset of one's own.
#[utoipa::path(delete, path = "/api/training/presets/{presetId}", tag = "training", params(("presetId" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete_preset(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, AppError> {
    presets::delete(&state, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The price table and the caps.
#[utoipa::path(get, path = "/api/training/costs", tag = "training", responses((status = 200, body = CostSettings)))]
async fn get_costs(State(state): State<AppState>) -> Result<Json<CostSettings>, AppError> {
    costs::settings(&state).map(Json)
}

/// Replaces the price table and the caps.
#[utoipa::path(put, path = "/api/training/costs", tag = "training", request_body = CostSettings,
    responses((status = 200, body = CostSettings), (status = 400, body = Problem)))]
async fn put_costs(
    State(state): State<AppState>,
    Body(settings): Body<CostSettings>,
) -> Result<Json<CostSettings>, AppError> {
    let settings = settings.checked().map_err(costs::refused)?;
    costs::save(&state, settings).await.map(Json)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PreflightQuery {
    /// The selection set; without it only the bucket is asked.
    set: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct CheckList {
    checks: Vec<Check>,
}

/// What a start depends on outside of the form: bucket, endpoint, webhook, other runs.
#[utoipa::path(get, path = "/api/styles/{id}/preflight", tag = "training", params(("id" = String, Path), PreflightQuery),
    responses((status = 200, body = CheckList), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn get_preflight(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<PreflightQuery>,
) -> Result<Json<CheckList>, AppError> {
    let checks = preflight::look(&state, &style_id(&id)?, query.set.unwrap_or(0)).await?;
    Ok(Json(CheckList { checks }))
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

/// For the document alone: what is imported is kept with every field it has.
#[allow(dead_code)]
#[derive(utoipa::ToSchema)]
struct ImportedVersion {
    /// Letters, digits, `-`, `_` and dots.
    #[schema(pattern = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$")]
    id: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Merge {
    /// Versions by id. Of known ones only name, description and isGood count; unknown ones are imported.
    #[schema(value_type = Vec<ImportedVersion>)]
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
    /// 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
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
        .is_some_and(|n| n.is_empty() || n.chars().count() > NAME_MAX)
    {
        let message = format!("A version's name has 1 to {NAME_MAX} characters.");
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

/// Removes a finished version from the list, unless it is the good one. Its model file stays in S3.
#[utoipa::path(delete, path = "/api/styles/{id}/training-versions/{versionId}", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn delete(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<StatusCode, AppError> {
    removal::version(&state, &style_id(&id)?, &version).await?;
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

/// Starts a run that failed or was cancelled again, as a new version with the next name. A repeated request returns the same version.
#[utoipa::path(post, path = "/api/styles/{id}/training-versions/{versionId}/retry", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 202, body = OneVersion), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn retry(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<(StatusCode, Json<OneVersion>), AppError> {
    let id = style_id(&id)?;
    let started = tokio::spawn(async move { super::retry(&state, &id, &version).await });
    let version = started.await.expect("start does not panic")?;
    Ok((StatusCode::ACCEPTED, Json(OneVersion { version })))
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

/// What the model file says of itself, by its header, and whether it is whole.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/model", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = LoraFacts), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn inspect_model(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<LoraFacts>, AppError> {
    let facts = lora_file::inspect(&state, &style_id(&id)?, &version).await?;
    Ok(Json(facts))
}

#[derive(Serialize, utoipa::ToSchema)]
struct FileList {
    files: Vec<RunFile>,
}

/// The model and the checkpoints that the run left in the bucket.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/files", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = FileList), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn list_files(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<FileList>, AppError> {
    let files = lora_file::files(&state, &style_id(&id)?, &version).await?;
    Ok(Json(FileList { files }))
}

/// Redirects to one of the run's files, with a link that is good for an hour.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/files/{filename}", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path), ("filename" = String, Path)),
    responses((status = 307), (status = 404, body = Problem)))]
async fn download_file(
    State(state): State<AppState>,
    Path((id, version, filename)): Path<(String, String, String)>,
) -> Result<Redirect, AppError> {
    let url = lora_file::file_url(&state, &style_id(&id)?, &version, &filename).await?;
    Ok(Redirect::temporary(&url))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Confirmation {
    /// The file's name once more.
    #[serde(default)]
    confirm: String,
}

/// Deletes one of the run's files from the bucket, for good.
#[utoipa::path(delete, path = "/api/styles/{id}/training-versions/{versionId}/files/{filename}", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path), ("filename" = String, Path), Confirmation),
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 502, body = Problem)))]
async fn delete_file(
    State(state): State<AppState>,
    Path((id, version, filename)): Path<(String, String, String)>,
    Query(Confirmation { confirm }): Query<Confirmation>,
) -> Result<StatusCode, AppError> {
    removal::file(&state, &style_id(&id)?, &version, &filename, &confirm).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, utoipa::ToSchema)]
struct Course {
    points: Vec<ProgressPoint>,
    /// The end of the worker's log; empty where it reported none.
    log: String,
}

/// How far the run was when, with the loss where the worker reports it, and the end of the worker's log.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/progress", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = Course), (status = 404, body = Problem)))]
async fn get_progress(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<Course>, AppError> {
    let id = style_id(&id)?;
    Ok(Json(Course {
        points: progress::points(&state, &id, &version).await?,
        log: progress::log_tail(&state, &id, &version).await?,
    }))
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
    let events = events::list(&state, &style_id(&id)?, &version).await?;
    Ok(Json(EventList { events }))
}

/// What the version was trained on.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/snapshot", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn get_snapshot(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Json<Value>, AppError> {
    snapshot::read(&state, &style_id(&id)?, &version)
        .await
        .map(Json)
}
