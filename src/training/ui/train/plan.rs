//! What will happen: plan, buckets, captions as trained, the request itself, and Start.

use super::typed::{Preview, TypedForm};
use crate::training::model::captions::CaptionRow;
use crate::training::model::plan::{Plan, Remark};
use crate::training::model::preview::PreviewView;
use crate::ui::frame::Rehearsed;
use crate::ui::units::{bytes, count, seconds};
use crate::ui::{Badge, ErrorNotice, Icon};
use leptos::prelude::*;

#[component]
pub fn PlanPanel(
    typed: TypedForm,
    first: Resource<Preview>,
    #[prop(into)] busy: Signal<bool>,
) -> impl IntoView {
    let rehearsed = use_context::<Rehearsed>().is_some_and(|r| r.trainer);
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
                <Transition fallback=|| ()>
                    {move || Suspend::new(async move {
                        let first = first.await;
                        move || shown(typed.preview.get().or_else(|| first.clone()))
                    })}
                </Transition>
            </div>
            <div class="plan__foot">
                <button
                    class="button button--primary button--large button--wide"
                    type="submit"
                    form=super::form::FORM_ID
                    disabled=busy
                >
                    <Icon name="train" />
                    {move || if busy.get() { "Starting…" } else { "Start training" }}
                </button>
            </div>
        </aside>
    }
}

fn shown(preview: Preview) -> AnyView {
    match preview {
        None => view! {
            <p class="muted">"Choose a selection set to see what the trainer would read and do."</p>
        }
        .into_any(),
        Some(Err(error)) => view! { <ErrorNotice error /> }.into_any(),
        Some(Ok(preview)) => view! { <Shown preview /> }.into_any(),
    }
}

#[component]
fn Shown(preview: PreviewView) -> impl IntoView {
    let PreviewView {
        plan,
        captions,
        problems,
        warnings,
        images,
        request,
    } = preview;
    view! {
        <Stats plan=plan.clone() />
        <Checks problems warnings images />
        <Rates rates=plan.learning_rate.clone() />
        <BucketList plan />
        <Captions rows=captions />
        <details class="disclosure">
            <summary class="disclosure__summary">
                "Request " <span class="disclosure__note">"exactly what RunPod receives"</span>
            </summary>
            <div class="disclosure__body">
                <pre class="code" tabindex="0">
                    {request}
                </pre>
            </div>
        </details>
    }
}

#[component]
fn Stats(plan: Plan) -> impl IntoView {
    let stat = |name: &'static str, value: String, small: bool| {
        view! {
            <div class="stat" class:stat--small=small>
                <dt class="stat__name">{name}</dt>
                <dd class="stat__value">{value}</dd>
            </div>
        }
    };
    let cost = match plan.cost_usd {
        Some(usd) => format!("about ${usd:.2}"),
        None => "unknown".to_owned(),
    };
    view! {
        <dl class="stats">
            {stat("steps", count(u64::from(plan.steps)), false)}
            {stat("views per image", format!("{:.0}", plan.views_per_image), false)}
            {stat("epochs", count(u64::from(plan.epochs)), false)}
            {stat("model file", bytes(plan.model_bytes), true)}
            {stat("time on a GPU", format!("about {}", seconds(plan.seconds)), true)}
            {stat("cost", cost, true)}
        </dl>
    }
}

/// Problems stop the start, warnings do not.
#[component]
fn Checks(problems: Vec<Remark>, warnings: Vec<Remark>, images: usize) -> impl IntoView {
    let fine = problems.is_empty().then(|| {
        check(
            "ok",
            "Good: ",
            format!("{images} images with captions are in S3"),
        )
    });
    let problems = problems
        .into_iter()
        .map(|p| check("error", "Problem: ", p.message));
    let warnings = warnings
        .into_iter()
        .map(|w| check("warning", "Warning: ", w.message));
    view! {
        <ul class="checks">
            {fine} {problems.collect_view()} {warnings.collect_view()}
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
fn BucketList(plan: Plan) -> impl IntoView {
    let most = plan.buckets.iter().map(|b| b.images).max().unwrap_or(1);
    let row = move |bucket: crate::training::model::plan::BucketCount| {
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
    let rows = plan.buckets.into_iter().map(row).collect_view();
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
