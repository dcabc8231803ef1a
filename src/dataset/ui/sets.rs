//! Selection sets on this page: saving one, and renaming or deleting the chosen one.

use super::state::Data;
use crate::dataset::api::{DeleteSelectionSet, RenameSelectionSet, SaveSelectionSet};
use crate::dataset::model::selection::SelectionSet;
use crate::error::AppError;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon, TextField};
use leptos::prelude::*;

/// Saving a selection, by script or after a plain form was refused.
#[derive(Clone, Copy)]
pub struct Saving {
    action: ServerAction<SaveSelectionSet>,
    data: Data,
}

impl Saving {
    pub fn new(data: Data) -> Self {
        let action = ServerAction::<SaveSelectionSet>::new();
        Effect::new(move |_| {
            if let Some(Ok(set)) = action.value().get() {
                let id = set.id.to_string();
                data.refresh();
                let address = data
                    .address
                    .with_untracked(|a| a.with("set", &id).and("saved", &id));
                data.go(&address);
            }
        });
        Self { action, data }
    }

    pub fn save(self, set: Option<u64>, name: String, filenames: Vec<String>) {
        self.action.dispatch(SaveSelectionSet {
            style: self.data.style.get_value(),
            set,
            name: Some(name),
            filenames,
        });
    }

    pub fn busy(self) -> bool {
        self.action.pending().get()
    }

    pub fn done(self) -> bool {
        matches!(self.action.value().get(), Some(Ok(_)))
    }

    pub fn error(self) -> Option<AppError> {
        self.action.value().get().and_then(Result::err)
    }
}

/// Rename or delete the set of `?set=`.
#[component]
pub fn EditSet(data: Data) -> impl IntoView {
    let rename = ServerAction::<RenameSelectionSet>::new();
    let delete = ServerAction::<DeleteSelectionSet>::new();
    Effect::new(move |_| {
        if matches!(rename.value().get(), Some(Ok(_))) {
            data.refresh();
        }
    });
    Effect::new(move |_| {
        if matches!(delete.value().get(), Some(Ok(_))) {
            let gone = data.address.with_untracked(|a| a.get("set").to_owned());
            let address = data
                .address
                .with_untracked(|a| a.with("set", "").and("gone", &gone));
            data.refresh();
            data.go(&address);
        }
    });
    let chosen = Memo::new(move |_| data.chosen_set());
    let refused = move || {
        let renamed = rename.value().get().and_then(Result::err);
        renamed.or_else(|| delete.value().get().and_then(Result::err))
    };
    move || {
        let set = chosen.get()?;
        let lost = data.gone(&set);
        let title = set.title();
        let unfolded = untrack(refused).is_some();
        let lost = (!lost.is_empty()).then(|| lost_images(&title, &lost));
        Some(view! {
            <details class="popover" open=unfolded>
                <summary class="button button--secondary">
                    <Icon name="edit" />
                    {format!("Edit {title}")}
                </summary>
                <div class="popover__panel">
                    <h2 class="popover__title">{title}</h2>
                    {lost}
                    {move || {
                        refused()
                            .filter(|e| e.message_for("name").is_none())
                            .map(|error| view! { <ErrorNotice error /> })
                    }}
                    {rename_form(data, rename, &set)}
                    {delete_form(data, delete, &set)}
                </div>
            </details>
        })
    }
}

fn lost_images(title: &str, lost: &[String]) -> impl IntoView + use<> {
    let text = format!(
        "{title} names {} no longer in the bucket: {}. Update it to drop them.",
        plural(lost.len(), "image"),
        lost.join(", ")
    );
    view! { <p class="field__error">{text}</p> }
}

fn rename_form(
    data: Data,
    rename: ServerAction<RenameSelectionSet>,
    set: &SelectionSet,
) -> impl IntoView + use<> {
    let error = move || {
        let refused = rename.value().get().and_then(Result::err)?;
        refused.message_for("name").map(str::to_owned)
    };
    let (id, name) = (set.id, set.name.clone().unwrap_or_default());
    let hint = format!("Empty: it is Set {id}.");
    view! {
        <ActionForm action=rename attr:class="stack">
            <input type="hidden" name="style" value=data.style_id() />
            <input type="hidden" name="set" value=id.to_string() />
            <TextField
                label="Name"
                name="name"
                id="rename_set"
                value=Signal::stored(name)
                hint=hint
                error=Signal::derive(error)
                optional=true
            />
            <div class="dialog__actions">
                <button
                    class="button button--secondary"
                    type="submit"
                    disabled=move || rename.pending().get()
                >
                    "Rename"
                </button>
            </div>
        </ActionForm>
    }
}

/// Folded: the second press is the confirmation, beside the set's name.
fn delete_form(
    data: Data,
    delete: ServerAction<DeleteSelectionSet>,
    set: &SelectionSet,
) -> impl IntoView + use<> {
    let (id, title) = (set.id, set.title());
    let images = plural(set.filenames.len(), "image");
    let verb = if set.filenames.len() == 1 {
        "stays"
    } else {
        "stay"
    };
    let why = format!(
        "Its {images} {verb} in the bucket, and trained versions keep their own list. Its number is not given again."
    );
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">"Delete this set…"</summary>
            <ActionForm action=delete attr:class="disclosure__body stack">
                <input type="hidden" name="style" value=data.style_id() />
                <input type="hidden" name="set" value=id.to_string() />
                <p class="muted">{why}</p>
                <div class="dialog__actions">
                    <button
                        class="button button--solid"
                        type="submit"
                        disabled=move || delete.pending().get()
                    >
                        <Icon name="trash" />
                        {format!("Delete {title}")}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}
