//! What will happen: plan, buckets, captions as trained, the request itself, and Start.

use super::captions::Captions;
use super::peers::Peers;
use super::preflight::{Gist, Preflight, PreflightList};
use super::rates::{Curve, Rates};
use super::remarks::Remarks;
use super::take_away::{TakeAway, send_elsewhere};
use super::typed::TypedForm;
use crate::training::model::plan::{BucketCount, Plan};
use crate::training::model::preflight::may_be_passed;
use crate::ui::frame::Rehearsed;
use crate::ui::units::{bytes, count, seconds};
use crate::ui::{Badge, ErrorNotice, Icon};
use leptos::prelude::*;

#[component]
pub fn PlanPanel(
    typed: TypedForm,
    preflight: Preflight,
    #[prop(into)] busy: Signal<bool>,
) -> impl IntoView {
    let checks = preflight.with_form(typed);
    let doubtful = Memo::new(move |_| checks.with(|c| may_be_passed(c)));
    let words = move || match (busy.get(), doubtful.get()) {
        (true, _) => "Starting…",
        (false, true) => "Start anyway",
        (false, false) => "Start training",
    };
    let rehearsed = use_context::<Rehearsed>().is_some_and(|r| r.trainer);
    let trouble = Memo::new(move |_| {
        let failed = |answer: &super::typed::Preview| answer.as_ref()?.as_ref().err().cloned();
        typed.answer.with(failed)
    });
    let comes_to = Memo::new(move |_| {
        let plan = || typed.judged.with(|j| gist(j.plan.seconds, j.plan.cost_usd));
        typed.has_plan.get().then(plan)
    });
    let unchosen = Memo::new(move |_| typed.form.with(|f| f.selection_set_id.is_empty()));
    let sweep = format!("{}/sweep", typed.address());
    view! {
        <aside class="split__side panel plan" aria-labelledby="plan-title">
            <div class="plan__scroll" tabindex="0" aria-labelledby="plan-title" role="region">
                <div class="panel__head">
                    <h2 class="panel__title" id="plan-title">
                        "What will happen"
                    </h2>
                    {rehearsed
                        .then(|| {
                            view! { <Badge kind="rehearsal".to_owned() text="Rehearsal".to_owned() /> }
                        })}
                </div>
                {move || trouble.get().map(|error| view! { <ErrorNotice error /> })}
                <PreflightList typed preflight checks />
                {move || match (typed.has_plan.get(), unchosen.get()) {
                    (true, _) => view! { <Shown typed /> }.into_any(),
                    (false, true) => {
                        view! {
                            <p class="muted">
                                "Choose a selection set to see what the trainer would read and do."
                            </p>
                        }
                            .into_any()
                    }
                    (false, false) => {
                        let reading = move || trouble.with(Option::is_none).then_some("Reading the set…");
                        view! { <p class="muted">{reading}</p> }.into_any()
                    }
                }}
            </div>
            <div class="plan__foot">
                <Gist comes_to checks />
                <button
                    class="button button--primary button--large button--wide"
                    type="submit"
                    form=super::form::FORM_ID
                    disabled=busy
                >
                    <Icon name="train" />
                    {words}
                </button>
                <button
                    class="button button--ghost"
                    type="submit"
                    form=super::form::FORM_ID
                    formmethod="get"
                    formaction=sweep.clone()
                    on:click=move |event| send_elsewhere(&event, &sweep, "get")
                >
                    "Try several values…"
                </button>
            </div>
        </aside>
    }
}

