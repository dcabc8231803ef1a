//! The training data page with what training knows of its sets: the features below do not know each other.

use crate::dataset::ui::DataPage;
use crate::library::api::set_uses;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

#[component]
pub fn TrainingDataPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let uses = Resource::new(
        move || id.get(),
        |id| async move {
            match StyleId::parse(&id) {
                // without them the page is as good: versions say what they were trained on
                Ok(style) => set_uses(style).await.unwrap_or_default(),
                Err(_) => Vec::new(),
            }
        },
    );
    view! { <DataPage uses=Signal::derive(move || uses.get().unwrap_or_default()) /> }
}
