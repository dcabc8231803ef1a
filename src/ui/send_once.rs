//! Buttons whose answer is awaited.

use leptos::attr::Attribute;
use leptos::prelude::*;

/// Attributes of a button that sends a form. While it is busy it sends nothing, and looks so; it is not `disabled`, which would
/// drop the focus of who pressed it by keyboard.
pub fn send_once(is_busy: impl Into<Signal<bool>>) -> impl Attribute {
    let is_busy = is_busy.into();
    let press = move |event: leptos::ev::MouseEvent| {
        if is_busy.get_untracked() {
            event.prevent_default();
        }
    };
    view! { <{..} aria-disabled=move || is_busy.get().then_some("true") on:click=press /> }
}
