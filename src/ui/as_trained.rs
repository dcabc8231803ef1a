//! A caption as the trainer reads it.

use leptos::prelude::*;

/// The trigger token marked, where there is one, and the caption behind it.
#[component]
pub fn AsTrained(
    #[prop(into)] trigger: String,
    #[prop(into)] rest: Signal<String>,
) -> impl IntoView {
    let marked =
        (!trigger.is_empty()).then(|| view! { <span class="as-trained__trigger">{trigger}</span> });
    view! { <p class="as-trained">{marked} " " {rest}</p> }
}
