//! Server functions of training runs.

pub mod compare;
pub mod import;
pub mod reproduce;
pub mod sweeps;

use super::model::costs::{CostForm, CostSettings};
use super::model::form::TrainingForm;
use super::model::lora_file::{LoraFacts, RunFile};
use super::model::preflight::Check;
use super::model::presets::SettingsPreset;
use super::model::preview::{PreviewView, SnapshotImage, TrainSetup};
use super::model::progress::ProgressPoint;
use super::model::version::{TrainingVersion, VersionEvent};
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[server(prefix = "/rpc", endpoint = "versions", input = GetUrl)]
pub async fn versions(style: StyleId) -> Result<Vec<TrainingVersion>, AppError> {
    super::server::versions::list(&crate::server::state::app_state(), &style)
}

/// A version with its event log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionPage {
    pub version: TrainingVersion,
    pub events: Vec<VersionEvent>,
    /// Whether its model lies in the configured bucket, so that it can be downloaded here.
    pub downloadable: bool,
    /// The course of the run; empty where the worker reports none.
    pub points: Vec<ProgressPoint>,
    /// The end of the worker's log.
    pub log: String,
}

#[server(prefix = "/rpc", endpoint = "version", input = GetUrl)]
pub async fn version(style: StyleId, id: String) -> Result<VersionPage, AppError> {
    let state = crate::server::state::app_state();
    let version = super::server::versions::get(&state, &style, &id)?;
    Ok(VersionPage {
        downloadable: super::server::is_downloadable(&state, &version),
        version,
        events: super::server::events::list(&state, &style, &id).await?,
        points: super::server::progress::points(&state, &style, &id).await?,
        log: super::server::progress::log_tail(&state, &style, &id).await?,
    })
}

#[server(prefix = "/rpc", endpoint = "snapshot", input = GetUrl)]
pub async fn snapshot(style: StyleId, id: String) -> Result<Option<Vec<SnapshotImage>>, AppError> {
    let state = crate::server::state::app_state();
    super::server::snapshot::images(&state, &style, &id).await
}

/// What the model file says of itself, and the files the run left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelLook {
    pub facts: Result<LoraFacts, AppError>,
    pub files: Vec<RunFile>,
}

#[server(prefix = "/rpc", endpoint = "look_into_model", input = GetUrl)]
pub async fn look_into_model(style: StyleId, id: String) -> Result<ModelLook, AppError> {
    let state = crate::server::state::app_state();
    Ok(ModelLook {
        facts: super::server::lora_file::inspect(&state, &style, &id).await,
        files: super::server::lora_file::files(&state, &style, &id).await?,
    })
}

/// What the Train page starts from. `from`: a version whose parameters are taken over.
#[server(prefix = "/rpc", endpoint = "train_setup", input = GetUrl)]
pub async fn load_setup(
    style: StyleId,
    #[server(default)] from: String,
) -> Result<TrainSetup, AppError> {
    super::server::prepare::setup(&crate::server::state::app_state(), &style, &from).await
}

/// What the Train page shows before anything is paid.
#[server(prefix = "/rpc", endpoint = "preview", input = leptos::server_fn::codec::Json)]
pub async fn preview(form: TrainingForm) -> Result<PreviewView, AppError> {
    let state = crate::server::state::app_state();
    super::server::prepare::view(&state, &form).await
}

/// What a start depends on outside of the form. `set` 0: none is chosen.
#[server(prefix = "/rpc", endpoint = "preflight", input = GetUrl)]
pub async fn preflight(style: StyleId, set: u64) -> Result<Vec<Check>, AppError> {
    super::server::preflight::look(&crate::server::state::app_state(), &style, set).await
}

/// Saves the form's parameters as a preset; all of one's own come back.
#[server(prefix = "/rpc", endpoint = "save_preset", input = leptos::server_fn::codec::Json)]
pub async fn save_preset(
    form: TrainingForm,
    preset_name: String,
) -> Result<Vec<SettingsPreset>, AppError> {
    let state = crate::server::state::app_state();
    super::server::presets::save_form(&state, &form, &preset_name).await?;
    super::server::presets::own(&state)
}

