//! The tunnel: a program pointed at the webhook port, or `PUBLIC_URL`.

pub mod round_trip;
pub mod routes;

use super::model::{TunnelProvider, TunnelStatus, webhook_url};
use crate::error::{AppError, ErrorKind};
use crate::server::agent::{Agent, AgentError, AgentStatus, Cause};
use crate::server::state::AppState;
use std::sync::Mutex;

/// The programs, the one taken first when nothing says otherwise before the others.
const PROGRAMS: [TunnelProvider; 2] = [TunnelProvider::Ngrok, TunnelProvider::Cloudflared];

/// What a person chose on the page, while the process runs.
#[derive(Default)]
struct Chosen(Mutex<Option<TunnelProvider>>);

pub fn status(state: &AppState) -> TunnelStatus {
    let told = told(state);
    let url = told.url.as_deref();
    TunnelStatus {
        round_trip: url.and_then(|url| round_trip::last(state, url)),
        choices: choices(state),
        ..told
    }
}

fn told(state: &AppState) -> TunnelStatus {
    if let Some(url) = &state.config.tunnel.public_url {
        return TunnelStatus::up(TunnelProvider::PublicUrl, url);
    }
    let provider = provider(state);
    let Some(agent) = agent(state, provider) else {
        return TunnelStatus::none(provider);
    };
    match agent.status() {
        AgentStatus::Off => TunnelStatus::none(provider),
        AgentStatus::Starting => TunnelStatus::starting(provider),
        AgentStatus::Up { url, trouble: None } => TunnelStatus::up(provider, &url),
        AgentStatus::Up {
            url,
            trouble: Some(trouble),
        } => TunnelStatus::up(provider, &url).with_trouble(&trouble),
        AgentStatus::Waiting { error, pause } => {
            failed(provider, &error).restarting(pause.as_secs())
        }
        AgentStatus::Failed(error) => failed(provider, &error),
    }
}

fn failed(provider: TunnelProvider, error: &AgentError) -> TunnelStatus {
    TunnelStatus::failed(provider, error.code(), error.to_string(), error.remedy())
}

fn agent(state: &AppState, provider: TunnelProvider) -> Option<&Agent> {
    match provider {
        TunnelProvider::Ngrok => Some(&state.agents.ngrok),
        TunnelProvider::Cloudflared => Some(&state.agents.cloudflared),
        TunnelProvider::None | TunnelProvider::PublicUrl => None,
    }
}

fn choices(state: &AppState) -> Vec<TunnelProvider> {
    let is_installed = |provider: &TunnelProvider| {
        agent(state, *provider).is_some_and(|agent| agent.is_installed())
    };
    PROGRAMS.into_iter().filter(is_installed).collect()
}

/// Whom `start` uses: what was chosen, else what is configured, else what is installed.
fn provider(state: &AppState) -> TunnelProvider {
    let chosen = state.residents.of::<Chosen>("tunnel");
    let chosen = *chosen.0.lock().expect("not poisoned");
    let config = &state.config.tunnel;
    let ngrok = config.ngrok_authtoken.is_some()
        || config.ngrok_url.is_some()
        || config.ngrok_bin.is_some();
    match chosen {
        Some(provider) => provider,
        None if ngrok => TunnelProvider::Ngrok,
        None if config.cloudflared_bin.is_some() => TunnelProvider::Cloudflared,
        None => choices(state).first().copied().unwrap_or(PROGRAMS[0]),
    }
}

/// Notes the choice; the other program's tunnel ends.
async fn choose(state: &AppState, provider: TunnelProvider) -> Result<(), AppError> {
    if agent(state, provider).is_none() {
        let names: Vec<_> = PROGRAMS.iter().map(|program| program.as_str()).collect();
        let names = names.join(" or ");
        let message = format!(
            "A tunnel is started by {names}, not by {}.",
            provider.as_str()
        );
        return Err(AppError::field("provider", message));
    }
    for other in PROGRAMS.into_iter().filter(|other| *other != provider) {
        if let Some(agent) = agent(state, other) {
            agent.stop().await;
        }
    }
    let chosen = state.residents.of::<Chosen>("tunnel");
    *chosen.0.lock().expect("not poisoned") = Some(provider);
    Ok(())
}

/// Starts the given program or the one that [`status`] names; already up is fine. A failure says what to do, and also stays in
/// [`status`].
pub async fn start(
    state: &AppState,
    wanted: Option<TunnelProvider>,
) -> Result<TunnelStatus, AppError> {
    if state.config.tunnel.public_url.is_some() {
        return Ok(status(state));
    }
    if let Some(provider) = wanted {
        choose(state, provider).await?;
    }
    let upstream = state.webhook_address.get().copied();
    let upstream =
        upstream.ok_or_else(|| AppError::internal("The webhook port is not open yet."))?;
    let provider = provider(state);
    let Some(agent) = agent(state, provider) else {
        return Ok(status(state));
    };
    match agent.start(upstream).await {
        Ok(_) => Ok(status(state)),
        Err(error) => {
            let told = failed(provider, &error);
            let message = told.error.unwrap_or_else(|| error.to_string());
            // a program that is not there is this machine's state, no failure of anybody who was asked
            let kind = match error.cause {
                Cause::NotInstalled { .. } | Cause::NotRunnable { .. } => ErrorKind::Conflict,
                _ => ErrorKind::Upstream,
            };
            let error = AppError::new(kind, message);
            Err(match told.remedy {
                Some(remedy) => error.with_remedy(remedy),
                None => error,
            })
        }
    }
}

pub async fn stop(state: &AppState) -> TunnelStatus {
    state.agents.stop().await;
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
