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
        TunnelState::Up => tunnel.status().as_ref().map_or("dot dot--ok", dot_of),
        TunnelState::Starting => "dot dot--warning",
        TunnelState::Failed => "dot dot--error",
        TunnelState::None => "dot dot--off",
    };
    let text = move || match (state(), tunnel.status()) {
        (TunnelState::Up, Some(status)) => {
            let (url, label) = (status.url.unwrap_or_default(), status.provider.label());
            match status.provider {
                // what leads from there to here is not ours
                TunnelProvider::PublicUrl => format!("Webhooks are sent to {url} ({label})"),
                _ => format!("Tunnel up at {url} ({label})"),
            }
        }
        (TunnelState::Starting, _) => "Tunnel is starting".into(),
        (TunnelState::Failed, _) => "Tunnel is not up".into(),
        _ => "Tunnel off".into(),
    };
    view! {
        <li class="route">
            <span class=dot></span>
            <p class="route__text">
                <span role="status">{text}</span> <span class="route__why">" · optional: the outcome arrives a few seconds sooner"</span>
            </p>
            <Toggle tunnel />
        </li>
        <li>
            <Trouble tunnel />
            <Test tunnel />
        </li>
    }
}

/// The dot of an address: ours is fine while it is up, `PUBLIC_URL` once a webhook came back.
fn dot_of(status: &TunnelStatus) -> &'static str {
    match (status.provider, &status.round_trip) {
        (TunnelProvider::PublicUrl, None) => "dot dot--off",
        (TunnelProvider::PublicUrl, Some(trip)) if !trip.ok => "dot dot--error",
        _ => "dot dot--ok",
    }
}

/// The buttons alone, for Setup, whose row tells the state.
#[component]
pub fn TunnelButton(tunnel: Tunnel) -> impl IntoView {
    view! {
        <Toggle tunnel />
        <Trouble tunnel />
        <Test tunnel />
    }
}

/// What both views share: the last known state and the two actions.
#[derive(Clone, Copy)]
pub struct Tunnel {
    loaded: Resource<Result<TunnelStatus, crate::error::AppError>>,
    start: ServerAction<StartTunnel>,
    stop: ServerAction<StopTunnel>,
    test: ServerAction<TestTunnel>,
}

impl Default for Tunnel {
    fn default() -> Self {
        Self::new()
    }
}

impl Tunnel {
    pub fn new() -> Self {
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

    /// `None` until it is known; read it below a `Transition`.
    pub fn status(self) -> Option<TunnelStatus> {
        self.loaded.get().and_then(Result::ok)
    }
}

#[component]
fn Toggle(tunnel: Tunnel) -> impl IntoView {
    view! {
        <Transition fallback=|| ()>
            <Switch tunnel />
        </Transition>
    }
}

/// Which button there is. Only another one takes the place of the one that was pressed.
#[derive(Clone, PartialEq)]
enum Offer {
    Start(TunnelProvider, Vec<TunnelProvider>),
    Stop,
}

impl Offer {
    /// Nothing where nothing of ours runs.
    fn of(status: TunnelStatus) -> Option<Self> {
        match (status.provider, status.state) {
            (TunnelProvider::PublicUrl, _) => None,
            (_, TunnelState::Up | TunnelState::Starting) => Some(Self::Stop),
            (provider, TunnelState::None | TunnelState::Failed) => {
                Some(Self::Start(provider, status.choices))
            }
        }
    }
}

#[component]
fn Switch(tunnel: Tunnel) -> impl IntoView {
    let offer = Memo::new(move |_| tunnel.status().and_then(Offer::of));
    let button = NodeRef::<leptos::html::Button>::new();
    let pressed = StoredValue::new(false);
    follow_focus(button, pressed);
    let busy = Signal::derive(move || tunnel.start.pending().get() || tunnel.stop.pending().get());
    // a disabled button would lose the keyboard's place
    let disabled = move || busy.get().then_some("true");
    let press = move |event: leptos::ev::MouseEvent| match busy.get_untracked() {
        true => event.prevent_default(),
        false => pressed.set_value(true),
    };
    let submit = move |icon: &'static str, words: Signal<&'static str>| {
        view! {
            <button
                class="button button--secondary button--small"
                type="submit"
                node_ref=button
                aria-disabled=disabled
                on:click=press
            >
                <Icon name=icon />
                {words}
            </button>
        }
    };
    let starting = Signal::derive(move || match busy.get() {
        true => "Starting…",
        false => "Start tunnel",
    });
    move || {
        Some(match offer.get()? {
            Offer::Stop => view! {
                <ActionForm action=tunnel.stop>{submit("stop", "Stop tunnel".into())}</ActionForm>
            }
            .into_any(),
            Offer::Start(provider, choices) => view! {
                <ActionForm action=tunnel.start attr:class="tunnel-start">
                    {chooser(provider, &choices)} {submit("tunnel", starting)}
                </ActionForm>
            }
            .into_any(),
        })
    }
}

/// The keyboard goes on at the button that took the place of the pressed one, unless it went elsewhere meanwhile.
fn follow_focus(button: NodeRef<leptos::html::Button>, pressed: StoredValue<bool>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let Some(button) = button.get() else {
            return;
        };
        request_animation_frame(move || {
            if crate::ui::is_focus_lost() && pressed.try_get_value() == Some(true) {
                let _ = button.focus();
                pressed.set_value(false);
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = (button, pressed);
}

/// Which program to start, where several are installed.
fn chooser(chosen: TunnelProvider, choices: &[TunnelProvider]) -> Option<AnyView> {
    let option = |program: TunnelProvider| {
        let selected = program == chosen;
        view! {
            <option value=program.as_str() selected=selected>
                {program.label()}
            </option>
        }
    };
    let options: Vec<_> = choices.iter().copied().map(option).collect();
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
