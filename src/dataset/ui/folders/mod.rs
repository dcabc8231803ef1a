//! The style's folder beside S3, above the images: one line with what differs, and, opened (`?folder=1`), the comparison
//! with what can be done about it.
//!
//! Works as links and plain forms; script adds the progress of a running transfer.

mod decisions;
mod lists;
mod opened;
mod pictured;
mod progress;
mod removal;

use super::address::Address;
use super::state::Asked;
use crate::dataset::api::folders::{MoveFolder, folder, folder_transfer};
use crate::dataset::model::sync::{FolderCounts, FolderPage, Transfer};
use crate::error::{AppError, ErrorKind};
use crate::ui::frame::StyleChanged;
use crate::ui::poll::use_poll;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon, focus_if_lost};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often a running transfer is asked after.
const LIVE_MS: u32 = 500;
/// The heading that names the panel.
const TITLE: &str = "folder-title";
/// The link that opens it.
const COMPARE: &str = "folder-compare";

/// What the parts share.
#[derive(Clone, Copy)]
pub struct Shared {
    id: Memo<String>,
    address: Memo<Address>,
    transfer: Memo<Option<Transfer>>,
    running: Memo<bool>,
    /// Send, fetch, go on, cancel.
    go: ServerAction<MoveFolder>,
    /// How far it is.
    ask: Action<(), Result<Option<Transfer>, AppError>>,
    /// Called after an action changed something.
    changed: Callback<()>,
    navigate: StoredValue<Callback<String>>,
    /// What stands in the boxes and is not sent yet, by file: the value of the option.
    chosen: StoredValue<BTreeMap<String, String>>,
    /// Where the focus goes on when the panel is made anew, for what was pressed goes with the old one: an id, or nothing.
    goes_on: StoredValue<&'static str>,
}

impl Shared {
    fn style_id(self) -> String {
        self.id.try_get_untracked().unwrap_or_default()
    }

    /// A link with the panel as it is to be: ``, `1`, `remove-s3`, `remove-folder`.
    fn href(self, panel: &str) -> String {
        // what is still shown of a page that was left may ask once more
        let href = self
            .address
            .try_with(|a| a.with("folder", panel).href(&self.style_id()));
        href.unwrap_or_default()
    }

    /// Reads the transfer; `None` where there is none, or the page was left.
    fn of_transfer<T>(self, read: impl FnOnce(&Transfer) -> T) -> Option<T> {
        let of = |t: &Option<Transfer>| t.as_ref().map(read);
        self.transfer.try_with(of).flatten()
    }

    fn forget(self) {
        self.go.clear();
        self.ask.clear();
        self.go_on_at("");
    }

    /// Asks for both sides again once an action of ours went through; a refused one stays on the page as it is.
    fn follow<S>(
        self,
        action: ServerAction<S>,
        goes_on: &'static str,
        then: impl Fn(S::Output) + Send + Sync + 'static,
    ) where
        S: leptos::server_fn::ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
        S::Output: Clone + Send + Sync + 'static,
    {
        let ended = move || action.version().get();
        let go_on = move |_: &usize, _: Option<&usize>, _: Option<()>| {
            if let Some(Ok(output)) = action.value().get_untracked() {
                self.go_on_at(goes_on);
                self.changed.run(());
                then(output);
            }
        };
        Effect::watch(ended, go_on, false);
    }

    /// The option chosen for a file; of a file that changed since there is none of that value any more.
    fn chosen(self, name: &str) -> String {
        let of = |chosen: &BTreeMap<String, String>| chosen.get(name).cloned();
        self.chosen.try_with_value(of).flatten().unwrap_or_default()
    }

    fn choose(self, name: &str, value: String) {
        self.chosen
            .update_value(|chosen| drop(chosen.insert(name.to_owned(), value)));
    }

    fn is_running(self) -> bool {
        self.running.try_get().unwrap_or_default()
    }

