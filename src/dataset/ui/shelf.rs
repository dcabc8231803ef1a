//! What of a long list has been fetched beyond its first page: windows of images as they come into view, and the names of
//! all, which selecting needs.

use super::state::{Data, KnownImages, PAGE, Question, learn};
use crate::dataset::api::{image_names, images};
use crate::dataset::model::image::TrainingImage;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long the view has to rest before what it lacks is asked for: flying past fetches nothing.
#[cfg(feature = "hydrate")]
const REST_MS: u32 = 80;

/// So many places before and after the view are fetched with it: what arrives while one scrolls is then not in view yet, and
/// costs no tile.
const AHEAD: usize = PAGE / 2;

#[derive(Clone, Copy)]
pub struct Shelf {
    /// Names from the page's first image on; empty until they have come, and for a list of one page.
    pub names: RwSignal<Arc<Vec<String>>>,
    /// Images by window: the n-th holds places n x 200 to n x 200 + 199.
    windows: RwSignal<BTreeMap<usize, Vec<TrainingImage>>>,
    /// Windows that are shown but may have changed.
    stale: StoredValue<BTreeSet<usize>>,
    under_way: StoredValue<BTreeSet<usize>>,
    /// How often in a row windows were refused; 0 while all is well.
    refused: RwSignal<u32>,
    /// What is on the shelf answers this.
    question: StoredValue<Question>,
    #[cfg(feature = "hydrate")]
    timer: StoredValue<Option<gloo_timers::callback::Timeout>, LocalStorage>,
}

impl Shelf {
    pub fn new() -> Self {
        Self {
            names: RwSignal::new(Arc::default()),
            windows: RwSignal::new(BTreeMap::new()),
            stale: StoredValue::new(BTreeSet::new()),
            under_way: StoredValue::new(BTreeSet::new()),
            refused: RwSignal::new(0),
            question: StoredValue::new(Question::default()),
            #[cfg(feature = "hydrate")]
            timer: StoredValue::new_local(None),
        }
    }

    pub fn image_at(&self, place: usize) -> Option<TrainingImage> {
        self.windows
            .with(|w| w.get(&(place / PAGE))?.get(place % PAGE).cloned())
    }

    pub fn image(&self, name: &str) -> Option<TrainingImage> {
        self.windows.with(|w| {
            let mut all = w.values().flatten();
            all.find(|i| i.filename == name).cloned()
        })
    }

    /// Adds what was fetched beyond the first page to the known images.
    pub fn teach(&self, known: KnownImages) {
        self.windows
            .with_untracked(|w| learn(known, w.values().flatten()));
    }

    /// Effects alone: nothing of it runs on the server.
    pub fn follow(self, data: Data) {
        Effect::new(move |_| {
            // of a refused question the list before it stays, and so does what is asked for it
            let answered = data.listing.with(|l| {
                let is_there = l.error.is_none();
                is_there.then(|| (l.question.clone(), l.page.next_cursor.is_some()))
            });
            if let Some((question, long)) = answered {
                self.turn_to(question, long, data);
            }
        });
        Effect::new(move |_| {
            data.listing.track();
            data.rows.track();
            let range = data.grid.range.get();
            if !range.is_empty() {
                self.fill_later(data);
            }
        });
    }

    /// Another list clears the shelf; the same one again is shown until it has come anew.
    fn turn_to(self, question: Question, long: bool, data: Data) {
        let same = self.question.with_value(|q| q.asks_like(&question));
        if same {
            let here = self.windows.with_untracked(|w| w.keys().copied().collect());
            self.stale.set_value(here);
        }
        if !same || !long {
            self.windows.update(BTreeMap::clear);
            self.names.set(Arc::default());
            self.under_way.update_value(BTreeSet::clear);
            self.refused.set(0);
        }
        self.question.set_value(question.clone());
        if long {
            leptos::task::spawn_local(async move { self.fetch_names(question, data).await });
        }
    }

