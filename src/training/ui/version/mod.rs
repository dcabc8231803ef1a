//! One training run: how far it is, what it was trained on and with, what came out.
//!
//! The page is built once; what changes afterwards arrives through [`Live`], so open pop-overs and typed notes stay.

mod actions;
mod course;
mod dataset;
mod delete;
mod events;
mod facts;
mod files;
mod head;
mod inspection;
mod model_file;
mod notes;
mod overview;
mod parameters;

use super::clock::Clock;
use super::ending;
use super::history::known;
use super::status::{is_live, name, spoken, title};
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::training::api::{VersionPage as Loaded, version as load, versions};
use crate::training::model::progress::ProgressPoint;
use crate::training::model::version::{TrainingVersion, VersionEvent};
use crate::ui::frame::{StyleChanged, page_title, set_not_found};
use crate::ui::poll::use_poll_while_awaited;
use crate::ui::query::use_query;
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// How often the run is asked for while it is live.
const LIVE_MS: u32 = 1_000;

#[component]
pub fn VersionPage() -> impl IntoView {
    let params = use_params_map();
    let key = Memo::new(move |_| {
        let params = params.read();
        (
            params.get("id").unwrap_or_default(),
            params.get("version").unwrap_or_default(),
        )
    });
    let first = Resource::new(
        move || key.get(),
        |(style, id)| async move {
            match known(&style) {
                Ok(style) => found(style, id).await,
                Err(_) => Ok(None),
            }
        },
    );
    view! {
        <Transition fallback=Skeleton>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(Some((style, first))) => view! { <Page style first /> }.into_any(),
                    // the frame says already that there is no such style
                    Ok(None) => view! { <Title text="Not found" /> }.into_any(),
                    Err(error) => refused(error).into_any(),
                }
            })}
        </Transition>
    }
}

/// The version; `None` where the style itself is unknown.
async fn found(style: StyleId, id: String) -> Result<Option<(StyleId, Loaded)>, AppError> {
    match load(style.clone(), id).await {
        Ok(page) => Ok(Some((style, page))),
        Err(error) if error.kind == ErrorKind::NotFound => {
            let of_style = versions(style).await;
            let no_style = of_style.is_err_and(|e| e.kind == ErrorKind::NotFound);
            if no_style { Ok(None) } else { Err(error) }
        }
        Err(error) => Err(error),
    }
}

fn refused(error: AppError) -> impl IntoView {
    if error.kind == ErrorKind::NotFound {
        set_not_found();
    }
    let all = use_params_map()
        .read_untracked()
        .get("id")
        .unwrap_or_default();
    view! {
        <Title text="Not found" />
        <div class="stack">
            <ErrorNotice error />
            <p>
                <a class="link" href=format!("/styles/{all}/versions")>
                    "All versions of this style"
                    <Icon name="arrow-right" />
                </a>
            </p>
        </div>
    }
}

#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <header class="version-head" aria-hidden="true">
            <div class="version-head__line">
                <span class="version-head__title skeleton skeleton--line">"Version"</span>
            </div>
            <p class="version-head__recipe">
                <span class="skeleton skeleton--line">"rank 16/16 · lr 1e-4 · 1,200 steps · 30 images"</span>
            </p>
        </header>
    }
}

/// The run as it is now, and what its parts share.
#[derive(Clone, Copy)]
pub struct Live {
    style: StoredValue<StyleId>,
    id: StoredValue<String>,
    version: Memo<TrainingVersion>,
    events: Memo<Vec<VersionEvent>>,
    /// The course of the run, and the end of the worker's log.
    points: Memo<Vec<ProgressPoint>>,
    log: Memo<String>,
    /// It ended while the window was not looked at.
    unseen_end: Signal<bool>,
    /// Whether the model lies where the studio can fetch it.
    downloadable: Memo<bool>,
    clock: Clock,
    ask: Action<(), Result<Loaded, AppError>>,
}

