//! Status as word and dot; the colour only repeats the word.

use leptos::prelude::*;

#[component]
pub fn Badge(
    /// `pending`, `training`, `completed`, `failed`, `cancelled`, `rehearsal`: the class and its colour.
    #[prop(into)]
    kind: Signal<String>,
    /// The words.
    #[prop(into)]
    text: Signal<String>,
    #[prop(default = false)] large: bool,
) -> impl IntoView {
    let class = move || {
        let size = if large { " badge--large" } else { "" };
        format!("badge badge--{}{size}", kind.get())
    };
    view! { <span class=class>{move || text.get()}</span> }
}
