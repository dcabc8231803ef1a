//! What will happen: plan, buckets, captions as trained, the request itself, and Start.

use super::preflight::{Preflight, PreflightList};
use super::take_away::TakeAway;
use super::typed::TypedForm;
use crate::training::model::captions::CaptionRow;
use crate::training::model::plan::{BucketCount, Plan, Remark};
use crate::training::model::preflight::Light;
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
    let doubtful = Memo::new(move |_| {
        preflight
            .checks
            .with(|c| c.iter().any(|c| c.light == Light::Amber))
    });
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
    let unchosen = Memo::new(move |_| typed.form.with(|f| f.selection_set_id.is_empty()));
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
                <PreflightList typed preflight />
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
                <button
                    class="button button--primary button--large button--wide"
                    type="submit"
                    form=super::form::FORM_ID
                    disabled=busy
                >
                    <Icon name="train" />
                    {words}
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
    let rates = Memo::new(move |_| plan.with(|p| p.learning_rate.clone()));
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
            view! { <Checks problems warnings /> }
        }}
        {move || view! { <Rates rates=rates.get() /> }}
        {move || view! { <BucketList buckets=buckets.get() /> }}
        {move || view! { <Captions rows=captions.get() /> }}
        <TakeAway typed />
    }
}

/// Name, value and whether it is a small one.
type Figure = (&'static str, String, bool);

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
fn Stats(figures: Vec<Figure>) -> impl IntoView {
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

/// Problems stop the start, warnings do not.
#[component]
fn Checks(problems: Vec<Remark>, warnings: Vec<Remark>) -> impl IntoView {
    let problems = problems
        .into_iter()
        .map(|p| check("error", "Problem: ", p.message));
    let warnings = warnings
        .into_iter()
        .map(|w| check("warning", "Warning: ", w.message));
    view! {
        <ul class="checks">
            {problems.collect_view()} {warnings.collect_view()}
        </ul>
    }
}

fn check(kind: &'static str, word: &'static str, text: String) -> AnyView {
    view! {
        <li class=format!("check check--{kind}")>
            <Icon name=kind class="check__icon" />
            <span>
                <span class="visually-hidden">{word}</span>
                {text}
            </span>
        </li>
    }
    .into_any()
}

/// The rate of each step as a line.
#[component]
fn Rates(rates: Vec<f64>) -> impl IntoView {
    const WIDTH: f64 = 240.0;
    const HEIGHT: f64 = 72.0;
    let highest = rates.iter().copied().fold(0.0, f64::max);
    if rates.len() < 2 || highest <= 0.0 {
        return None;
    }
    let last = (rates.len() - 1) as f64;
    let every = rates.len().div_ceil(240);
    let mut path = String::from("M");
    for (i, rate) in rates.iter().enumerate().step_by(every) {
        let x = i as f64 / last * WIDTH;
        let y = HEIGHT - 2.0 - rate / highest * (HEIGHT - 6.0);
        path.push_str(&format!("{x:.0} {y:.1} "));
    }
    let label = format!("Learning rate over the run, at most {highest}");
    Some(view! {
        <section class="plan__section">
            <h3 class="plan__title">
                "Learning rate " <span class="plan__note">{format!("at most {highest}")}</span>
            </h3>
            <svg
                class="chart"
                viewBox="0 0 240 72"
                preserveAspectRatio="none"
                role="img"
                aria-label=label
            >
                <path class="chart__grid" d="M0 4H240M0 37H240M0 70H240"></path>
                <path class="chart__line" d=path></path>
            </svg>
        </section>
    })
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

/// Each caption as the trainer reads it, those with a remark first.
#[component]
fn Captions(rows: Vec<CaptionRow>) -> impl IntoView {
    let (mut with, without): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| !row.problems.is_empty());
    let note = match with.len() {
        0 => format!("{}, none with a remark", without.len()),
        n => format!("{}, {n} with a remark", n + without.len()),
    };
    with.extend(without);
    let row = |row: CaptionRow| {
        let problems = row.problems.into_iter().map(|p| {
            view! {
                <p class="captions__problem">
                    <span>{p.message}</span>
                </p>
            }
        });
        view! {
            <li class="captions__item captions__item--text">
                <div>
                    <p class="muted">{row.filename}</p>
                    <p class="as-trained">{row.as_trained.unwrap_or_else(|| "not trained".into())}</p>
                    {problems.collect_view()}
                </div>
            </li>
        }
    };
    view! {
        <section class="plan__section">
            <h3 class="plan__title">
                "Captions as trained " <span class="plan__note">{note}</span>
            </h3>
            <ul class="captions" tabindex="0" aria-label="Captions as trained">
                {with.into_iter().map(row).collect_view()}
            </ul>
        </section>
    }
}
