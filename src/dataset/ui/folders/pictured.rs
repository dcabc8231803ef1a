//! One side of a file that has to be decided about: its picture or how its caption begins, and its figures.

use crate::dataset::model::image::is_image;
use crate::dataset::ui::address::encode;
use leptos::prelude::*;

/// Of the copy in `folder`, or of the object in S3.
pub fn pictured(
    style: &str,
    filename: &str,
    folder: Option<&str>,
    text: Option<&str>,
    words: String,
) -> AnyView {
    let mut src = format!("/api/styles/{style}/");
    if let Some(folder) = folder {
        src.push_str("folder/thumbnail?folder=");
        encode(folder, &mut src);
        src.push_str("&filename=");
        encode(filename, &mut src);
    } else {
        src.push_str("images/");
        encode(filename, &mut src);
        src.push_str("/thumbnail");
    }
    let place = folder.unwrap_or("S3");
    let picture = is_image(filename).then(|| {
        let alt = format!("{filename} in {place}");
        view! { <img class="folder__picture" src=src alt=alt loading="lazy" decoding="async" /> }
    });
    let text = text.map(|text| view! { <q class="folder__caption">{text.trim().to_owned()}</q> });
    view! {
        <div class="folder__side">
            {picture} {text} <span>{words}</span>
        </div>
    }
    .into_any()
}
