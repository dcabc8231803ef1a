//! The top bar: brand, the styles a person has open, the outside systems, Setup and Guide.
//!
//! Open styles are kept in the browser. Without JavaScript the strip holds the grid alone; nothing depends on it.

use crate::library::api::load_health;
use crate::library::model::Health;
use crate::ui::Icon;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// A style with a tab: id and title.
pub type OpenStyle = (String, String);

/// The styles a person has open; a style's pages add theirs.
#[derive(Clone, Copy)]
pub struct OpenStyles(pub RwSignal<Vec<OpenStyle>>);

impl OpenStyles {
    /// Puts a style on the strip, or renames its tab.
    pub fn open(self, id: &str, title: &str) {
        self.0
            .update(|open| match open.iter_mut().find(|o| o.0 == id) {
                Some(known) => known.1 = title.to_owned(),
                None => open.push((id.to_owned(), title.to_owned())),
            });
        storage::save(&self.0.get_untracked());
    }

    fn close(self, id: &str) {
        self.0.update(|open| open.retain(|o| o.0 != id));
        storage::save(&self.0.get_untracked());
    }
}

/// The strip between visits: one line per style, `id<tab>title`.
mod storage {
    use super::OpenStyle;

    #[cfg(feature = "hydrate")]
    const KEY: &str = "open-styles";

    #[cfg(feature = "hydrate")]
    fn store() -> Option<web_sys::Storage> {
        leptos::prelude::window().local_storage().ok()?
    }

    pub fn save(open: &[OpenStyle]) {
        #[cfg(feature = "hydrate")]
        if let Some(store) = store() {
            let lines: Vec<String> = open.iter().map(|(id, t)| format!("{id}\t{t}")).collect();
            let _ = store.set_item(KEY, &lines.join("\n"));
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = open;
    }

    pub fn load() -> Vec<OpenStyle> {
        #[cfg(feature = "hydrate")]
        {
            let text = store().and_then(|s| s.get_item(KEY).ok().flatten());
            let text = text.unwrap_or_default();
            let line = |l: &str| {
                l.split_once('\t')
                    .map(|(i, t)| (i.to_owned(), t.to_owned()))
            };
            text.lines().filter_map(line).collect()
        }
        #[cfg(not(feature = "hydrate"))]
        Vec::new()
    }
}

#[component]
pub fn TopBar() -> impl IntoView {
    let open = OpenStyles(RwSignal::new(Vec::new()));
    provide_context(open);
    // after hydration, so that server and browser first show the same
    Effect::new(move |_| {
        for (id, title) in storage::load() {
            if !open.0.get_untracked().iter().any(|o| o.0 == id) {
                open.0.update(|list| list.push((id, title)));
            }
        }
    });
    view! {
        <header class="topbar">
            <a class="brand" href="/">
                <svg class="brand__mark" aria-hidden="true">
                    <use href="/icons.svg#icon-mark"></use>
                </svg>
                "ActorMaker"
            </a>
            <TabStrip open />
            <Systems />
            <nav class="topnav" aria-label="Studio">
                <a class="topnav__link" href="/setup" aria-label="Setup">
                    <Icon name="setup" />
                    <span class="topnav__text">"Setup"</span>
                </a>
                <a class="topnav__link" href="/guide" aria-label="Guide">
                    <Icon name="guide" />
                    <span class="topnav__text">"Guide"</span>
                </a>
            </nav>
        </header>
    }
}

#[component]
fn TabStrip(open: OpenStyles) -> impl IntoView {
    let path = use_location().pathname;
    let at_grid = move || path.read().as_str() == "/";
    let tab = move |(id, title): OpenStyle| {
        let href = format!("/styles/{id}/data");
        let within = format!("/styles/{id}/");
        let current = Memo::new(move |_| path.read().starts_with(&within));
        let label = format!("Close {title}");
        view! {
            <li
                class="tabstrip__tab tabstrip__tab--closable"
                class:tabstrip__tab--current=current
            >
                <a
                    class="tabstrip__link"
                    href=href
                    aria-current=move || current.get().then_some("true")
                >
                    <span class="tabstrip__title">{title}</span>
                </a>
                <button
                    class="tabstrip__close"
                    type="button"
                    aria-label=label
                    on:click=move |_| open.close(&id)
                >
                    <Icon name="close" />
                </button>
            </li>
        }
    };
    view! {
        <nav class="tabstrip" aria-label="Open styles">
            <ul style="display:contents">
                <li class="tabstrip__tab" class:tabstrip__tab--current=at_grid>
                    <a class="tabstrip__link" href="/" aria-current=move || at_grid().then_some("true")>
                        <span class="tabstrip__title">"Styles"</span>
                    </a>
                </li>
                <For each=move || open.0.get() key=|style| style.clone() children=tab />
            </ul>
        </nav>
    }
}

/// A dot per system. Asked for once the page is alive: a slow S3 must not hold a page up.
#[component]
fn Systems() -> impl IntoView {
    let health = RwSignal::new(None::<Health>);
    let ask = Action::new(move |(): &()| async move {
        if let Ok(answer) = load_health().await {
            health.set(Some(answer));
        }
    });
    Effect::new(move |_| {
        ask.dispatch(());
    });
    let item = move |system: &'static str, label: &'static str| {
        let state = move || {
            health.with(|h| {
                let found = h.as_ref()?.systems.iter().find(|s| s.system == system)?;
                Some(match (found.ok, found.mode.as_str()) {
                    (false, _) => ("dot dot--error", " failed"),
                    (true, "off") => ("dot dot--off", " off"),
                    (true, _) => ("dot dot--ok", " ready"),
                })
            })
        };
        view! {
            <a class="systems__item" href=format!("/setup#{system}")>
                <span class=move || state().map_or("dot dot--off", |s| s.0)></span>
                {label}
                <span class="visually-hidden">{move || state().map_or("", |s| s.1)}</span>
            </a>
        }
    };
    view! {
        <nav class="systems" aria-label="Systems">
            {item("s3", "S3")}
            {item("trainer", "Trainer")}
            {item("tunnel", "Tunnel")}
        </nav>
    }
}
