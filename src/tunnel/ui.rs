//! The tunnel: its state and the button that starts or stops it.

use super::api::{StartTunnel, StopTunnel, load_tunnel};
use super::model::{TunnelProvider, TunnelState, TunnelStatus};
use crate::ui::poll::use_poll;
use crate::ui::{ErrorNotice, Icon, Notice};
use leptos::prelude::*;

/// State, address and button, for the Train page.
#[component]
pub fn TunnelPanel() -> impl IntoView {
    let tunnel = Tunnel::new();
    let state = move || tunnel.status().map(|s| s.state).unwrap_or_default();
    let dot = move || match state() {
        TunnelState::Up => "dot dot--ok",
        TunnelState::Starting => "dot dot--warning",
        TunnelState::Failed => "dot dot--error",
        TunnelState::None => "dot dot--off",
    };
    let text = move || match (state(), tunnel.status()) {
        (TunnelState::Up, Some(status)) => {
            format!("Tunnel up at {}", status.url.unwrap_or_default())
        }
        (TunnelState::Starting, _) => "Tunnel is starting".into(),
        (TunnelState::Failed, _) => "Tunnel is not up".into(),
        _ => "Tunnel off".into(),
    };
    view! {
        <li class="route">
            <span class=dot></span>
            <p class="route__text">
                {text} <span class="route__why">" · optional: the outcome arrives a few seconds sooner"</span>
            </p>
            <Toggle tunnel />
        </li>
        <li>
            <Trouble tunnel />
        </li>
    }
}

/// The button alone, for Setup.
#[component]
pub fn TunnelButton() -> impl IntoView {
    let tunnel = Tunnel::new();
    view! {
        <Toggle tunnel />
        <Trouble tunnel />
    }
}

/// What both views share: the last known state and the two actions.
#[derive(Clone, Copy)]
struct Tunnel {
    loaded: Resource<Result<TunnelStatus, crate::error::AppError>>,
    start: ServerAction<StartTunnel>,
    stop: ServerAction<StopTunnel>,
}

impl Tunnel {
    fn new() -> Self {
        let start = ServerAction::<StartTunnel>::new();
        let stop = ServerAction::<StopTunnel>::new();
        let versions = move || (start.version().get(), stop.version().get());
        let loaded = Resource::new_blocking(versions, |_| load_tunnel());
        let starting = Signal::derive(move || {
            let known = loaded.get().and_then(Result::ok);
            known.is_some_and(|s| s.state == TunnelState::Starting)
        });
        use_poll(starting, 1_000, move || loaded.refetch());
        Self {
            loaded,
            start,
            stop,
        }
    }

    fn status(self) -> Option<TunnelStatus> {
        self.loaded.get().and_then(Result::ok)
    }
}

#[component]
fn Toggle(tunnel: Tunnel) -> impl IntoView {
    let button = move || {
        let status = tunnel.status()?;
        if status.provider == TunnelProvider::PublicUrl {
            return None;
        }
        let busy = move || tunnel.start.pending().get() || tunnel.stop.pending().get();
        Some(match status.state {
            TunnelState::Up | TunnelState::Starting => view! {
                <ActionForm action=tunnel.stop>
                    <button class="button button--secondary button--small" type="submit" disabled=busy>
                        <Icon name="stop" />
                        "Stop tunnel"
                    </button>
                </ActionForm>
            }
            .into_any(),
            TunnelState::None | TunnelState::Failed => view! {
                <ActionForm action=tunnel.start>
                    <button class="button button--secondary button--small" type="submit" disabled=busy>
                        <Icon name="tunnel" />
                        {move || if busy() { "Starting…" } else { "Start tunnel" }}
                    </button>
                </ActionForm>
            }
            .into_any(),
        })
    };
    view! { <Transition fallback=|| ()>{button}</Transition> }
}

/// Why it is not up, with the remedy.
#[component]
fn Trouble(tunnel: Tunnel) -> impl IntoView {
    let refused = move || tunnel.start.value().get().and_then(Result::err);
    let trouble = move || match refused() {
        Some(error) => Some(view! { <ErrorNotice error /> }.into_any()),
        None => {
            let status = tunnel.status()?;
            let (what, remedy) = (status.error?, status.remedy.unwrap_or_default());
            Some(view! { <Notice kind="warning" what remedy /> }.into_any())
        }
    };
    view! { <Transition fallback=|| ()>{trouble}</Transition> }
}
