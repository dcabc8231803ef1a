//! The course of a run: its stages while it is live, the loss over the steps, the speed, and the end of the worker's log. Drawn on the
//! server, so a reload without JavaScript shows the same.

use super::Live;
use crate::training::model::progress::{LossChart, Stage, loss_chart, steps_per_second};
use crate::training::ui::ending::NotifyMe;
use crate::training::ui::status::{is_live, stage};
use crate::ui::Badge;
use crate::ui::units::count;
use leptos::prelude::*;

/// Width and height of the chart's own units.
const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 120.0;

#[component]
pub fn Course(live: Live) -> impl IntoView {
    let running = Memo::new(move |_| live.version.with(is_live));
    let chart = Memo::new(move |_| live.points.with(|points| loss_chart(points)));
    let log = live.log;
    let shown =
        Memo::new(move |_| running.get() || chart.read().is_some() || !log.read().is_empty());
    let rehearsed = live
        .version
        .with_untracked(|v| v.trainer.as_deref() == Some("rehearsal"));
    let speed = Memo::new(move |_| {
        let speed = live.points.with(|points| steps_per_second(points));
        let speed = speed.filter(|_| running.get());
        speed.map(|steps| format!("{steps:.1} steps/s"))
    });
    view! {
        <section class="panel" aria-labelledby="course-title" hidden=move || !shown.get()>
            <div class="panel__head">
                <h3 class="panel__title" id="course-title">
                    "Course"
                </h3>
                <span class="panel__note">{speed}</span>
                {rehearsed
                    .then(|| view! { <Badge kind="rehearsal".to_owned() text="Rehearsed figures".to_owned() /> })}
            </div>
            {move || running.get().then(|| view! { <Stages live /> })}
            {move || chart.get().map(|chart| view! { <Loss chart rehearsed /> })}
            <details class="disclosure" hidden=move || log.read().is_empty()>
                <summary class="disclosure__summary">
                    "Worker's log " <span class="disclosure__note">"the end of it, as last reported"</span>
                </summary>
                <pre class="code" tabindex="0" aria-label="Worker's log">
                    {log}
                </pre>
            </details>
            {move || running.get().then(|| view! { <NotifyMe /> })}
        </section>
    }
}

#[component]
fn Stages(live: Live) -> impl IntoView {
    let now = Memo::new(move |_| live.version.with(stage));
    let at = move || {
        Stage::ALL
            .iter()
            .position(|stage| Some(*stage) == now.get())
    };
    let item = move |(place, stage): (usize, Stage)| {
        let class = move || match at() {
            Some(at) if place < at => "stages__item stages__item--done",
            Some(at) if place == at => "stages__item stages__item--now",
            _ => "stages__item",
        };
        let current = move || (at() == Some(place)).then_some("step");
        view! {
            <li class=class aria-current=current>
                {stage.word()}
            </li>
        }
    };
    view! {
        <ol class="stages" aria-label="Stages">
            {Stage::ALL.into_iter().enumerate().map(item).collect_view()}
        </ol>
    }
}

#[component]
fn Loss(chart: LossChart, rehearsed: bool) -> impl IntoView {
    let label = format!(
        "{} over steps {} to {}: {:.4} at first, {:.4} at last, between {:.4} and {:.4}",
        if rehearsed { "Rehearsed loss" } else { "Loss" },
        count(chart.from_step.into()),
        count(chart.to_step.into()),
        chart.first,
        chart.last,
        chart.lowest,
        chart.highest
    );
    let note = match rehearsed {
        true => format!("{:.4} at last; made up, nothing was learned", chart.last),
        false => format!("{:.4} at last", chart.last),
    };
    view! {
        <div class="loss">
            <h4 class="plan__title">"Loss " <span class="plan__note">{note}</span></h4>
            <svg
                class="chart chart--loss"
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                preserveAspectRatio="none"
                role="img"
                aria-label=label
            >
                <path class="chart__grid" d=format!("M0 1H{WIDTH}M0 60H{WIDTH}M0 119H{WIDTH}")></path>
                <path class="chart__line chart__line--raw" d=path(&chart.line)></path>
                <path class="chart__line chart__line--strong" d=path(&chart.smooth)></path>
            </svg>
            <p class="chart-axis" aria-hidden="true">
                <span>{format!("step {}", count(chart.from_step.into()))}</span>
                <span>{format!("{:.4} to {:.4}", chart.lowest, chart.highest)}</span>
                <span>{format!("step {}", count(chart.to_step.into()))}</span>
            </p>
        </div>
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::from("M");
    for (x, y) in points {
        path.push_str(&format!(
            "{:.1} {:.1} ",
            x * WIDTH,
            2.0 + y * (HEIGHT - 4.0)
        ));
    }
    path
}
