//! A page of training runs.

use leptos::prelude::*;

#[component]
pub fn VersionPage() -> impl IntoView {
    view! { <p>"VersionPage"</p> }
}
