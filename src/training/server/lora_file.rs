//! Looks into the model file of a run by its first bytes, and lists the files a run left in the bucket.

use super::super::model::import::EXTENSION;
use super::super::model::lora_file::{LoraFacts, RunFile, is_of_model, step_of};
use super::super::model::version::TrainingVersion;
use super::{job, lora_head, versions};
use crate::error::AppError;
use crate::server::state::{AppState, iso};
use crate::styles::model::StyleId;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// What the model file of a version says of itself.
pub async fn inspect(state: &AppState, style: &StyleId, id: &str) -> Result<LoraFacts, AppError> {
    let version = versions::get(state, style, id)?;
    look(state, &version).await
}

/// The same of a version that is at hand.
pub async fn look(state: &AppState, version: &TrainingVersion) -> Result<LoraFacts, AppError> {
    let key = key_of(state, version).ok_or_else(|| {
        AppError::not_found(format!(
            "{} has no model file in the configured bucket.",
            version.name
        ))
    })?;
    let object = state.s3.head(&key).await?;
    let opening = lora_head::read(&state.s3, &object).await?;
    Ok(opening.facts(object.size_bytes))
}

/// Where the model lies: where the record says, else where the container writes it.
pub(super) fn key_of(state: &AppState, version: &TrainingVersion) -> Option<String> {
    match &version.lora_url {
        Some(url) => state.s3.key_of(url),
        None => version.model_name.as_deref().map(job::model_key),
    }
}

/// The model and the checkpoints of a run, as they lie in the bucket.
pub async fn files(state: &AppState, style: &StyleId, id: &str) -> Result<Vec<RunFile>, AppError> {
    let found = objects(state, style, id).await?;
    Ok(found.into_iter().map(|(file, _)| file).collect())
}

async fn objects(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<Vec<(RunFile, String)>, AppError> {
    let all = versions::list(state, style)?;
    let version = all
        .iter()
        .find(|v| v.id == id)
        .ok_or_else(|| versions::unknown(style, id))?;
    let Some(prefix) = stem_of(state, version) else {
        return Ok(Vec::new());
    };
    let name = |stem: &str| stem.rsplit('/').next().unwrap_or_default().to_owned();
    let (model_name, stems) = (name(&prefix), all.iter().filter_map(|v| stem_of(state, v)));
    let others: Vec<String> = stems.map(|stem| name(&stem)).collect();
    let mut found = Vec::new();
    for object in state.s3.list(&prefix).await? {
        let filename = name(&object.key);
        if is_of_model(&filename, &model_name, &others) {
            let file = RunFile {
                step: step_of(&filename),
                size_bytes: object.size_bytes,
                modified: iso(object.modified_ms),
                filename,
            };
            found.push((file, object.key));
        }
    }
    found.sort_by_key(|(file, _)| (file.step.is_none(), file.step));
    Ok(found)
}

/// The model's key without its ending: what the names of its checkpoints begin with.
fn stem_of(state: &AppState, version: &TrainingVersion) -> Option<String> {
    let usual = || version.model_name.as_deref().map(job::model_key);
    let key = key_of(state, version).or_else(usual)?;
    let stem = key.strip_suffix(EXTENSION)?;
    (!stem.ends_with('/')).then(|| stem.to_owned())
}

/// A link under which one of the run's files can be downloaded for an hour.
pub async fn file_url(
    state: &AppState,
    style: &StyleId,
    id: &str,
    filename: &str,
) -> Result<String, AppError> {
    let key = key_of_file(state, style, id, filename).await?;
    Ok(state.s3.presign_get(&key, filename, HOUR).await?.url)
}

pub(super) async fn key_of_file(
    state: &AppState,
    style: &StyleId,
    id: &str,
    filename: &str,
) -> Result<String, AppError> {
    let mut found = objects(state, style, id).await?.into_iter();
    let found = found.find(|(file, _)| file.filename == filename);
    found.map(|(_, key)| key).ok_or_else(|| {
        let name: String = filename.chars().take(120).collect();
        AppError::not_found(format!("The run left no file {name:?}."))
    })
}
