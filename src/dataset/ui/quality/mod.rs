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
use crate::dataset::model::report::QualityReport;
use crate::error::AppError;
use crate::ui::poll::use_poll;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
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
    // which rows are shown is the address's to say
    let which = Memo::new(move |_| data.address.with(|a| a.get("show").to_owned()));
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
            {move || match (which.get(), report.get()).1 {
                Some(report) => shown(data, dismiss, report),
                None => view! { <p class="muted">"Judging the images…"</p> }.into_any(),
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
        judged.only.set(names.filter(|_| only).collect());
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

fn shown(
    data: Data,
    dismiss: ServerAction<DismissRemark>,
    report: Result<QualityReport, AppError>,
) -> AnyView {
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let typed = data.address.with(place::choice).unwrap_or_default();
            return view! {
                <ErrorNotice error />
                <settings::Settings data choice=typed />
            }
            .into_any();
        }
    };
    let summary = summary(&report);
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
            {summary}
        </p>
        {again}
        <settings::Settings data choice=report.choice />
        <bucket_list::BucketList report=report.clone() />
        <strip::Strip data report=report.clone() />
        <table::Table data dismiss report />
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
