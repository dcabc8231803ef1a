//! Captions drafted by a vision model: a line above the images while there is something to look at, and, opened (`?drafts=1`),
//! the prompt, the run and every draft with its choice. A draft is shown as one until it is accepted.
//!
//! Works as links and plain forms; script adds the progress of a running run.

mod choice;
mod inspect;
mod progress;
mod prompt;
mod review;

use super::address::Address;
use super::caption::{rewrite, unsent};
use super::state::{Data, Rewritten};
use super::unsaved::{self, Shelf::Captions, Shelf::Drafts as TypedDrafts};
use crate::dataset::api::drafts::{
    DecideDraft, DecideDrafts, DraftCaptions, SteerDrafts, drafts as load,
};
use crate::dataset::model::drafts::{AllDecided, Draft, DraftRun, DraftsView, Verdict};
use crate::error::AppError;
use crate::ui::poll::use_poll;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon, focus_if_lost, focus_soon};
pub use inspect::{DraftBox, DraftOne, mark};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How often a running run is asked after.
const LIVE_MS: u32 = 1_000;

type Answer = Result<DraftsView, AppError>;

/// The drafts as they were last asked for.
#[derive(Clone, Copy)]
pub struct Known {
    /// With the style it was asked for.
    answer: Resource<(String, Answer)>,
    /// Raised to ask again.
    version: RwSignal<u32>,
}

impl Known {
    pub fn new(id: Memo<String>) -> Self {
        let version = RwSignal::new(0);
        let answer = Resource::new(
            move || (id.get(), version.get()),
            |(id, _)| async move {
                let answer = match super::load::parsed(&id) {
                    Ok(style) => load(style).await,
                    Err(error) => Err(error),
                };
                (id, answer)
            },
        );
        Self { answer, version }
    }

    pub fn is_ready(&self, id: &str) -> bool {
        self.answer.with(|a| a.as_ref().is_some_and(|a| a.0 == id))
    }
}

/// What the parts of the page share of drafts.
#[derive(Clone, Copy)]
pub struct Drafts {
    /// The last good answer; it stays while another is on its way.
    pub view: Memo<DraftsView>,
    /// Why there is none.
    error: Memo<Option<AppError>>,
    version: RwSignal<u32>,
    pub begin: ServerAction<DraftCaptions>,
    steer: ServerAction<SteerDrafts>,
    decide: ServerAction<DecideDraft>,
    decide_all: ServerAction<DecideDrafts>,
    /// As they stand in the boxes, by file name.
    edits: RwSignal<BTreeMap<String, Edit>>,
}

/// A draft that was written anew, by when the draft was made.
#[derive(Clone, Debug, PartialEq)]
struct Edit {
    made: String,
    text: String,
}

impl Drafts {
    pub fn new(known: Known) -> Self {
        let view = Memo::new(
            move |before: Option<&DraftsView>| match known.answer.get() {
                Some((_, Ok(view))) => view,
                _ => before.cloned().unwrap_or_default(),
            },
        );
        let error = Memo::new(move |_| known.answer.get().and_then(|(_, a)| a.err()));
        Self {
            view,
            error,
            version: known.version,
            begin: ServerAction::new(),
            steer: ServerAction::new(),
            decide: ServerAction::new(),
            decide_all: ServerAction::new(),
            edits: RwSignal::default(),
        }
    }

    fn again(self) {
        self.version.update(|v| *v += 1);
    }

    pub fn is_running(self) -> bool {
        self.view
            .with(|v| v.run.as_ref().is_some_and(DraftRun::is_running))
    }

    pub fn is_configured(self) -> bool {
        self.view.with(|v| v.drafter.is_some())
    }

    pub fn of(self, name: &str) -> Option<Draft> {
        self.view.with(|v| {
            // they come by name
            let at = v.drafts.binary_search_by(|d| d.filename.as_str().cmp(name));
            at.ok().map(|at| v.drafts[at].clone())
        })
    }

    fn count(self) -> usize {
        self.view.with(|v| v.drafts.len())
    }

    /// The last refusal of a choice about one draft.
    fn refused(self) -> Option<AppError> {
        self.decide.value().get().and_then(Result::err)
    }
}

/// Effects alone: asks again while a run goes on, and after whatever a person did.
pub fn follow(data: Data) {
    let drafts = data.drafts;
    let running = Memo::new(move |_| drafts.is_running());
    use_poll(running.into(), LIVE_MS, move || drafts.again());
    let asked = move || (drafts.begin.version().get(), drafts.steer.version().get());
    Effect::watch(asked, move |_, _, _| drafts.again(), false);
    let decided = move || {
        let all = drafts.decide_all.version().get();
        (drafts.decide.version().get(), all)
    };
    Effect::watch(
        decided,
        move |_, _, _| {
            // a refusal may mean that the caption is another one by now: the list is asked for in any case
            let verdict = drafts.decide.value().get_untracked();
            if let Some(Ok(verdict)) = &verdict {
                unsaved::forget(TypedDrafts, data, verdict.filename());
            }
            match verdict {
                Some(Ok(Verdict::Accepted(new))) => rewrite(
                    data,
                    Rewritten {
                        filename: new.filename,
                        caption: new.caption,
                        etag: new.etag,
                    },
                ),
                _ => data.refresh(),
            }
            drafts.again();
        },
        false,
    );
    Effect::new(move |before: Option<(usize, usize)>| {
        drafts.view.track();
        let now = (
            drafts.decide.version().get(),
            drafts.decide_all.version().get(),
        );
        if drafts.decide.pending().get() || drafts.decide_all.pending().get() {
            // what is gone may be gone by this window's own decision
            return before.unwrap_or(now);
        }
        drop_what_was_decided(drafts, before.unwrap_or(now), now);
        keep_what_another_decided(data);
        now
    });
}

