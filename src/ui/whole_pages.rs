//! Another page is loaded whole; only the address's query changes in place.
//!
//! The server answers in a few milliseconds and the WASM comes from the browser's cache, so little is gained by swapping
//! pages in the browser, and one way of getting to a page (the same as without JavaScript) cannot differ from the other.
//! The router takes links over unless they say `rel="external"`: a listener that runs before it says so for them.

use leptos::prelude::{document, window};
use leptos::server_fn::redirect::set_redirect_hook;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// To be called once, before the router starts.
pub fn install() {
    let before_router = Closure::<dyn Fn(MouseEvent)>::new(|event: MouseEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let link = target.and_then(|t| t.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|l| l.dyn_into::<HtmlAnchorElement>().ok()) else {
            return;
        };
        let here = window().location().pathname().unwrap_or_default();
        if link.pathname() != here {
            let _ = link.set_attribute("rel", "external");
        }
    });
    let capture = true;
    let _ = document().add_event_listener_with_callback_and_bool(
        "click",
        before_router.as_ref().unchecked_ref(),
        capture,
    );
    // it lives as long as the page
    before_router.forget();
    // where a form leads to is another page too
    let _ = set_redirect_hook(|url: &str| {
        let _ = window().location().set_href(url);
    });
}
