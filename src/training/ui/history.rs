//! The training runs of a style, newest first, live while one of ours runs. Also stands beside the Train form.
//!
//! The list is asked for again while a run is live and when the window is looked at again; rows stay where they are and
//! only their words change, so an open menu stays open.

use super::clock::{Clock, When};
use super::status::{badge, duration, is_live, is_unwatched, name, recipe};
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::training::api::{MarkGood, versions};
use crate::training::model::version::{Status, TrainingVersion};
use crate::ui::frame::StyleChanged;
use crate::ui::poll::use_poll;
use crate::ui::units::plural;
use crate::ui::{Badge, ErrorNotice, Icon};
use leptos::prelude::*;

/// How often the list is asked for while a run is live.
const LIVE_MS: u32 = 1_000;

#[component]
pub fn History(
    /// Id of the style as the address has it.
    #[prop(into)]
    style: Signal<String>,
    /// Counts and the way to the Train form above the list.
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
    };
    let is_empty = Memo::new(move |_| list.with(Vec::is_empty));
    let refused = move || mark.value().get().and_then(Result::err);
    view! {
        {move || refused().map(|error| view! { <ErrorNotice error /> })}
        {toolbar.then(|| view! { <Toolbar shared /> })}
        {move || {
            is_empty
                .get()
                .then(|| match toolbar {
                    true => view! { <Empty shared /> }.into_any(),
                    // beside the Train form the way on is the form itself
                    false => view! { <p class="muted">"Nothing trained yet."</p> }.into_any(),
                })
        }}
        <ol class="version-list" hidden=move || is_empty.get()>
            <For
                each=move || list.with(|l| l.iter().take(most).map(|v| v.id.clone()).collect::<Vec<_>>())
                key=Clone::clone
                children=move |id| view! { <Row id shared /> }
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

#[component]
fn Toolbar(shared: Shared) -> impl IntoView {
    let list = shared.list;
    let counts = move || {
        list.with(|l| {
            let running = l.iter().filter(|v| is_live(v)).count();
            let good = l.iter().filter(|v| v.is_good == Some(true)).count();
            let mut words = vec![plural(l.len(), "version")];
            words.extend((running > 0).then(|| format!("{running} running")));
            words.extend((good > 0).then(|| format!("{good} good")));
            words.join(" · ")
        })
    };
    let train = shared
        .style
        .with_value(|style| format!("/styles/{style}/train"));
    let is_empty = Memo::new(move |_| list.with(Vec::is_empty));
    view! {
        <div class="toolbar" hidden=move || is_empty.get()>
            <p class="toolbar__count" role="status">
                {counts}
            </p>
            <div class="toolbar__end">
                <a class="button button--primary" href=train>
                    <Icon name="train" />
                    "Train LoRA"
                </a>
            </div>
        </div>
    }
}

#[component]
fn Empty(shared: Shared) -> impl IntoView {
    let train = shared
        .style
        .with_value(|style| format!("/styles/{style}/train"));
    view! {
        <section class="empty">
            <Icon name="train" class="empty__mark" />
            <h2 class="empty__what">"Nothing trained yet"</h2>
            <p class="empty__why">
                "Each training run becomes a version here, with its recipe, its events and its model file."
            </p>
            <a class="button button--primary" href=train>
                <Icon name="train" />
                "Train LoRA"
            </a>
        </section>
    }
}

#[component]
fn Row(id: String, shared: Shared) -> impl IntoView {
    let clock = shared.clock;
    let href = shared
        .style
        .with_value(|style| format!("/styles/{style}/versions/{id}"));
    let list = shared.list;
    let version = Memo::new(move |_| {
        let found = list.with(|l| l.iter().find(|v| v.id == id).cloned());
        found.unwrap_or_default()
    });
    let kind = Memo::new(move |_| version.with(|v| v.status.as_str().to_owned()));
    let words = Memo::new(move |_| version.with(badge));
    let good = Memo::new(move |_| version.with(|v| v.is_good == Some(true)));
    let unwatched = Memo::new(move |_| version.with(is_unwatched));
    let notes = move || version.with(|v| v.description.clone().unwrap_or_default());
    let trouble = Memo::new(move |_| {
        version.with(|v| {
            let failed = v.status == Status::Failed;
            v.error.clone().filter(|_| failed)
        })
    });
    view! {
        <li class="version-row">
            <span class="version-row__status">
                <Badge kind text=words />
            </span>
            <div class="version-row__main">
                <p class="version-row__name">
                    <a class="version-row__link" href=href>
                        {move || version.with(name)}
                    </a>
                    {move || good.get().then(good_mark)}
                    <span class="version-row__notes">{notes}</span>
                </p>
                <p class="version-row__recipe">{move || version.with(recipe)}</p>
                {move || trouble.get().map(|text| view! { <p class="version-row__error">{text}</p> })}
                {move || unwatched.get().then(|| view! { <p class="version-row__recipe">{UNWATCHED}</p> })}
            </div>
            <p class="version-row__facts">
                <span class="version-row__fact">
                    <When iso=version.with_untracked(|v| v.timestamp.clone()) clock />
                </span>
                <span class="version-row__fact version-row__number">
                    {move || version.with(|v| duration(v, clock.now_ms()))}
                </span>
            </p>
            <div class="version-row__actions">
                <Star version shared />
                <More version shared />
            </div>
        </li>
    }
}

const UNWATCHED: &str = "Imported, not watched: another program started it.";

/// The mark beside the name of the good version.
pub fn good_mark() -> impl IntoView {
    view! {
        <span class="good">
            <Icon name="star-filled" />
            "good"
        </span>
    }
}

/// Only a completed version can be the good one.
#[component]
fn Star(version: Memo<TrainingVersion>, shared: Shared) -> impl IntoView {
    let known = Memo::new(move |_| {
        version.with(|v| (v.status == Status::Completed).then(|| v.is_good == Some(true)))
    });
    let mark = shared.mark;
    move || {
        known.get().map(|good| {
            let (id, name) = version.with_untracked(|v| (v.id.clone(), name(v)));
            let icon = if good { "star-filled" } else { "star" };
            view! {
                <ActionForm action=mark>
                    <input type="hidden" name="style" value=shared.style.with_value(ToString::to_string) />
                    <input type="hidden" name="id" value=id />
                    <input type="hidden" name="good" value=(!good).to_string() />
                    <button
                        class="button button--ghost button--icon star"
                        type="submit"
                        aria-pressed=good.to_string()
                        aria-label=format!("{name} is the good version")
                        title=if good { "Take the good mark away" } else { "Mark as the good version" }
                    >
                        <Icon name=icon />
                    </button>
                </ActionForm>
            }
        })
    }
}

/// The row's menu.
#[component]
fn More(version: Memo<TrainingVersion>, shared: Shared) -> impl IntoView {
    let (id, name) = version.with_untracked(|v| (v.id.clone(), name(v)));
    let style = shared.style.with_value(ToString::to_string);
    let again = format!("/styles/{style}/train?from={id}");
    let download = format!("/api/styles/{style}/training-versions/{id}/download");
    let model = format!("/styles/{style}/versions/{id}?tab=model");
    let has_model =
        Memo::new(move |_| version.with(|v| v.lora_url.is_some() && v.status == Status::Completed));
    // where the model of another program lies is for its page to say: it may be out of reach
    let ours = version.with_untracked(TrainingVersion::is_ours);
    view! {
        <details class="menu" name="row-menu">
            <summary class="button button--ghost button--icon" aria-label=format!("More for {name}")>
                <Icon name="more" />
            </summary>
            <div class="menu__panel">
                <a class="menu__item" href=download rel="external" hidden=move || !ours || !has_model.get()>
                    <Icon name="download" />
                    "Download model"
                </a>
                <a class="menu__item" href=model hidden=move || ours || !has_model.get()>
                    <Icon name="file" />
                    "Model file"
                </a>
                <a class="menu__item" href=again>
                    <Icon name="retry" />
                    "Train again from here"
                </a>
            </div>
        </details>
    }
}
