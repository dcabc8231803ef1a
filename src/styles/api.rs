//! Server functions of styles.

use super::model::{Style, StyleId};
use crate::error::AppError;
use leptos::prelude::*;

#[server(prefix = "/rpc", endpoint = "style", input = leptos::server_fn::codec::GetUrl)]
pub async fn load_style(id: StyleId) -> Result<Style, AppError> {
    super::server::get(&crate::server::state::app_state(), &id)
}

/// Makes a style and goes on to its training data.
#[server(prefix = "/rpc", endpoint = "create_style")]
pub async fn create_style(title: String, trigger_words: String) -> Result<(), AppError> {
    let draft = super::model::StyleDraft {
        title,
        trigger_words,
    };
    let style = super::server::create(&crate::server::state::app_state(), draft).await?;
    leptos_axum::redirect(&format!("/styles/{}/data", style.id));
    Ok(())
}

/// Changes title and trigger words.
#[server(prefix = "/rpc", endpoint = "update_style")]
pub async fn update_style(
    id: StyleId,
    title: String,
    trigger_words: String,
) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    super::server::update(&state, &id, Some(title), Some(trigger_words)).await?;
    Ok(())
}

/// Takes a style out of the registry when its title is repeated.
#[server(prefix = "/rpc", endpoint = "delete_style")]
pub async fn delete_style(id: StyleId, title: String) -> Result<(), AppError> {
    super::server::delete(&crate::server::state::app_state(), &id, &title).await?;
    leptos_axum::redirect("/");
    Ok(())
}
