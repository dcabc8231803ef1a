//! The captions view in the address: `?view=captions`, which images, which preview and page of it, which words. And the ways
//! to it.

use crate::dataset::ui::address::Address;
use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use leptos::prelude::*;

/// What stays in the address from one state of the view to another.
const KEPT: [&str; 6] = ["filter", "set", "filenames[]", "plan", "page", "words"];

pub fn is_open(address: &Address) -> bool {
    address.get("view") == "captions"
}

/// The view as it is, with some names changed; an empty value takes one out.
pub fn here(data: Data, changes: &[(&str, &str)]) -> Address {
    data.address.with(|a| a.view("captions", &KEPT, changes))
}

/// The images that fit a filter.
pub fn images(data: Data, filter: &str) -> String {
    let address = Address::default();
    let address = if filter.is_empty() {
        address
    } else {
        address.and("filter", filter)
    };
    address.href(&data.style_id())
}

/// The same, selected, with the panel that drafts captions.
pub fn drafts(data: Data, filter: &str) -> String {
    let address = Address::default()
        .and("filter", filter)
        .and("select", filter);
    address.and("drafts", "1").href(&data.style_id())
}

/// The way from the grid to the view: about the images that are listed.
#[component]
pub fn ViewLink(data: Data) -> impl IntoView {
    let href = move || {
        let (filter, set) = data
            .address
            .with(|a| (a.get("filter").to_owned(), a.get("set").to_owned()));
        here(
            data,
            &[("filter", &filter), ("set", &set), ("filenames[]", "")],
        )
        .href(&data.style_id())
    };
    view! {
        <a class="button button--secondary" href=href>
            <Icon name="caption" />
            "Captions"
        </a>
    }
}

/// The same about what is selected: a button of the grid's form, which carries the names along without script.
#[component]
pub fn EditSelected(data: Data) -> impl IntoView {
    let at = format!("/styles/{}/data", data.style_id());
    view! {
        <button
            class="button button--secondary"
            type="submit"
            formmethod="get"
            formaction=at
            name="view"
            value="captions"
            on:click=move |event| {
                event.prevent_default();
                data.go(&untrack(|| here(data, &[("filenames[]", ""), ("plan", "")])));
            }
        >
            <Icon name="caption" />
            "Edit captions"
        </button>
    }
}
