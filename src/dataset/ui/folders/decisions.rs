//! What only a person can decide: both sides changed, one side lost a file, two folders hold different ones.

use super::pictured::pictured;
use super::{Shared, TITLE, progress};
use crate::dataset::api::folders::{ChooseFolder, DecideFolder};
use crate::dataset::model::sync::{Action, First, FolderFile, FolderPage, Group};
use crate::ui::units::{bytes, count, minute};
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;

#[component]
pub fn Decisions(shared: Shared, view: StoredValue<FolderPage>) -> impl IntoView {
    let of = move |group: Group| view.with_value(|v| v.group(group));
    view! {
        <Table
            shared
            files=of(Group::Conflict)
            title="Changed on both sides"
            why="Both differ from what they last had in common, or nothing is known of that. Neither is overwritten until you say so."
            actions=&BOTH
        />
        <Table
            shared
            files=of(Group::LostThere)
            title="Deleted in S3 since"
            why="They were in S3 once. They are not sent again unless you say so."
            actions=&[(Action::Send, "Send again", "Send all again")]
        />
        <Table
            shared
            files=of(Group::LostHere)
            title="Deleted in the folder since"
            why="They were in the folder once. They are not fetched again unless you say so."
            actions=&[(Action::Fetch, "Fetch again", "Fetch all again")]
        />
        <Split shared files=of(Group::Split) />
    }
}

/// Said where not all are shown: nobody decides about what they have not seen.
fn first_ones(files: &First<FolderFile>) -> Option<impl IntoView + use<>> {
    let (shown, all) = (files.shown.len(), files.count);
    (shown < all).then(|| {
        let words = format!(
            "The first {} of {} are shown, and decided about here. The others follow when these are done.",
            count(shown as u64),
            count(all as u64)
        );
        view! { <p class="muted">{words}</p> }
    })
}

/// An action, its words for one file and for all.
type Offer = (Action, &'static str, &'static str);

const BOTH: [Offer; 2] = [
    (
        Action::Send,
        "Send the folder's",
        "Send all of the folder's",
    ),
    (Action::Fetch, "Take S3's", "Take all of S3's"),
];

#[component]
fn Table(
    shared: Shared,
    files: First<FolderFile>,
    title: &'static str,
    why: &'static str,
    actions: &'static [Offer],
) -> impl IntoView {
    if files.count == 0 {
        return ().into_any();
    }
    let decide = ServerAction::<DecideFolder>::new();
    shared.follow(decide, progress::OUTCOME, |_| ());
    let refused = move || decide.value().get().and_then(Result::err);
    let first_ones = first_ones(&files);
    let rows = files
        .shown
        .into_iter()
        .map(|file| row(shared, file, actions))
        .collect_view();
    let all = actions.iter().map(|(action, _, words)| {
        view! {
            <button class="button button--ghost" type="submit" name="all" value=action.as_str()>
                {*words}
            </button>
        }
    });
    view! {
        <ActionForm action=decide>
            <input type="hidden" name="style" value=shared.style_id() />
            <h3 class="folder__group">{title}</h3>
            <p class="muted">{why}</p>
            {first_ones}
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            <div class="table-scroll" tabindex="0" role="region" aria-label=title>
                <table class="table folder__table">
                    <thead>
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"In the folder"</th>
                            <th scope="col">"In S3"</th>
                            <th scope="col">"What to do"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <div class="button-group folder__buttons">
                <button class="button button--secondary" type="submit" disabled=move || shared.is_running()>
                    <Icon name="check" />
                    "Do what is chosen"
                </button>
                {all.collect_view()}
            </div>
        </ActionForm>
    }
    .into_any()
}

fn row(shared: Shared, file: FolderFile, actions: &'static [Offer]) -> impl IntoView {
    let side = |size: u64, modified: &str| format!("{} · {}", bytes(size), minute(modified));
    let style = shared.style_id();
    let here = file.counting().map(|h| {
        let words = side(h.size_bytes, &h.modified);
        pictured(
            &style,
            &file.filename,
            Some(&h.folder),
            h.text.as_deref(),
            words,
        )
    });
    let there = file.there.as_ref().map(|t| {
        let words = side(t.size_bytes, &t.modified);
        pictured(&style, &file.filename, None, t.text.as_deref(), words)
    });
    let none = || "none".into_any();
    let value = |word: &str| format!("{word} {} {}", file.version, file.filename);
    let chosen = shared.chosen(&file.filename);
    let options = actions.iter().map(|(action, words, _)| {
        let value = value(action.as_str());
        view! { <option selected=chosen == value value=value>{*words}</option> }
    });
    let name = file.filename.clone();
    view! {
        <tr>
            <th scope="row">{file.filename.clone()}</th>
            <td data-label="In the folder">{here.unwrap_or_else(none)}</td>
            <td data-label="In S3">{there.unwrap_or_else(none)}</td>
            <td data-label="What to do">
                <select
                    class="input input--auto"
                    name="decisions[]"
                    aria-label=format!("What to do with {}", file.filename)
                    on:change=move |event| shared.choose(&name, event_target_value(&event))
                >
                    <option value=value("leave")>"Leave both"</option>
                    {options.collect_view()}
                </select>
            </td>
        </tr>
    }
}

/// The same name with different content in two folders.
#[component]
fn Split(shared: Shared, files: First<FolderFile>) -> impl IntoView {
    if files.count == 0 {
        return ().into_any();
    }
    let first_ones = first_ones(&files);
    let choose = ServerAction::<ChooseFolder>::new();
    shared.follow(choose, TITLE, |()| ());
    let refused = move || choose.value().get().and_then(Result::err);
    let row = move |file: FolderFile| {
        let copies = file.here.iter().map(|copy| {
            let words = format!(
                "{}: {} · {}",
                copy.folder,
                bytes(copy.size_bytes),
                minute(&copy.modified)
            );
            view! { <option value=format!("{}/{}", copy.folder, file.filename)>{words}</option> }
        });
        let copies = copies.collect_view();
        let style = shared.style_id();
        let shown = file.here.iter().map(|copy| {
            let (folder, text) = (&copy.folder, copy.text.as_deref());
            pictured(&style, &file.filename, Some(folder), text, folder.clone())
        });
        view! {
            <tr>
                <th scope="row">{file.filename.clone()}</th>
                <td data-label="The copies">
                    <div class="folder__copies">{shown.collect_view()}</div>
                </td>
                <td data-label="Which one counts">
                    <select
                        class="input input--auto"
                        name="choices[]"
                        aria-label=format!("Which {} counts", file.filename)
                    >
                        <option value="">"Not decided"</option>
                        {copies}
                    </select>
                </td>
            </tr>
        }
    };
    view! {
        <ActionForm action=choose>
            <input type="hidden" name="style" value=shared.style_id() />
            <h3 class="folder__group">"In two folders with different content"</h3>
            <p class="muted">
                "Choose the one that counts. The other is left as it is and takes no part in transfers."
            </p>
            {first_ones}
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            <div class="table-scroll" tabindex="0" role="region" aria-label="In two folders">
                <table class="table folder__table">
                    <thead>
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"The copies"</th>
                            <th scope="col">"Which one counts"</th>
                        </tr>
                    </thead>
                    <tbody>{files.shown.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            <div class="button-group folder__buttons">
                <button class="button button--secondary" type="submit">
                    <Icon name="check" />
                    "Choose"
                </button>
            </div>
        </ActionForm>
    }
    .into_any()
}
