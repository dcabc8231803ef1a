//! The names behind the numbers: what lies on one side only, what is newer where, what takes no part.

use super::Shared;
use crate::dataset::model::sync::{FileState, FolderFile, FolderView};
use crate::ui::units::{bytes, count};
use leptos::prelude::*;

/// Names shown of one group; the REST answer has all.
const SHOWN: usize = 300;

#[component]
pub fn Lists(shared: Shared, view: StoredValue<FolderView>) -> impl IntoView {
    let group = move |state: FileState, title: &'static str| {
        let files: Vec<FolderFile> = view.with_value(|v| {
            let named = v
                .files
                .iter()
                .filter(|f| f.state == state && !f.was_in_step && f.problem.is_none());
            named.cloned().collect()
        });
        names(title, files.into_iter().map(line).collect())
    };
    let has =
        move |wanted: fn(&FolderFile) -> bool| view.with_value(|v| v.files.iter().any(wanted));
    let only_there = has(|f| f.state == FileState::OnlyThere);
    let only_here = has(|f| f.state == FileState::OnlyHere);
    let unfit = view.with_value(|v| v.files.iter().filter_map(|f| f.problem.clone()).collect());
    let left_out = view.with_value(|v| v.left_out.iter().map(|p| p.message.clone()).collect());
    view! {
        {group(FileState::OnlyHere, "Only in the folder")}
        {group(FileState::OnlyThere, "Only in S3")}
        {group(FileState::ChangedHere, "Newer in the folder")}
        {group(FileState::ChangedThere, "Newer in S3")}
        {names("Cannot be trained", unfit)}
        {names("Left out", left_out)}
        <p class="folder__removals">
            {only_there
                .then(|| {
                    view! {
                        <a class="link" href=move || shared.href("remove-s3") data-noscroll="">
                            "Remove from S3 what only S3 has…"
                        </a>
                    }
                })}
            {only_here
                .then(|| {
                    view! {
                        <a class="link" href=move || shared.href("remove-folder") data-noscroll="">
                            "Remove from the folder what only the folder has…"
                        </a>
                    }
                })}
        </p>
    }
}

fn line(file: FolderFile) -> String {
    let size = match (file.counting(), &file.there) {
        (Some(here), _) => here.size_bytes,
        (None, Some(there)) => there.size_bytes,
        (None, None) => 0,
    };
    format!("{} · {}", file.filename, bytes(size))
}

fn names(title: &'static str, lines: Vec<String>) -> Option<impl IntoView> {
    let all = lines.len();
    (all > 0).then(|| {
        let rows = lines
            .into_iter()
            .take(SHOWN)
            .map(|line| view! { <li>{line}</li> });
        let rows = rows.collect_view();
        let more = all.saturating_sub(SHOWN);
        view! {
            <details class="disclosure">
                <summary class="disclosure__summary">
                    {title} <span class="disclosure__note">{count(all as u64)}</span>
                </summary>
                <ul class="disclosure__body folder__names" tabindex="0" aria-label=title>
                    {rows} {(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}
                </ul>
            </details>
        }
    })
}
