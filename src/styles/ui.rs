//! The form that makes a style. The grid itself shows more than styles know: see `library`.

use super::api::CreateStyle;
use crate::ui::query::typed_before;
use crate::ui::{ErrorNotice, Icon, TextField};
use leptos::prelude::*;

/// Behind a button, on a grid that has styles.
#[component]
pub fn NewStyle() -> impl IntoView {
    let create = ServerAction::<CreateStyle>::new();
    let unfolded = create.value().get_untracked().is_some();
    view! {
        <details class="popover" open=unfolded>
            <summary class="button button--primary">
                <Icon name="plus" />
                "New style"
            </summary>
            <ActionForm action=create attr:class="popover__panel" attr:novalidate=true>
                <h2 class="popover__title">"New style"</h2>
                <Fields create />
            </ActionForm>
        </details>
    }
}

/// Open on a grid without styles.
#[component]
pub fn FirstStyle() -> impl IntoView {
    let create = ServerAction::<CreateStyle>::new();
    view! {
        <ActionForm action=create attr:class="panel stack empty__form" attr:novalidate=true>
            <Fields create />
        </ActionForm>
    }
}

#[component]
fn Fields(create: ServerAction<CreateStyle>) -> impl IntoView {
    let refused = move || create.value().get().and_then(Result::err);
    let message = move |field: &'static str| {
        Signal::derive(move || refused().and_then(|e| e.message_for(field).map(str::to_owned)))
    };
    let general = move || refused().filter(|e| e.errors.is_empty());
    let busy = move || create.pending().get();
    view! {
        {move || general().map(|error| view! { <ErrorNotice error /> })}
        <TextField
            label="Title"
            name="title"
            value=Signal::stored(typed_before("title"))
            error=message("title")
            hint="For example Ink Intensity. It names the style's folder too."
            required=true
        />
        <TextField
            label="Trigger words"
            name="trigger_words"
            value=Signal::stored(typed_before("trigger_words"))
            error=message("triggerWords")
            hint="The trainer puts them before every caption. Empty means style_ and the style's number."
            optional=true
        />
        <div class="dialog__actions">
            <button class="button button--primary" type="submit" disabled=busy>
                {move || if busy() { "Making it…" } else { "Create style" }}
            </button>
        </div>
    }
}
