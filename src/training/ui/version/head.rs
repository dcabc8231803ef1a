//! Name, status, actions and progress of a run.

use super::Live;
use super::actions::Actions;
use crate::training::model::version::Status;
use crate::training::ui::history::good_mark;
use crate::training::ui::status::{
    is_unwatched, name, percent, place, progress_words, recipe, remedy, times,
};
use crate::ui::{Badge, Notice};
use leptos::prelude::*;

#[component]
pub fn Head(live: Live) -> impl IntoView {
    let version = live.version;
    let kind = Memo::new(move |_| version.with(|v| v.status.as_str().to_owned()));
    let good = Memo::new(move |_| version.with(|v| v.is_good == Some(true)));
    let rehearsed = version.with_untracked(|v| v.trainer.as_deref() == Some("rehearsal"));
    let when = version.with_untracked(|v| v.timestamp.clone());
    let sweep = version.with_untracked(|v| {
        let id = v
            .sweep
            .as_ref()
            .map(|place| format!("versions#{}", place.id))?;
        Some((live.style_address(&id), place(v)?))
    });
    view! {
        <header class="version-head">
            <div class="version-head__line">
                <h2 class="version-head__title">{move || version.with(name)}</h2>
                <Badge kind text=kind large=true />
                {move || good.get().then(good_mark)}
                {rehearsed
                    .then(|| {
                        view! { <Badge kind="rehearsal".to_owned() text="Rehearsal".to_owned() /> }
                    })}
                <Actions live />
            </div>
            <p class="version-head__recipe">
                {move || version.with(recipe)} " · started " {move || live.clock.minute(&when)}
                {sweep.map(|(href, words)| view! { " · " <a href=href>{words}</a> })}
            </p>
            <State live />
        </header>
    }
}

/// The bar, or why there is none.
#[component]
fn State(live: Live) -> impl IntoView {
    let version = live.version;
    let kind = Memo::new(move |_| version.with(|v| (v.status, is_unwatched(v))));
    move || match kind.get() {
        (_, true) => view! { <Unwatched live /> }.into_any(),
        (Status::Failed, _) => view! { <Failure live /> }.into_any(),
        _ => view! { <Bar live /> }.into_any(),
    }
}

#[component]
fn Bar(live: Live) -> impl IntoView {
    let version = live.version;
    let words = Memo::new(move |_| version.with(progress_words));
    let class = move || match version.with(|v| v.status) {
        Status::Completed => "progress progress--completed",
        Status::Cancelled => "progress progress--cancelled",
        _ => "progress",
    };
    let right = move || {
        let now = live.clock.now_ms();
        let points = live.points.read();
        version.with(|v| live.events.with(|events| times(v, events, &points, now)))
    };
    // without a value the bar sweeps: there is nothing to count yet
    let value = Memo::new(move |_| {
        version.with(|v| {
            let stopped = || {
                v.progress
                    .as_ref()
                    .filter(|p| p.stage != "downloading")?
                    .percent()
            };
            match v.status {
                Status::Completed => Some(100),
                Status::Training => percent(v),
                Status::Cancelled => Some(stopped().unwrap_or(0)),
                Status::Pending | Status::Failed => None,
            }
        })
    });
    view! {
        <div class="run-progress">
            <div class="run-progress__line">
                <span class="run-progress__words">
                    <span class="run-progress__percent">{move || words.get().0}</span>
                    <span class="run-progress__steps">{move || words.get().1}</span>
                </span>
                <span>{right}</span>
            </div>
            <progress
                class=class
                max="100"
                value=move || value.get()
                aria-label=move || version.with(|v| format!("Progress of {}", name(v)))
            ></progress>
        </div>
    }
}

#[component]
fn Failure(live: Live) -> impl IntoView {
    let (reason, remedy, times) = live.version.with_untracked(|v| {
        let reason = v.error.clone().filter(|e| {
            !e.trim_end_matches('.')
                .eq_ignore_ascii_case("training failed")
        });
        (reason, remedy(v), times(v, &[], &[], 0))
    });
    let stopped = live.version.with_untracked(|v| {
        let steps = v
            .progress
            .as_ref()
            .filter(|p| p.stage != "downloading" && p.step > 0);
        steps.map(|_| progress_words(v).0)
    });
    let facts: Vec<String> = stopped
        .into_iter()
        .chain(Some(times).filter(|t| !t.is_empty()))
        .collect();
    view! {
        <Notice kind="error" what="Training failed" remedy=remedy>
            {reason.map(|reason| view! { <p class="notice__why">{reason}</p> })}
            {(!facts.is_empty()).then(|| view! { <p class="notice__why">{facts.join(" · ")}</p> })}
        </Notice>
    }
}

/// A run of another program that never settled.
#[component]
fn Unwatched(live: Live) -> impl IntoView {
    let (status, synced) = live
        .version
        .with_untracked(|v| (v.status.as_str(), v.last_synced.clone()));
    let known = move || match &synced {
        Some(iso) => format!("Last known as {status} on {}.", live.clock.minute(iso)),
        None => format!("Last known as {status}."),
    };
    view! {
        <Notice
            kind="info"
            what="Imported, not watched"
            remedy="If it matters, look for its model in the bucket, or train again from here."
        >
            <p class="notice__why">
                "Another program started this run, so this studio does not hear of it. " {known}
            </p>
        </Notice>
    }
}
