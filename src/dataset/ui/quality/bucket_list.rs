//! How many images each bucket holds at the training size, and which buckets cannot fill a batch.

use crate::dataset::model::bucket_choice::BucketUse;
use crate::dataset::model::report::{ChoiceSource, QualityReport};
use crate::ui::Icon;
use leptos::prelude::*;

#[component]
pub fn BucketList(report: QualityReport) -> impl IntoView {
    let batch = report.choice.batch_size;
    let most = report.buckets.iter().map(|b| b.images).max().unwrap_or(1);
    let short = report.buckets.iter().filter(|b| b.short).count();
    let source = match report.choice_source {
        ChoiceSource::Default => "the trainer's own size",
        ChoiceSource::LastRun => "the size of the last run",
        ChoiceSource::Asked => "the size chosen here",
    };
    let problem = report.choice_problem.map(|problem| {
        view! {
            <p class="field__error">
                <Icon name="error" />
                <span>{problem}</span>
            </p>
        }
    });
    let note = (short > 0).then(|| {
        let (verb, have) = if short == 1 { ("bucket has", "its") } else { ("buckets have", "their") };
        let text = format!(
            "{short} {verb} fewer images than the batch of {batch}: {have} batches hold the same image more than once, or stay part full. Crop to a common shape, or add images."
        );
        view! {
            <p class="quality__short">
                <Icon name="warning" />
                <span>{text}</span>
            </p>
        }
    });
    let rows = report
        .buckets
        .iter()
        .map(|bucket| row(bucket, most))
        .collect_view();
    view! {
        <section class="quality__buckets" aria-labelledby="quality-buckets">
            <h3 class="quality__subtitle" id="quality-buckets">
                "Buckets "
                <span class="quality__note">
                    {format!("{} × {}, {source}", report.choice.width, report.choice.height)}
                </span>
            </h3>
            {problem}
            <ul class="buckets">{rows}</ul>
            {note}
        </section>
    }
}

fn row(bucket: &BucketUse, most: u32) -> AnyView {
    let share = bucket.images * 100 / most.max(1);
    let short = bucket.short.then(|| {
        view! { <span class="badge badge--warning">"Short of a batch"</span> }
    });
    view! {
        <li class="bucket quality__bucket">
            <span>{format!("{} × {}", bucket.width, bucket.height)}</span>
            <span>
                <span class="bucket__bar" style=format!("--share:{share}%;display:block")></span>
            </span>
            <span class="bucket__count">{bucket.images}</span>
            {short}
        </li>
    }
    .into_any()
}
