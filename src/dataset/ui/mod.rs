//! The training data page: the style's images with their captions, uploads, selection sets, deletion.
//!
//! State is in the address and the page works as plain links and forms; script adds uploads with progress, autosave, the
//! keyboard and selection across a filter.

mod address;
mod caption;
mod captions;
mod columns;
mod delete;
mod drafts;
mod empty;
mod focus;
mod folders;
mod follow;
mod grid;
mod inspector;
mod keys;
mod load;
mod pages;
mod quality;
mod selecting;
mod selection_bar;
mod set_forms;
mod sets;
mod shelf;
mod state;
mod summary;
mod thumb;
mod tile;
mod toolbar;
mod unsaved;
mod uploads;

use super::model::selection::SetUse;
use crate::error::ErrorKind;
use crate::styles::model::StyleId;
use crate::ui::frame::page_title;
use crate::ui::{ErrorNotice, focus_if_lost};
use leptos::prelude::*;
use leptos_meta::Title;
use load::Loaded;
use state::Data;

#[component]
pub fn DataPage(
    /// What was trained on the style's sets: known to a feature above.
    #[prop(into)]
    uses: Signal<Vec<SetUse>>,
) -> impl IntoView {
    let loaded = Loaded::new(uses);
    view! {
        <Title text=page_title(move || format!("Training data of style {}", loaded.id.get())) />
        <folders::Folders id=loaded.id address=loaded.address asked=loaded.asked />
        <Transition fallback=empty::Skeleton>
            <Gate loaded />
        </Transition>
    }
}

/// Shows the page of a style as soon as everything of it is there, and builds it anew only for another style.
#[component]
fn Gate(loaded: Loaded) -> impl IntoView {
    let ready = Memo::new(move |_| loaded.ready());
    // the server renders as soon as the last answer is there, of which a memo may not have heard yet
    let ready = move || match cfg!(feature = "ssr") {
        true => loaded.ready(),
        false => ready.get(),
    };
    move || match ready() {
        None => view! { <empty::Skeleton /> }.into_any(),
        Some(id) => match StyleId::parse(&id) {
            Ok(style) => view! { <Content loaded style /> }.into_any(),
            // the frame says so already
            Err(_) => ().into_any(),
        },
    }
}

/// What the page is about at the moment.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Nothing was ever loaded.
    Broken,
    /// The names to delete are shown for confirmation, without script.
    Confirm,
    /// The style has no images.
    Empty,
    /// Whether the images are good for training.
    Quality,
    /// All captions at once: checks, edits, words.
    Captions,
    Images,
}

impl Mode {
    fn of(data: Data) -> Self {
        let of_words = toolbar::filter_error(data).is_some();
        let asked = data.address.with(|a| a.get("confirm") == "delete");
        data.listing.with(|l| {
            if l.error.is_some() && l.page.images.is_empty() && !of_words {
                Self::Broken
            } else if asked {
                Self::Confirm
            } else if l.page.total == 0 && l.question.is_about_all() && !of_words {
                Self::Empty
            } else if data.address.with(quality::is_open) {
                Self::Quality
            } else if data.address.with(captions::is_open) {
                Self::Captions
            } else {
                Self::Images
            }
        })
    }

    /// The element where who came by keyboard begins.
    fn beginning(self) -> &'static str {
        match self {
            Self::Quality => quality::TITLE,
            Self::Captions => captions::TITLE,
            Self::Empty => empty::HAPPENED,
            Self::Broken | Self::Confirm | Self::Images => summary::TOTAL,
        }
    }
}

/// What led to another view went with the one before.
fn begin_where_the_view_does(mode: Memo<Mode>) {
    Effect::new(move |before: Option<Mode>| {
        let now = mode.get();
        // with the first image comes a view, but nothing that was in use goes
        if before.is_some_and(|b| b != now && b != Mode::Empty) {
            focus_if_lost(now.beginning());
        }
        now
    });
}

#[component]
fn Content(loaded: Loaded, style: StyleId) -> impl IntoView {
    let data = loaded.data(style);
    follow::follow(data);
    quality::follow(data);
    drafts::follow(data);
    caption::unsent::follow(data);
    let mode = Memo::new(move |_| Mode::of(data));
    begin_where_the_view_does(mode);
    let is_empty = Memo::new(move |_| mode.get() == Mode::Empty);
    let is_asking = Memo::new(move |_| mode.get() == Mode::Confirm);
    let is_large = Memo::new(move |_| {
        data.address
            .with(|a| a.get("view") == "large" && !a.get("image").is_empty())
    });
    let is_apart = Memo::new(move |_| matches!(mode.get(), Mode::Quality | Mode::Captions));
    view! {
        // one element: the page may be built while it is not yet shown, when a list of views has no parent to grow in
        <div>
        <empty::Happened data />
        <caption::unsent::Unsent data />
        {move || (mode.get() == Mode::Images).then(|| view! { <drafts::DraftsPanel data /> })}
        {move || (mode.get() == Mode::Images).then(|| view! { <toolbar::Toolbar data /> })}
        {move || (!is_asking.get() && !is_apart.get()).then(|| view! { <uploads::Uploader data is_empty /> })}
        {move || match mode.get() {
            Mode::Broken => view! { <Broken data /> }.into_any(),
            Mode::Confirm => view! { <delete::ConfirmPage data /> }.into_any(),
            Mode::Empty => view! { <empty::Ahead /> }.into_any(),
            Mode::Quality => view! { <quality::QualityView data judged=loaded.quality /> }.into_any(),
            Mode::Captions => view! { <captions::CaptionsView data told=loaded.captions /> }.into_any(),
            Mode::Images => {
                view! {
                    <div class="split dataset" class:dataset--large=is_large>
                        <grid::Grid data />
                        <inspector::Inspector data />
                    </div>
                }
                    .into_any()
            }
        }}
        <delete::DeleteDialog data />
        </div>
    }
}

/// The list could not be had: what, why, what to do, and a way to try again.
#[component]
fn Broken(data: Data) -> impl IntoView {
    move || {
        let error = data.listing.with(|l| l.error.clone())?;
        // the frame says so already
        (error.kind != ErrorKind::NotFound).then(|| {
            let again = data.href("image", "");
            view! {
                <ErrorNotice error />
                <p class="dataset__again">
                    <a
                        class="button button--secondary"
                        href=again
                        rel="external"
                        on:click=move |event| {
                            event.prevent_default();
                            data.refresh();
                        }
                    >
                        <crate::ui::Icon name="retry" />
                        "Try again"
                    </a>
                </p>
            }
        })
    }
}
