//! What the parts of the page share: what was loaded, what is selected, and how to ask again.

use super::address::Address;
use crate::dataset::model::image::{ImagePage, TrainingImage};
use crate::dataset::model::selection::SelectionSet;
use crate::error::AppError;
use crate::styles::model::StyleId;
use crate::ui::frame::StyleChanged;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// Images fetched at once, and the most that script keeps adding to one page.
pub const PAGE: usize = 200;
pub const MOST: usize = 1_000;

/// The images to show; a failed refresh keeps the last good ones.
#[derive(Clone, Default, PartialEq)]
pub struct Listing {
    pub page: ImagePage,
    pub error: Option<AppError>,
}

/// Raised to ask again, or for more.
#[derive(Clone, Copy)]
pub struct Asked {
    pub version: RwSignal<u32>,
    pub limit: RwSignal<usize>,
}

/// An opened image, or why it cannot be shown; `None` while nothing is open.
pub type Opened = Option<Result<TrainingImage, AppError>>;

#[derive(Clone, Copy)]
pub struct Data {
    pub style: StoredValue<StyleId>,
    pub address: Memo<Address>,
    pub listing: Memo<Listing>,
    pub sets: Memo<Vec<SelectionSet>>,
    pub opened: Memo<Opened>,
    pub selected: RwSignal<BTreeSet<String>>,
    /// Whether script has taken over.
    pub live: RwSignal<bool>,
    /// The names that the delete dialog asks about; empty while it is closed.
    pub deleting: RwSignal<Vec<String>>,
    pub asked: Asked,
    /// Captions saved since the list came: name, text, ETag.
    pub known: StoredValue<Vec<TrainingImage>>,
    pub navigate: Callback<String>,
    /// The tile from which a shift-click reaches.
    pub anchor: StoredValue<String>,
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

    /// Asks for list, sets and the frame's counts again.
    pub fn refresh(&self) {
        self.asked.version.update(|v| *v += 1);
        StyleChanged::notify();
    }

    /// The set of `?set=`, if there is one.
    pub fn chosen_set(&self) -> Option<SelectionSet> {
        let id: u64 = self.address.with(|a| a.get("set").parse().ok())?;
        self.sets
            .with(|sets| sets.iter().find(|s| s.id == id).cloned())
    }

    /// Whether the list holds every image of the style, so that what is not in it is gone.
    pub fn is_complete(&self) -> bool {
        let all = self
            .address
            .with(|a| a.get("filter").is_empty() && a.get("cursor").is_empty());
        all && self
            .listing
            .with(|l| l.error.is_none() && l.page.next_cursor.is_none())
    }

    /// Names of a set whose images are no longer in the bucket.
    pub fn gone(&self, set: &SelectionSet) -> Vec<String> {
        if !self.is_complete() {
            return Vec::new();
        }
        self.listing.with(|l| {
            let there: BTreeSet<&str> = l.page.images.iter().map(|i| i.filename.as_str()).collect();
            let names = set.filenames.iter().filter(|n| !there.contains(n.as_str()));
            names.cloned().collect()
        })
    }

    /// A set's names that can be selected.
    pub fn names_of(&self, set: &SelectionSet) -> BTreeSet<String> {
        let gone = self.gone(set);
        let there = set.filenames.iter().filter(|n| !gone.contains(n));
        there.cloned().collect()
    }

    /// What the address selects: names carried along, a set, everything listed or everything without a caption.
    pub fn selection_of_address(&self) -> BTreeSet<String> {
        let (mut names, select) = self.address.with(|a| {
            // and those of a plain form that was refused
            let carried = a
                .all("filenames[]")
                .into_iter()
                .chain(a.all("f.filenames[]"));
            let names: BTreeSet<String> = carried.collect();
            (names, a.get("select").to_owned())
        });
        if let Some(set) = self.chosen_set() {
            names.extend(self.names_of(&set));
        }
        if !select.is_empty() {
            names.extend(self.listed(select == "missing"));
        }
        names
    }

    /// Names on the page, in order; of `missing`, only those without a caption.
    pub fn listed(&self, missing: bool) -> Vec<String> {
        self.listing.with(|l| {
            let wanted = l
                .page
                .images
                .iter()
                .filter(|i| !(missing && i.caption_state.is_present()));
            wanted.map(|i| i.filename.clone()).collect()
        })
    }

    /// Ticks or unticks one tile, or with `range` all from the last one touched to it.
    pub fn tick(&self, name: &str, on: bool, range: bool) {
        let mut names = vec![name.to_owned()];
        if range {
            let listed = self.listed(false);
            let place = |wanted: &str| listed.iter().position(|n| n == wanted);
            let from = self.anchor.with_value(|a| place(a));
            if let (Some(from), Some(to)) = (from, place(name)) {
                names = listed[from.min(to)..=from.max(to)].to_vec();
            }
        }
        self.anchor.set_value(name.to_owned());
        self.selected.update(|selected| {
            for name in names {
                if on {
                    selected.insert(name);
                } else {
                    selected.remove(&name);
                }
            }
        });
    }
}
