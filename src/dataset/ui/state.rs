//! What the parts of the page share: what was loaded, what is selected, and how to ask again.

use super::address::Address;
use super::caption::unsent::Left;
use super::drafts::Drafts;
use super::shelf::Shelf;
use crate::dataset::model::image::{ImagePage, TrainingImage};
use crate::dataset::model::selection::{Combination, SelectionSet, SetUse};
use crate::error::AppError;
use crate::styles::model::StyleId;
use crate::ui::frame::StyleChanged;
use crate::ui::virtual_grid::VirtualGrid;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Images fetched at once.
pub const PAGE: usize = 200;

/// What a list answers. Another version of the same question is asked when something changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub filter: String,
    pub sort: String,
    pub cursor: String,
    pub version: u32,
}

impl Question {
    /// Whether it is about all images of the style.
    pub fn is_about_all(&self) -> bool {
        self.filter.is_empty() && self.cursor.is_empty()
    }

    /// Whether both ask for the same list.
    pub fn asks_like(&self, other: &Self) -> bool {
        (&self.filter, &self.sort, &self.cursor) == (&other.filter, &other.sort, &other.cursor)
    }
}

/// The first page of the images to show, and what it answers; a refusal keeps the last good one.
#[derive(Clone, Default, PartialEq)]
pub struct Listing {
    pub question: Question,
    pub page: ImagePage,
    pub error: Option<AppError>,
}

/// Raised to ask again.
#[derive(Clone, Copy)]
pub struct Asked {
    pub version: RwSignal<u32>,
}

/// An opened image, or why it cannot be shown; `None` while nothing is open.
pub type Opened = Option<Result<TrainingImage, AppError>>;

/// A caption written from elsewhere on the page, as it is in the bucket now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewritten {
    pub filename: String,
    pub caption: String,
    pub etag: String,
}

/// Images by name, to look one up without asking.
pub type KnownImages = StoredValue<BTreeMap<String, TrainingImage>>;

/// Adds images to the known ones.
pub fn learn<'a>(known: KnownImages, images: impl IntoIterator<Item = &'a TrainingImage>) {
    let images = images.into_iter().map(|i| (i.filename.clone(), i.clone()));
    known.try_update_value(|known| known.extend(images));
}

/// What stands at places of the grid.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// The list as it is.
    All(usize),
    /// These places of the list: what is not selected is hidden.
    Some(Arc<Vec<usize>>),
}

impl Rows {
    pub fn len(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Some(places) => places.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place in the list of what stands at a place of the grid.
    pub fn at(&self, row: usize) -> Option<usize> {
        match self {
            Self::All(count) => (row < *count).then_some(row),
            Self::Some(places) => places.get(row).copied(),
        }
    }
}

/// A tile: an image, or a place whose image is still on its way.
#[derive(Clone, PartialEq)]
pub enum Slot {
    Image(Box<TrainingImage>),
    Waiting(usize),
}

#[derive(Clone, Copy)]
pub struct Data {
    pub style: StoredValue<StyleId>,
    pub address: Memo<Address>,
    pub listing: Memo<Listing>,
    pub sets: Memo<Vec<SelectionSet>>,
    /// Versions that were trained on the sets.
    pub uses: Signal<Vec<SetUse>>,
    pub opened: Memo<Opened>,
    pub drafts: Drafts,
    /// The caption that something else than its editor wrote last.
    pub rewritten: RwSignal<Option<Rewritten>>,
    /// Images whose caption could not be saved while they were left.
    pub unsent: RwSignal<BTreeMap<String, Left>>,
    pub selected: RwSignal<BTreeSet<String>>,
    /// The filter whose names are asked for to be selected: meanwhile the old selection is not what is meant.
    pub selecting: RwSignal<Option<String>>,
    /// The set that the selection was read from or saved to, and its ETag then: the list may know a later one.
    pub set_read: RwSignal<(u64, String)>,
    /// Whether what is not selected is hidden.
    pub only_selected: RwSignal<bool>,
    /// Columns that were chosen last in this browser.
    pub columns: RwSignal<Option<u8>>,
    /// Whether script has taken over.
    pub live: RwSignal<bool>,
    /// The names that the delete dialog asks about; empty while it is closed.
    pub deleting: RwSignal<Vec<String>>,
    pub asked: Asked,
    /// Images as they were last loaded, with captions saved since.
    pub known: KnownImages,
    /// What of a long list was fetched beyond its first page.
    pub shelf: Shelf,
    pub navigate: Callback<String>,
    /// The tile from which a range reaches, and what was selected besides when it was put there.
    pub anchor: StoredValue<(String, BTreeSet<String>)>,
    /// What was selected when the last rectangle was begun.
    pub before_lasso: StoredValue<BTreeSet<String>>,
    pub rows: Memo<Rows>,
    pub grid: VirtualGrid,
    /// Names of all images of the style, where they are known.
    pub there: Memo<Option<Arc<BTreeSet<String>>>>,
}

impl Data {
    pub fn style_id(&self) -> String {
        self.style.with_value(|s| s.as_str().to_owned())
    }

