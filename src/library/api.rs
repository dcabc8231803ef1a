//! Server functions of the grid, the frame and Setup.

use super::model::{Health, StyleCard};
use crate::dataset::model::selection::SetUse;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "cards", input = GetUrl)]
pub async fn cards() -> Result<Vec<StyleCard>, AppError> {
    super::server::cards(&crate::server::state::app_state()).await
}

/// One style's card: what its sub-navigation shows.
#[server(prefix = "/rpc", endpoint = "card", input = GetUrl)]
pub async fn card(id: StyleId) -> Result<StyleCard, AppError> {
    let state = crate::server::state::app_state();
    let style = crate::styles::server::get(&state, &id)?;
    // a browser's uploads go past us: what was counted a moment ago is not what is there now
    state.caches.counts.invalidate(id.as_str());
    Ok(super::server::card(&state, style).await)
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
