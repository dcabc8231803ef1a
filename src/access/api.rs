//! Server functions of the access panel.

use super::model::AccessView;
use crate::error::AppError;
use leptos::prelude::*;

#[server(prefix = "/rpc", endpoint = "access", input = leptos::server_fn::codec::Json)]
pub async fn load_access() -> Result<AccessView, AppError> {
    super::server::view(&crate::server::state::app_state())
}

#[server(prefix = "/rpc", endpoint = "make_token")]
pub async fn make_token(#[server(default)] token_name: String) -> Result<(), AppError> {
    super::server::make_token(&crate::server::state::app_state(), &token_name).await
}

#[server(prefix = "/rpc", endpoint = "revoke_token")]
pub async fn revoke_token(id: String) -> Result<(), AppError> {
    super::server::revoke_token(&crate::server::state::app_state(), &id).await
}