    /// A link to the page with one thing changed.
    pub fn href(&self, name: &str, value: &str) -> String {
        self.address
            .with(|a| a.with(name, value))
            .href(&self.style_id())
    }

    /// Goes there without a step back for it and without scrolling.
    pub fn go(&self, address: &Address) {
        self.navigate.run(address.href(&self.style_id()));
    }

    /// Changes one thing of the address.
    pub fn change(&self, name: &str, value: &str) {
        let address = self.address.with_untracked(|a| a.with(name, value));
        self.go(&address);
    }

    /// Asks for list, sets and the frame's counts again.
    pub fn refresh(&self) {
        self.asked.version.update(|v| *v += 1);
        StyleChanged::notify();
    }

    pub fn is_selecting(&self) -> bool {
        self.selecting.with(Option::is_some)
    }

    pub fn set(&self, id: u64) -> Option<SelectionSet> {
        self.sets
            .with(|sets| sets.iter().find(|s| s.id == id).cloned())
    }

    /// Remembers a set as the one that the selection stands for.
    pub fn has_read(&self, set: &SelectionSet) {
        self.set_read.set((set.id, set.etag.clone()));
    }

    /// The ETag under which a set was read; empty for another than the chosen one.
    pub fn etag_read(&self, id: u64) -> String {
        let of = |(read, etag): &(u64, String)| (*read == id).then(|| etag.clone());
        self.set_read.with(of).unwrap_or_default()
    }

    /// The set of `?set=`, if there is one.
    pub fn chosen_set(&self) -> Option<SelectionSet> {
        let id: u64 = self.address.with(|a| a.get("set").parse().ok())?;
        self.set(id)
    }

    /// Whether the list holds every image of the style.
    pub fn is_complete(&self) -> bool {
        self.listing.with(|l| {
            l.error.is_none() && l.question.is_about_all() && l.page.next_cursor.is_none()
        })
    }

    /// What a set is called where one is chosen: with its number if another has the same name.
    pub fn title_of(&self, set: &SelectionSet) -> String {
        let title = set.title();
        let is_twin = |s: &SelectionSet| s.id != set.id && s.title() == title;
        match self.sets.with(|sets| sets.iter().any(is_twin)) {
            true => format!("{title} (set {})", set.id),
            false => title,
        }
    }

    /// Names of a set whose images are no longer in the bucket.
    pub fn gone(&self, set: &SelectionSet) -> Vec<String> {
        self.there.with(|there| match there {
            None => Vec::new(),
            Some(there) => {
                let names = set.filenames.iter().filter(|n| !there.contains(*n));
                names.cloned().collect()
            }
        })
    }

    /// A set's names that can be selected.
    pub fn names_of(&self, set: &SelectionSet) -> BTreeSet<String> {
        let gone: BTreeSet<String> = self.gone(set).into_iter().collect();
        let there = set.filenames.iter().filter(|n| !gone.contains(*n));
        there.cloned().collect()
    }

