//! What a person can do with a run. Every button is a form or a link, so all of it works without JavaScript.

use super::Live;
use crate::training::api::{CancelVersion, MarkGood, RecheckVersion, RetryVersion};
use crate::training::model::version::Status;
use crate::training::ui::status::{is_live, model_file_name, name};
use crate::ui::units::bytes;
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;

/// Which buttons there are; the page changes them only when this changes.
#[derive(Clone, PartialEq)]
struct Situation {
    live: bool,
    /// Whether asking the trainer and S3 again can tell something new.
    checkable: bool,
    /// Whether it can be cancelled: RunPod has given it a job, or was not asked yet.
    has_job: bool,
    /// It waits for its turn in a sweep.
    queued: bool,
    completed: bool,
    /// It failed or was cancelled, here.
    retryable: bool,
    good: bool,
    /// Words of the download link.
    download: Option<String>,
}

impl Situation {
    fn of(live: Live) -> Self {
        let downloadable = live.downloadable.get();
        live.version.with(|v| Self {
            live: is_live(v),
            checkable: v.is_ours() && v.status != Status::Completed,
            has_job: v.job_id.is_some() || v.is_queued(),
            queued: v.is_queued(),
            completed: v.status == Status::Completed,
            retryable: v.is_ours() && matches!(v.status, Status::Failed | Status::Cancelled),
            good: v.is_good == Some(true),
            download: downloadable.then(|| match v.size_bytes {
                Some(size) => format!("Download {}", bytes(size)),
                None => "Download".to_owned(),
            }),
        })
    }
}

/// The things one can ask the server to do here.
#[derive(Clone, Copy)]
struct Asked {
    cancel: ServerAction<CancelVersion>,
    recheck: ServerAction<RecheckVersion>,
    mark: ServerAction<MarkGood>,
    retry: ServerAction<RetryVersion>,
}

impl Asked {
    fn refused(self) -> Option<crate::error::AppError> {
        let cancel = self.cancel.value().get().and_then(Result::err);
        let recheck = self.recheck.value().get().and_then(Result::err);
        let retry = self.retry.value().get().and_then(Result::err);
        cancel
            .or(recheck)
            .or(retry)
            .or(self.mark.value().get().and_then(Result::err))
    }

    fn busy(self) -> bool {
        let others = self.retry.pending().get() || self.mark.pending().get();
        self.cancel.pending().get() || self.recheck.pending().get() || others
    }
}

#[component]
pub fn Actions(live: Live) -> impl IntoView {
    let asked = Asked {
        cancel: ServerAction::new(),
        recheck: ServerAction::new(),
        mark: ServerAction::new(),
        retry: ServerAction::new(),
    };
    let answers = move || {
        (
            asked.cancel.version().get(),
            asked.recheck.version().get(),
            asked.mark.version().get(),
        )
    };
    Effect::watch(answers, move |_, _, _| live.again(), false);
    let situation = Memo::new(move |_| Situation::of(live));
    view! {
        <div class="version-head__actions">
            {move || {
                let situation = situation.get();
                view! {
                    {situation.checkable.then(|| view! { <Recheck live asked /> })}
                    {situation.live.then(|| view! { <Cancel live asked has_job=situation.has_job queued=situation.queued /> })}
                    {situation.completed.then(|| view! { <Mark live asked good=situation.good /> })}
                    {situation.retryable.then(|| view! { <Retry live asked /> })}
                    {(!situation.live).then(|| view! { <Again live /> })}
                    {situation.download.is_some().then(|| view! { <Continue live /> })}
                    {situation.download.map(|words| view! { <Download live words /> })}
                    <More live running=situation.live />
                }
                    .into_any()
            }}
        </div>
        <div class="version-head__refused">
            {move || asked.refused().map(|error| view! { <ErrorNotice error /> })}
        </div>
    }
}

/// The hidden fields every form here sends.
#[component]
fn Which(live: Live) -> impl IntoView {
    view! {
        <input type="hidden" name="style" value=live.style.with_value(ToString::to_string) />
        <input type="hidden" name="id" value=live.id.get_value() />
    }
}

#[component]
fn Recheck(live: Live, asked: Asked) -> impl IntoView {
    view! {
        <ActionForm action=asked.recheck>
            <Which live />
            <button class="button button--secondary" type="submit" disabled=move || asked.busy()>
                <Icon name="retry" />
                "Check now"
            </button>
        </ActionForm>
    }
}

