//! A run on its way, and how the last one ended.

use super::super::state::Data;
use crate::dataset::api::drafts::SteerDrafts;
use crate::dataset::model::drafts::{DraftProblem, DraftRun, DraftStage};
use crate::ui::units::{count, minute, plural, second};
use crate::ui::{ErrorNotice, Icon, Notice, focus_if_lost, send_once};
use leptos::prelude::*;

/// Failed images that are named on the page; all of them are in the REST answer.
const NAMED: usize = 30;

/// `7 of 20 drafted, 1 failed`.
pub fn words(run: &DraftRun) -> String {
    let failed = match run.failed.len() {
        0 => String::new(),
        some => format!(", {} failed", count(some as u64)),
    };
    let waiting = match &run.waiting_until {
        Some(until) => format!(", the endpoint asks to wait until {} UTC", second(until)),
        None => String::new(),
    };
    let (done, total) = (u64::from(run.drafted), u64::from(run.total));
    format!(
        "{} of {} drafted{failed}{waiting}",
        count(done),
        count(total)
    )
}

/// What it took, as far as the endpoint says: `18,200 + 240 tokens, $0.0042`.
fn taken(run: &DraftRun) -> Option<String> {
    let tokens = match (run.prompt_tokens, run.completion_tokens) {
        (None, None) => None,
        (asked, said) => {
            let (asked, said) = (count(asked.unwrap_or(0)), count(said.unwrap_or(0)));
            Some(format!("{asked} + {said} tokens"))
        }
    };
    let cost = run.cost_usd.map(|cost| format!("${cost:.4}"));
    let parts: Vec<String> = [tokens, cost].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

const RUN: &str = "drafts-run";

/// Progress with stop while it runs; afterwards what it came to, with a way to go on.
#[component]
pub fn Outcome(data: Data) -> impl IntoView {
    let running = Memo::new(move |_| data.drafts.is_running());
    let ended = Memo::new(move |_| data.drafts.view.with(|v| v.run.clone()));
    // the button that stopped it, or went on, is gone
    Effect::watch(move || running.get(), |_, _, _| focus_if_lost(RUN), false);
    view! {
        <div class="folder__transfer" id=RUN tabindex="-1">
            {move || {
                let refused = data.drafts.steer.value().get().and_then(Result::err);
                refused.map(|error| view! { <ErrorNotice error /> })
            }}
            {move || {
                if running.get() {
                    view! { <Running data /> }.into_any()
                } else {
                    ended.get().map(|run| view! { <Ended data run /> }).into_any()
                }
            }}
        </div>
    }
}

#[component]
fn Running(data: Data) -> impl IntoView {
    let run = move || data.drafts.view.with(|v| v.run.clone()).unwrap_or_default();
    view! {
        <div class="run-progress">
            <div class="run-progress__line">
                <span class="run-progress__words" role="status">
                    {move || words(&run())}
                </span>
                <span>{move || taken(&run())}</span>
            </div>
            <progress
                class="progress"
                max=move || run().total
                value=move || run().drafted + run().failed.len() as u32
                aria-label="Progress of the drafts"
            ></progress>
        </div>
        <div class="button-group">
            <Act data what="stop" icon="stop" words="Stop" />
            <a
                class="button button--secondary"
                href=move || data.href("drafts", "1")
                rel="external"
                hidden=move || data.live.get()
            >
                "Reload to see how far it is"
            </a>
        </div>
    }
}

/// A button that is a form of its own.
#[component]
fn Act(
    data: Data,
    what: &'static str,
    icon: &'static str,
    #[prop(into)] words: String,
) -> impl IntoView {
    let action: ServerAction<SteerDrafts> = data.drafts.steer;
    view! {
        <ActionForm action>
            <input type="hidden" name="style" value=data.style_id() />
            <button
                class="button button--secondary"
                name="what"
                value=what
                type="submit"
                {..send_once(action.pending())}
            >
                <Icon name=icon />
                {words}
            </button>
        </ActionForm>
    }
}

#[component]
fn Ended(data: Data, run: DraftRun) -> impl IntoView {
    let drafted = format!("{} drafted", plural(run.drafted as usize, "caption"));
    let left = run.left;
    let when = minute(run.ended.as_deref().unwrap_or(&run.started));
    let (kind, what) = match run.stage {
        DraftStage::Running => return ().into_any(),
        DraftStage::Done if run.failed.is_empty() => ("success", format!("{drafted}, {when} UTC.")),
        DraftStage::Done => ("warning", format!("{drafted}; {left} not.")),
        DraftStage::Stopped => ("info", format!("Stopped: {drafted}, {left} left.")),
        DraftStage::Failed => (
            "error",
            format!("The run ended early: {drafted}, {left} left."),
        ),
        DraftStage::Interrupted => (
            "warning",
            format!("The studio ended in the middle of a run: {drafted}, {left} left."),
        ),
    };
    let again = match run.stage {
        DraftStage::Done => format!("Try {left} again"),
        _ => format!("Go on with {left}"),
    };
    let can_resume = run.can_resume() && data.drafts.is_configured();
    let taken = taken(&run);
    view! {
        <Notice kind=kind what=what>
            {run.error.map(|error| view! { <p class="notice__why">{error}</p> })}
            {taken.map(|text| view! { <p class="muted">{text}</p> })}
            {problems(run.failed)}
            {can_resume
                .then(|| {
                    view! {
                        <div class="notice__actions">
                            <Act data what="resume" icon="play" words=again />
                        </div>
                    }
                })}
        </Notice>
    }
    .into_any()
}

/// Images without a draft, with the reason.
pub fn problems(list: Vec<DraftProblem>) -> Option<impl IntoView> {
    let more = list.len().saturating_sub(NAMED);
    let shown = list.into_iter().take(NAMED);
    let rows: Vec<_> = shown.map(|p| view! { <li>{p.sentence()}</li> }).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <ul class="notice__list">
                {rows} {(more > 0).then(|| view! { <li>{format!("and {more} more")}</li> })}
            </ul>
        }
    })
}
