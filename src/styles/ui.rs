//! The page that makes a style. The grid itself shows more than styles know: see `library`.

use super::api::CreateStyle;
use crate::ui::frame::CrumbBar;
use crate::ui::query::typed_before;
use crate::ui::{ErrorNotice, TextField};
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NewStylePage() -> impl IntoView {
    let create = ServerAction::<CreateStyle>::new();
    view! {
        <Title text="New style" />
        <CrumbBar crumbs=vec![
            ("Styles".to_owned(), "/".to_owned()),
            ("New style".to_owned(), "/new".to_owned()),
        ] />
        <main id="main" tabindex="-1">
            <div class="page">
                <section class="empty">
                    <h1 class="empty__what">"New style"</h1>
                    <p class="empty__why">
                        "A style is a set of captioned images and the LoRAs trained from them."
                    </p>
                    <ActionForm
                        action=create
                        attr:class="panel stack empty__form"
                        attr:novalidate=true
                    >
                        <Fields create />
                    </ActionForm>
                </section>
            </div>
        </main>
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
            <a class="button button--ghost" href="/">
                "Cancel"
            </a>
            <button class="button button--primary" type="submit" disabled=busy>
                {move || if busy() { "Making it…" } else { "Create style" }}
            </button>
        </div>
    }
}
