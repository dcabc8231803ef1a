//! Server functions of sweeps.

use crate::error::AppError;
use crate::styles::model::StyleId;
use crate::training::model::form::TrainingForm;
use crate::training::model::sweep::{Axis, Sweep};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// The sweeps of a style, newest first.
#[server(prefix = "/rpc", endpoint = "sweeps", input = GetUrl)]
pub async fn sweeps(style: StyleId) -> Result<Vec<Sweep>, AppError> {
    crate::training::server::sweeps::list(&crate::server::state::app_state(), &style)
}

/// Records the runs of a sweep and goes on to them. `acknowledged`: ids of the doubtful points of the preflight that were seen.
#[server(prefix = "/rpc", endpoint = "start_sweep")]
pub async fn start_sweep(
    form: TrainingForm,
    #[server(default)] vary: Vec<Axis>,
    #[server(default)] in_flight: String,
    #[server(default)] idempotency_key: String,
    #[server(default)] acknowledged: String,
) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    let key = Some(idempotency_key).filter(|k| !k.is_empty());
    let sweep = crate::training::model::sweep::SweepForm {
        form,
        vary,
        in_flight,
    };
    // whole, also when its window was closed
    let started = tokio::spawn(async move {
        crate::training::server::preflight::start_sweep(&state, sweep, key, &acknowledged).await
    });
    let sweep = started.await.expect("start does not panic")?;
    let style = sweep.style_id;
    leptos_axum::redirect(&format!("/styles/{style}/versions#{}", sweep.id));
    Ok(())
}

/// Ends a sweep; says why a run goes on nevertheless, one sentence each.
#[server(prefix = "/rpc", endpoint = "cancel_sweep")]
pub async fn cancel_sweep(id: String) -> Result<Vec<String>, AppError> {
    let state = crate::server::state::app_state();
    let (_, still) = crate::training::server::sweeps::cancel(&state, &id).await?;
    let told = still
        .into_iter()
        .map(|run| format!("{}: {}", run.name, run.message));
    Ok(told.collect())
}
