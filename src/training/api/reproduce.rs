//! Server functions of training again: runs that were exported elsewhere, and the set an earlier run was trained on.

use super::super::model::reproduce::Reproduction;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// What of a run that was taken in is otherwise here now.
#[server(prefix = "/rpc", endpoint = "reproduction", input = GetUrl)]
pub async fn reproduction_of(style: StyleId, run: String) -> Result<Reproduction, AppError> {
    use super::super::server::reproduce;
    let state = crate::server::state::app_state();
    reproduce::report(&state, &style, &reproduce::get(&state, &run).await?).await
}

/// Adds the run to the history and goes on to its page.
#[server(prefix = "/rpc", endpoint = "adopt_run")]
pub async fn adopt_run(style: StyleId, run: String) -> Result<(), AppError> {
    use super::super::server::reproduce;
    let state = crate::server::state::app_state();
    let run = reproduce::get(&state, &run).await?;
    let (version, _) = reproduce::adopt(&state, &style, &run).await?;
    leptos_axum::redirect(&format!("/styles/{style}/versions/{}", version.id));
    Ok(())
}

/// Saves the images of an earlier run as a set, unless one holds exactly them, and goes on to the form with it.
#[server(prefix = "/rpc", endpoint = "save_set_of")]
pub async fn save_set_of(style: StyleId, from: String) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    let set = super::super::server::again::save_set(&state, &style, &from).await?;
    leptos_axum::redirect(&format!("/styles/{style}/train?from={from}&set={set}"));
    Ok(())
}
