//! Another page is loaded whole; only the address's query changes in place.
//!
//! The server answers in a few milliseconds and the WASM comes from the browser's cache, so little is gained by swapping
//! pages in the browser, and one way of getting to a page (the same as without JavaScript) cannot differ from the other.
//! The router takes links over unless they say `rel="external"`: a listener that runs before it says so for them. And until the
//! page is alive it is given no link at all: what it would show then is not what the server sent, and the page would die of it.

use leptos::prelude::{document, window};
use leptos::server_fn::redirect::set_redirect_hook;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, HtmlAnchorElement, MouseEvent};

/// Whether the page answers to clicks: all of what the server sent is taken over.
pub fn is_alive() -> bool {
    let body = document().body();
    body.is_some_and(|body| body.has_attribute("data-hydrated"))
}

/// Back and forward within the page, before it is alive.
fn leave_early_steps_to_the_browser() {
    let address = || {
        let location = window().location();
        (location.pathname().ok(), location.search().ok())
    };
    let loaded = address();
    let stepped = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        if !is_alive() && address() != loaded {
            event.stop_immediate_propagation();
            let _ = window().location().reload();
        }
    });
    let _ = window().add_event_listener_with_callback("popstate", stepped.as_ref().unchecked_ref());
    stepped.forget();
}

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
        } else if !is_alive() {
            event.stop_propagation();
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
    leave_early_steps_to_the_browser();
    // where a form leads to is another page too
    let _ = set_redirect_hook(|url: &str| {
        let _ = window().location().set_href(url);
    });
}