    /// The panel is about to be made anew: who is in it by keyboard goes on at its beginning, unless something says where.
    fn keep_the_keyboard(self, open: bool) {
        #[cfg(feature = "hydrate")]
        if self.goes_on.with_value(|id| id.is_empty()) && is_in_the_panel() {
            self.go_on_at(if open { TITLE } else { COMPARE });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = open;
    }

    fn go_on_at(self, id: &'static str) {
        self.goes_on.set_value(id);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// What it shows, and whether it is open.
    panel: (FolderPage, bool),
    transfer: Option<Transfer>,
}

#[component]
pub fn Folders(id: Memo<String>, address: Memo<Address>, asked: Asked) -> impl IntoView {
    let open = Memo::new(move |_| address.with(|a| !a.get("folder").is_empty()));
    let version = asked.version;
    // as it was read with both sides
    let read = RwSignal::new(None);
    // made here and not with the view: the server may build that more than once, and drop what an earlier one had
    let shared = shared(id, address, asked, read.read_only());
    Effect::new(move |before: Option<bool>| {
        let now = open.get();
        if before.is_some_and(|before| before != now) {
            shared.go_on_at(if now { TITLE } else { COMPARE });
        }
        now
    });
    Effect::new(move |before: Option<String>| {
        let now = id.get();
        // what was begun in one style is nothing of the next
        if before.is_some_and(|before| before != now) {
            read.set(None);
            shared.forget();
        }
        now
    });
    let seen = Resource::new(
        move || (id.get(), open.get(), version.get()),
        move |(id, open, _)| look(id, open),
    );
    // asked for again with every change of the page: what somebody chooses in the panel stays unless it shows something else
    let latest = Memo::new(move |_| seen.get().map(|answer| answer.map(|seen| seen.panel)));
    Effect::new(move |_| {
        if let Some(Ok(Seen { transfer, .. })) = seen.get() {
            read.set(transfer);
        }
    });
    let shown = move || {
        // the server renders as soon as the answer is there, of which a memo may not have heard yet
        let answer = match cfg!(feature = "ssr") {
            true => seen.get().map(|answer| answer.map(|seen| seen.panel)),
            false => latest.get(),
        };
        if let Some(Ok(Seen { transfer, .. })) = seen.get_untracked() {
            read.try_set(transfer);
        }
        match answer? {
            Ok((view, open)) => {
                shared.keep_the_keyboard(open);
                Some(view! { <Panel shared view open /> }.into_any())
            }
            Err(error) if error.kind == ErrorKind::NotFound => None,
            // the page says already that S3 does not answer
            Err(error) if !open.get_untracked() && error.kind != ErrorKind::Conflict => None,
            Err(error) => Some(view! { <ErrorNotice error /> }.into_any()),
        }
    };
    view! { <Transition>{shown}</Transition> }
}

async fn look(id: String, open: bool) -> Result<Seen, AppError> {
    let style = super::load::parsed(&id)?;
    let view = folder(style.clone(), open).await?;
    let transfer = folder_transfer(style).await?;
    let panel = (view, open);
    Ok(Seen { panel, transfer })
}

/// What outlives the panel, which is made anew whenever both sides are read again: what was pressed meanwhile is not forgotten.
fn shared(
    id: Memo<String>,
    address: Memo<Address>,
    asked: Asked,
    read: ReadSignal<Option<Transfer>>,
) -> Shared {
    let go = ServerAction::<MoveFolder>::new();
    let ask = Action::new(move |(): &()| {
        let style = super::load::parsed(&id.get_untracked());
        async move { folder_transfer(style?).await }
    });
    // what the action answered counts until the first poll came back
    let followed = Memo::new(move |_| {
        let begun = go.value().get().and_then(Result::ok);
        let newer = ask.value().get().and_then(Result::ok);
        newer.flatten().or(begun)
    });
    let transfer = Memo::new(move |_| {
        // both sides may have been read before it was begun
        let (followed, read) = (followed.get(), read.get());
        let is_old = |f: &Transfer| read.as_ref().is_some_and(|r| r.started > f.started);
        followed.filter(|f| !is_old(f)).or(read)
    });
    let is_running = |t: &Option<Transfer>| t.as_ref().is_some_and(|t| t.stage.is_running());
    let running = Memo::new(move |_| transfer.with(is_running));
    let changed = Callback::new(move |()| {
        asked.version.update(|v| *v += 1);
        StyleChanged::notify();
    });
    let shared = Shared {
        id,
        address,
        transfer,
        running,
        go,
        ask,
        changed,
        navigate: StoredValue::new(navigation()),
        chosen: StoredValue::default(),
        goes_on: StoredValue::new(""),
    };
    use_poll(running.into(), LIVE_MS, move || {
        if !ask.pending().get_untracked() {
            ask.dispatch(());
        }
    });
    // begun here: ask at once; ended: both sides are others now
    Effect::watch(
        move || go.version().get(),
        move |_, _, _| {
            ask.dispatch(());
            // the button rests while files are on their way
            focus_if_lost(progress::OUTCOME);
            shared.go_on_at(progress::OUTCOME);
        },
        false,
    );
    Effect::watch(
        // a short transfer is over before it was ever seen running
        move || (shared.is_running(), followed.get()),
        move |now, before, _| {
            if before.is_some_and(|before| before != now) && !now.0 {
                changed.run(());
            }
        },
        false,
    );
    shared
}

#[cfg(feature = "hydrate")]
fn is_in_the_panel() -> bool {
    let focused = document().active_element();
    focused.is_some_and(|e| e.closest(".folder").is_ok_and(|panel| panel.is_some()))
}

#[component]
fn Panel(shared: Shared, view: FolderPage, open: bool) -> impl IntoView {
    let goes_on = shared.goes_on.try_update_value(std::mem::take);
    if let Some(id) = goes_on.filter(|id| !id.is_empty()) {
        focus_if_lost(id);
    }
    view! {
        <section class="folder" aria-labelledby=TITLE>
            {if open {
                view! { <opened::Opened shared view /> }.into_any()
            } else if view.counts.here + view.counts.there == 0 {
                // a new style: nothing to compare yet
                view! { <h2 class="visually-hidden" id=TITLE>"Project folder"</h2> }.into_any()
            } else {
                view! { <Strip shared view /> }.into_any()
            }}
        </section>
    }
}

/// Goes to another query of this page, in place.
fn navigation() -> Callback<String> {
    let navigate = use_navigate();
    let options = NavigateOptions {
        replace: true,
        scroll: false,
        ..NavigateOptions::default()
    };
    Callback::new(move |to: String| navigate(&to, options.clone()))
}

/// Where the files lie, in words.
fn folders(view: &FolderPage) -> String {
    match view.folders.as_slice() {
        [] => format!("{} (not there yet)", view.target),
        names => names.join(" + "),
    }
}

/// What differs, in words.
fn difference(counts: &FolderCounts) -> String {
    let part = |n: u32, words: &str| (n > 0).then(|| format!("{n} {words}"));
    let mut parts: Vec<String> = [
        part(counts.here - counts.both, "only in the folder"),
        part(counts.there - counts.both, "only in S3"),
        part(counts.both - counts.in_step - counts.unchecked, "differ"),
        part(counts.unchecked, "not compared yet"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        parts.push("the folder and S3 are in step".to_owned());
    }
    parts.join(" · ")
}

/// One line above the images.
#[component]
fn Strip(shared: Shared, view: FolderPage) -> impl IntoView {
    let counts = view.counts;
    let words = match counts.here {
        0 => "No training files in the project folder".to_owned(),
        here => format!("{} in {}", plural(here as usize, "file"), folders(&view)),
    };
    let differs = (counts.here > 0).then(|| difference(&counts));
    view! {
        <h2 class="visually-hidden" id=TITLE>
            "Project folder"
        </h2>
        <div class="folder__strip">
            <span class="folder__words">
                <Icon name="file" />
                <span>{words}</span>
                {differs.map(|text| view! { <span class="folder__differs">{text}</span> })}
            </span>
            <progress::Line shared />
            <a class="link" id=COMPARE href=move || shared.href("1") data-noscroll="">
                "Compare with S3"
            </a>
        </div>
    }
}
