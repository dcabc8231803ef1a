//! The form that chooses whose images are judged, and at which training size: a plain GET; with script only the query changes.

use super::place;
use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::ui::state::Data;
use crate::ui::{TextField, focus_if_lost};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

#[component]
pub fn Settings(data: Data, choice: Memo<BucketChoice>) -> impl IntoView {
    let action = format!("/styles/{}/data", data.style_id());
    let number = |label: &'static str,
                  name: &'static str,
                  of: fn(&BucketChoice) -> u32,
                  unit: &'static str| {
        // what is no number stays as it was typed
        let odd = Memo::new(move |_| {
            let typed = data.address.with(|a| a.get(name).trim().to_owned());
            (!typed.is_empty() && typed.parse::<u32>().is_err()).then_some(typed)
        });
        view! {
            <TextField
                label
                name
                id=format!("quality_{name}")
                value=Signal::derive(move || odd.get().unwrap_or_else(|| choice.with(of).to_string()))
                error=Signal::derive(move || odd.get().map(|typed| format!("“{typed}” is no whole number.")))
                unit
                inputmode="numeric"
            />
        }
    };
    // the link to the last run's size goes once it is followed
    Effect::watch(
        move || data.address.with(|a| place::choice(a).is_some()),
        move |is_asked, _, _| {
            if !is_asked {
                focus_if_lost("quality_width");
            }
        },
        false,
    );
    view! {
        <form
            class="quality__settings"
            method="get"
            action=action
            aria-label="Images and training size"
            on:submit=move |event| submit(data, &event)
        >
            <input type="hidden" name="view" value="quality" />
            {kept(data, "show")}
            {kept(data, "order")}
            <Images data />
            {number("Width", "width", |c| c.width, "px")}
            {number("Height", "height", |c| c.height, "px")}
            {number("Shortest side", "min_bucket_reso", |c| c.min_bucket_reso, "px")}
            {number("Longest side", "max_bucket_reso", |c| c.max_bucket_reso, "px")}
            {number("Batch", "batch_size", |c| c.batch_size, "")}
            <label class="quality__option">
                <input
                    class="checkbox"
                    type="checkbox"
                    name="bucket_no_upscale"
                    value="1"
                    checked=choice.with_untracked(|c| c.bucket_no_upscale)
                    prop:checked=move || choice.with(|c| c.bucket_no_upscale)
                />
                "Never enlarge"
            </label>
            <div class="quality__apply">
                <button class="button button--secondary" type="submit">
                    "Show"
                </button>
                {move || as_in_the_last_run(data)}
            </div>
        </form>
    }
}

/// Which rows are shown, and how, is the same at another size.
fn kept(data: Data, name: &'static str) -> impl IntoView {
    let value = move || data.address.with(|a| a.get(name).to_owned());
    view! { <input type="hidden" name=name value=value /> }
}

/// Another size is another query of the page: what is selected and the keyboard's place stay.
fn submit(data: Data, event: &SubmitEvent) {
    // else the browser sends it
    if let Some(query) = typed(event) {
        event.prevent_default();
        data.go(&place::asked(&query));
    }
}

/// The fields of the form as a query.
#[cfg(feature = "hydrate")]
fn typed(event: &SubmitEvent) -> Option<String> {
    use wasm_bindgen::JsCast;
    let form = event.target()?.dyn_into().ok()?;
    let typed = web_sys::FormData::new_with_form(&form).ok()?;
    let query = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&typed).ok()?;
    query.to_string().as_string()
}

#[cfg(not(feature = "hydrate"))]
fn typed(_: &SubmitEvent) -> Option<String> {
    None
}

fn as_in_the_last_run(data: Data) -> Option<AnyView> {
    let none = [
        "width",
        "height",
        "min_bucket_reso",
        "max_bucket_reso",
        "bucket_no_upscale",
        "batch_size",
        "bucket",
    ];
    let none = none.map(|name| (name, ""));
    let href = data.address.with(|a| {
        let is_asked = place::choice(a).is_some();
        is_asked.then(|| place::here(a, &data.style_id(), &none))
    })?;
    let link = view! {
        <a class="button button--ghost" href=href data-noscroll="">
            "As in the last run"
        </a>
    };
    Some(link.into_any())
}

/// The images the address names, or the choice of a set.
#[component]
fn Images(data: Data) -> impl IntoView {
    let named = Memo::new(move |_| data.address.with(|a| a.all("filenames[]")));
    move || match named.with(Vec::is_empty) {
        true => view! { <SetChoice data /> }.into_any(),
        false => these(data, named.get()),
    }
}

fn these(data: Data, names: Vec<String>) -> AnyView {
    let count = names.len();
    let fields = names.into_iter().map(|name| {
        view! { <input type="hidden" name="filenames[]" value=name /> }
    });
    let all = move || {
        data.address
            .with(|a| place::here(a, &data.style_id(), &[("filenames[]", "")]))
    };
    view! {
        <p class="quality__option">
            {fields.collect_view()} {format!("{count} chosen")}
            <a href=all data-noscroll="">
                "All images"
            </a>
        </p>
    }
    .into_any()
}

#[component]
fn SetChoice(data: Data) -> impl IntoView {
    let chosen = move || data.address.with(|a| a.get("set").to_owned());
    let before = untrack(chosen);
    let options = untrack(|| data.sets.get()).into_iter().map(|set| {
        let id = set.id.to_string();
        let selected = id == before;
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
                <select class="input" id="quality_set" name="set" prop:value=chosen>
                    <option value="">"All images"</option>
                    {options.collect_view()}
                </select>
            </div>
        </div>
    }
}
