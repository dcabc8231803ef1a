//! The comparison when it is opened: numbers, what can be done, and below it the decisions and the names.

use super::{Shared, TITLE, decisions, folders, lists, progress, removal};
use crate::dataset::model::sync::{FolderCounts, FolderPage, Side};
use crate::ui::units::{bytes, plural};
use crate::ui::{ErrorNotice, Icon, Notice, focus_if_lost, focus_soon};
use leptos::prelude::*;

/// The comparison.
#[component]
pub fn Opened(shared: Shared, view: FolderPage) -> impl IntoView {
    let side = Memo::new(move |_| {
        shared.address.with(|a| match a.get("folder") {
            "remove-s3" => Some(Side::S3),
            "remove-folder" => Some(Side::Folder),
            _ => None,
        })
    });
    let view = StoredValue::new(view);
    let counts = view.with_value(|v| v.counts);
    // what was pressed is gone with the question, or with the list it stood under
    Effect::new(move |before: Option<Option<Side>>| {
        let now = side.get();
        let removed = shared
            .address
            .with_untracked(|a| !a.get("removed").is_empty());
        if before.is_none() && removed {
            // built anew when both sides were read again
            focus_if_lost(removal::TOLD);
        }
        // the question takes it when its names are there
        if before.is_some_and(|before| before != now) && now.is_none() {
            focus_soon(match removed {
                true => removal::TOLD,
                false => TITLE,
            });
        }
        now
    });
    view! {
        <div class="panel folder__panel">
            <div class="panel__head">
                <h2 class="panel__title" id=TITLE tabindex="-1">
                    "Project folder and S3"
                </h2>
                <a
                    class="button button--ghost button--icon"
                    href=move || shared.href("")
                    data-noscroll=""
                    aria-label="Close the comparison"
                >
                    <Icon name="close" />
                </a>
            </div>
            <p class="folder__where">
                <code>"resources/style_images/"</code>
                {view.with_value(folders)}
            </p>
            {view.with_value(|v| v.folders.len() > 1).then(several)}
            <Counts counts />
            <progress::Outcome shared />
            <removal::Done shared />
            {move || match side.get() {
                Some(side) => view! { <removal::Confirm shared side /> }.into_any(),
                None => {
                    view! {
                        <Buttons shared counts />
                        <decisions::Decisions shared view />
                        <lists::Lists shared view />
                    }
                        .into_any()
                }
            }}
        </div>
    }
}

fn several() -> impl IntoView {
    view! {
        <p class="muted">
            "This style has several folders (an old title or spelling). They are read together and none is moved."
        </p>
    }
}

#[component]
fn Counts(counts: FolderCounts) -> impl IntoView {
    let stat = |number: u32, name: &'static str| {
        view! {
            <div class="stat">
                <dt class="stat__name">{name}</dt>
                <dd class="stat__value">{number}</dd>
            </div>
        }
    };
    view! {
        <dl class="stats folder__stats">
            {stat(counts.here, "in the folder")} {stat(counts.there, "in S3")}
            {stat(counts.in_step, "in step")} {stat(counts.conflicts, "to decide")}
        </dl>
    }
}

/// Send and fetch; a disabled one says why.
#[component]
fn Buttons(shared: Shared, counts: FolderCounts) -> impl IntoView {
    let button = move |what: &'static str,
                       icon: &'static str,
                       files: u32,
                       size: u64,
                       words: &'static str| {
        let text = match files {
            0 => words.to_owned(),
            n => format!("{words}: {}, {}", plural(n as usize, "file"), bytes(size)),
        };
        let class = match files {
            0 => "button button--secondary",
            _ => "button button--primary",
        };
        view! {
            <button
                class=class
                type="submit"
                name="what"
                value=what
                disabled=move || files == 0 || shared.is_running()
            >
                <Icon name=icon />
                {text}
            </button>
        }
    };
    let why = match (counts.to_send, counts.to_fetch, counts.conflicts) {
        (0, 0, 0) if counts.unfit > 0 => {
            "Nothing that can be trained is missing or newer on either side; what cannot be is named below."
        }
        (0, 0, 0) => "Nothing is missing or newer on either side.",
        (0, 0, _) => "Nothing goes by itself; what both sides changed is for you to decide.",
        _ => {
            "Only what is missing or newer is moved. Nothing is overwritten unasked, nothing is deleted."
        }
    };
    view! {
        <ActionForm action=shared.go>
            <input type="hidden" name="style" value=shared.style_id() />
            <div class="button-group folder__buttons">
                {button("send", "upload", counts.to_send, counts.bytes_to_send, "Send to S3")}
                {button("fetch", "download", counts.to_fetch, counts.bytes_to_fetch, "Fetch from S3")}
            </div>
        </ActionForm>
        <p class="muted">{why}</p>
        {move || {
            let refused = shared.go.value().get().and_then(Result::err);
            refused.map(|error| view! { <ErrorNotice error /> })
        }}
        {(counts.unchecked > 0).then(|| unchecked(counts.unchecked))}
    }
}

fn unchecked(files: u32) -> impl IntoView {
    view! {
        <Notice
            kind="info"
            what=format!("{} of the same size could not be compared yet.", plural(files as usize, "file"))
            remedy="Their ETags do not tell (several parts, or encrypted). A transfer reads them; a reload compares further ones."
        />
    }
}
