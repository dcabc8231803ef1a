//! The last edits, each with its undo, and what the last one did.

use super::preview::left;
use super::{Actions, Shown, refusal};
use crate::dataset::model::caption_edit::AppliedEdit;
use crate::dataset::ui::state::Data;
use crate::ui::units::{minute, plural};
use crate::ui::{Icon, Notice, focus_if_lost, send_once};
use leptos::prelude::*;

const HAPPENED: &str = "captions-happened";

/// `?edited=3`: what an edit or its undo did. The box itself stays, so that it is announced.
#[component]
pub fn Happened(data: Data, actions: Actions, shown: Shown) -> impl IntoView {
    let edited = Memo::new(move |_| {
        let id: u64 = data.address.with(|a| a.get("edited").parse().ok())?;
        shown.with(|s| s.as_ref()?.edits.iter().find(|e| e.id == id).cloned())
    });
    let told = move || {
        let edit = edited.get()?;
        let (what, names) = match &edit.undone {
            Some(undone) => (
                format!(
                    "Undone: {} brought back.",
                    plural(undone.restored, "caption")
                ),
                undone.left.clone(),
            ),
            None => (
                format!(
                    "{}: {} changed.",
                    edit.what,
                    plural(edit.changed, "caption")
                ),
                edit.left.clone(),
            ),
        };
        let kind = if names.is_empty() {
            "success"
        } else {
            "warning"
        };
        let again = (edit.undoable && edit.undone.is_none()).then(|| undo(data, actions, &edit));
        Some(view! {
            <Notice kind=kind what=what>
                {left(&names, "These were left alone:")} {again}
            </Notice>
        })
    };
    Effect::new(move |before: Option<Option<AppliedEdit>>| {
        let now = edited.get();
        // the button that did it is gone
        if before.is_some_and(|b| b != now) && now.is_some() {
            focus_if_lost(HAPPENED);
        }
        now
    });
    view! {
        <div class="happened" id=HAPPENED tabindex="-1">
            {told}
        </div>
    }
}

#[component]
pub fn History(data: Data, actions: Actions, shown: Shown) -> impl IntoView {
    let edits =
        Memo::new(move |_| shown.with(|s| s.as_ref().map(|s| s.edits.clone()).unwrap_or_default()));
    let refused = refusal(
        move || actions.undo.value().get().and_then(Result::err),
        &[],
    );
    view! {
        <section
            class="panel caption-view__block"
            aria-labelledby="captions-edits"
            hidden=move || edits.with(Vec::is_empty)
        >
            <h3 class="panel__title" id="captions-edits">
                "Last edits"
            </h3>
            {refused}
            <ul class="caption-view__edits">
                {move || edits.get().iter().map(|e| row(data, actions, e)).collect_view()}
            </ul>
        </section>
    }
}

fn row(data: Data, actions: Actions, edit: &AppliedEdit) -> AnyView {
    let mut facts = vec![
        plural(edit.changed, "caption"),
        format!("{} UTC", minute(&edit.at)),
    ];
    if !edit.left.is_empty() {
        facts.push(format!("{} left alone", edit.left.len()));
    }
    if let Some(undone) = &edit.undone {
        facts.push(format!("undone, {} brought back", undone.restored));
        if !undone.left.is_empty() {
            facts.push(format!("{} not", undone.left.len()));
        }
    }
    view! {
        <li class="caption-view__edit">
            <div>
                <p>{edit.what.clone()}</p>
                <p class="muted">{facts.join(" · ")}</p>
            </div>
            {edit.undoable.then(|| undo(data, actions, edit))}
        </li>
    }
    .into_any()
}

fn undo(data: Data, actions: Actions, edit: &AppliedEdit) -> AnyView {
    let (id, label) = (edit.id.to_string(), format!("Undo: {}", edit.what));
    view! {
        <ActionForm action=actions.undo>
            <input type="hidden" name="style" value=data.style_id() />
            <input type="hidden" name="edit" value=id />
            <button
                class="button button--secondary button--small"
                aria-label=label
                type="submit"
                {..send_once(actions.undo.pending())}
            >
                <Icon name="undo" />
                "Undo"
            </button>
        </ActionForm>
    }
    .into_any()
}
