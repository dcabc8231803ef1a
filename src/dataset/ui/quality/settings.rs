//! The form that chooses whose images are judged, and at which training size: a plain GET.

use super::place;
use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::ui::state::Data;
use crate::ui::TextField;
use leptos::prelude::*;

#[component]
pub fn Settings(data: Data, choice: BucketChoice) -> impl IntoView {
    let action = format!("/styles/{}/data", data.style_id());
    let asked = untrack(|| data.address.with(|a| place::choice(a).is_some()));
    let number = |label: &'static str, name: &'static str, value: u32, unit: &'static str| {
        view! {
            <TextField
                label
                name
                id=format!("quality_{name}")
                value=Signal::stored(value.to_string())
                unit
                inputmode="numeric"
            />
        }
    };
    let last = asked.then(|| {
        let none = [
            "width",
            "height",
            "min_bucket_reso",
            "max_bucket_reso",
            "bucket_no_upscale",
            "batch_size",
        ];
        let none = none.map(|name| (name, ""));
        let href = data
            .address
            .with(|a| place::here(a, &data.style_id(), &none));
        view! { <a class="button button--ghost" href=href>"As in the last run"</a> }
    });
    view! {
        <form class="quality__settings" method="get" action=action aria-label="Images and training size">
            <input type="hidden" name="view" value="quality" />
            <SetChoice data />
            {number("Width", "width", choice.width, "px")}
            {number("Height", "height", choice.height, "px")}
            {number("Shortest side", "min_bucket_reso", choice.min_bucket_reso, "px")}
            {number("Longest side", "max_bucket_reso", choice.max_bucket_reso, "px")}
            {number("Batch", "batch_size", choice.batch_size, "")}
            <label class="quality__option">
                <input
                    class="checkbox"
                    type="checkbox"
                    name="bucket_no_upscale"
                    value="1"
                    checked=choice.bucket_no_upscale
                />
                "Never enlarge"
            </label>
            <div class="quality__apply">
                <button class="button button--secondary" type="submit">
                    "Show"
                </button>
                {last}
            </div>
        </form>
    }
}

#[component]
fn SetChoice(data: Data) -> impl IntoView {
    let chosen = untrack(|| data.address.with(|a| a.get("set").to_owned()));
    let options = untrack(|| data.sets.get()).into_iter().map(|set| {
        let id = set.id.to_string();
        let selected = id == chosen;
        let text = format!("{} · {}", set.title(), set.filenames.len());
        view! {
            <option value=id selected=selected>
                {text}
            </option>
        }
    });
    view! {
        <div class="field">
            <label class="field__label" for="quality_set">
                "Images"
            </label>
            <div class="field__control">
                <select class="input" id="quality_set" name="set">
                    <option value="">"All images"</option>
                    {options.collect_view()}
                </select>
            </div>
        </div>
    }
}
