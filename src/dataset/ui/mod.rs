//! The training data page: the style's images with their captions, uploads, selection sets, deletion.
//!
//! State is in the address and the page works as plain links and forms; script adds uploads with progress, autosave and
//! selection across a filter.

mod address;
mod caption;
mod delete;
mod empty;
mod folders;
mod grid;
mod inspector;
mod keys;
mod selection_bar;
mod sets;
mod state;
mod toolbar;
mod uploads;

use super::api::{image, images, selection_sets};
use super::model::image::TrainingImage;
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::ui::ErrorNotice;
use address::{Address, split_filter};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_params_map};
use state::{Asked, Data, Listing, Opened, PAGE};
use std::collections::BTreeSet;

/// An answer and the style it was asked for: an old style's answer must not be shown as the new one's.
type Of<T> = Resource<(String, T)>;

#[derive(Clone, Copy)]
struct Loaded {
    id: Memo<String>,
    address: Memo<Address>,
    asked: Asked,
    page: Of<Result<super::model::image::ImagePage, AppError>>,
    sets: Of<Result<Vec<super::model::selection::SelectionSet>, AppError>>,
    opened: Of<Opened>,
    known: StoredValue<Vec<TrainingImage>>,
}

fn parsed(id: &str) -> Result<StyleId, AppError> {
    StyleId::parse(id).map_err(|e| AppError::not_found(e.to_string()))
}

#[component]
pub fn DataPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let search = use_location().search;
    let address = Memo::new(move |_| Address::parse(&search.read()));
    let asked = Asked {
        version: RwSignal::new(0),
        limit: RwSignal::new(PAGE),
    };
    let version = asked.version;
    let known = StoredValue::new(Vec::<TrainingImage>::new());
    let value = move |name: &'static str| address.with(|a| a.get(name).to_owned());
    let question = Memo::new(move |_| {
        (
            id.get(),
            value("filter"),
            value("cursor"),
            asked.limit.get(),
            version.get(),
        )
    });
    let page = Resource::new(
        move || question.get(),
        |(id, filter, cursor, limit, _)| async move {
            let (q, filter) = split_filter(&filter);
            let cursor = (!cursor.is_empty()).then_some(cursor);
            let page = match parsed(&id) {
                Ok(style) => images(style, Some(limit), cursor, q, filter).await,
                Err(error) => Err(error),
            };
            (id, page)
        },
    );
    let sets = Resource::new(
        move || (id.get(), version.get()),
        |(id, _)| async move {
            let sets = match parsed(&id) {
                Ok(style) => selection_sets(style).await,
                Err(error) => Err(error),
            };
            (id, sets)
        },
    );
    let name = Memo::new(move |_| (id.get(), value("image")));
    let opened = Resource::new(
        move || name.get(),
        move |(id, name)| async move {
            let opened = open(&id, name, known).await;
            (id, opened)
        },
    );
    let loaded = Loaded {
        id,
        address,
        asked,
        page,
        sets,
        opened,
        known,
    };
    view! {
        <Title text=move || format!("Training data of style {}", id.get()) />
        <folders::Folders id address asked />
        <Transition fallback=empty::Skeleton>
            <Gate loaded />
        </Transition>
    }
}

/// The image from the list, where there is one; asked for otherwise.
async fn open(id: &str, name: String, known: StoredValue<Vec<TrainingImage>>) -> Opened {
    if name.is_empty() {
        return None;
    }
    let listed = known.try_with_value(|l| l.iter().find(|i| i.filename == name).cloned());
    if let Some(found) = listed.flatten() {
        return Some(Ok(found));
    }
    Some(match parsed(id) {
        Ok(style) => image(style, name).await,
        Err(error) => Err(error),
    })
}

/// Shows the page of a style as soon as everything of it is there, and builds it anew only for another style.
#[component]
fn Gate(loaded: Loaded) -> impl IntoView {
    let ready = Memo::new(move |_| {
        let id = loaded.id.get();
        // all three are read whatever the others say: the server waits for what was read
        let page = loaded.page.with(|p| p.as_ref().is_some_and(|p| p.0 == id));
        let sets = loaded.sets.with(|s| s.as_ref().is_some_and(|s| s.0 == id));
        let opened = loaded
            .opened
            .with(|o| o.as_ref().is_some_and(|o| o.0 == id));
        (page && sets && opened).then_some(id)
    });
    move || match ready.get() {
        None => view! { <empty::Skeleton /> }.into_any(),
        Some(id) => match StyleId::parse(&id) {
            Ok(style) => view! { <Content loaded style /> }.into_any(),
            // the frame says so already
            Err(_) => ().into_any(),
        },
    }
}

impl Loaded {
    fn data(self, style: StyleId) -> Data {
        let listing = Memo::new(move |before: Option<&Listing>| {
            let kept = || before.map(|b| b.page.clone()).unwrap_or_default();
            match self.page.get() {
                Some((_, Ok(page))) => Listing { page, error: None },
                Some((_, Err(error))) => Listing {
                    page: kept(),
                    error: Some(error),
                },
                None => Listing {
                    page: kept(),
                    error: None,
                },
            }
        });
        let sets = Memo::new(move |before: Option<&Vec<_>>| match self.sets.get() {
            Some((_, Ok(sets))) => sets,
            _ => before.cloned().unwrap_or_default(),
        });
        let opened = Memo::new(move |_| self.opened.get().and_then(|o| o.1));
        let navigate = use_navigate();
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        let data = Data {
            style: StoredValue::new(style),
            address: self.address,
            listing,
            sets,
            opened,
            selected: RwSignal::new(BTreeSet::new()),
            live: RwSignal::new(false),
            deleting: RwSignal::new(Vec::new()),
            asked: self.asked,
            known: self.known,
            navigate: Callback::new(move |to: String| navigate(&to, options.clone())),
            anchor: StoredValue::new(String::new()),
        };
        data.selected.set(untrack(|| data.selection_of_address()));
        data
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
    Images,
}

#[component]
fn Content(loaded: Loaded, style: StyleId) -> impl IntoView {
    let data = loaded.data(style);
    keys::follow(data);
    let mode = Memo::new(move |_| {
        let unfiltered = data
            .address
            .with(|a| a.get("filter").is_empty() && a.get("cursor").is_empty());
        data.listing.with(|l| {
            if l.error.is_some() && l.page.images.is_empty() {
                Mode::Broken
            } else if data.address.with(|a| a.get("confirm") == "delete") {
                Mode::Confirm
            } else if l.page.total == 0 && unfiltered {
                Mode::Empty
            } else {
                Mode::Images
            }
        })
    });
    let is_empty = Memo::new(move |_| mode.get() == Mode::Empty);
    let is_asking = Memo::new(move |_| mode.get() == Mode::Confirm);
    view! {
        // one element: the page may be built while it is not yet shown, when a list of views has no parent to grow in
        <div>
        <empty::Happened data />
        {move || (mode.get() == Mode::Images).then(|| view! { <toolbar::Toolbar data /> })}
        {move || (!is_asking.get()).then(|| view! { <uploads::Uploader data is_empty /> })}
        {move || match mode.get() {
            Mode::Broken => view! { <Broken data /> }.into_any(),
            Mode::Confirm => view! { <delete::ConfirmPage data /> }.into_any(),
            Mode::Empty => view! { <empty::Ahead /> }.into_any(),
            Mode::Images => {
                view! {
                    <div class="split dataset">
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
