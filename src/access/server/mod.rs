//! The tokens of scripts, for Setup.

use super::model::{AccessView, TokenView};
use crate::error::AppError;
use crate::server::access::TokenError;
use crate::server::state::AppState;

/// What Setup shows. A token that was just made is in it once.
pub fn view(state: &AppState) -> Result<AccessView, AppError> {
    let shown = |t: crate::server::access::ApiToken| TokenView {
        id: t.id,
        name: t.name,
        created_at: t.created_at,
    };
    Ok(AccessView {
        is_on: state.access.is_on(),
        tokens: state.access.tokens()?.into_iter().map(shown).collect(),
        fresh: state.access.take_fresh(),
    })
}

pub async fn make_token(state: &AppState, name: &str) -> Result<(), AppError> {
    if !state.access.is_on() {
        return Err(AppError::conflict(
            "Without ADMIN_PASSWORD every program of this machine may use /api; a token changes nothing.",
        ));
    }
    let made = state.access.make_token(name, state.now_iso()).await;
    made.map_err(|error| match error {
        TokenError::Document(error) => error.into(),
        error => AppError::field("tokenName", error.to_string()),
    })
}

pub async fn revoke_token(state: &AppState, id: &str) -> Result<(), AppError> {
    Ok(state.access.revoke_token(id).await?)
}
