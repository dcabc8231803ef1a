//! Server functions of training runs.

pub mod import;

use super::model::form::TrainingForm;
use super::model::preview::{PreviewView, SnapshotImage, TrainSetup};
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
}

#[server(prefix = "/rpc", endpoint = "version", input = GetUrl)]
pub async fn version(style: StyleId, id: String) -> Result<VersionPage, AppError> {
    let state = crate::server::state::app_state();
    let version = super::server::versions::get(&state, &style, &id)?;
    Ok(VersionPage {
        downloadable: super::server::is_downloadable(&state, &version),
        version,
        events: super::server::events::list(&state, &style, &id)?,
    })
}

#[server(prefix = "/rpc", endpoint = "snapshot", input = GetUrl)]
pub async fn snapshot(style: StyleId, id: String) -> Result<Option<Vec<SnapshotImage>>, AppError> {
    let state = crate::server::state::app_state();
    super::server::snapshot::images(&state, &style, &id)
}

/// What the Train page starts from. `from`: a version whose parameters are taken over.
#[server(prefix = "/rpc", endpoint = "train_setup", input = GetUrl)]
pub async fn load_setup(
    style: StyleId,
    #[server(default)] from: String,
) -> Result<TrainSetup, AppError> {
    super::server::prepare::setup(&crate::server::state::app_state(), &style, &from)
}

/// What the Train page shows before anything is paid.
#[server(prefix = "/rpc", endpoint = "preview", input = leptos::server_fn::codec::Json)]
pub async fn preview(form: TrainingForm) -> Result<PreviewView, AppError> {
    let state = crate::server::state::app_state();
    super::server::prepare::view(&state, &form).await
}

/// Starts a run and goes on to its page.
#[server(prefix = "/rpc", endpoint = "start_training")]
pub async fn start_training(
    form: TrainingForm,
    #[server(default)] idempotency_key: String,
) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    let key = Some(idempotency_key).filter(|k| !k.is_empty());
    let style = form.style_id.clone();
    // a run must not be lost because its window was closed between record and submit
    let started = tokio::spawn(async move { super::server::start(&state, form, key).await });
    let version = started.await.expect("start does not panic")?;
    leptos_axum::redirect(&format!("/styles/{style}/versions/{}", version.id));
    Ok(())
}

#[server(prefix = "/rpc", endpoint = "cancel_version")]
pub async fn cancel_version(style: StyleId, id: String) -> Result<TrainingVersion, AppError> {
    super::server::cancel(&crate::server::state::app_state(), &style, &id).await
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
