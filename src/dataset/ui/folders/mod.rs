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
use crate::styles::model::StyleId;
use crate::ui::frame::StyleChanged;
use crate::ui::poll::use_poll;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// How often a running transfer is asked after.
const LIVE_MS: u32 = 500;

/// What the parts share.
#[derive(Clone, Copy)]
pub struct Shared {
    style: StoredValue<StyleId>,
    address: Memo<Address>,
    transfer: Memo<Option<Transfer>>,
    running: Memo<bool>,
    /// Send, fetch, go on, cancel.
    go: ServerAction<MoveFolder>,
    /// Called after an action changed something.
    changed: Callback<()>,
    navigate: StoredValue<Callback<String>>,
}

impl Shared {
    fn style_id(self) -> String {
        // what is still shown of a page that was left may ask once more
        let style = self.style.try_with_value(|s| s.as_str().to_owned());
        style.unwrap_or_default()
    }

    fn style(self) -> StyleId {
        self.style.get_value()
    }

    /// A link with the panel as it is to be: ``, `1`, `remove-s3`, `remove-folder`.
    fn href(self, panel: &str) -> String {
        self.address
            .with(|a| a.with("folder", panel))
            .href(&self.style_id())
    }

    /// Asks for both sides again once an action of ours went through; a refused one stays on the page as it is.
    fn follow<S>(self, action: ServerAction<S>, then: impl Fn(S::Output) + Send + Sync + 'static)
    where
        S: leptos::server_fn::ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
        S::Output: Clone + Send + Sync + 'static,
    {
        let ended = move || action.version().get();
        let go_on = move |_: &usize, _: Option<&usize>, _: Option<()>| {
            if let Some(Ok(output)) = action.value().get_untracked() {
                self.changed.run(());
                then(output);
            }
        };
        Effect::watch(ended, go_on, false);
    }

    fn is_running(self) -> bool {
        self.running.get()
    }
}

type Seen = Result<(FolderPage, Option<Transfer>), AppError>;

#[component]
pub fn Folders(id: Memo<String>, address: Memo<Address>, asked: Asked) -> impl IntoView {
    // one for each style: what was begun in one is nothing of the next
    move || view! { <OfStyle id=id.get() address asked /> }
}

#[component]
fn OfStyle(id: String, address: Memo<Address>, asked: Asked) -> impl IntoView {
    // the page says already that there is no such style
    let Ok(style) = super::load::parsed(&id) else {
        return ().into_any();
    };
    let open = Memo::new(move |_| address.with(|a| !a.get("folder").is_empty()));
    let version = asked.version;
    // as it was read with both sides
    let read = RwSignal::new(None);
    let shared = shared(style.clone(), address, asked, read.read_only());
    let seen = Resource::new(
        move || (open.get(), version.get()),
        move |(open, _)| look(style.clone(), open),
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match seen.await {
                    Ok((view, transfer)) => {
                        read.set(transfer);
                        view! { <Panel shared view open=open.get_untracked() /> }.into_any()
                    }
                    // the page says already that S3 does not answer
                    Err(error) if error.kind == ErrorKind::NotFound || !open.get_untracked() && error.kind != ErrorKind::Conflict => ().into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

async fn look(style: StyleId, open: bool) -> Seen {
    let view = folder(style.clone(), open).await?;
    let transfer = folder_transfer(style).await?;
    Ok((view, transfer))
}

/// What outlives the panel, which is made anew whenever both sides are read again: what was pressed meanwhile is not forgotten.
fn shared(
    style: StyleId,
    address: Memo<Address>,
    asked: Asked,
    read: ReadSignal<Option<Transfer>>,
) -> Shared {
    let go = ServerAction::<MoveFolder>::new();
    let asking = style.clone();
    let ask = Action::new(move |(): &()| folder_transfer(asking.clone()));
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
        style: StoredValue::new(style),
        address,
        transfer,
        running,
        go,
        changed,
        navigate: StoredValue::new(navigation()),
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

#[component]
fn Panel(shared: Shared, view: FolderPage, open: bool) -> impl IntoView {
    view! {
        <section class="folder" aria-labelledby="folder-title">
            {if open {
                view! { <opened::Opened shared view /> }.into_any()
            } else if view.counts.here + view.counts.there == 0 {
                // a new style: nothing to compare yet
                view! { <h2 class="visually-hidden" id="folder-title">"Project folder"</h2> }.into_any()
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
        <h2 class="visually-hidden" id="folder-title">
            "Project folder"
        </h2>
        <div class="folder__strip">
            <span class="folder__words">
                <Icon name="file" />
                <span>{words}</span>
                {differs.map(|text| view! { <span class="folder__differs">{text}</span> })}
            </span>
            <progress::Line shared />
            <a class="link" href=move || shared.href("1") data-noscroll="">
                "Compare with S3"
            </a>
        </div>
    }
}
