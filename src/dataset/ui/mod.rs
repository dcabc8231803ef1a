//! The training data page.

use leptos::prelude::*;

#[component]
pub fn DataPage() -> impl IntoView {
    view! { <p>"Training data"</p> }
}
