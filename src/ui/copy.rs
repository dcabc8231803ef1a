//! Copies a text to the clipboard; shown only where the browser lets a page do that: with JavaScript, over https or on this
//! machine.

use super::Icon;
use leptos::prelude::*;

#[component]
pub fn CopyButton(words: &'static str, #[prop(into)] text: Signal<String>) -> impl IntoView {
    let may_copy = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| may_copy.set(window().is_secure_context()));
    let copied = RwSignal::new(false);
    let copy = move |_| {
        #[cfg(feature = "hydrate")]
        {
            let _ = window()
                .navigator()
                .clipboard()
                .write_text(&text.get_untracked());
            copied.set(true);
        }
    };
    Effect::new(move |_| {
        text.track();
        copied.set(false);
    });
    view! {
        <button
            class="button button--secondary button--small"
            type="button"
            hidden=move || !may_copy.get()
            on:click=copy
        >
            <Icon name="copy" />
            {move || if copied.get() { "Copied" } else { words }}
        </button>
    }
}
