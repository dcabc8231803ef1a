//! All runs of a sweep with their time and cost, and Start.

use super::super::form::FORM_ID;
use super::super::plan::{Figure, Stats, gist};
use super::super::preflight::{Gist, Preflight, PreflightList};
use super::super::remarks::Remarks;
use super::TypedSweep;
use crate::training::model::preflight::may_be_passed;
use crate::training::model::sweep::{SweepPlan, SweepRun, is_untouched};
use crate::ui::frame::Rehearsed;
use crate::ui::units::{count, plural, seconds};
use crate::ui::{Badge, Icon};
use leptos::prelude::*;

#[component]
pub fn SweepPlanPanel(
    sweep: TypedSweep,
    preflight: Preflight,
    #[prop(into)] busy: Signal<bool>,
) -> impl IntoView {
    let typed = sweep.typed;
    let doubtful = move || may_be_passed(&preflight.checks.read());
    let runs = Memo::new(move |_| sweep.plan.with(|plan| plan.runs.len()));
    let words = move || match (busy.get(), runs.get(), doubtful()) {
        (true, ..) => "Starting…".to_owned(),
        (_, 0, _) => "Start the sweep".to_owned(),
        (_, runs, false) => format!("Start {}", plural(runs, "run")),
        (_, runs, true) => format!("Start {} anyway", plural(runs, "run")),
    };
    let comes_to = Memo::new(move |_| {
        let whole = |plan: &SweepPlan| gist(plan.gpu_seconds, plan.cost_usd);
        (runs.get() > 0).then(|| sweep.plan.with(whole))
    });
    let rehearsed = use_context::<Rehearsed>().is_some_and(|r| r.trainer);
    view! {
        <aside class="split__side panel plan" aria-labelledby="plan-title">
            <div class="plan__scroll" tabindex="0" aria-labelledby="plan-title" role="region">
                <div class="panel__head">
                    <h2 class="panel__title" id="plan-title">
                        "What will happen"
                    </h2>
                    {rehearsed
                        .then(|| view! { <Badge kind="rehearsal".to_owned() text="Rehearsal".to_owned() /> })}
                </div>
                <PreflightList typed preflight checks=preflight.checks />
                {move || {
                    if typed.has_plan.get() {
                        view! { <Shown sweep /> }.into_any()
                    } else {
                        view! { <p class="muted">"Choose a selection set to see the runs."</p> }.into_any()
                    }
                }}
            </div>
            <div class="plan__foot">
                <Gist comes_to checks=preflight.checks />
                <button
                    class="button button--primary button--large button--wide"
                    type="submit"
                    form=FORM_ID
                    disabled=busy
                >
                    <Icon name="train" />
                    {words}
                </button>
            </div>
        </aside>
    }
}

#[component]
fn Shown(sweep: TypedSweep) -> impl IntoView {
    let runs = Memo::new(move |_| sweep.plan.with(|plan| plan.runs.clone()));
    let totals = Memo::new(move |_| sweep.plan.with(totals));
    let remarks = Memo::new(move |_| {
        sweep
            .plan
            .with(|plan| (plan.problems.clone(), plan.warnings.clone()))
    });
    let begun = move || !sweep.vary.with(|vary| is_untouched(vary));
    view! {
        {move || (!totals.read().is_empty()).then(|| view! { <Stats figures=totals.get() /> })}
        <p class="muted" hidden=begun>
            "Give a parameter two values to see the runs."
        </p>
        {move || {
            let (problems, warnings) = remarks.get();
            view! { <Remarks problems warnings /> }
        }}
        {move || (!runs.read().is_empty()).then(|| view! { <Runs runs=runs.get() /> })}
    }
}

fn totals(plan: &SweepPlan) -> Vec<Figure> {
    if plan.runs.is_empty() {
        return Vec::new();
    }
    let cost = match plan.cost_usd {
        Some(usd) => format!("about ${usd:.2}"),
        None => "unknown".to_owned(),
    };
    vec![
        ("runs", count(plan.runs.len() as u64), false),
        ("at once", count(plan.in_flight.into()), false),
        ("cost of all", cost, false),
        (
            "time on GPUs",
            format!("about {}", seconds(plan.gpu_seconds)),
            true,
        ),
        (
            "until the last ends",
            format!("about {}", seconds(plan.wall_seconds)),
            true,
        ),
    ]
}

#[component]
fn Runs(runs: Vec<SweepRun>) -> impl IntoView {
    let heads: Vec<String> = runs[0].values.iter().map(|v| v.label.clone()).collect();
    let heads = heads
        .into_iter()
        .map(|label| view! { <th scope="col">{label}</th> })
        .collect_view();
    let row = |run: SweepRun| {
        let values = run
            .values
            .into_iter()
            .map(|v| view! { <td class="sweep-table__value">{v.value}</td> });
        let cost = run
            .cost_usd
            .map_or_else(|| "unknown".to_owned(), |usd| format!("${usd:.2}"));
        view! {
            <tr>
                <th class="sweep-table__name" scope="row">{run.name}</th>
                {values.collect_view()}
                <td class="sweep-table__number">{count(run.steps.into())}</td>
                <td class="sweep-table__number">{seconds(run.seconds)}</td>
                <td class="sweep-table__number">{cost}</td>
            </tr>
        }
    };
    view! {
        <section class="plan__section" aria-labelledby="runs-title">
            <h3 class="plan__title" id="runs-title">
                "Runs " <span class="plan__note">"in the order they are sent"</span>
            </h3>
            <div class="sweep-scroll" tabindex="0" role="region" aria-label="Runs">
                <table class="table sweep-table">
                    <thead>
                        <tr>
                            <th scope="col">"Version"</th>
                            {heads}
                            <th scope="col">"Steps"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Cost"</th>
                        </tr>
                    </thead>
                    <tbody>{runs.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}
