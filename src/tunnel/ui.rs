//! The tunnel: its state and the button that starts or stops it.

use super::api::{StartTunnel, StopTunnel, TestTunnel, load_tunnel};
use super::model::{RoundTrip, TunnelProvider, TunnelState, TunnelStatus};
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
            format!(
                "Tunnel up at {} ({})",
                status.url.unwrap_or_default(),
                status.provider.label()
            )
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
            <Test tunnel />
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
        <Test tunnel />
    }
}

/// What both views share: the last known state and the two actions.
#[derive(Clone, Copy)]
struct Tunnel {
    loaded: Resource<Result<TunnelStatus, crate::error::AppError>>,
    start: ServerAction<StartTunnel>,
    stop: ServerAction<StopTunnel>,
    test: ServerAction<TestTunnel>,
}

impl Tunnel {
    fn new() -> Self {
        let start = ServerAction::<StartTunnel>::new();
        let stop = ServerAction::<StopTunnel>::new();
        let test = ServerAction::<TestTunnel>::new();
        let versions = move || {
            (
                start.version().get(),
                stop.version().get(),
                test.version().get(),
            )
        };
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
            test,
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
                <ActionForm action=tunnel.start attr:class="tunnel-start">
                    {chooser(&status)}
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

/// Which program to start, where several are installed.
fn chooser(status: &TunnelStatus) -> Option<AnyView> {
    let option = |program: TunnelProvider| {
        let selected = program == status.provider;
        view! {
            <option value=program.as_str() selected=selected>
                {program.label()}
            </option>
        }
    };
    let options: Vec<_> = status.choices.iter().copied().map(option).collect();
    (options.len() > 1).then(|| {
        view! {
            <select class="input input--small input--auto" name="provider" aria-label="Tunnel program">
                {options}
            </select>
        }
        .into_any()
    })
}

/// The self-test of the webhook's way, while there is one.
#[component]
fn Test(tunnel: Tunnel) -> impl IntoView {
    let busy = move || tunnel.test.pending().get();
    let refused = move || tunnel.test.value().get().and_then(Result::err);
    let shown = move || {
        let status = tunnel.status().filter(|s| s.running)?;
        Some(view! {
            <div class="round-trip">
                <ActionForm action=tunnel.test>
                    <button class="button button--ghost button--small" type="submit" disabled=busy>
                        {move || if busy() { "Testing…" } else { "Test webhook" }}
                    </button>
                </ActionForm>
                {status.round_trip.map(result)}
            </div>
        })
    };
    view! {
        <Transition fallback=|| ()>
            {shown} {move || refused().map(|error| view! { <ErrorNotice error /> })}
        </Transition>
    }
}

fn result(trip: RoundTrip) -> AnyView {
    match trip.error {
        None => view! {
            <p class="muted" role="status">
                {format!("A webhook came back in {} ms.", trip.took_ms)}
            </p>
        }
        .into_any(),
        Some(what) => {
            let remedy = trip.remedy.unwrap_or_default();
            view! { <Notice kind="warning" what remedy /> }.into_any()
        }
    }
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
