//! The names behind the numbers: what lies on one side only, what is newer where, what takes no part.

use super::Shared;
use crate::dataset::model::sync::{First, FolderFile, FolderPage, Group};
use crate::ui::units::{bytes, count};
use leptos::prelude::*;

#[component]
pub fn Lists(shared: Shared, view: StoredValue<FolderPage>) -> impl IntoView {
    let group = move |group: Group, title: &'static str, words: fn(FolderFile) -> String| {
        names(title, view.with_value(|v| v.group(group)), words)
    };
    let remove = move |files: usize, panel: &'static str, words: &'static str| {
        (files > 0).then(|| {
            view! {
                <a class="link" href=move || shared.href(panel) data-noscroll="">
                    {words}
                </a>
            }
        })
    };
    let (only_there, only_here) = view.with_value(|v| (v.only_there, v.only_here));
    view! {
        {group(Group::OnlyHere, "Only in the folder", line)}
        {group(Group::OnlyThere, "Only in S3", line)}
        {group(Group::ChangedHere, "Newer in the folder", line)}
        {group(Group::ChangedThere, "Newer in S3", line)}
        {group(Group::Unfit, "Cannot be trained", |file| file.problem.unwrap_or_default())}
        {names("Left out", view.with_value(|v| v.left_out.clone()), |why| why)}
        <p class="folder__removals">
            {remove(only_there, "remove-s3", "Remove from S3 what only S3 has…")}
            {remove(only_here, "remove-folder", "Remove from the folder what only the folder has…")}
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

fn names<T>(title: &'static str, of: First<T>, words: fn(T) -> String) -> Option<impl IntoView> {
    let (all, more) = (of.count, of.more());
    (all > 0).then(|| {
        let rows = of.shown.into_iter().map(words);
        let rows = rows.map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <details class="disclosure">
                <summary class="disclosure__summary">
                    {title} <span class="disclosure__note">{count(all as u64)}</span>
                </summary>
                <ul class="disclosure__body folder__names" tabindex="0" aria-label=title>
                    {rows} {(more > 0).then(|| view! { <li>{format!("and {} more", count(more as u64))}</li> })}
                </ul>
            </details>
        }
    })
}
