//! The page of a style's training runs: the history with its toolbar.

use super::history::History;
use super::reproduce::{Reproduce, Reproduced};
use super::sweeps::Sweeps;
use super::unknown::UnknownModels;
use crate::training::api::RecheckVersion;
use crate::training::api::import::ImportModels;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn VersionsPage() -> impl IntoView {
    let params = use_params_map();
    let style = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let import = ServerAction::<ImportModels>::new();
    let recheck = ServerAction::<RecheckVersion>::new();
    let again = Signal::derive(move || import.version().get() + recheck.version().get());
    view! {
        <Title text="Versions" />
        <h2 class="visually-hidden">"Versions"</h2>
        <Reproduced style />
        <Sweeps style />
        <UnknownModels style import recheck />
        <History style toolbar=true again />
        <Reproduce style />
    }
}
