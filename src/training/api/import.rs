//! Server functions of models that no version knows.

use super::super::model::import::{Imports, UnknownModel};
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "unknown_models", input = GetUrl)]
pub async fn unknown_models(style: StyleId) -> Result<Vec<UnknownModel>, AppError> {
    super::super::server::import::unknown_soon(&crate::server::state::app_state(), &style).await
}

/// Imports one model, or with an empty `file` all that are whole.
#[server(prefix = "/rpc", endpoint = "import_models")]
pub async fn import_models(
    style: StyleId,
    #[server(default)] file: String,
) -> Result<Imports, AppError> {
    let files = (!file.is_empty()).then(|| vec![file]);
    let state = crate::server::state::app_state();
    let done = super::super::server::import::import(&state, &style, files).await?;
    Ok(Imports {
        names: done.imported.into_iter().map(|v| v.name).collect(),
        refused: done.refused,
    })
}
