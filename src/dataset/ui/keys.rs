//! What script adds around the page: shortcuts for the selection, and following the address and the list.

use super::state::{Data, MOST, PAGE};
use leptos::prelude::*;

/// Effects alone: nothing of it runs on the server.
pub fn follow(data: Data) {
    // what was ticked before script took over stays ticked
    let ticked = ticked_before();
    Effect::new(move |_| {
        data.live.set(true);
        if !ticked.is_empty() {
            data.selected.update(|s| s.extend(ticked.iter().cloned()));
        }
    });
    // closing an image leads back to its tile
    let image = Memo::new(move |_| data.address.with(|a| a.get("image").to_owned()));
    Effect::new(move |before: Option<String>| {
        let now = image.get();
        if let Some(before) = before.filter(|_| now.is_empty()) {
            let place = untrack(|| data.listed(false))
                .iter()
                .position(|n| *n == before);
            if place.is_some() && untrack(|| data.deleting.with(|d| d.is_empty())) {
                super::delete::focus_grid(place);
            }
        }
        now
    });
    // another set chosen: its images are the selection
    let chosen = Memo::new(move |_| data.address.with(|a| a.get("set").to_owned()));
    Effect::new(move |before: Option<String>| {
        let now = chosen.get();
        if before.is_some_and(|b| b != now) {
            match untrack(|| data.chosen_set()) {
                Some(set) => data.selected.set(untrack(|| data.names_of(&set))),
                None if now.is_empty() => data.selected.update(|s| s.clear()),
                // just saved and not yet listed: what is selected is the set
                None => {}
            }
        }
        now
    });
    // another filter begins with one page of images
    let filter = Memo::new(move |_| data.address.with(|a| a.get("filter").to_owned()));
    Effect::new(move |before: Option<String>| {
        let now = filter.get();
        if before.is_some_and(|b| b != now) {
            data.asked.limit.set(PAGE);
        }
        now
    });
    Effect::new(move |_| {
        data.listing
            .with(|l| data.known.set_value(l.page.images.clone()));
        if data.is_complete() {
            let there: std::collections::BTreeSet<String> =
                data.listed(false).into_iter().collect();
            let lost = data
                .selected
                .with_untracked(|s| s.iter().any(|n| !there.contains(n)));
            if lost {
                data.selected.update(|s| s.retain(|n| there.contains(n)));
            }
        }
    });
    listen(data);
}

/// Whether script may add another page of images to this one.
pub fn can_grow(data: Data) -> bool {
    data.asked.limit.get() < MOST && data.listing.with(|l| l.page.next_cursor.is_some())
}

/// Adds the next page of images.
pub fn grow(data: Data) {
    // one page at a time: what was asked for has come
    let limit = data.asked.limit.get_untracked();
    let here = data.listing.with_untracked(|l| l.page.images.len());
    if here >= limit && limit < MOST {
        data.asked.limit.set(limit + PAGE);
    }
}

/// Whether the server's page is just being taken over.
#[cfg(feature = "hydrate")]
pub fn is_taking_over() -> bool {
    document()
        .body()
        .is_some_and(|body| !body.has_attribute("data-hydrated"))
}

/// The tiles a person ticked on the server's page.
fn ticked_before() -> Vec<String> {
    #[cfg(feature = "hydrate")]
    if is_taking_over()
        && let Ok(boxes) = document().query_selector_all(".tile__checkbox:checked")
    {
        use wasm_bindgen::JsCast;
        let inputs = (0..boxes.length()).filter_map(|i| boxes.item(i)?.dyn_into().ok());
        return inputs
            .map(|input: web_sys::HtmlInputElement| input.value())
            .collect();
    }
    Vec::new()
}

#[cfg(not(feature = "hydrate"))]
fn listen(_: Data) {}

#[cfg(feature = "hydrate")]
fn listen(data: Data) {
    use wasm_bindgen::JsCast;
    Effect::new(move |_| {
        let keys = window_event_listener(leptos::ev::keydown, move |event| {
            let target = event
                .target()
                .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
            let types = target.is_some_and(|e| {
                let text = "input:not([type=checkbox]), textarea, select, dialog, dialog *";
                e.matches(text).unwrap_or(false)
            });
            let found = |selector| document().query_selector(selector).ok().flatten();
            if found("dialog[open]").is_some() {
                return;
            }
            if event.key() == "Escape"
                && let Some(details) = found(".page :is(.popover, .menu)[open]")
            {
                super::toolbar::fold(&details);
                return;
            }
            if types {
                return;
            }
            let command = event.ctrl_key() || event.meta_key();
            if command && event.key().eq_ignore_ascii_case("a") && !event.shift_key() {
                event.prevent_default();
                data.selected.set(data.listed(false).into_iter().collect());
            } else if event.key() == "Escape" && !data.selected.with_untracked(|s| s.is_empty()) {
                data.selected.update(|s| s.clear());
            }
        });
        let scroll = window_event_listener(leptos::ev::scroll, move |_| {
            let more = document().get_element_by_id("more-images");
            let height = window().inner_height().ok().and_then(|h| h.as_f64());
            if let (Some(more), Some(height)) = (more, height)
                && more.get_bounding_client_rect().top() < 2.0 * height
                && untrack(|| can_grow(data))
            {
                grow(data);
            }
        });
        on_cleanup(move || {
            keys.remove();
            scroll.remove();
        });
    });
}
