//! A caption that somebody else changed while it was being edited.

use super::Editor;
use crate::dataset::ui::focus;
use crate::ui::Icon;
use leptos::prelude::*;

/// Two texts, one place: which one stays. The choice goes once it is made, and the keyboard goes on in the box.
#[component]
pub fn Choice(editor: Editor) -> impl IntoView {
    let theirs = move || match editor.theirs.get() {
        none if none.trim().is_empty() => "The caption was deleted.".to_owned(),
        text => format!("It now reads: {text}"),
    };
    let reload = move || {
        editor
            .name
            .with_value(|name| editor.data.href("image", name))
    };
    view! {
        <div class="notice notice--warning" role="alert">
            <Icon name="warning" class="notice__icon" />
            <div class="notice__body">
                <p class="notice__what">"Somebody else changed this caption. Yours is not saved."</p>
                <p class="notice__why">{theirs}</p>
            </div>
            <div class="notice__actions">
                <a
                    class="button button--secondary button--small"
                    href=reload
                    on:click=move |event| {
                        event.prevent_default();
                        editor.load_theirs();
                        focus::put("#caption");
                    }
                >
                    "Load theirs"
                </a>
                <button
                    class="button button--danger button--small"
                    type="submit"
                    on:click=move |event| {
                        event.prevent_default();
                        editor.write();
                        focus::put("#caption");
                    }
                >
                    "Save mine over it"
                </button>
            </div>
        </div>
    }
}
