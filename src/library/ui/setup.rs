//! Setup: each outside system, whether it works, and what to do if not.

use crate::access::ui::AccessPanel;
use crate::library::api::load_health;
use crate::library::model::{Health, SystemHealth};
use crate::tunnel::ui::TunnelButton;
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

#[component]
fn System(system: SystemHealth) -> impl IntoView {
    let (kind, word) = match (system.ok, system.mode.as_str()) {
        (false, _) => ("failed", "failing"),
        (true, "off") => ("pending", "off"),
        (true, _) => ("completed", "ready"),
    };
    let (name, about, guide) = match system.system.as_str() {
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
    };
    let is_tunnel = system.system == "tunnel";
    let rehearsed = system.mode == "rehearsal";
    view! {
        <li class="panel system" class:system--error=!system.ok id=system.system>
            <div class="system__who">
                <h2 class="system__name">{name}</h2>
                <Badge kind=kind.to_owned() text=word.to_owned() />
                {rehearsed
                    .then(|| {
                        view! { <Badge kind="rehearsal".to_owned() text="Rehearsal".to_owned() /> }
                    })}
                <span class="muted">{about}</span>
                <GuideLink to=guide about=name />
            </div>
            <div class="system__body">
                <p class="system__what">{system.detail}</p>
                {system.remedy.map(|r| view! { <p class="system__remedy">{r}</p> })}
            </div>
            {is_tunnel
                .then(|| {
                    view! {
                        <div class="system__actions">
                            <TunnelButton />
                        </div>
                    }
                })}
        </li>
    }
}
