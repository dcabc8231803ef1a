//! The Train page: the form on the left, what it will do on the right, before anything is paid.

mod fields;
mod form;
mod plan;
mod rehearsal;
mod typed;

use crate::styles::model::StyleId;
use crate::training::api::load_setup;
use crate::ui::ErrorNotice;
use crate::ui::query::use_query;
use form::TrainForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

#[component]
pub fn TrainPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let from = use_query("from");
    let loaded = Resource::new(
        move || (id.get(), from.get()),
        |(id, from)| async move {
            let id = StyleId::parse(&id)
                .map_err(|e| crate::error::AppError::not_found(e.to_string()))?;
            load_setup(id, from).await
        },
    );
    view! {
        <Title text="Train LoRA" />
        <Transition fallback=|| {
            view! { <div class="panel skeleton skeleton--fill" aria-hidden="true"></div> }
        }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(setup) if setup.sets.is_empty() => {
                        view! { <NoSet style=setup.form.style_id /> }.into_any()
                    }
                    Ok(setup) => view! { <TrainForm setup /> }.into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// A training reads a selection set: without one there is nothing to fill in.
#[component]
fn NoSet(style: String) -> impl IntoView {
    view! {
        <section class="empty">
            <crate::ui::Icon name="layers" class="empty__mark" />
            <h2 class="empty__what">"No selection set yet"</h2>
            <p class="empty__why">
                "A training reads the images of a selection set. Select some on the training data page and save them as a set."
            </p>
            <a class="button button--primary" href=format!("/styles/{style}/data")>
                "Select images"
            </a>
        </section>
    }
}
