//! One thin strip per image: its colours above, its brightness below, in the set's order. What stands out is marked and named.

use super::place;
use crate::dataset::model::report::{QualityReport, QualityRow};
use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use leptos::prelude::*;

#[component]
pub fn Strip(data: Data, report: QualityReport) -> impl IntoView {
    let measured: Vec<QualityRow> = report
        .images
        .into_iter()
        .filter(|image| !image.palette.is_empty())
        .collect();
    if measured.is_empty() {
        return ().into_any();
    }
    let href = move |name: &str| {
        data.address
            .with_untracked(|a| place::image(a, &data.style_id(), name))
    };
    let bars = measured
        .iter()
        .map(|image| bar(image, href(&image.filename)));
    let bars = bars.collect_view();
    let named = measured.iter().filter_map(|image| {
        let outlier = image.outlier.clone()?;
        let (name, href) = (image.filename.clone(), href(&image.filename));
        Some(view! {
            <li>
                <a href=href>{name}</a>
                " "
                {outlier.message}
            </li>
        })
    });
    let named: Vec<_> = named.collect();
    let note = match named.len() {
        0 => "no image stands out".to_owned(),
        1 => "1 image stands out".to_owned(),
        n => format!("{n} images stand out"),
    };
    view! {
        <section class="quality__strip" aria-labelledby="quality-strip">
            <h3 class="quality__subtitle" id="quality-strip">
                "Colours and brightness "
                <span class="quality__note">{note}</span>
            </h3>
            <ol class="strip">{bars}</ol>
            {(!named.is_empty()).then(|| view! { <ul class="strip__named">{named}</ul> })}
        </section>
    }
    .into_any()
}

fn bar(image: &QualityRow, href: String) -> AnyView {
    let out = image.outlier.is_some();
    let brightness = image.luma.unwrap_or_default() / 255.0 * 100.0;
    let label = match &image.outlier {
        Some(outlier) => format!("{}: {}", image.filename, outlier.message),
        None => image.filename.clone(),
    };
    view! {
        <li class="strip__item">
            // the table below has the same links, so that only what stands out is on the way of the keyboard
            <a
                class="strip__bar"
                class:strip__bar--out=out
                href=href
                title=label.clone()
                aria-label=label
                tabindex=(!out).then_some("-1")
            >
                <span class="strip__colours" style=colours(image)></span>
                <span class="strip__brightness" style=format!("--luma:{brightness:.0}%")></span>
                {out.then(|| view! { <Icon name="warning" class="strip__mark" /> })}
            </a>
        </li>
    }
    .into_any()
}

/// The palette as bands from light to dark, each as high as its share.
fn colours(image: &QualityRow) -> String {
    let mut palette = image.palette.clone();
    let luma =
        |rgb: [u8; 3]| 299 * u32::from(rgb[0]) + 587 * u32::from(rgb[1]) + 114 * u32::from(rgb[2]);
    palette.sort_by_key(|swatch| std::cmp::Reverse(luma(swatch.rgb)));
    let mut bands = String::new();
    let mut from = 0.0;
    for swatch in palette {
        let to = from + swatch.share * 100.0;
        let [r, g, b] = swatch.rgb;
        bands.push_str(&format!(",rgb({r} {g} {b}) {from:.1}% {to:.1}%"));
        from = to;
    }
    format!("background:linear-gradient(to bottom{bands})")
}
