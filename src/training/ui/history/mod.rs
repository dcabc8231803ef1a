//! The training runs of a style, newest first, live while one of ours runs. Also stands beside the Train form.
//!
//! The list is asked for again while a run is live and when the window is looked at again; rows stay where they are and
//! only their words change, so an open menu stays open.

mod row;
mod toolbar;

pub use row::good_mark;

use super::clock::Clock;
use super::status::{is_live, took_ms};
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::training::api::{MarkGood, versions};
use crate::training::model::history::{self, Line, Wanted};
use crate::training::model::version::TrainingVersion;
use crate::ui::ErrorNotice;
use crate::ui::frame::StyleChanged;
use crate::ui::poll::use_poll;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use row::{Row, SweepLine};
use toolbar::{Empty, NoneFits, Toolbar};

/// How often the list is asked for while a run is live.
const LIVE_MS: u32 = 1_000;

#[component]
pub fn History(
    /// Id of the style as the address has it.
    #[prop(into)]
    style: Signal<String>,
    /// The whole page: counts, filter, order and comparing above the list.
    #[prop(default = false)]
    toolbar: bool,
    /// The latest so many; all unless given.
    #[prop(default = usize::MAX)]
    most: usize,
    /// Another number asks for the list anew.
    #[prop(into, default = Signal::stored(0))]
    again: Signal<usize>,
) -> impl IntoView {
    let first = Resource::new(
        move || (style.get(), again.get()),
        |(style, _)| async move {
            let style = known(&style)?;
            let list = versions(style.clone()).await?;
            Ok::<_, AppError>((style, list))
        },
    );
    view! {
        <Transition fallback=Skeleton>
            {move || Suspend::new(async move {
                match first.await {
                    Ok((style, first)) => view! { <List style first toolbar most /> }.into_any(),
                    // the frame says already that there is no such style
                    Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// A style id of the address.
pub fn known(style: &str) -> Result<StyleId, AppError> {
    StyleId::parse(style).map_err(|error| AppError::not_found(error.to_string()))
}

#[component]
fn Skeleton() -> impl IntoView {
    let row = |_| {
        view! {
            <li class="version-row" aria-hidden="true">
                <span class="version-row__status">
                    <span class="skeleton skeleton--line">"completed"</span>
                </span>
                <div class="version-row__main">
                    <p class="version-row__name">
                        <span class="skeleton skeleton--line">"V10"</span>
                    </p>
                    <p class="version-row__recipe">
                        <span class="skeleton skeleton--line">"rank 16/16 · lr 1e-4 · 1,200 steps"</span>
                    </p>
                </div>
            </li>
        }
    };
    view! { <ol class="version-list">{(0..4).map(row).collect_view()}</ol> }
}

/// What all rows share.
#[derive(Clone, Copy)]
struct Shared {
    style: StoredValue<StyleId>,
    list: Memo<Vec<TrainingVersion>>,
    clock: Clock,
    mark: ServerAction<MarkGood>,
    /// Ids ticked to be compared; `None` where nothing can be ticked.
    chosen: Option<RwSignal<Vec<String>>>,
}

impl Shared {
    /// An address below the style's pages.
    fn address(self, rest: &str) -> String {
        self.style
            .with_value(|style| format!("/styles/{style}/{rest}"))
    }
}

#[component]
fn List(style: StyleId, first: Vec<TrainingVersion>, toolbar: bool, most: usize) -> impl IntoView {
    let asked = style.clone();
    let ask = Action::new(move |(): &()| versions(asked.clone()));
    let list = Memo::new(move |before: Option<&Vec<TrainingVersion>>| {
        let newer = ask.value().get().and_then(Result::ok);
        newer.unwrap_or_else(|| before.unwrap_or(&first).clone())
    });
    let again = move || {
        if !ask.pending().get_untracked() {
            ask.dispatch(());
        }
    };
    let live = Memo::new(move |_| list.with(|l| l.iter().any(is_live)));
    use_poll(live.into(), LIVE_MS, again);
    look_again_on_focus(again);
    let mark = ServerAction::<MarkGood>::new();
    tell_the_frame(list, mark, again);
    let shared = Shared {
        style: StoredValue::new(style),
        list,
        clock: Clock::new(live.into()),
        mark,
        chosen: toolbar.then(RwSignal::default),
    };
    let is_empty = Memo::new(move |_| list.with(Vec::is_empty));
    let query = use_query_map();
    let wanted = Memo::new(move |_| match toolbar {
        true => Wanted::read(|name| query.read().get(name).unwrap_or_default()),
        false => Wanted::default(),
    });
    let lines = Memo::new(move |_| {
        list.with(|list| {
            let mut shown = wanted.read().of(list, took_ms);
            shown.truncate(most);
            history::lines(&shown)
        })
    });
    let shown = Memo::new(move |_| {
        let is_run = |line: &&Line| matches!(line, Line::Run(_));
        lines.with(|lines| lines.iter().filter(is_run).count())
    });
    let refused = move || mark.value().get().and_then(Result::err);
    view! {
        {move || refused().map(|error| view! { <ErrorNotice error /> })}
        {toolbar.then(|| view! { <Toolbar shared wanted shown /> })}
        {move || {
            is_empty
                .get()
                .then(|| match toolbar {
                    true => view! { <Empty shared /> }.into_any(),
                    // beside the Train form the way on is the form itself
                    false => view! { <p class="muted">"Nothing trained yet."</p> }.into_any(),
                })
        }}
        {toolbar.then(|| view! { <NoneFits shared is_empty shown /> })}
        <ol
            class="version-list"
            class:version-list--pick=toolbar
            hidden=move || shown.get() == 0
        >
            <For
                each=move || lines.get()
                key=Clone::clone
                children=move |line| match line {
                    Line::Sweep(id) => view! { <SweepLine id shared /> }.into_any(),
                    Line::Run(id) => view! { <Row id shared /> }.into_any(),
                }
            />
        </ol>
    }
}

/// A run started in another window shows as soon as this one is looked at.
fn look_again_on_focus(again: impl Fn() + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let handle = window_event_listener(leptos::ev::focus, move |_| again());
        on_cleanup(move || handle.remove());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = again;
}

/// Counts and next step above the page follow what changes here.
fn tell_the_frame(
    list: Memo<Vec<TrainingVersion>>,
    mark: ServerAction<MarkGood>,
    again: impl Fn() + 'static,
) {
    let known = Memo::new(move |_| {
        list.with(|l| {
            l.iter()
                .map(|v| (v.id.clone(), v.status))
                .collect::<Vec<_>>()
        })
    });
    Effect::watch(move || known.get(), |_, _, _| StyleChanged::notify(), false);
    let marked = move || mark.version().get();
    let after = move |_: &usize, _: Option<&usize>, _: Option<()>| {
        again();
        StyleChanged::notify();
    };
    Effect::watch(marked, after, false);
}
