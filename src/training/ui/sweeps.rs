//! The sweeps of a style above its versions: how many runs wait, run and have ended, what differs between them, and the way out.

use super::ending;
use super::history::known;
use crate::error::AppError;
use crate::training::api::sweeps::{CancelSweep, sweeps};
use crate::training::model::sweep::{Sweep, SweepMember};
use crate::ui::poll::use_poll_while_awaited;
use crate::ui::units::plural;
use crate::ui::{Badge, ErrorNotice, Icon, Notice};
use leptos::prelude::*;

/// How often the list is asked for while a run of a sweep is live.
const LIVE_MS: u32 = 1_000;

#[component]
pub fn Sweeps(
    /// Id of the style as the address has it.
    #[prop(into)]
    style: Signal<String>,
) -> impl IntoView {
    let first = Resource::new(
        move || style.get(),
        |style| async move {
            let known = known(&style)?;
            let list = sweeps(known).await?;
            Ok::<_, AppError>((style, list))
        },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match first.await {
                    Ok((style, first)) => view! { <List style first /> }.into_any(),
                    // the list of versions below says what is wrong
                    Err(_) => ().into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn List(style: String, first: Vec<Sweep>) -> impl IntoView {
    let asked = style.clone();
    let ask = Action::new(move |(): &()| {
        let style = known(&asked);
        async move { sweeps(style?).await }
    });
    let list = Memo::new(move |before: Option<&Vec<Sweep>>| {
        let newer = ask.value().get().and_then(Result::ok);
        newer.unwrap_or_else(|| before.unwrap_or(&first).clone())
    });
    let again = move || {
        if !ask.pending().get_untracked() {
            ask.dispatch(());
        }
    };
    let live = Memo::new(move |_| list.with(|l| l.iter().any(Sweep::is_live)));
    use_poll_while_awaited(live.into(), LIVE_MS, ending::is_awaited, again);
    let cancel = ServerAction::<CancelSweep>::new();
    let answered = move || cancel.version().get();
    Effect::watch(answered, move |_, _, _| again(), false);
    ending::tell_when_over(live, move || list.with_untracked(|l| last_words(l)));
    let ids = move || list.with(|l| l.iter().map(|s| s.id.clone()).collect::<Vec<_>>());
    view! {
        {move || cancel.value().get().map(|answer| view! { <Answer answer /> })}
        <For
            each=ids
            key=Clone::clone
            children=move |id| {
                let sweep = Memo::new(move |_| {
                    let found = list.with(|l| l.iter().find(|s| s.id == id).cloned());
                    found.unwrap_or_default()
                });
                view! { <Panel sweep cancel /> }
            }
        />
    }
}

fn last_words(sweeps: &[Sweep]) -> String {
    let newest = sweeps.first();
    newest.map_or(String::new(), |s| {
        format!("Sweep {}: {}", s.name, standing(s))
    })
}

/// What a cancel could not stop.
#[component]
fn Answer(answer: Result<Vec<String>, AppError>) -> impl IntoView {
    match answer {
        Err(error) => view! { <ErrorNotice error /> }.into_any(),
        Ok(still) if still.is_empty() => ().into_any(),
        Ok(still) => view! {
            <Notice kind="warning" what="Some runs could not be stopped" remedy="Cancel the sweep again in a moment.">
                <ul class="notice__list">
                    {still.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}
                </ul>
            </Notice>
        }
        .into_any(),
    }
}

/// `3 waiting · 2 running · 3 completed`
fn standing(sweep: &Sweep) -> String {
    let counts = [
        (sweep.waiting, "waiting"),
        (sweep.running, "running"),
        (sweep.completed, "completed"),
        (sweep.failed, "failed"),
        (sweep.cancelled, "cancelled"),
    ];
    let told = counts.into_iter().filter(|(n, _)| *n > 0);
    told.map(|(n, word)| format!("{n} {word}"))
        .collect::<Vec<_>>()
        .join(" · ")
}

/// `8 runs over Learning rate and Network dimension (rank) · 2 at once · about $1.20`
fn about(sweep: &Sweep) -> String {
    let over = match sweep.varies.as_slice() {
        [] => String::new(),
        [one] => format!(" over {one}"),
        [first @ .., last] => format!(" over {} and {last}", first.join(", ")),
    };
    let cost = sweep.cost_usd.map(|usd| format!(" · about ${usd:.2}"));
    let runs = plural(sweep.runs.len(), "run");
    format!(
        "{runs}{over} · {} at once{}",
        sweep.in_flight,
        cost.unwrap_or_default()
    )
}

#[component]
fn Panel(sweep: Memo<Sweep>, cancel: ServerAction<CancelSweep>) -> impl IntoView {
    let (id, live_first) = sweep.with_untracked(|s| (s.id.clone(), s.is_live()));
    let live = Memo::new(move |_| sweep.with(Sweep::is_live));
    let label = sweep.with_untracked(|s| format!("Runs of {} in a table", s.name));
    let ended = move || sweep.with(Sweep::ended);
    view! {
        <section class="panel sweep" id=id.clone() aria-labelledby=format!("{id}-title")>
            <div class="sweep__head">
                <div class="sweep__who">
                    <h3 class="panel__title" id=format!("{id}-title")>
                        {move || sweep.with(|s| format!("Sweep {}", s.name))}
                    </h3>
                    <p class="sweep__about">{move || sweep.with(about)}</p>
                </div>
                <p class="sweep__standing" role="status">
                    {move || sweep.with(standing)}
                </p>
                {move || live.get().then(|| view! { <ending::NotifyMe /> })}
                {move || live.get().then(|| view! { <Cancel sweep cancel /> })}
            </div>
            <progress
                class="progress"
                max=move || sweep.with(|s| s.runs.len().to_string())
                value=move || ended().to_string()
                aria-label="Runs that have ended"
                hidden=move || !live.get()
            ></progress>
            <details class="disclosure" open=live_first>
                <summary class="disclosure__summary">"Runs"</summary>
                <div class="disclosure__body sweep-scroll" tabindex="0" role="region" aria-label=label>
                    <Table sweep />
                </div>
            </details>
        </section>
    }
}

#[component]
fn Table(sweep: Memo<Sweep>) -> impl IntoView {
    let heads = sweep.with_untracked(|s| s.varies.clone());
    let style = StoredValue::new(sweep.with_untracked(|s| s.style_id.clone()));
    let heads = heads
        .into_iter()
        .map(|label| view! { <th scope="col">{label}</th> })
        .collect_view();
    let row = move |run: SweepMember| style.with_value(|style| member(style, run));
    view! {
        <table class="table sweep-table">
            <thead>
                <tr>
                    <th scope="col">"Version"</th>
                    {heads}
                    <th scope="col">"Status"</th>
                    <th scope="col">"Loss"</th>
                    <th scope="col">"Cost"</th>
                </tr>
            </thead>
            <tbody>{move || sweep.with(|s| s.runs.clone()).into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn member(style: &str, run: SweepMember) -> AnyView {
    let href = format!("/styles/{style}/versions/{}", run.id);
    let words = match (run.queued, run.percent) {
        (true, _) => "waiting".to_owned(),
        (false, Some(percent)) => format!("training {percent} %"),
        (false, None) => run.status.as_str().to_owned(),
    };
    let values = run
        .values
        .into_iter()
        .map(|value| view! { <td class="sweep-table__value">{value}</td> });
    let loss = run
        .loss
        .map(|loss| format!("{loss:.4}"))
        .unwrap_or_default();
    let cost = run
        .cost_usd
        .map(|usd| format!("${usd:.2}"))
        .unwrap_or_default();
    view! {
        <tr>
            <th class="sweep-table__name" scope="row">
                <a href=href>{run.name}</a>
            </th>
            {values.collect_view()}
            <td>
                <Badge kind=run.status.as_str().to_owned() text=words />
                {run.error.map(|error| view! { <p class="sweep-table__error">{error}</p> })}
            </td>
            <td class="sweep-table__number">{loss}</td>
            <td class="sweep-table__number">{cost}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Cancel(sweep: Memo<Sweep>, cancel: ServerAction<CancelSweep>) -> impl IntoView {
    let (id, name) = sweep.with_untracked(|s| (s.id.clone(), s.name.clone()));
    let busy = cancel.pending();
    let words = format!("Cancel sweep {name}");
    view! {
        <details class="popover">
            <summary class="button button--danger">
                <Icon name="stop" />
                "Cancel sweep…"
            </summary>
            <ActionForm action=cancel attr:class="popover__panel">
                <h4 class="popover__title">{format!("{words}?")}</h4>
                <p class="muted">
                    "Runs that wait are never sent and cost nothing. Runs on their way are stopped; the time they used is paid all the same. One run alone is cancelled on its own page."
                </p>
                <input type="hidden" name="id" value=id />
                <div class="dialog__actions">
                    <button class="button button--solid" type="submit" disabled=busy>
                        {move || if busy.get() { "Cancelling…".to_owned() } else { words.clone() }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}
