//! The Train page: the form on the left, what it will do on the right, before anything is paid.

mod again;
mod captions;
mod costs;
mod fields;
mod form;
mod initial;
mod kept;
mod peers;
mod plan;
mod preflight;
mod preset_choice;
mod presets;
mod rates;
mod rehearsal;
mod remarks;
mod sweep;
mod take_away;
mod typed;

use crate::error::AppError;
use crate::styles::model::StyleId;
use crate::training::api::{load_setup, preflight as look, preview};
use crate::training::model::form::TrainingForm;
use crate::training::model::preflight::Check;
use crate::training::model::presets::UsedPreset;
use crate::training::model::preview::TrainSetup;
use crate::ui::ErrorNotice;
use crate::ui::query::use_query;
use form::TrainForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use typed::Preview;

#[component]
pub fn TrainPage() -> impl IntoView {
    on_form("Train LoRA", |page| view! { <TrainForm page /> }.into_any())
}

/// The same form for several runs over chosen values.
#[component]
pub fn SweepPage() -> impl IntoView {
    on_form("Sweep", |page| {
        view! { <sweep::SweepForm page /> }.into_any()
    })
}

/// A page that begins with the form as the address asks for it.
fn on_form(title: &'static str, shown: fn(FirstSight) -> AnyView) -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let from = use_query("from");
    let query = use_query_map();
    let loaded = Resource::new(
        move || (id.get(), from.get()),
        move |(id, from)| load(id, from, query.get_untracked()),
    );
    view! {
        <Title text=title />
        <Transition fallback=|| {
            view! { <div class="panel skeleton skeleton--fill" aria-hidden="true"></div> }
        }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(page) if page.setup.sets.is_empty() => {
                        view! { <NoSet style=page.form.style_id /> }.into_any()
                    }
                    Ok(page) => shown(page),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// Everything the page begins with.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct FirstSight {
    setup: TrainSetup,
    form: TrainingForm,
    /// The preset the address asked to fill it with.
    used: Option<UsedPreset>,
    preview: Preview,
    checks: Result<Vec<Check>, AppError>,
}

/// The form as the address asks for it and, where a set is chosen, what the server says of it.
async fn load(id: String, from: String, query: ParamsMap) -> Result<FirstSight, AppError> {
    let id = StyleId::parse(&id).map_err(|e| AppError::not_found(e.to_string()))?;
    let setup = load_setup(id.clone(), from).await?;
    let (form, used) = initial::initial(&setup, &query);
    let preview = if form.selection_set_id.is_empty() {
        None
    } else {
        Some(preview(form.clone()).await)
    };
    let checks = look(id, form.selection_set_id.parse().unwrap_or(0)).await;
    Ok(FirstSight {
        setup,
        form,
        used,
        preview,
        checks,
    })
}

/// A training reads a selection set: without one there is nothing to fill in.
#[component]
fn NoSet(style: String) -> impl IntoView {
    view! {
        <section class="empty">
            <crate::ui::Icon name="layers" class="empty__mark" />
            <h2 class="empty__what">"No selection set yet"</h2>
            <p class="empty__why">
                "A training reads the images of a selection set. Select some on the training data page and save them as a set. "
                <a href="/guide/selection-sets">"How sets work"</a>
            </p>
            <a class="button button--primary" href=format!("/styles/{style}/data")>
                "Select images"
            </a>
        </section>
    }
}
