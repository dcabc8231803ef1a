//! A version as one JSON file, to be reproduced on another machine: what was asked for, on which dataset, planned how, and
//! how it ended. Holds no key and no token: the webhook's address is left out, and of the model's only the part before `?`.

use super::super::model::reproduce::{FORMAT, FORMAT_VERSION};
use super::{forms, snapshot, versions};
use crate::error::{AppError, ErrorKind};
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use crate::styles::server::routes::style_id;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Fields of the record that say what the run was.
const OF_RUN: [&str; 9] = [
    "id",
    "name",
    "description",
    "timestamp",
    "trainer",
    "preset",
    "modelName",
    "selectionSetId",
    "imageCount",
];
/// Fields of the record that say what became of it.
const OF_OUTCOME: [&str; 9] = [
    "status",
    "completedAt",
    "failedAt",
    "error",
    "delayTimeMs",
    "executionTimeMs",
    "sizeBytes",
    "usdPerHour",
    "estimatedUsd",
];

/// The version as it can be taken elsewhere.
pub async fn export(state: &AppState, style: &StyleId, id: &str) -> Result<Value, AppError> {
    let version = versions::get(state, style, id)?;
    let style = styles::server::get(state, style)?;
    let snapshot = match snapshot::read(state, &style.id, id).await {
        Ok(snapshot) => snapshot,
        Err(error) if error.kind == ErrorKind::NotFound => Value::Null,
        Err(error) => return Err(error),
    };
    let record = json!(version);
    let fields = |names: &[&str]| {
        let known = names.iter().filter(|name| !record[**name].is_null());
        let known = known.map(|name| ((*name).to_owned(), record[*name].clone()));
        known.collect::<Map<String, Value>>()
    };
    let mut outcome = fields(&OF_OUTCOME);
    if let Some(url) = &version.lora_url {
        let address = url.split(['?', '#']).next().unwrap_or_default();
        outcome.insert("loraUrl".into(), json!(address));
    }
    let dataset = snapshot.is_object().then(|| {
        json!({
            "takenAt": snapshot["takenAt"],
            "selectionSet": snapshot["selectionSet"],
            "images": snapshot["images"],
        })
    });
    Ok(json!({
        "format": FORMAT,
        "formatVersion": FORMAT_VERSION,
        "exportedAt": state.now_iso(),
        "studio": env!("CARGO_PKG_VERSION"),
        "style": {"id": style.id, "title": style.title, "triggerWords": style.trigger_words},
        "version": fields(&OF_RUN),
        "parameters": record["parameters"],
        // older versions kept none: then the parameters are all there is
        "request": snapshot["request"],
        "dataset": dataset,
        "plan": snapshot["plan"],
        "outcome": outcome,
    }))
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_export))
}

/// The version as one JSON file: request without secrets, dataset snapshot with hashes, plan, outcome.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/{versionId}/export", tag = "versions", params(("id" = String, Path), ("versionId" = String, Path)),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
async fn get_export(
    State(state): State<AppState>,
    Path((id, version)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let style = style_id(&id)?;
    let exported = export(&state, &style, &version).await?;
    let name = exported["version"]["modelName"].as_str();
    let name = name.map_or_else(|| format!("style_{style}_{version}"), str::to_owned);
    let text = forms::pretty(&exported);
    Ok(forms::file(
        "application/json",
        &format!("{name}.run.json"),
        text,
    ))
}