/// Takes the texts out that were decided about here, between two counts of decisions.
fn drop_what_was_decided(drafts: Drafts, before: (usize, usize), now: (usize, usize)) {
    let one = drafts.decide.value().get_untracked();
    if let Some(Ok(verdict)) = one.filter(|_| before.0 != now.0) {
        drafts
            .edits
            .update(|edits| drop(edits.remove(verdict.filename())));
    }
    let all = drafts.decide_all.value().get_untracked();
    match all.filter(|_| before.1 != now.1) {
        Some(Ok(AllDecided::Discarded(_))) => drafts.edits.update(BTreeMap::clear),
        Some(Ok(AllDecided::Accepted(done))) => drafts
            .edits
            .update(|edits| edits.retain(|name, _| !done.accepted.contains(name))),
        _ => {}
    }
}

/// A text that was typed into a draft about which another window decided is kept like a caption that was not saved.
fn keep_what_another_decided(data: Data) {
    let edits = data.drafts.edits;
    let lost: Vec<(String, Edit)> = untrack(|| {
        let is_lost = |(name, _): &(&String, &Edit)| data.drafts.of(name).is_none();
        edits.with(|edits| {
            let lost = edits.iter().filter(is_lost);
            lost.map(|(name, edit)| (name.clone(), edit.clone()))
                .collect()
        })
    });
    for (name, edit) in lost {
        edits.update(|edits| drop(edits.remove(&name)));
        unsaved::forget(TypedDrafts, data, &name);
        unsaved::keep(Captions, data, &name, "", &edit.text);
        unsent::find(data, &name);
    }
}

pub fn is_open(address: &Address) -> bool {
    !address.get("drafts").is_empty()
}

/// The panel's beginning.
pub const TITLE: &str = "drafts-title";

/// The line, or the panel. Who opens it by keyboard begins at its title; closed, it leaves the images.
#[component]
pub fn DraftsPanel(data: Data) -> impl IntoView {
    let open = Memo::new(move |_| data.address.with(is_open));
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        match (before, now) {
            (Some(false), true) => focus_soon(TITLE),
            (Some(true), false) => focus_if_lost(super::summary::TOTAL),
            _ => {}
        }
        now
    });
    move || match open.get() {
        true => view! { <Opened data /> }.into_any(),
        false => view! { <Strip data /> }.into_any(),
    }
}

/// One line above the images while there are drafts or a run goes on or has left something.
#[component]
fn Strip(data: Data) -> impl IntoView {
    let words = Memo::new(move |_| {
        let count = data.drafts.count();
        let run = data.drafts.view.with(|v| v.run.clone()).unwrap_or_default();
        let waiting = (count > 0).then(|| format!("{} to look at", plural(count, "draft")));
        let under_way = run.is_running().then(|| progress::words(&run));
        let left = (run.can_resume() && run.failed.is_empty())
            .then(|| format!("{} not drafted yet", plural(run.left as usize, "image")));
        let parts: Vec<String> = [under_way, left, waiting].into_iter().flatten().collect();
        parts.join(" · ")
    });
    view! {
        <div class="folder__strip" hidden=move || words.with(String::is_empty)>
            <span class="folder__words">
                <Icon name="draft" />
                <span role="status">{words}</span>
            </span>
            <a class="link" href=move || data.href("drafts", "1") data-noscroll="">
                "Review drafts"
            </a>
        </div>
    }
}

#[component]
fn Opened(data: Data) -> impl IntoView {
    let about = move || {
        data.drafts.view.with(|v| {
            v.drafter.as_ref().map_or_else(
                || "A vision model".to_owned(),
                |drafter| format!("{} at {}", drafter.model, drafter.host),
            )
        })
    };
    view! {
        <section class="panel folder__panel drafts" aria-labelledby=TITLE>
            <div class="panel__head">
                <h2 class="panel__title" id=TITLE tabindex="-1">
                    "Draft captions"
                </h2>
                <a
                    class="button button--ghost button--icon"
                    href=move || data.href("drafts", "")
                    data-noscroll=""
                    aria-label="Close the drafts"
                >
                    <Icon name="close" />
                </a>
            </div>
            <p class="muted">
                {about}
                " looks at the images and writes a draft of each caption. Nothing is a caption before you accept it."
            </p>
            {move || data.drafts.error.get().map(|error| view! { <ErrorNotice error /> })}
            {move || (!data.drafts.is_configured()).then(prompt::how_to_configure)}
            <prompt::Begin data />
            <progress::Outcome data />
            <review::Review data />
        </section>
    }
}
