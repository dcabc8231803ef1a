//! Server functions of the grid, the frame and Setup.

use super::model::{Health, StyleCard, StyleFrame};
use crate::dataset::model::selection::SetUse;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "cards", input = GetUrl)]
pub async fn cards() -> Result<Vec<StyleCard>, AppError> {
    super::server::cards(&crate::server::state::app_state()).await
}

/// What stands around a style's pages. `version`: the one that is looked at, if any.
#[server(prefix = "/rpc", endpoint = "frame", input = GetUrl)]
pub async fn frame(id: StyleId, version: String) -> Result<StyleFrame, AppError> {
    super::server::frame(&crate::server::state::app_state(), &id, &version).await
}

/// The versions that were trained on each selection set.
#[server(prefix = "/rpc", endpoint = "set_uses", input = GetUrl)]
pub async fn set_uses(style: StyleId) -> Result<Vec<SetUse>, AppError> {
    super::server::set_uses(&crate::server::state::app_state(), &style)
}

#[server(prefix = "/rpc", endpoint = "health", input = GetUrl)]
pub async fn load_health() -> Result<Health, AppError> {
    Ok(super::server::health(&crate::server::state::app_state()).await)
}
