//! What script keeps in step: the selection with the address and the list, the focus with what was closed.

use super::state::{Data, learn};
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
    come_back_to_the_tile(data);
    select_the_chosen_set(data);
    Effect::new(move |_| {
        data.known.update_value(BTreeMap::clear);
        data.listing.with(|l| learn(data.known, &l.page.images));
        data.shelf.teach(data.known);
    });
    // what was deleted is not selected
    Effect::new(move |_| {
        if let Some(there) = data.there.get() {
            let is_gone = |s: &BTreeSet<String>| s.iter().any(|n| !there.contains(n));
            if data.selected.with_untracked(is_gone) {
                data.selected.update(|s| s.retain(|n| there.contains(n)));
            }
        }
    });
    Effect::new(|_| tell_failures_again());
    data.shelf.follow(data);
    super::columns::follow(data);
    super::focus::follow(data);
    super::keys::listen(data);
}

/// Closing an image, or its large view, leads back to its tile.
fn come_back_to_the_tile(data: Data) {
    let open = Memo::new(move |_| {
        data.address
            .with(|a| (a.get("image").to_owned(), a.get("view") == "large"))
    });
    Effect::new(move |before: Option<(String, bool)>| {
        let now = open.get();
        let (image, was_large) = before.unwrap_or_default();
        let closed = !image.is_empty() && now.0.is_empty();
        let smaller = was_large && !now.1;
        if (closed || smaller) && untrack(|| data.deleting.with(|d| d.is_empty())) {
            let name = if closed { image } else { now.0.clone() };
            if let Some(row) = untrack(|| data.row_of(&name)) {
                // the grid has to be on the page again
                #[cfg(feature = "hydrate")]
                request_animation_frame(move || data.grid.go_to(row));
                #[cfg(not(feature = "hydrate"))]
                data.grid.go_to(row);
            }
        }
        now
    });
}

/// Another set chosen: its images are the selection.
fn select_the_chosen_set(data: Data) {
    let chosen = Memo::new(move |_| data.address.with(|a| a.get("set").to_owned()));
    Effect::new(move |before: Option<String>| {
        let now = chosen.get();
        if before.is_some_and(|b| b != now) {
            match untrack(|| data.chosen_set()) {
                Some(set) => {
                    data.has_read(&set);
                    data.selected.set(untrack(|| data.names_of(&set)));
                }
                None if now.is_empty() => data.selected.update(|s| s.clear()),
                // just saved and not yet listed: what is selected is the set
                None => {}
            }
        }
        now
    });
}

/// Whether the server's page is just being taken over.
#[cfg(feature = "hydrate")]
pub fn is_taking_over() -> bool {
    !crate::ui::whole_pages::is_alive()
}

/// Pictures of the server's page that failed before anybody listened say so again.
fn tell_failures_again() {
    #[cfg(feature = "hydrate")]
    if let Ok(pictures) = document().query_selector_all(".tile__image") {
        use wasm_bindgen::JsCast;
        let all = (0..pictures.length()).filter_map(|i| pictures.item(i)?.dyn_into().ok());
        let failed =
            all.filter(|p: &web_sys::HtmlImageElement| p.complete() && p.natural_width() == 0);
        for picture in failed {
            if let Ok(event) = web_sys::Event::new("error") {
                let _ = picture.dispatch_event(&event);
            }
        }
    }
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
