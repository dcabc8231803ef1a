//! One outline icon of the sprite `public/icons.svg`; always beside a label or inside something that has one.

use leptos::prelude::*;

#[component]
pub fn Icon(
    /// Symbol name without `icon-`.
    name: &'static str,
    /// Further classes.
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("icon {class}") aria-hidden="true">
            <use href=format!("/icons.svg#icon-{name}")></use>
        </svg>
    }
}
