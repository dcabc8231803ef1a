//! The focus, put on what has just been made.

/// Focuses the element with this id once it is on the page.
#[cfg(feature = "hydrate")]
pub fn focus_soon(id: &str) {
    use leptos::prelude::{document, request_animation_frame};
    use wasm_bindgen::JsCast;
    let id = id.to_owned();
    request_animation_frame(move || {
        let element = document().get_element_by_id(&id);
        if let Some(element) = element.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = element.focus();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
pub fn focus_soon(_: &str) {}
