//! The quality view of the training data page (`?view=quality`): which images are good for training, where their buckets cut,
//! and whether they look like one style. A plain page of links and forms; script keeps it up to date.

mod bucket_list;
mod inspect;
mod judged;
mod place;
mod settings;
mod strip;
mod table;

pub use inspect::{CropFrame, Remarks, follow};
pub use judged::Judged;
pub use place::{ViewLink, is_open};

use super::state::Data;
use crate::dataset::api::DismissRemark;
use crate::dataset::model::filter::sort::by_name;
use crate::dataset::model::report::QualityReport;
use crate::error::AppError;
use crate::ui::poll::use_poll;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
use judged::Answer;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Where the view begins.
pub const TITLE: &str = "quality-title";

/// How often the view asks again while images are being measured.
const AGAIN_MS: u32 = 1_500;

#[component]
pub fn QualityView(data: Data, judged: Judged) -> impl IntoView {
    let report = judged.latest();
    let dismiss = ServerAction::<DismissRemark>::new();
    Effect::new(move |_| {
        if matches!(dismiss.value().get(), Some(Ok(_))) {
            judged.version.update(|v| *v += 1);
            data.asked.version.update(|v| *v += 1);
        }
    });
    table::keep_focus(dismiss, report);
    let pending =
        Memo::new(move |_| report.with(|r| matches!(r, Some(Ok(report)) if report.analysing > 0)));
    use_poll(pending.into(), AGAIN_MS, move || {
        judged.version.update(|v| *v += 1)
    });
    table::follow(data);
    let is_there = Memo::new(move |_| report.with(Option::is_some));
    view! {
        <section class="quality" aria-labelledby=TITLE>
            <div class="quality__head">
                <h2 class="quality__title" id=TITLE tabindex="-1">
                    "Quality"
                </h2>
                <a
                    class="button button--secondary"
                    href=move || data.address.with(|a| place::images(a, &data.style_id()))
                >
                    <Icon name="image" />
                    "Back to the images"
                </a>
            </div>
            <OnlySelected data judged />
            {move || match is_there.get() {
                true => shown(data, dismiss, report),
                false => view! { <p class="muted">"Judging the images…"</p> }.into_any(),
            }}
        </section>
    }
}

/// With script the selection made in the grid can be looked at by itself.
#[component]
fn OnlySelected(data: Data, judged: Judged) -> impl IntoView {
    let count = Memo::new(move |_| data.selected.with(BTreeSet::len));
    let is_useful = move || data.live.get() && count.get() > 0;
    let choose = move |only: bool| {
        let names = data.selected.get_untracked().into_iter();
        let mut names: Vec<String> = names.filter(|_| only).collect();
        names.sort_by(|a, b| by_name(a, b));
        judged.only.set(names);
    };
    view! {
        <label class="quality__only" hidden=move || !is_useful()>
            <input
                class="checkbox"
                type="checkbox"
                prop:checked=move || judged.only.with(|names| !names.is_empty())
                on:change=move |event| choose(event_target_checked(&event))
            />
            {move || format!("Only the selection ({})", plural(count.get(), "image"))}
        </label>
    }
}

/// Each part follows what it shows alone: while images are measured there is another answer every second, and what is typed
/// into the form stays.
fn shown(data: Data, dismiss: ServerAction<DismissRemark>, report: Memo<Answer>) -> AnyView {
    let choice = Memo::new(move |_| {
        report.with(|report| match report {
            Some(Ok(report)) => report.choice,
            _ => data.address.with(place::choice).unwrap_or_default(),
        })
    });
    let of_report = move |part: &dyn Fn(&QualityReport) -> AnyView| {
        report.with(|r| r.as_ref()?.as_ref().ok().map(part))
    };
    view! {
        {move || report.get().map(|report| head(data, report))}
        <settings::Settings data choice />
        {move || of_report(&|report| {
            view! {
                <bucket_list::BucketList data report=report.clone() />
                <strip::Strip data report=report.clone() />
            }
                .into_any()
        })}
        {move || {
            data.address.track();
            of_report(&|report| table::table(data, dismiss, report))
        }}
    }
    .into_any()
}

/// How the images stand, or why that cannot be told.
fn head(data: Data, report: Result<QualityReport, AppError>) -> AnyView {
    let report = match report {
        Ok(report) => report,
        Err(error) => return view! { <ErrorNotice error /> }.into_any(),
    };
    let again = (report.analysing > 0).then(|| {
        view! {
            <p class="muted quality__again">
                "Images are measured in the background. "
                <a href=move || data.address.with(|a| place::here(a, &data.style_id(), &[])) data-noscroll="">
                    "Look again"
                </a>
            </p>
        }
    });
    view! {
        <p class="quality__summary" role="status">
            {summary(&report)}
        </p>
        {again}
    }
    .into_any()
}

fn summary(report: &QualityReport) -> String {
    let mut parts = vec![plural(report.images.len(), "image")];
    let mut part = |count: usize, words: &str| {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    };
    part(report.bad, "bad");
    part(report.look, "to look at");
    part(report.fine, "fine");
    part(report.analysing, "being measured");
    parts.join(" · ")
}
