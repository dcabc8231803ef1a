//! Server functions of the tunnel panel.

use super::model::{TunnelProvider, TunnelStatus};
use crate::error::AppError;
use leptos::prelude::*;

#[server(prefix = "/rpc", endpoint = "tunnel_status", input = leptos::server_fn::codec::GetUrl)]
pub async fn load_tunnel() -> Result<TunnelStatus, AppError> {
    Ok(super::server::status(&crate::server::state::app_state()))
}

#[server(prefix = "/rpc", endpoint = "start_tunnel")]
pub async fn start_tunnel(
    #[server(default)] provider: Option<TunnelProvider>,
) -> Result<TunnelStatus, AppError> {
    super::server::start(&crate::server::state::app_state(), provider).await
}

#[server(prefix = "/rpc", endpoint = "stop_tunnel")]
pub async fn stop_tunnel() -> Result<TunnelStatus, AppError> {
    Ok(super::server::stop(&crate::server::state::app_state()).await)
}

#[server(prefix = "/rpc", endpoint = "test_tunnel")]
pub async fn test_tunnel() -> Result<TunnelStatus, AppError> {
    super::server::round_trip::run(&crate::server::state::app_state()).await
}
