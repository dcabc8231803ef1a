//! What the inspector shows of an image's quality: where its bucket cuts, and the remarks. And the list that asks again while
//! images are being measured.

use super::table::{mark, remark};
use crate::dataset::api::DismissRemark;
use crate::dataset::model::bucket_choice::Crop;
use crate::dataset::model::image::TrainingImage;
use crate::dataset::ui::state::{Data, Listing};
use crate::dataset::ui::uploads;
use crate::ui::poll::use_poll;
use leptos::prelude::*;

/// How often the list is asked again while images are being measured; one of thousands takes minutes, and its names are many.
const AGAIN_MS: u32 = 2_000;
const LONG_AGAIN_MS: u32 = 10_000;

/// Asks for the list again until every image of it is measured; while files arrive it is asked for anyway.
pub fn follow(data: Data) {
    let pending = move |is_long: bool| {
        let pending =
            move |l: &Listing| l.page.analysing > 0 && l.page.next_cursor.is_some() == is_long;
        Memo::new(move |_| data.listing.with(pending)).into()
    };
    let again = move || {
        if !uploads::is_moving(&data.style_id()) {
            data.asked.version.update(|v| *v += 1);
        }
    };
    use_poll(pending(false), AGAIN_MS, again);
    use_poll(pending(true), LONG_AGAIN_MS, again);
}

/// The crop as insets in per cent, for `.inspector__crop`.
pub fn crop_style(crop: &Crop) -> String {
    let percent = |share: f64| share.max(0.0) * 100.0;
    format!(
        "--crop-left:{:.2}%;--crop-top:{:.2}%;--crop-right:{:.2}%;--crop-bottom:{:.2}%",
        percent(crop.left),
        percent(crop.top),
        percent(1.0 - crop.left - crop.width),
        percent(1.0 - crop.top - crop.height)
    )
}

/// The image as the list has it by now.
fn current(data: Data, image: TrainingImage) -> Memo<TrainingImage> {
    Memo::new(move |_| {
        let listed = data.listing.with(|l| {
            let mut images = l.page.images.iter();
            images
                .find(|i| i.filename == image.filename && i.etag == image.etag)
                .cloned()
        });
        listed.unwrap_or_else(|| image.clone())
    })
}

/// The rectangle the trainer keeps, over the large picture; nothing when all of it is kept.
#[component]
pub fn CropFrame(data: Data, image: TrainingImage) -> impl IntoView {
    let image = current(data, image);
    move || {
        let place = image.with(|i| i.bucket).filter(|b| b.crop_loss >= 0.005)?;
        Some(view! { <span class="inspector__crop" style=crop_style(&place.crop)></span> })
    }
}

/// The bucket in words, the state and the remarks.
#[component]
pub fn Remarks(data: Data, image: TrainingImage) -> impl IntoView {
    let image = current(data, image);
    let dismiss = ServerAction::<DismissRemark>::new();
    Effect::new(move |_| {
        if matches!(dismiss.value().get(), Some(Ok(_))) {
            data.asked.version.update(|v| *v += 1);
        }
    });
    let bucket = move || {
        let place = image.with(|i| i.bucket)?;
        let cut = match place.crop_loss {
            none if none < 0.005 => "nothing is cut away".to_owned(),
            some => format!("{:.0} % is cut away", some * 100.0),
        };
        Some(format!(
            "Trained at {} × {}: {cut}.",
            place.width, place.height
        ))
    };
    let state = move || match image.with(|i| i.quality.as_ref().map(|q| q.state)) {
        Some(state) => mark(state),
        None => view! { <span class="muted">"Being measured"</span> }.into_any(),
    };
    let remarks = move || {
        let (name, quality) = image.with(|i| (i.filename.clone(), i.quality.clone()));
        let remarks = quality.map(|q| q.remarks).unwrap_or_default();
        let items = remarks
            .iter()
            .map(|r| view! { <li>{remark(data, dismiss, &name, r)}</li> });
        items.collect_view()
    };
    view! {
        <section class="inspector__section" aria-label="Quality">
            <p class="row">
                {state} <span class="muted">{bucket}</span>
            </p>
            <ul class="quality__remarks">{remarks}</ul>
        </section>
    }
}
