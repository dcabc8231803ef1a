//! A page of training runs.

use leptos::prelude::*;

#[component]
pub fn TrainPage() -> impl IntoView {
    view! { <p>"TrainPage"</p> }
}
