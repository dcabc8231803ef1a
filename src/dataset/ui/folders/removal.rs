//! Removing what one side alone has: every name is shown and asked about; no transfer does this.

use super::super::delete::sets_keep;
use super::super::load::parsed;
use super::Shared;
use crate::dataset::api::folders::{RemoveFolderFiles, folder_removal};
use crate::dataset::model::sync::{Removal, Removed, Side};
use crate::ui::units::{bytes, plural};
use crate::ui::{ErrorNotice, Icon, Notice, focus_if_lost};
use leptos::prelude::*;

/// Where the focus goes: the question's heading, and afterwards what it came to.
pub const QUESTION: &str = "folder-question";
pub const TOLD: &str = "folder-removed";

#[component]
pub fn Confirm(shared: Shared, side: Side) -> impl IntoView {
    let asked = Resource::new(
        move || shared.style_id(),
        move |id| async move { folder_removal(parsed(&id)?, side).await },
    );
    view! {
        <Suspense fallback=|| {
            view! { <p class="muted">"Looking at both sides…"</p> }
        }>
            {move || Suspend::new(async move {
                match asked.await {
                    Ok(removal) => view! { <Question shared side removal /> }.into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Question(shared: Shared, side: Side, removal: Removal) -> impl IntoView {
    let (place, word) = match side {
        Side::S3 => ("S3", "s3"),
        Side::Folder => ("the folder", "folder"),
    };
    // what was pressed is gone
    Effect::new(|_| focus_if_lost(QUESTION));
    let remove = ServerAction::<RemoveFolderFiles>::new();
    let refused = move || remove.value().get().and_then(Result::err);
    shared.follow(remove, TOLD, move |done: Removed| {
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
    let many = plural(removal.files.len(), "file");
    let none = removal.files.is_empty();
    let sets = sets_keep(&removal.sets);
    let rows = removal.files.into_iter().map(|file| {
        let value = format!("{} {}", file.version, file.filename);
        view! {
            <li>
                <input type="hidden" name="files[]" value=value />
                {file.words(&bytes(file.size_bytes))}
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
                "These lie there alone: they cannot be brought back. What the other side has too is never removed."{sets}
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
        // the server may still be writing a page that was left
        let (removed, kept) = told.try_get()?;
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
