//! Removing what one side alone has: every name is shown and asked about; no transfer does this.

use super::Shared;
use crate::dataset::api::folders::RemoveFolderFiles;
use crate::dataset::model::sync::{FileState, FolderFile, FolderView, Removed, Side};
use crate::ui::units::{bytes, plural};
use crate::ui::{ErrorNotice, Icon, Notice};
use leptos::prelude::*;

/// Where the focus goes: the question's heading, and afterwards what it came to.
pub const QUESTION: &str = "folder-question";
pub const TOLD: &str = "folder-removed";

#[component]
pub fn Confirm(shared: Shared, view: StoredValue<FolderView>, side: Side) -> impl IntoView {
    let (state, place, word) = match side {
        Side::S3 => (FileState::OnlyThere, "S3", "s3"),
        Side::Folder => (FileState::OnlyHere, "the folder", "folder"),
    };
    let files: Vec<FolderFile> = view.with_value(|v| {
        let alone = v.files.iter().filter(|f| f.state == state);
        alone.cloned().collect()
    });
    let remove = ServerAction::<RemoveFolderFiles>::new();
    let refused = move || remove.value().get().and_then(Result::err);
    shared.follow(remove, move |done: Removed| {
        let removed = done.removed.len().to_string();
        let to = shared
            .address
            .with_untracked(|a| a.with("folder", "1").and("removed", &removed));
        let to = done
            .refused
            .iter()
            .fold(to, |to, kept| to.and("kept", &kept.message));
        let to = to.href(&shared.style_id());
        shared.navigate.with_value(|go| go.run(to));
    });
    let many = plural(files.len(), "file");
    let none = files.is_empty();
    let rows = files.into_iter().map(|file| {
        let size = file.here.first().map(|h| h.size_bytes);
        let size = size
            .or(file.there.as_ref().map(|t| t.size_bytes))
            .unwrap_or(0);
        let value = format!("{} {}", file.version, file.filename);
        view! {
            <li>
                <input type="hidden" name="files[]" value=value />
                {format!("{} · {}", file.filename, bytes(size))}
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <ActionForm action=remove>
            <input type="hidden" name="style" value=shared.style_id() />
            <input type="hidden" name="side" value=word />
            <input type="hidden" name="confirmed" value="true" />
            <h3 class="folder__group" id=QUESTION tabindex="-1">{format!("Remove {many} from {place}?")}</h3>
            <p class="muted">
                "These lie there alone: they cannot be brought back. What the other side has too is never removed."
            </p>
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            <ul class="dialog__names folder__names" tabindex="0" aria-label="What is removed">
                {rows}
            </ul>
            <div class="button-group folder__buttons">
                <a class="button button--secondary" href=move || shared.href("1") data-noscroll="">
                    "Keep them"
                </a>
                <button
                    class="button button--solid"
                    type="submit"
                    disabled=none
                >
                    <Icon name="trash" />
                    {format!("Remove {many} from {place}")}
                </button>
            </div>
        </ActionForm>
    }
}

/// `?removed=3&kept=reason`: what a removal came to.
#[component]
pub fn Done(shared: Shared) -> impl IntoView {
    let told = Memo::new(move |_| {
        shared
            .address
            .with(|a| (a.get("removed").parse::<usize>().ok(), a.all("kept")))
    });
    move || {
        let (removed, kept) = told.get();
        let count = removed?;
        let kind = if kept.is_empty() {
            "success"
        } else {
            "warning"
        };
        let rows = kept.into_iter().map(|reason| view! { <li>{reason}</li> });
        let what = format!("{} removed.", plural(count, "file"));
        Some(view! {
            <div id=TOLD tabindex="-1">
                <Notice kind=kind what=what>
                    <ul class="notice__list">{rows.collect_view()}</ul>
                </Notice>
            </div>
        })
    }
}
