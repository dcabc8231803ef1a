//! One run in the list: how it stands, its recipe, and what can be done with it.

use super::Shared;
use super::toolbar::COMPARE_FORM;
use crate::training::model::sweep::standing_of;
use crate::training::model::version::{Status, TrainingVersion};
use crate::training::ui::clock::When;
use crate::training::ui::status::{badge, duration, is_live, is_unwatched, name, recipe};
use crate::ui::{Badge, Icon};
use leptos::prelude::*;

#[component]
pub fn Row(id: String, shared: Shared) -> impl IntoView {
    let clock = shared.clock;
    let href = shared.address(&format!("versions/{id}"));
    let list = shared.list;
    let version = Memo::new(move |_| {
        let found = list.with(|l| l.iter().find(|v| v.id == id).cloned());
        found.unwrap_or_default()
    });
    let kind = Memo::new(move |_| version.with(|v| v.status.as_str().to_owned()));
    let words = Memo::new(move |_| version.with(badge));
    let good = Memo::new(move |_| version.with(|v| v.is_good == Some(true)));
    let unwatched = Memo::new(move |_| version.with(is_unwatched));
    let swept = version.with_untracked(|v| v.sweep.is_some());
    let notes = move || version.with(|v| v.description.clone().unwrap_or_default());
    let trouble = Memo::new(move |_| {
        version.with(|v| {
            let failed = v.status == Status::Failed;
            v.error.clone().filter(|_| failed)
        })
    });
    view! {
        <li class="version-row" class:version-row--swept=swept>
            <span class="version-row__status">
                {shared.chosen.map(|chosen| view! { <Tick version chosen /> })} <Badge kind text=words />
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

/// Stands above the runs of a sweep and leads to it, where it is cancelled as a whole.
#[component]
pub fn SweepLine(id: String, shared: Shared) -> impl IntoView {
    // beside the list of all runs the sweep stands on the page itself, whose filter stays
    let href = match shared.chosen {
        Some(_) => format!("#{id}"),
        None => shared.address(&format!("versions#{id}")),
    };
    let list = shared.list;
    let sweep = Memo::new(move |_| {
        let found = list.with(|l| {
            shared
                .style
                .with_value(|style| standing_of(style.as_str(), &id, l))
        });
        found.unwrap_or_default()
    });
    view! {
        <li class="version-sweep">
            <a href=href>{move || sweep.with(|s| format!("Sweep {}", s.name))}</a>
            <span class="version-sweep__count">
                {move || sweep.with(|s| format!("{} of {} finished", s.ended(), s.runs.len()))}
            </span>
        </li>
    }
}

/// Takes the version into the comparison.
#[component]
fn Tick(version: Memo<TrainingVersion>, chosen: RwSignal<Vec<String>>) -> impl IntoView {
    let id = StoredValue::new(version.with_untracked(|v| v.id.clone()));
    let tick = move |event| {
        let on = event_target_checked(&event);
        chosen.update(|chosen| {
            chosen.retain(|other| id.with_value(|id| other != id));
            chosen.extend(on.then(|| id.get_value()));
        });
    };
    view! {
        <label class="version-row__tick">
            <span class="visually-hidden">{move || format!("Compare {}", version.with(name))}</span>
            <input
                class="checkbox"
                type="checkbox"
                name="ids"
                value=id.get_value()
                form=COMPARE_FORM
                on:change=tick
            />
        </label>
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
    let again = shared.address(&format!("train?from={id}"));
    let page = shared.address(&format!("versions/{id}"));
    let api = format!("/api{}", shared.address(&format!("training-versions/{id}")));
    let (download, export) = (format!("{api}/download"), format!("{api}/export"));
    let (model, delete) = (format!("{page}?tab=model"), format!("{page}?ask=delete"));
    let live = Memo::new(move |_| version.with(is_live));
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
                <a class="menu__item" href=export rel="external">
                    <Icon name="file" />
                    "Export as JSON"
                </a>
                <a class="menu__item menu__item--danger" href=delete hidden=move || live.get()>
                    <Icon name="trash" />
                    "Delete…"
                </a>
            </div>
        </details>
    }
}
