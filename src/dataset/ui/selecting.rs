//! Choosing images: one, a range, a rectangle, all that fit a filter, the others.

use super::state::Data;
use crate::dataset::api::image_names;
use crate::dataset::model::filter::Filter;
use crate::error::AppError;
use crate::ui::virtual_grid::lasso::Caught;
use leptos::prelude::*;
use std::collections::BTreeSet;

/// What the *Select* menu offers beside all and none: words, filter, key.
pub const KINDS: [(&str, &str); 5] = [
    ("Without caption", "missing:caption"),
    ("Problem captions", "problem:caption"),
    ("With a problem", "problem:"),
    ("In no set", "set:none"),
    ("Near-duplicates", "dup:"),
];

impl Data {
    /// Names of the first page that fit a filter, or all of it for `all`.
    pub fn fitting_on_page(&self, words: &str) -> Vec<String> {
        let filter = match words {
            "all" => Filter::default(),
            // what cannot be read selects nothing
            words => match Filter::parse_typed(words) {
                Ok(filter) => filter,
                Err(_) => return Vec::new(),
            },
        };
        self.listing.with(|l| {
            let fits = l.page.images.iter().filter(|i| filter.accepts(i));
            fits.map(|i| i.filename.clone()).collect()
        })
    }

    /// Selects what of the list fits a filter; a long list, and what is only just being measured, is the server's to look through.
    pub fn select_fitting(&self, words: &'static str) {
        let data = *self;
        if data.listing.with_untracked(|l| l.error.is_some()) {
            // the page says what is wrong with the question
            return;
        }
        let looks_inside = Filter::parse_typed(words).is_ok_and(|f| f.needs_pixels());
        let filter = data.address.with_untracked(|a| a.get("filter").to_owned());
        let here = data.listing.with_untracked(|l| {
            let is_measured = l.page.analysing == 0 || !looks_inside;
            // the list of a filter just typed is still on its way
            let is_of_filter = l.question.filter == filter;
            l.page.next_cursor.is_none() && is_measured && is_of_filter
        });
        if here {
            let names = untrack(|| data.fitting_on_page(words));
            data.selecting.set(None);
            data.selected.set(names.into_iter().collect());
            return;
        }
        let more = if words == "all" { "" } else { words };
        let wanted = format!("{filter} {more}");
        data.selecting.set(Some(wanted.clone()));
        leptos::task::spawn_local(async move {
            let before = data.selected.get_untracked();
            let answer = image_names(data.style.get_value(), wanted.clone(), String::new()).await;
            let is_last = |asked: &Option<String>| asked.as_ref() == Some(&wanted);
            // otherwise something else was asked for since, or the page is another one
            if data.selecting.try_with_untracked(is_last) == Some(true) {
                data.select_answered(&filter, &before, answer);
            }
        });
    }

    /// Names that come late are selected if the filter still is as it was, and nothing else was selected since.
    fn select_answered(
        self,
        filter: &str,
        before: &BTreeSet<String>,
        answer: Result<Vec<String>, AppError>,
    ) {
        self.selecting.set(None);
        let is_asked = self.address.with_untracked(|a| a.get("filter") == filter);
        let is_as_before = self.selected.with_untracked(|s| s == before);
        if let (Ok(names), true, true) = (answer, is_asked, is_as_before) {
            self.selected.set(names.into_iter().collect());
        }
    }

    /// Selects what of the list is not selected, and lets go of the rest.
    pub fn invert(&self) {
        let names = untrack(|| self.names());
        self.selected.update(|selected| {
            let others = names.iter().filter(|n| !selected.contains(*n));
            *selected = others.cloned().collect();
        });
    }

    /// Ticks or unticks one tile; a range begins there.
    pub fn tick(&self, name: &str, on: bool) {
        self.selected.update(|selected| {
            if on {
                selected.insert(name.to_owned());
            } else {
                selected.remove(name);
            }
        });
        self.put_anchor(name);
    }

    pub fn toggle(&self, name: &str) {
        let on = self.selected.with_untracked(|s| s.contains(name));
        self.tick(name, !on);
    }

    fn put_anchor(&self, name: &str) {
        let besides = self.selected.get_untracked();
        self.anchor.set_value((name.to_owned(), besides));
    }

    /// Selects everything from the anchor to a tile, besides what was selected before; `from` is the anchor where there is none.
    pub fn reach(&self, from: &str, to: &str) {
        let names = untrack(|| self.names());
        let place = |wanted: &str| names.iter().position(|n| n == wanted);
        if self.anchor.with_value(|(name, _)| place(name).is_none()) {
            self.put_anchor(from);
        }
        let (anchor, mut selected) = self.anchor.get_value();
        if let (Some(a), Some(b)) = (place(&anchor), place(to)) {
            selected.extend(names[a.min(b)..=a.max(b)].iter().cloned());
            self.selected.set(selected);
        }
    }

    /// A rectangle drawn with the mouse.
    pub fn catch(&self, caught: Caught) {
        if caught.is_broken_off {
            return self.selected.set(self.before_lasso.get_value());
        }
        if caught.begins {
            self.before_lasso.set_value(self.selected.get_untracked());
            let besides = if caught.adds {
                self.selected.get_untracked()
            } else {
                BTreeSet::new()
            };
            self.anchor.set_value((String::new(), besides));
        }
        let (_, mut selected) = self.anchor.get_value();
        let names = caught.places.iter();
        selected.extend(names.filter_map(|row| untrack(|| self.name_at(*row))));
        self.selected.set(selected);
    }
}