#[component]
fn Cancel(live: Live, asked: Asked, has_job: bool, queued: bool) -> impl IntoView {
    let name = live.version.with_untracked(name);
    if !has_job {
        return view! {
            <button class="button button--danger" type="button" disabled aria-describedby="no-job">
                <Icon name="stop" />
                "Cancel training…"
            </button>
            <p class="why" id="no-job">
                "RunPod has not taken it yet."
            </p>
        }
        .into_any();
    }
    let rehearsed = live
        .version
        .with_untracked(|v| v.trainer.as_deref() == Some("rehearsal"));
    let paid = match (queued, rehearsed) {
        (true, _) => {
            "It waits for its turn and is never sent: nothing is paid. The sweep goes on without it."
        }
        (false, true) => "The run stops and no model is written.",
        (false, false) => {
            "RunPod stops the run and no model is written. The time it used so far is paid all the same."
        }
    };
    view! {
        <details class="popover">
            <summary class="button button--danger">
                <Icon name="stop" />
                "Cancel training…"
            </summary>
            <ActionForm action=asked.cancel attr:class="popover__panel">
                <h3 class="popover__title">{format!("Cancel {name}?")}</h3>
                <p class="muted">{paid}</p>
                <Which live />
                <div class="dialog__actions">
                    <button class="button button--solid" type="submit" disabled=move || asked.busy()>
                        {move || if asked.busy() { "Cancelling…".to_owned() } else { format!("Cancel {name}") }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

#[component]
fn Mark(live: Live, asked: Asked, good: bool) -> impl IntoView {
    let (icon, words) = if good {
        ("star-filled", "Unmark as good")
    } else {
        ("star", "Mark as good")
    };
    view! {
        <ActionForm action=asked.mark>
            <Which live />
            <input type="hidden" name="good" value=(!good).to_string() />
            <button class="button button--secondary" type="submit" disabled=move || asked.busy()>
                <Icon name=icon />
                {words}
            </button>
        </ActionForm>
    }
}

/// The same once more, as a new version.
#[component]
fn Retry(live: Live, asked: Asked) -> impl IntoView {
    view! {
        <ActionForm action=asked.retry>
            <Which live />
            <button
                class="button button--secondary"
                type="submit"
                title="Starts the same parameters on the same set under the next name"
                disabled=move || asked.busy()
            >
                <Icon name="play" />
                {move || if asked.retry.pending().get() { "Starting…" } else { "Retry" }}
            </button>
        </ActionForm>
    }
}

#[component]
fn Again(live: Live) -> impl IntoView {
    let href = live.style_address(&format!("train?from={}", live.id.get_value()));
    view! {
        <a class="button button--secondary" href=href>
            <Icon name="retry" />
            "Train again from here"
        </a>
    }
}

/// The form once more, going on from this model.
#[component]
fn Continue(live: Live) -> impl IntoView {
    let id = live.id.get_value();
    let href = live.style_address(&format!("train?from={id}&start={id}"));
    view! {
        <a class="button button--secondary" href=href title="Opens the form with this model as start weights">
            <Icon name="play" />
            "Continue from this model"
        </a>
    }
}

/// What is wanted more seldom.
#[component]
fn More(live: Live, running: bool) -> impl IntoView {
    let id = live.id.get_value();
    let compare = live.style_address(&format!("versions/compare?ids={id}"));
    let delete = live.style_address(&format!("versions/{id}?ask=delete"));
    view! {
        <details class="menu">
            <summary class="button button--secondary button--icon" aria-label="More">
                <Icon name="more" />
            </summary>
            <div class="menu__panel">
                <a class="menu__item" href=compare>
                    <Icon name="compare" />
                    "Compare…"
                </a>
                <a class="menu__item" href=live.api_address("export") rel="external">
                    <Icon name="file" />
                    "Export as JSON"
                </a>
                {(!running)
                    .then(|| {
                        view! {
                            <a class="menu__item menu__item--danger" href=delete>
                                <Icon name="trash" />
                                "Delete…"
                            </a>
                        }
                    })}
            </div>
        </details>
    }
}

/// A plain link that the browser follows to S3; the router keeps out of it.
#[component]
pub fn Download(
    live: Live,
    #[prop(into)] words: String,
    #[prop(default = "button button--primary")] class: &'static str,
) -> impl IntoView {
    let name = live.version.with_untracked(model_file_name);
    view! {
        <a class=class href=live.api_address("download") rel="external" title=name>
            <Icon name="download" />
            {words}
        </a>
    }
}