    /// The chosen set with its ETag; that of a plain form that was refused stays the one that was read.
    pub fn set_of_address(&self) -> (u64, String) {
        let Some(set) = self.chosen_set() else {
            return Default::default();
        };
        let typed = self.address.with(|a| a.get("f.etag").to_owned());
        (set.id, if typed.is_empty() { set.etag } else { typed })
    }

    /// Two sets that the address combines.
    pub fn combination_of_address(&self) -> Option<(Combination, SelectionSet, SelectionSet)> {
        let (how, first, second) = self.address.with(|a| {
            let set = |name| a.get(name).parse().ok();
            (Combination::parse(a.get("how")), set("set"), set("other"))
        });
        Some((how?, self.set(first?)?, self.set(second?)?))
    }

    /// What the address selects: names carried along, a set, two sets combined, what of the page fits a filter.
    pub fn selection_of_address(&self) -> BTreeSet<String> {
        let (mut names, select, refused) = self.address.with(|a| {
            // those of a plain form that was refused
            let typed = a.all("f.filenames[]");
            let refused = !typed.is_empty();
            let carried = a.all("filenames[]").into_iter().chain(typed);
            let names: BTreeSet<String> = carried.collect();
            (names, a.get("select").to_owned(), refused)
        });
        if let Some((how, first, second)) = self.combination_of_address() {
            names.extend(how.of(&first.filenames, &second.filenames));
        } else if refused {
            // as it was ticked: what the set holds by now is not mixed into it
        } else if let Some(set) = self.chosen_set() {
            let own = self.names_of(&set);
            if select == "invert" {
                names.extend(self.names().iter().filter(|n| !own.contains(*n)).cloned());
            } else {
                names.extend(own);
            }
        }
        if !select.is_empty() && select != "invert" {
            names.extend(self.fitting_on_page(&select));
        }
        names
    }

    /// Names of the list in order; of a long one only those of its first page until all have come.
    pub fn names(&self) -> Arc<Vec<String>> {
        let fetched = self.shelf.names.get();
        if !fetched.is_empty() {
            return fetched;
        }
        self.listing.with(|l| {
            let names = l.page.images.iter().map(|i| i.filename.clone());
            Arc::new(names.collect())
        })
    }

    /// Whether [`Self::names`] are all.
    pub fn has_all_names(&self) -> bool {
        self.listing.with(|l| l.page.next_cursor.is_none())
            || self.shelf.names.with(|n| !n.is_empty())
    }

    /// The image at a place of the list, if it is there.
    fn image_at(&self, place: usize) -> Option<TrainingImage> {
        let first = self.listing.with(|l| l.page.images.get(place).cloned());
        first.or_else(|| self.shelf.image_at(place))
    }

    /// An image of the list by name, if it is there.
    pub fn image(&self, name: &str) -> Option<TrainingImage> {
        let here = self.listing.with(|l| {
            let found = l.page.images.iter().find(|i| i.filename == name);
            found.cloned()
        });
        here.or_else(|| self.shelf.image(name))
    }

    /// What is shown at places of the grid.
    pub fn slots(&self, range: Range<usize>) -> Vec<Slot> {
        let rows = self.rows.get();
        let slot = |row: usize| {
            let place = rows.at(row)?;
            Some(match self.image_at(place) {
                Some(image) => Slot::Image(Box::new(image)),
                None => Slot::Waiting(place),
            })
        };
        range.filter_map(slot).collect()
    }

    /// The name at a place of the grid, if it is known.
    pub fn name_at(&self, row: usize) -> Option<String> {
        let place = self.rows.with(|rows| rows.at(row))?;
        self.names().get(place).cloned()
    }

    /// Where an image stands in the grid.
    pub fn row_of(&self, name: &str) -> Option<usize> {
        let place = self.names().iter().position(|n| n == name)?;
        match self.rows.get() {
            Rows::All(_) => Some(place),
            Rows::Some(places) => places.binary_search(&place).ok(),
        }
    }
}
