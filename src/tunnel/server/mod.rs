//! The tunnel: the ngrok agent pointed at the webhook port, or `PUBLIC_URL`.

pub mod round_trip;
pub mod routes;

use super::model::{TunnelProvider, TunnelStatus, webhook_url};
use crate::error::{AppError, ErrorKind};
use crate::server::ngrok::{NgrokError, NgrokStatus};
use crate::server::state::AppState;

pub fn status(state: &AppState) -> TunnelStatus {
    let told = told(state);
    let url = told.url.as_deref();
    TunnelStatus {
        round_trip: url.and_then(|url| round_trip::last(state, url)),
        ..told
    }
}

fn told(state: &AppState) -> TunnelStatus {
    if let Some(url) = &state.config.tunnel.public_url {
        return TunnelStatus::up(TunnelProvider::PublicUrl, url);
    }
    let provider = TunnelProvider::Ngrok;
    match state.ngrok.status() {
        NgrokStatus::Off => TunnelStatus::none(provider),
        NgrokStatus::Starting => TunnelStatus::starting(provider),
        NgrokStatus::Up { url, trouble: None } => TunnelStatus::up(provider, &url),
        NgrokStatus::Up {
            url,
            trouble: Some(trouble),
        } => TunnelStatus::up(provider, &url).with_trouble(&trouble),
        NgrokStatus::Failed(error) => failed(&error),
    }
}

fn failed(error: &NgrokError) -> TunnelStatus {
    TunnelStatus::failed(
        TunnelProvider::Ngrok,
        error.code(),
        error.to_string(),
        error.remedy(),
    )
}

/// Starts the agent; already up is fine. A failure says what to do, and also stays in [`status`].
pub async fn start(state: &AppState) -> Result<TunnelStatus, AppError> {
    if state.config.tunnel.public_url.is_some() {
        return Ok(status(state));
    }
    let upstream = state.webhook_address.get().copied();
    let upstream =
        upstream.ok_or_else(|| AppError::internal("The webhook port is not open yet."))?;
    match state.ngrok.start(upstream).await {
        Ok(url) => Ok(TunnelStatus::up(TunnelProvider::Ngrok, &url)),
        Err(error) => {
            let told = failed(&error);
            let message = told.error.unwrap_or_else(|| error.to_string());
            let error = AppError::new(ErrorKind::Upstream, message);
            Err(match told.remedy {
                Some(remedy) => error.with_remedy(remedy),
                None => error,
            })
        }
    }
}

pub async fn stop(state: &AppState) -> TunnelStatus {
    state.ngrok.stop().await;
    status(state)
}

/// Asks the webhook at its public address from outside, as RunPod would come; says what went wrong.
pub async fn round_trip(base: &str, patience: std::time::Duration) -> Result<(), String> {
    let client = reqwest::Client::builder().timeout(patience).build();
    let client = client.map_err(|_| "no connection could be made.".to_owned())?;
    let answer = client.get(webhook_url(base)).send().await;
    let answer = answer.map_err(|_| "nothing answers there.".to_owned())?;
    // the webhook takes POST only and says so itself; anybody else's page does not
    match answer.status().as_u16() {
        405 => Ok(()),
        other => Err(format!("something else answers there ({other}).")),
    }
}

/// Below which address RunPod can reach the webhook. `None`: polling alone carries the run.
pub fn webhook_base(state: &AppState) -> Option<String> {
    let told = status(state);
    if told.running {
        return told.url;
    }
    // the local endpoint runs on this machine and needs no tunnel
    let address = state
        .webhook_address
        .get()
        .filter(|_| state.runpod_is_rehearsed());
    address.map(|address| format!("http://{address}"))
}