    async fn fetch_names(self, question: Question, data: Data) {
        let style = data.style.get_value();
        let answer = image_names(style, question.filter.clone(), question.sort.clone()).await;
        let Some(offset) = data.listing.try_with_untracked(|l| l.page.offset) else {
            return;
        };
        // of names the latest alone: a deleted one must not come back
        if let Ok(mut names) = answer
            && self.is_latest(&question)
        {
            names.drain(..offset.min(names.len()));
            self.names.set(Arc::new(names));
        }
    }

    /// Whether the list is still the one that was asked for, be it a newer state of it: while images are measured or uploaded it is
    /// asked for again and again, and what comes is shown until a newer answer takes its place.
    fn is_about(self, question: &Question) -> bool {
        self.question.try_with_value(|q| q.asks_like(question)) == Some(true)
    }

    fn is_latest(self, question: &Question) -> bool {
        self.question.try_with_value(|q| q == question) == Some(true)
    }

    #[cfg(not(feature = "hydrate"))]
    fn fill_later(self, data: Data) {
        self.fill(data);
    }

    #[cfg(feature = "hydrate")]
    fn fill_later(self, data: Data) {
        let timeout = gloo_timers::callback::Timeout::new(REST_MS, move || self.fill(data));
        self.timer.set_value(Some(timeout));
    }

    /// Asks for the windows that are in view, or soon will be, and not there.
    pub fn fill(self, data: Data) {
        let Some(range) = data.grid.range.try_get_untracked() else {
            return;
        };
        let rows = data.rows.get_untracked();
        let first_page = data.listing.with_untracked(|l| l.page.images.len());
        let near = range.start.saturating_sub(AHEAD)..(range.end + AHEAD).min(rows.len());
        let shown = near.filter_map(|row| rows.at(row));
        let beyond = shown.filter(|place| *place >= first_page);
        let wanted: BTreeSet<usize> = beyond.map(|place| place / PAGE).collect();
        let is_there = |window: &usize| self.windows.with_untracked(|w| w.contains_key(window));
        if self.refused.get_untracked() > 0 && wanted.iter().all(is_there) {
            // one looks elsewhere by now
            self.refused.set(0);
        }
        for window in wanted {
            let there = is_there(&window) && !self.stale.with_value(|s| s.contains(&window));
            let asked = self.under_way.with_value(|u| u.contains(&window));
            if !there && !asked {
                self.under_way.update_value(|u| {
                    u.insert(window);
                });
                leptos::task::spawn_local(async move { self.fetch(window, data).await });
            }
        }
    }

    /// Whether places in view wait because they were refused.
    pub fn is_refused(&self) -> bool {
        self.refused.get() > 0
    }

    /// After 2, 4, 8 ... s: what is in view by then and not there is asked for again.
    fn ask_again(self, data: Data) {
        self.refused.update(|n| *n += 1);
        let doublings = self.refused.get_untracked().min(5);
        let wait = std::time::Duration::from_secs(1 << doublings);
        set_timeout(move || self.fill(data), wait);
    }

    async fn fetch(self, window: usize, data: Data) {
        let question = self.question.get_value();
        let offset = data.listing.with_untracked(|l| l.page.offset) + window * PAGE;
        let answer = images(
            data.style.get_value(),
            question.filter.clone(),
            question.sort.clone(),
            String::new(),
            offset,
        )
        .await;
        if !self.is_about(&question) {
            return;
        }
        self.under_way.update_value(|u| {
            u.remove(&window);
        });
        let Ok(page) = answer else {
            return self.ask_again(data);
        };
        self.refused.set(0);
        let is_latest = self.is_latest(&question);
        self.stale.update_value(|s| {
            match is_latest {
                true => s.remove(&window),
                false => s.insert(window),
            };
        });
        learn(data.known, &page.images);
        self.windows.update(|w| {
            w.insert(window, page.images);
        });
        if !is_latest {
            self.fill_later(data);
        }
    }
}
