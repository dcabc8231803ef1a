//! The last typed text of a caption, kept in the browser until it is saved: it survives a crash of the tab.
//!
//! It is offered when the image is opened again, with what the caption reads now, and never put in its place unasked.

use super::{Editor, unsent};
use crate::dataset::ui::focus;
use crate::dataset::ui::unsaved::{self, Shelf::Captions};
use crate::ui::Icon;
use leptos::prelude::*;

/// Keeps the text as it stands in the box.
pub fn keep(editor: Editor, text: &str) {
    let based_on = editor.based_on.get_value();
    named(editor, |name| {
        unsaved::keep(Captions, editor.data, name, &based_on, text)
    });
}

pub fn forget(editor: Editor) {
    named(editor, |name| {
        unsaved::forget(Captions, editor.data, name);
        unsent::settle(editor.data, name);
    });
}

/// Not of an editor that is gone meanwhile.
fn named<T>(editor: Editor, act: impl FnOnce(&str) -> T) -> Option<T> {
    editor.name.try_with_value(|name| act(name))
}

/// Looks for a draft once the editor is there.
pub fn look(editor: Editor) {
    Effect::new(move |_| {
        let found = named(editor, |name| unsaved::find(Captions, editor.data, name));
        let Some(draft) = found.flatten() else { return };
        let stored = editor
            .text
            .with_untracked(|t| t.trim() == draft.text.trim());
        if stored {
            forget(editor);
        } else {
            editor.offered.set(Some(draft));
        }
    });
}

/// Text from before, and what to do with it. The offer goes once that is decided, and the keyboard goes on in the box.
#[component]
pub fn Offer(editor: Editor) -> impl IntoView {
    move || {
        let draft = editor.offered.get()?;
        let newer = editor.etag.with(|etag| *etag != draft.based_on);
        let why = if newer {
            "The caption was changed since: it now reads as in the box above."
        } else {
            "It was typed here before and was never saved. The caption is still the one it was to replace."
        };
        let text = draft.text.clone();
        let take = move |_| {
            editor.offered.set(None);
            editor.typed(text.clone());
            focus::put("#caption");
        };
        let discard = move |_| {
            editor.offered.set(None);
            forget(editor);
            focus::put("#caption");
        };
        Some(view! {
            <div class="notice notice--warning" role="status">
                <Icon name="draft" class="notice__icon" />
                <div class="notice__body">
                    <p class="notice__what">"There is text that was not saved."</p>
                    <p class="as-trained">{draft.text.clone()}</p>
                    <p class="notice__why">{why}</p>
                </div>
                <div class="notice__actions">
                    <button class="button button--secondary button--small" type="button" on:click=take>
                        "Use this text"
                    </button>
                    <button class="button button--danger button--small" type="button" on:click=discard>
                        "Discard it"
                    </button>
                </div>
            </div>
        })
    }
}
