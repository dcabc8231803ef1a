//! How many images there are, and how many of them need something, as links to those.

use super::state::Data;
use super::toolbar::filter_error;
use crate::ui::units::{bytes, plural};
use leptos::prelude::*;

/// How many images there are: where the view of the images begins.
pub const TOTAL: &str = "images-total";

#[component]
pub fn Summary(data: Data) -> impl IntoView {
    let total = move || {
        let total = data.listing.with(|l| l.page.total);
        if total == 0 && filter_error(data).is_some() {
            // nothing was looked for
            return String::new();
        }
        let found = plural(total, "image");
        let filtered = data.address.with(|a| !a.get("filter").is_empty());
        if filtered {
            format!("{found} found")
        } else {
            found
        }
    };
    let missing = Memo::new(move |_| data.listing.with(|l| l.page.without_caption));
    let problems = Memo::new(move |_| data.listing.with(|l| l.page.caption_problems));
    let analysing = Memo::new(move |_| data.listing.with(|l| l.page.analysing));
    let size = move || {
        let sum = data
            .listing
            .with(|l| l.page.images.iter().map(|i| i.size_bytes).sum());
        // a size of the first page alone would say little
        data.is_complete().then(|| bytes(sum))
    };
    view! {
        <ul class="summary" aria-label="Summary">
            <li class="summary__item summary__total">
                <span role="status" id=TOTAL tabindex="-1">
                    {total}
                </span>
            </li>
            <li class="summary__item" hidden=move || missing.get() == 0>
                <a
                    class="summary__link summary__link--warning"
                    href=move || data.href("filter", "missing:caption")
                    data-noscroll=""
                >
                    {move || format!("{} without caption", missing.get())}
                </a>
            </li>
            <li class="summary__item" hidden=move || missing.get() == 0>
                <a class="summary__link" href=move || data.href("drafts", "1") data-noscroll="">
                    "Draft them"
                </a>
            </li>
            <li class="summary__item" hidden=move || problems.get() == 0>
                <a class="summary__link" href=move || data.href("filter", "problem:caption") data-noscroll="">
                    {move || plural(problems.get(), "problem caption")}
                </a>
            </li>
            <li class="summary__item summary__item--extra" hidden=move || size().is_none()>
                {size}
            </li>
            // the last: nothing moves when it goes
            <li class="summary__item summary__item--extra" hidden=move || analysing.get() == 0>
                {move || format!("{} being measured", analysing.get())}
            </li>
        </ul>
    }
}
