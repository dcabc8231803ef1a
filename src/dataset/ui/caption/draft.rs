//! The last typed text of a caption, kept in the browser until it is saved: it survives a crash of the tab.
//!
//! It is offered when the image is opened again, with what the caption reads now, and never put in its place unasked.

use super::Editor;
use crate::ui::Icon;
use leptos::prelude::*;

/// What was typed, and the ETag of the caption it changes.
#[derive(Clone, PartialEq)]
pub struct Draft {
    pub based_on: String,
    pub text: String,
}

/// One browser may have several styles' captions under way.
#[cfg(feature = "hydrate")]
fn store(editor: Editor) -> Option<(web_sys::Storage, String)> {
    let storage = window().local_storage().ok().flatten()?;
    // a page that is gone meanwhile has nothing to say; what it saved is found to be so later
    let style = editor.data.style.try_get_value()?;
    let name = editor.name.try_get_value()?;
    let key = format!("caption-draft/{style}/{name}");
    Some((storage, key))
}

/// Keeps the text as it stands in the box. A full or forbidden storage keeps nothing: saving goes on as ever.
#[cfg(feature = "hydrate")]
pub fn keep(editor: Editor, text: &str) {
    if text.trim().is_empty() {
        return forget(editor);
    }
    if let Some((storage, key)) = store(editor) {
        let value = editor.based_on.with_value(|etag| format!("{etag}\n{text}"));
        let _ = storage.set_item(&key, &value);
    }
}

#[cfg(feature = "hydrate")]
pub fn forget(editor: Editor) {
    if let Some((storage, key)) = store(editor) {
        let _ = storage.remove_item(&key);
    }
}

#[cfg(feature = "hydrate")]
fn find(editor: Editor) -> Option<Draft> {
    let (storage, key) = store(editor)?;
    let value = storage.get_item(&key).ok().flatten()?;
    let (based_on, text) = value.split_once('\n')?;
    Some(Draft {
        based_on: based_on.to_owned(),
        text: text.to_owned(),
    })
}

/// A text that was saved meanwhile is no draft any more; a later one stays.
#[cfg(feature = "hydrate")]
pub fn saved(editor: Editor, text: &str) {
    if find(editor).is_some_and(|draft| draft.text == text) {
        forget(editor);
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn keep(_: Editor, _: &str) {}

#[cfg(not(feature = "hydrate"))]
pub fn forget(_: Editor) {}

#[cfg(not(feature = "hydrate"))]
pub fn saved(_: Editor, _: &str) {}

/// Looks for a draft once the editor is there.
pub fn look(editor: Editor) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let Some(draft) = find(editor) else { return };
        let stored = editor
            .text
            .with_untracked(|t| t.trim() == draft.text.trim());
        if stored {
            forget(editor);
        } else {
            editor.offered.set(Some(draft));
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = editor;
}

/// Text from before, and what to do with it.
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
        };
        let discard = move |_| {
            editor.offered.set(None);
            forget(editor);
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
