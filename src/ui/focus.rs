//! The focus, put on what has just been made.

/// Focuses the element with this id once it is on the page.
pub fn focus_soon(id: &str) {
    put(vec![format!("#{id}")], false);
}

/// The same, unless the focus is somewhere by then.
pub fn focus_if_lost(id: &str) {
    focus_first_if_lost(&[&format!("#{id}")]);
}

/// What the first of these selectors to find something finds, unless the focus is somewhere by then.
pub fn focus_first_if_lost(selectors: &[&str]) {
    put(selectors.iter().map(|s| (*s).to_owned()).collect(), true);
}

/// Whether what had the focus is gone, or hidden with what is around it.
#[cfg(feature = "hydrate")]
pub fn is_focus_lost() -> bool {
    let focused = leptos::prelude::document().active_element();
    focused.is_none_or(|e| e.tag_name() == "BODY" || e.get_bounding_client_rect().width() == 0.0)
}

#[cfg(feature = "hydrate")]
fn put(selectors: Vec<String>, only_lost: bool) {
    use leptos::prelude::{document, request_animation_frame};
    use wasm_bindgen::JsCast;
    let find = |selector: &String| match selector.strip_prefix('#') {
        // an id may hold what a selector cannot
        Some(id) => document().get_element_by_id(id),
        None => document().query_selector(selector).ok().flatten(),
    };
    request_animation_frame(move || {
        let element = selectors.iter().find_map(find);
        let element = element.filter(|_| !only_lost || is_focus_lost());
        if let Some(element) = element.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = element.focus();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn put(_: Vec<String>, _: bool) {}