impl Live {
    fn new(style: StyleId, first: Loaded) -> Self {
        let (of, id) = (style.clone(), first.version.id.clone());
        let ask = Action::new(move |(): &()| load(of.clone(), id.clone()));
        let id = StoredValue::new(first.version.id.clone());
        let page = Memo::new(move |before: Option<&Loaded>| {
            let newer = ask.value().get().and_then(Result::ok);
            newer.unwrap_or_else(|| before.unwrap_or(&first).clone())
        });
        let version = Memo::new(move |_| page.with(|p| p.version.clone()));
        let live = Memo::new(move |_| version.with(is_live));
        let this = Self {
            style: StoredValue::new(style),
            id,
            version,
            events: Memo::new(move |_| page.with(|p| p.events.clone())),
            points: Memo::new(move |_| page.with(|p| p.points.clone())),
            log: Memo::new(move |_| page.with(|p| p.log.clone())),
            unseen_end: ending::tell_when_over(live, move || version.with_untracked(spoken)),
            downloadable: Memo::new(move |_| page.with(|p| p.downloadable)),
            clock: Clock::new(live.into()),
            ask,
        };
        // also while nobody looks: the title tells of the end
        use_poll_while_awaited(live.into(), LIVE_MS, || true, move || this.again());
        let status = Memo::new(move |_| version.with(|v| v.status));
        Effect::watch(
            move || status.get(),
            |_, _, _| StyleChanged::notify(),
            false,
        );
        this
    }

    /// Asks how the run stands now.
    fn again(self) {
        if !self.ask.pending().get_untracked() {
            self.ask.dispatch(());
        }
    }

    /// An address below the style's pages.
    fn style_address(self, rest: &str) -> String {
        self.style
            .with_value(|style| format!("/styles/{style}/{rest}"))
    }

    fn api_address(self, rest: &str) -> String {
        let id = self.id.get_value();
        self.style
            .with_value(|style| format!("/api/styles/{style}/training-versions/{id}/{rest}"))
    }
}

/// Value in `?tab=` and the words on the tab.
const TABS: [(&str, &str); 5] = [
    ("", "Overview"),
    ("dataset", "Dataset"),
    ("parameters", "Parameters"),
    ("model", "Model file"),
    ("events", "Events"),
];

#[component]
fn Page(style: StyleId, first: Loaded) -> impl IntoView {
    let live = Live::new(style, first);
    let version = live.version;
    let tab = use_query("tab");
    let ask = use_query("ask");
    let asked_to_delete = Memo::new(move |_| ask.get() == "delete" && !version.with(is_live));
    let snapshot = dataset::Snapshot::of(live, tab);
    let lost = move || live.ask.value().get().and_then(Result::err);
    view! {
        <Title text=page_title(move || version.with(|v| title(v, live.unseen_end.get()))) />
        <head::Head live />
        <p class="visually-hidden" role="status">
            {move || version.with(spoken)}
        </p>
        {move || lost().map(|error| view! { <ErrorNotice error /> })}
        {move || asked_to_delete.get().then(|| view! { <delete::Delete live /> })}
        <Tabs live tab />
        {move || match tab.read().as_str() {
            "dataset" => view! { <dataset::Dataset live snapshot /> }.into_any(),
            "parameters" => view! { <parameters::Parameters live /> }.into_any(),
            "model" => {
                view! {
                    <div class="stack">
                        <model_file::ModelFile live />
                        <inspection::Inspection live />
                    </div>
                }
                    .into_any()
            }
            "events" => view! { <events::Events live /> }.into_any(),
            _ => view! { <overview::Overview live snapshot /> }.into_any(),
        }}
    }
}

#[component]
fn Tabs(live: Live, tab: Memo<String>) -> impl IntoView {
    let here = live.style_address(&format!("versions/{}", live.id.get_value()));
    let link = move |(value, words): (&'static str, &'static str)| {
        let href = match value {
            "" => here.clone(),
            value => format!("{here}?tab={value}"),
        };
        let current = move || {
            let is_known = TABS.iter().any(|(value, _)| *value == *tab.read());
            let shown = if is_known { tab.get() } else { String::new() };
            (shown == value).then_some("page")
        };
        view! {
            <a class="tabs__link" href=href aria-current=current data-noscroll="true">
                {words}
            </a>
        }
    };
    view! {
        <nav class="tabs" aria-label=move || live.version.with(name)>
            {TABS.map(link).into_iter().collect_view()}
        </nav>
    }
}
