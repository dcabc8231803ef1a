//! One draft in its box: edited, accepted, discarded. In the list of all and beside the caption of its image.

use super::super::state::Data;
use super::super::unsaved::{self, Shelf::Drafts as TypedDrafts};
use super::Edit;
use crate::dataset::api::drafts::edit_draft;
use crate::dataset::model::drafts::Draft;
use crate::error::ErrorKind;
use crate::ui::{Icon, send_once, textarea_content};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Said where the picture is another one than the model looked at.
pub const STALE: &str = "The image changed since it was drafted.";

/// ETag of the image as the page shows it now.
pub fn seen_image(data: Data, draft: &Draft) -> Memo<String> {
    let (name, drafted) = (draft.filename.clone(), draft.image_etag.clone());
    Memo::new(move |_| {
        let now = data.image(&name).map(|image| image.etag);
        now.unwrap_or_else(|| drafted.clone())
    })
}

/// The draft in a box, and what can be done with it. Accepting names the caption and the image that the page shows beside it.
#[component]
pub fn Choice(data: Data, draft: Draft) -> impl IntoView {
    let action = data.drafts.decide;
    let name = StoredValue::new(draft.filename.clone());
    let then = (draft.before.clone(), draft.caption_etag.clone());
    let now = Memo::new(move |_| match name.with_value(|n| data.image(n)) {
        Some(image) => (image.caption, image.caption_etag.unwrap_or_default()),
        None => then.clone(),
    });
    let image = seen_image(data, &draft);
    let replaces =
        move || now.with(|(caption, _)| caption.clone().map(|c| format!("Now: {}", c.trim())));
    let press = move |what: &'static str, words: &'static str, class: &'static str| {
        view! {
            <button
                class=format!("button {class} button--small")
                type="submit"
                name="what"
                value=what
                aria-label=name.with_value(|n| format!("{words} the draft for {n}"))
                {..send_once(action.pending())}
            >
                {(what == "accept").then(|| view! { <Icon name="check" /> })}
                {words}
            </button>
        }
    };
    view! {
        <ActionForm action attr:class="stack">
            <input type="hidden" name="style" value=data.style_id() />
            <input type="hidden" name="filename" value=draft.filename.clone() />
            <input type="hidden" name="etag" value=untrack(|| now.get().1) prop:value=move || now.get().1 />
            <input type="hidden" name="image" value=image.get_untracked() prop:value=image />
            <p class="drafts__now" hidden=move || replaces().is_none()>
                {replaces}
            </p>
            {text_box(data, draft)}
            <div class="button-group">
                {press("accept", "Accept", "button--secondary")} {press("discard", "Discard", "button--ghost")}
            </div>
        </ActionForm>
    }
}

/// Shows the draft as it was last written anew. What is typed stays in this browser until the box is left, and is kept with the
/// draft then.
fn text_box(data: Data, draft: Draft) -> impl IntoView {
    let drafts = data.drafts;
    let label = format!("Draft for {}", draft.filename);
    let (name, made) = (draft.filename, draft.made);
    let typed = data.address.with_untracked(|a| {
        let of = a.get("f.filename") == name;
        of.then(|| a.get("f.text").to_owned())
    });
    let begun = typed.filter(|t| !t.is_empty()).unwrap_or(draft.text);
    let of = StoredValue::new((name, made));
    let text = Memo::new(move |_| {
        let edited = of.with_value(|(name, made)| {
            let of_this = |edit: &&Edit| edit.made == *made;
            let edit = |edits: &BTreeMap<String, Edit>| {
                edits.get(name).filter(of_this).map(|e| e.text.clone())
            };
            drafts.edits.with(edit)
        });
        edited.unwrap_or_else(|| begun.clone())
    });
    let edit = move |text: String| {
        let (filename, made) = of.get_value();
        drafts
            .edits
            .update(|edits| drop(edits.insert(filename, Edit { made, text })));
    };
    Effect::new(move |_| {
        let (filename, made) = of.get_value();
        // of another draft than this one it is worth nothing
        match unsaved::find(TypedDrafts, data, &filename) {
            Some(typed) if typed.based_on == made => {
                edit(typed.text.clone());
                keep(data, filename, typed.text);
            }
            Some(_) => unsaved::forget(TypedDrafts, data, &filename),
            None => {}
        }
    });
    view! {
        <textarea
            class="input"
            name="text"
            rows="2"
            aria-label=label
            prop:value=text
            on:input=move |event| {
                let text = event_target_value(&event);
                of.with_value(|(name, made)| unsaved::keep(TypedDrafts, data, name, made, &text));
                edit(text);
            }
            on:change=move |event| keep(data, of.get_value().0, event_target_value(&event))
        >
            {textarea_content(text.get_untracked())}
        </textarea>
    }
}

/// Keeps a draft as it was written anew. A blank one is not kept: accepting it is refused, and says why.
fn keep(data: Data, filename: String, text: String) {
    if text.trim().is_empty() {
        return;
    }
    let style = data.style.get_value();
    leptos::task::spawn_local(async move {
        match edit_draft(style, filename.clone(), text.clone()).await {
            // decided about meanwhile
            Err(error) if error.kind != ErrorKind::NotFound => {}
            _ => unsaved::saved(TypedDrafts, data, &filename, &text),
        }
    });
}