/// Each part is made again only when its own facts change: a key pressed in the name redraws no caption.
#[component]
fn Shown(typed: TypedForm) -> impl IntoView {
    let judged = typed.judged;
    let plan = Memo::new(move |_| judged.with(|j| j.plan.clone()));
    let stats = Memo::new(move |_| plan.with(figures));
    let basis = Memo::new(move |_| plan.with(basis));
    let curve = Memo::new(move |_| plan.with(Curve::of));
    let style = StoredValue::new(typed.form.with_untracked(|f| f.style_id.clone()));
    let buckets = Memo::new(move |_| plan.with(|p| p.buckets.clone()));
    let captions = Memo::new(move |_| judged.with(|j| j.captions.clone()));
    let checks = Memo::new(move |_| judged.with(|j| (j.problems.clone(), j.warnings.clone())));
    let told = Memo::new(move |_| {
        let of =
            |answer: &super::typed::Preview| Some(answer.as_ref()?.as_ref().ok()?.problems.clone());
        typed.answer.with(of).unwrap_or_default()
    });
    view! {
        {move || view! { <Stats figures=stats.get() /> }}
        <p class="field__hint plan__basis">{basis}</p>
        {move || {
            let (mut problems, warnings) = checks.get();
            problems.extend(told.get());
            view! { <Remarks problems warnings /> }
        }}
        {move || view! { <Rates curve=curve.get() /> }}
        <Peers typed plan />
        {move || view! { <BucketList buckets=buckets.get() /> }}
        {move || view! { <Captions style=style.get_value() rows=captions.get() /> }}
        <TakeAway typed />
    }
}

/// Name, value and whether it is a small one.
pub type Figure = (&'static str, String, bool);

fn figures(plan: &Plan) -> Vec<Figure> {
    let cost = match plan.cost_usd {
        Some(usd) => format!("about ${usd:.2}"),
        None => "unknown".to_owned(),
    };
    vec![
        ("steps", count(u64::from(plan.steps)), false),
        (
            "views per image",
            format!("{:.0}", plan.views_per_image),
            false,
        ),
        ("epochs", count(u64::from(plan.epochs)), false),
        ("model file", bytes(plan.model_bytes), true),
        (
            "time on a GPU",
            format!("about {}", seconds(plan.seconds)),
            true,
        ),
        ("cost", cost, true),
    ]
}

/// `about 22 min · about $0.41`
pub fn gist(time: u64, cost_usd: Option<f64>) -> String {
    let cost = cost_usd.map(|usd| format!(" · about ${usd:.2}"));
    format!("about {}{}", seconds(time), cost.unwrap_or_default())
}

/// What time and cost rest on, and how long RunPod lets it run.
fn basis(plan: &Plan) -> String {
    let limit = |ms: u64| seconds(ms / 1_000);
    format!(
        "{} RunPod stops it after {} on the worker, and drops it {} after the start.",
        plan.seconds_basis,
        limit(plan.limits.execution_timeout_ms),
        limit(plan.limits.ttl_ms)
    )
}

#[component]
pub fn Stats(figures: Vec<Figure>) -> impl IntoView {
    let stat = |(name, value, small): Figure| {
        view! {
            <div class="stat" class:stat--small=small>
                <dt class="stat__name">{name}</dt>
                <dd class="stat__value">{value}</dd>
            </div>
        }
    };
    view! { <dl class="stats">{figures.into_iter().map(stat).collect_view()}</dl> }
}

#[component]
fn BucketList(buckets: Vec<BucketCount>) -> impl IntoView {
    let most = buckets.iter().map(|b| b.images).max().unwrap_or(1);
    let row = move |bucket: BucketCount| {
        let share = bucket.images * 100 / most.max(1);
        view! {
            <li class="bucket">
                <span>{format!("{} × {}", bucket.width, bucket.height)}</span>
                <span>
                    <span class="bucket__bar" style=format!("--share:{share}%;display:block")></span>
                </span>
                <span class="bucket__count">{bucket.images}</span>
            </li>
        }
    };
    let rows = buckets.into_iter().map(row).collect_view();
    view! {
        <section class="plan__section">
            <h3 class="plan__title">
                "Buckets " <span class="plan__note">"width × height, images"</span>
            </h3>
            <ul class="buckets">{rows}</ul>
        </section>
    }
}
