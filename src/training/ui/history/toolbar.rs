//! Above the list: how many there are, which of them are shown and in which order, and what to do with those ticked.

use super::Shared;
use crate::training::model::history::{Sort, Wanted};
use crate::training::model::version::Status;
use crate::training::ui::status::is_live;
use crate::ui::Icon;
use crate::ui::query::replace_query;
use crate::ui::units::plural;
use leptos::prelude::*;

/// Ticked boxes of the rows belong to it.
pub const COMPARE_FORM: &str = "compare-form";

#[component]
pub fn Toolbar(shared: Shared, wanted: Memo<Wanted>, shown: Memo<usize>) -> impl IntoView {
    let list = shared.list;
    let counts = move || {
        list.with(|l| {
            let running = l.iter().filter(|v| is_live(v)).count();
            let good = l.iter().filter(|v| v.is_good == Some(true)).count();
            let (all, shown) = (plural(l.len(), "version"), shown.get());
            let mut words = vec![if shown == l.len() {
                all
            } else {
                format!("{shown} of {all}")
            }];
            words.extend((running > 0).then(|| format!("{running} running")));
            words.extend((good > 0).then(|| format!("{good} good")));
            words.join(" · ")
        })
    };
    let train = shared.address("train");
    let is_empty = Memo::new(move |_| list.with(Vec::is_empty));
    view! {
        <div class="toolbar" hidden=move || is_empty.get()>
            <Filter shared wanted />
            <p class="toolbar__count" role="status">
                {counts}
            </p>
            <div class="toolbar__end">
                <Compare shared />
                <a class="button button--primary" href=train>
                    <Icon name="train" />
                    "Train LoRA"
                </a>
            </div>
        </div>
    }
}

/// Text, status, good mark and order; each stands in the address.
#[component]
fn Filter(shared: Shared, wanted: Memo<Wanted>) -> impl IntoView {
    let here = shared.address("versions");
    let text = move || wanted.with(|w| w.text.clone());
    view! {
        <form class="toolbar__form" method="get" action=here role="search">
            <label class="search toolbar__search">
                <span class="visually-hidden">"Search versions"</span>
                <Icon name="search" class="search__icon" />
                <input
                    class="input"
                    type="search"
                    name="q"
                    placeholder="Name or notes"
                    value=text()
                    prop:value=text
                    on:input=move |e| replace_query("q", &event_target_value(&e))
                />
            </label>
            <label class="toolbar__item">
                <span class="visually-hidden">"Status"</span>
                <select
                    class="input input--auto"
                    name="status"
                    on:change=move |e| replace_query("status", &event_target_value(&e))
                >
                    <option value="">"every status"</option>
                    {Status::ALL
                        .map(|status| {
                            view! {
                                <option
                                    value=status.as_str()
                                    selected=move || wanted.read().status == Some(status)
                                >
                                    {status.as_str()}
                                </option>
                            }
                        })
                        .into_iter()
                        .collect_view()}
                </select>
            </label>
            <label class="toolbar__item">
                <input
                    class="checkbox"
                    type="checkbox"
                    name="good"
                    value="1"
                    checked=wanted.read_untracked().good
                    prop:checked=move || wanted.read().good
                    on:change=move |e| {
                        replace_query("good", if event_target_checked(&e) { "1" } else { "" });
                    }
                />
                "good"
            </label>
            <Order wanted />
            <noscript>
                <button class="button button--secondary" type="submit">
                    "Apply"
                </button>
            </noscript>
        </form>
    }
}

#[component]
fn Order(wanted: Memo<Wanted>) -> impl IntoView {
    let options = Sort::ALL.map(|sort| {
        view! {
            <option value=sort.as_str() selected=move || wanted.read().sort == sort>
                {sort.words()}
            </option>
        }
    });
    view! {
        <label class="toolbar__item">
            "Sort "
            <select
                class="input input--auto"
                name="sort"
                on:change=move |e| replace_query("sort", &event_target_value(&e))
            >
                {options.into_iter().collect_view()}
            </select>
        </label>
    }
}

/// A plain form: the ticked boxes of the rows are its fields.
#[component]
fn Compare(shared: Shared) -> impl IntoView {
    let ticked = move || shared.chosen.map_or(0, |chosen| chosen.with(Vec::len));
    let words = move || match ticked() {
        0 => "Compare".to_owned(),
        n => format!("Compare {n}"),
    };
    let several = move || shared.list.with(Vec::len) > 1;
    view! {
        <form
            id=COMPARE_FORM
            method="get"
            action=shared.address("versions/compare")
            hidden=move || !several()
        >
            <button
                class="button button--secondary"
                type="submit"
                title="Tick two to four versions to see them side by side"
            >
                <Icon name="compare" />
                {words}
            </button>
        </form>
    }
}

/// Said where there are versions and none of them is wanted.
#[component]
pub fn NoneFits(shared: Shared, is_empty: Memo<bool>, shown: Memo<usize>) -> impl IntoView {
    view! {
        <section class="empty" hidden=move || is_empty.get() || shown.get() != 0>
            <p class="empty__what">"No version fits the filter"</p>
            <p class="empty__why">"The search looks at names, notes, errors and ids."</p>
            <a class="button button--secondary" href=shared.address("versions")>
                "Show all versions"
            </a>
        </section>
    }
}

#[component]
pub fn Empty(shared: Shared) -> impl IntoView {
    let train = shared.address("train");
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
