//! Setup: each outside system, whether it works, and what to do if not.

use crate::access::ui::AccessPanel;
use crate::library::api::load_health;
use crate::library::model::{Health, SystemHealth};
use crate::tunnel::ui::{Tunnel, TunnelButton};
use crate::ui::frame::CrumbBar;
use crate::ui::{Badge, ErrorNotice, GuideLink, Icon};
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn SetupPage() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load_health());
    view! {
        <Title text="Setup" />
        <CrumbBar crumbs=vec![
            ("Styles".to_owned(), "/".to_owned()),
            ("Setup".to_owned(), "/setup".to_owned()),
        ] />
        <main id="main" tabindex="-1">
            <div class="page page--narrow">
                <div class="page__head">
                    <div>
                        <h1>"Setup"</h1>
                        <p class="page__lead">"What the studio works with, and whether it works."</p>
                    </div>
                    <form method="get" action="/setup">
                        <button
                            class="button button--primary"
                            type="submit"
                            on:click=move |event| {
                                event.prevent_default();
                                loaded.refetch();
                            }
                        >
                            <Icon name="retry" />
                            "Check all"
                        </button>
                    </form>
                </div>
                <Transition fallback=|| {
                    view! { <p class="muted">"Asking the systems…"</p> }
                }>
                    {move || Suspend::new(async move {
                        match loaded.await {
                            Ok(health) => view! { <Systems health /> }.into_any(),
                            Err(error) => view! { <ErrorNotice error /> }.into_any(),
                        }
                    })}
                </Transition>
                <AccessPanel />
            </div>
        </main>
    }
}

#[component]
fn Systems(health: Health) -> impl IntoView {
    let systems = health
        .systems
        .into_iter()
        .map(|s| view! { <System system=s /> });
    view! { <ul class="system-list">{systems.collect_view()}</ul> }
}

/// What stands in every row: its name, what it is for, where the guide tells of it.
fn about(system: &str) -> (&'static str, &'static str, &'static str) {
    match system {
        "s3" => (
            "S3 bucket",
            "training images, captions and models",
            "/guide/storage",
        ),
        "trainer" => ("Trainer", "the RunPod endpoint", "/guide/runpod"),
        "tunnel" => (
            "Tunnel",
            "optional: results arrive a few seconds sooner",
            "/guide/webhook",
        ),
        "captions" => (
            "Caption drafts",
            "optional: a vision model proposes captions",
            "/guide/captions#draft",
        ),
        "notices" => (
            "Notices",
            "optional: a chat hears of the end of a run",
            "/guide/webhook#notices",
        ),
        _ => (
            "Project folder",
            "registry, selection sets and versions",
            "/guide/storage#folder",
        ),
    }
}

#[component]
fn System(system: SystemHealth) -> impl IntoView {
    let (name, about, guide) = about(&system.system);
    let id = system.system.clone();
    let tunnel = (id == "tunnel").then(Tunnel::new);
    let system = StoredValue::new(system);
    // the tunnel's row follows its buttons
    let now = Signal::derive(move || {
        let told = tunnel.and_then(Tunnel::status);
        told.map_or_else(|| system.get_value(), |told| SystemHealth::of_tunnel(&told))
    });
    view! {
        <li class="panel system" class:system--error=move || !now.get().ok id=id>
            <div class="system__who">
                <h2 class="system__name">{name}</h2>
                <Transition fallback=|| ()>{move || badges(&now.get())}</Transition>
                <span class="muted">{about}</span>
                <GuideLink to=guide about=name />
            </div>
            <div class="system__body" role=tunnel.map(|_| "status")>
                <Transition fallback=|| ()>{move || words(now.get())}</Transition>
            </div>
            {tunnel
                .map(|tunnel| {
                    view! {
                        <div class="system__actions">
                            <TunnelButton tunnel />
                        </div>
                    }
                })}
        </li>
    }
}

fn badges(system: &SystemHealth) -> impl IntoView + use<> {
    let (kind, word) = match (system.ok, system.mode.as_str()) {
        (false, _) => ("failed", "failing"),
        (true, "off") => ("pending", "off"),
        (true, _) => ("completed", "ready"),
    };
    let rehearsed = system.mode == "rehearsal";
    view! {
        <Badge kind=kind.to_owned() text=word.to_owned() />
        {rehearsed
            .then(|| {
                view! { <Badge kind="rehearsal".to_owned() text="Rehearsal".to_owned() /> }
            })}
    }
}

fn words(system: SystemHealth) -> impl IntoView {
    view! {
        <p class="system__what">{system.detail}</p>
        {system.remedy.map(|r| view! { <p class="system__remedy">{r}</p> })}
    }
}
