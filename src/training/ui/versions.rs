//! A page of training runs.

use leptos::prelude::*;

#[component]
pub fn VersionsPage() -> impl IntoView {
    view! { <p>"VersionsPage"</p> }
}