/// Imports a settings file as a preset; all of one's own come back. `file_name`: of the file that was chosen, if one was.
#[server(prefix = "/rpc", endpoint = "import_preset")]
pub async fn import_preset(
    #[server(default)] preset_name: String,
    #[server(default)] file_name: String,
    text: String,
) -> Result<Vec<SettingsPreset>, AppError> {
    let state = crate::server::state::app_state();
    super::server::presets::import(&state, &preset_name, &file_name, &text).await?;
    super::server::presets::own(&state)
}

#[server(prefix = "/rpc", endpoint = "delete_preset")]
pub async fn delete_preset(id: String) -> Result<Vec<SettingsPreset>, AppError> {
    let state = crate::server::state::app_state();
    super::server::presets::delete(&state, &id).await?;
    super::server::presets::own(&state)
}

/// Saves the price table and the caps.
#[server(prefix = "/rpc", endpoint = "save_costs")]
pub async fn save_costs(costs: CostForm) -> Result<CostSettings, AppError> {
    let settings = costs.read().map_err(super::server::costs::refused)?;
    super::server::costs::save(&crate::server::state::app_state(), settings).await
}

/// Starts a run and goes on to its page. `acknowledged`: ids of the doubtful points of the preflight that were seen.
#[server(prefix = "/rpc", endpoint = "start_training")]
pub async fn start_training(
    form: TrainingForm,
    #[server(default)] idempotency_key: String,
    #[server(default)] acknowledged: String,
) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    let key = Some(idempotency_key).filter(|k| !k.is_empty());
    let style = form.style_id.clone();
    // a run must not be lost because its window was closed between record and submit
    let started = tokio::spawn(async move {
        super::server::preflight::start(&state, form, key, &acknowledged).await
    });
    let version = started.await.expect("start does not panic")?;
    leptos_axum::redirect(&format!("/styles/{style}/versions/{}", version.id));
    Ok(())
}

#[server(prefix = "/rpc", endpoint = "cancel_version")]
pub async fn cancel_version(style: StyleId, id: String) -> Result<TrainingVersion, AppError> {
    super::server::cancel(&crate::server::state::app_state(), &style, &id).await
}

/// Starts a run that ended badly again and goes on to its page.
#[server(prefix = "/rpc", endpoint = "retry_version")]
pub async fn retry_version(style: StyleId, id: String) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    let of = style.clone();
    let started = tokio::spawn(async move { super::server::retry(&state, &of, &id).await });
    let version = started.await.expect("start does not panic")?;
    leptos_axum::redirect(&format!("/styles/{style}/versions/{}", version.id));
    Ok(())
}

#[server(prefix = "/rpc", endpoint = "recheck_version")]
pub async fn recheck_version(style: StyleId, id: String) -> Result<TrainingVersion, AppError> {
    super::server::recheck(&crate::server::state::app_state(), &style, &id).await
}

/// Changes what a person owns: name, notes.
#[server(prefix = "/rpc", endpoint = "edit_version")]
pub async fn edit_version(
    style: StyleId,
    id: String,
    name: String,
    #[server(default)] description: String,
) -> Result<TrainingVersion, AppError> {
    let change = super::server::routes::VersionChange {
        name: Some(name),
        description: Some(description),
        is_good: None,
    };
    super::server::routes::apply(&crate::server::state::app_state(), &style, &id, change).await
}

#[server(prefix = "/rpc", endpoint = "mark_good")]
pub async fn mark_good(
    style: StyleId,
    id: String,
    good: bool,
) -> Result<TrainingVersion, AppError> {
    super::server::good::mark(&crate::server::state::app_state(), &style, &id, good).await
}

/// Takes a finished version off the list and goes on to the list.
#[server(prefix = "/rpc", endpoint = "delete_version")]
pub async fn delete_version(style: StyleId, id: String) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    super::server::removal::version(&state, &style, &id).await?;
    leptos_axum::redirect(&format!("/styles/{style}/versions"));
    Ok(())
}

/// Deletes one of the run's files from the bucket. `confirmed`: its name once more.
#[server(prefix = "/rpc", endpoint = "delete_model_file")]
pub async fn delete_model_file(
    style: StyleId,
    id: String,
    filename: String,
    #[server(default)] confirmed: String,
) -> Result<TrainingVersion, AppError> {
    let state = crate::server::state::app_state();
    super::server::removal::file(&state, &style, &id, &filename, &confirmed).await
}
