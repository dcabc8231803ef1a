//! What a person owns of a run: its name and notes.

use super::Live;
use crate::training::api::EditVersion;
use crate::ui::frame::StyleChanged;
use crate::ui::query::typed_before;
use crate::ui::{ErrorNotice, Icon, TextField, textarea_content};
use leptos::prelude::*;

#[component]
pub fn Notes(live: Live) -> impl IntoView {
    let edit = ServerAction::<EditVersion>::new();
    let refused = move || edit.value().get().and_then(Result::err);
    let message =
        move |field: &'static str| refused().and_then(|e| e.message_for(field).map(str::to_owned));
    Effect::watch(
        move || edit.version().get(),
        move |_, _, _| {
            live.again();
            // the path names the version too
            StyleChanged::notify();
        },
        false,
    );
    let (name, notes) = live
        .version
        .with_untracked(|v| (v.name.clone(), v.description.clone().unwrap_or_default()));
    let typed = |name: &str, stored: String| {
        Some(typed_before(name))
            .filter(|t| !t.is_empty())
            .unwrap_or(stored)
    };
    let (name, notes) = (typed("name", name), typed("description", notes));
    let busy = move || edit.pending().get();
    let saved = move || matches!(edit.value().get(), Some(Ok(_))) && !busy();
    let general = move || refused().filter(|e| e.errors.is_empty());
    view! {
        <section class="panel" aria-labelledby="notes-title">
            <div class="panel__head">
                <h3 class="panel__title" id="notes-title">
                    "Name and notes"
                </h3>
                <span class="saved saved--saved" role="status">
                    {move || saved().then(|| view! { <Icon name="check" /> "Saved" })}
                </span>
            </div>
            {move || general().map(|error| view! { <ErrorNotice error /> })}
            <ActionForm action=edit attr:class="stack" attr:novalidate=true>
                <input type="hidden" name="style" value=live.style.with_value(ToString::to_string) />
                <input type="hidden" name="id" value=live.id.get_value() />
                <TextField
                    label="Name"
                    name="name"
                    value=Signal::stored(name)
                    error=Signal::derive(move || message("name"))
                    hint="Only what it is called here; the model file keeps its name."
                />
                <div class="field" class:field--invalid=move || message("description").is_some()>
                    <label class="field__label" for="description">
                        "Notes"
                    </label>
                    <div class="field__control">
                        <textarea class="input" id="description" name="description" rows="3" aria-describedby="description-error">
                            {textarea_content(notes)}
                        </textarea>
                    </div>
                    <p class="field__error" id="description-error" hidden=move || message("description").is_none()>
                        <Icon name="error" />
                        <span>{move || message("description").unwrap_or_default()}</span>
                    </p>
                </div>
                <div class="button-group">
                    <button class="button button--secondary" type="submit" disabled=busy>
                        {move || if busy() { "Saving…" } else { "Save" }}
                    </button>
                </div>
            </ActionForm>
        </section>
    }
}
