//! A transfer on its way, and how the last one ended.

use super::Shared;
use crate::dataset::model::sync::{FileProblem, Stage, Transfer};
use crate::ui::units::{bytes, minute, plural};
use crate::ui::{Icon, Notice};
use leptos::prelude::*;

/// Where a transfer is told of.
pub const OUTCOME: &str = "folder-transfer";
/// Failed files that are named on the page; all of them are in the REST answer.
const NAMED: usize = 50;

/// Short words beside the strip while a transfer runs.
#[component]
pub fn Line(shared: Shared) -> impl IntoView {
    move || {
        let text = shared.of_transfer(|t| t.stage.is_running().then(|| words(t)));
        text.flatten()
            .map(|text| view! { <span role="status">{text}</span> })
    }
}

fn words(transfer: &Transfer) -> String {
    match transfer.stage {
        Stage::Comparing => "Comparing the folder with S3".into(),
        _ => format!(
            "{} of {} moved",
            transfer.files_done,
            plural(transfer.files_total as usize, "file")
        ),
    }
}

/// Progress with cancel while it runs; afterwards what it came to, with a way to go on.
#[component]
pub fn Outcome(shared: Shared) -> impl IntoView {
    view! {
        <div class="folder__transfer" id=OUTCOME tabindex="-1">
            {move || {
                // what only this part knows may be gone when a transfer is heard of while both sides are read again
                if shared.is_running() {
                    view! { <Running shared /> }.into_any()
                } else {
                    let ended = shared.of_transfer(Transfer::clone);
                    ended.map(|transfer| view! { <Ended shared transfer /> }).into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Running(shared: Shared) -> impl IntoView {
    let of = move |read: fn(&Transfer) -> u64| shared.of_transfer(read).unwrap_or(0);
    let known = move || of(|t| t.bytes_total) > 0;
    // script shows it without a reload
    let live = RwSignal::new(false);
    Effect::new(move |_| live.set(true));
    let line = move || shared.of_transfer(words);
    let sizes = move || {
        let done = bytes(of(|t| t.bytes_done));
        known().then(|| format!("{done} of {}", bytes(of(|t| t.bytes_total))))
    };
    view! {
        <div class="run-progress">
            <div class="run-progress__line">
                <span class="run-progress__words">{line}</span>
                <span>{sizes}</span>
            </div>
            <progress
                class="progress"
                max=move || known().then(|| of(|t| t.bytes_total))
                value=move || known().then(|| of(|t| t.bytes_done))
                aria-label="Progress of the transfer"
            ></progress>
        </div>
        <div class="button-group">
            <Act shared what="cancel" icon="stop" words="Cancel" />
            <a
                class="button button--secondary"
                href=move || shared.href("1")
                rel="external"
                hidden=move || live.get()
            >
                "Reload to see how far it is"
            </a>
        </div>
    }
}

/// A button that is a form of its own.
#[component]
fn Act(
    shared: Shared,
    what: &'static str,
    icon: &'static str,
    words: &'static str,
) -> impl IntoView {
    view! {
        <ActionForm action=shared.go>
            <input type="hidden" name="style" value=shared.style_id() />
            <button class="button button--secondary" type="submit" name="what" value=what>
                <Icon name=icon />
                {words}
            </button>
        </ActionForm>
    }
}

#[component]
fn Ended(shared: Shared, transfer: Transfer) -> impl IntoView {
    let moved = moved(&transfer);
    let when = minute(transfer.ended.as_deref().unwrap_or(&transfer.started));
    let left = transfer.files_total - transfer.files_done.min(transfer.files_total);
    let failed = transfer.failed.len();
    let (kind, what) = match transfer.stage {
        Stage::Done if failed > 0 => (
            "warning",
            format!("{moved}; {} not.", plural(failed, "file")),
        ),
        Stage::Done => ("success", format!("{moved}, {when}.")),
        Stage::Cancelled => ("info", format!("Cancelled: {moved}, {left} left.")),
        Stage::Interrupted => (
            "warning",
            format!("The studio ended in the middle of a transfer: {moved}, {left} left."),
        ),
        Stage::Stopped => (
            "error",
            format!("The transfer stopped: {moved}, {left} left."),
        ),
        Stage::Comparing | Stage::Moving => return ().into_any(),
    };
    let can_resume = transfer.stage.can_resume();
    view! {
        <Notice kind=kind what=what>
            {transfer.error.map(|error| view! { <p class="notice__why">{error}</p> })}
            {problems(transfer.failed)}
            {can_resume
                .then(|| {
                    view! {
                        <div class="notice__actions">
                            <Act shared what="resume" icon="play" words="Go on" />
                        </div>
                    }
                })}
        </Notice>
    }
    .into_any()
}

fn moved(transfer: &Transfer) -> String {
    let part =
        |n: u32, verb: &str| (n > 0).then(|| format!("{} {verb}", plural(n as usize, "file")));
    let parts: Vec<String> = [
        part(transfer.sent, "sent"),
        part(transfer.fetched, "fetched"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match parts.is_empty() {
        true => "Nothing had to be moved".into(),
        false => parts.join(", "),
    }
}

/// Names with reasons.
fn problems(list: Vec<FileProblem>) -> Option<impl IntoView> {
    let more = list.len().saturating_sub(NAMED);
    let rows = list
        .into_iter()
        .take(NAMED)
        .map(|problem| view! { <li>{problem.message}</li> })
        .collect_view();
    let any = !rows.is_empty();
    any.then(|| {
        view! {
            <ul class="notice__list">
                {rows} {(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}
            </ul>
        }
    })
}
