//! How many images each bucket holds at the training size, and which buckets cannot fill a batch.

use super::place;
use crate::dataset::model::bucket_choice::BucketUse;
use crate::dataset::model::report::{ChoiceSource, QualityReport};
use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use crate::ui::units::plural;
use leptos::prelude::*;

#[component]
pub fn BucketList(data: Data, report: QualityReport) -> impl IntoView {
    let batch = report.choice.batch_size;
    let most = report.buckets.iter().map(|b| b.images).max().unwrap_or(1);
    let short = report.buckets.iter().filter(|b| b.short).count();
    let source = match report.choice_source {
        ChoiceSource::Default => "the trainer's own size",
        ChoiceSource::LastRun => "the size of the last run",
        ChoiceSource::Asked => "the size chosen here",
    };
    let kept_out = kept_out(report.kept_out());
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
        .map(|bucket| row(data, bucket, most))
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
            {kept_out.map(|text| view! { <p class="muted">{text}</p> })}
        </section>
    }
}

/// Images that stand in no bucket's row, as [`QualityReport::kept_out`] counts them.
fn kept_out((passed_over, stopping): (usize, usize)) -> Option<String> {
    let (are, stop) = (
        if passed_over == 1 { "is" } else { "are" },
        if stopping == 1 { "stops" } else { "stop" },
    );
    let passed_over = (passed_over > 0).then(|| {
        format!(
            "{} {are} passed over by the trainer",
            plural(passed_over, "image")
        )
    });
    let stopping = (stopping > 0).then(|| format!("{} {stop} it", plural(stopping, "image")));
    let told = match (passed_over, stopping) {
        (Some(over), Some(stop)) => format!("{over}, {stop}"),
        (Some(over), None) => over,
        (None, Some(stop)) => stop.replace(" it", " the trainer"),
        (None, None) => return None,
    };
    Some(format!("In no bucket: {told}."))
}

/// With the way to its images.
fn row(data: Data, bucket: &BucketUse, most: u32) -> AnyView {
    let BucketUse { width, height, .. } = *bucket;
    let size = format!("{width}x{height}");
    let href = move || {
        data.address
            .with(|a| place::table(a, &data.style_id(), &[("bucket", &size)]))
    };
    let is_shown = move || data.address.with(place::wanted).bucket == Some((width, height));
    let share = bucket.images * 100 / most.max(1);
    let short = bucket.short.then(|| {
        view! { <span class="badge badge--warning">"Short of a batch"</span> }
    });
    view! {
        <li class="bucket quality__bucket">
            <a
                href=href
                aria-current=move || is_shown().then_some("true")
                aria-label=format!("Images of bucket {width} × {height}")
                data-noscroll=""
            >
                {format!("{width} × {height}")}
            </a>
            <span>
                <span class="bucket__bar" style=format!("--share:{share}%;display:block")></span>
            </span>
            <span class="bucket__count">{bucket.images}</span>
            {short}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::kept_out;

    #[test]
    fn what_is_in_no_bucket_is_counted_with_the_reason() {
        let told = |counts| kept_out(counts).unwrap_or_default();
        assert_eq!(kept_out((0, 0)), None);
        let over = "In no bucket: 2 images are passed over by the trainer.";
        assert_eq!(told((2, 0)), over);
        assert_eq!(told((0, 1)), "In no bucket: 1 image stops the trainer.");
        let both = "In no bucket: 1 image is passed over by the trainer, 3 images stop it.";
        assert_eq!(told((1, 3)), both);
    }
}
