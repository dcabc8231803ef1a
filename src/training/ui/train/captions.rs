//! Each image as the trainer takes it: its caption as trained, its bucket, what is cut away, and what is wrong with it.

use crate::training::model::captions::{CaptionProblem, CaptionRow};
use crate::training::model::guide::of_caption;
use crate::ui::GuideLink;
use crate::ui::query::encoded;
use leptos::prelude::*;

/// Those with a remark first.
#[component]
pub fn Captions(style: String, rows: Vec<CaptionRow>) -> impl IntoView {
    let (mut with, without): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| !row.problems.is_empty());
    let note = match with.len() {
        0 => format!("{}, none with a remark", without.len()),
        n => format!("{}, {n} with a remark", n + without.len()),
    };
    with.extend(without);
    let rows = with.into_iter().map(|row| image(&style, row));
    view! {
        <section class="plan__section">
            <h3 class="plan__title">
                "Captions as trained " <span class="plan__note">{note}</span>
            </h3>
            <ul class="captions" tabindex="0" aria-label="Captions as trained">
                {rows.collect_view()}
            </ul>
        </section>
    }
}

fn image(style: &str, row: CaptionRow) -> AnyView {
    let open = format!("/styles/{style}/data?image={}", encoded(&row.filename));
    let place = place(&row);
    let problems = row.problems.into_iter().map(problem);
    view! {
        <li class="captions__item captions__item--text">
            <div>
                <p class="captions__image">
                    <a class="captions__file" href=open>
                        {row.filename}
                    </a>
                    " "
                    <span class="muted">{place}</span>
                </p>
                <p class="as-trained">{row.as_trained.unwrap_or_else(|| "not trained".into())}</p>
                {problems.collect_view()}
            </div>
        </li>
    }
    .into_any()
}

/// `704 × 1024, 12 % cut away`.
fn place(row: &CaptionRow) -> String {
    let Some(size) = row.bucket else {
        return "no bucket".to_owned();
    };
    let cut = row.crop_loss.unwrap_or(0.0) * 100.0;
    let size = format!("{} × {}", size.width, size.height);
    if cut < 0.5 {
        format!("{size}, whole")
    } else {
        format!("{size}, {cut:.0} % cut away")
    }
}

fn problem(problem: CaptionProblem) -> AnyView {
    let guide = of_caption(&problem);
    let fix = problem.fix.map(|fix| {
        view! {
            <p class="captions__fix">
                <span class="muted">"Fix: "</span>
                <span class="as-trained">{fix.trim_end().to_owned()}</span>
            </p>
        }
    });
    view! {
        <div class="captions__remark" class:captions__remark--fatal=problem.fatal>
            <span>{problem.message}</span>
            <GuideLink to=guide about="This problem" />
        </div>
        {fix}
    }
    .into_any()
}
