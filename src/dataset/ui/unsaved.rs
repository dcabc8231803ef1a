//! Text that was typed and is not stored yet, kept in this browser: it survives a reload and a crash of the tab.

use super::state::Data;

/// What was typed, and what the text it is to replace was known by: an ETag, or when it was made.
#[derive(Clone, PartialEq)]
pub struct Unsaved {
    pub based_on: String,
    pub text: String,
}

/// Captions and drafts have a shelf each.
#[derive(Clone, Copy)]
pub enum Shelf {
    Captions,
    Drafts,
}

#[cfg(feature = "hydrate")]
pub use browser::{find, forget, keep, names};

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Data, Shelf, Unsaved};
    use leptos::prelude::*;

    /// One browser may have several styles under way.
    fn store(shelf: Shelf, data: Data, name: &str) -> Option<(web_sys::Storage, String)> {
        let storage = window().local_storage().ok().flatten()?;
        // a page that is gone meanwhile has nothing to say; what it saved is found to be so later
        let style = data.style.try_get_value()?;
        let shelf = match shelf {
            Shelf::Captions => "caption-draft",
            Shelf::Drafts => "draft-edit",
        };
        Some((storage, format!("{shelf}/{style}/{name}")))
    }

    /// Keeps a text, blank ones excepted. A full or forbidden storage keeps nothing: saving goes on as ever.
    pub fn keep(shelf: Shelf, data: Data, name: &str, based_on: &str, text: &str) {
        if text.trim().is_empty() {
            return forget(shelf, data, name);
        }
        if let Some((storage, key)) = store(shelf, data, name) {
            let _ = storage.set_item(&key, &format!("{based_on}\n{text}"));
        }
    }

    pub fn forget(shelf: Shelf, data: Data, name: &str) {
        if let Some((storage, key)) = store(shelf, data, name) {
            let _ = storage.remove_item(&key);
        }
    }

    /// What is kept of a style.
    pub fn names(shelf: Shelf, data: Data) -> Vec<String> {
        let Some((storage, prefix)) = store(shelf, data, "") else {
            return Vec::new();
        };
        let keys = (0..storage.length().unwrap_or(0)).filter_map(|i| storage.key(i).ok().flatten());
        let of_style = keys.filter_map(|key| key.strip_prefix(&prefix).map(str::to_owned));
        of_style.collect()
    }

    pub fn find(shelf: Shelf, data: Data, name: &str) -> Option<Unsaved> {
        let (storage, key) = store(shelf, data, name)?;
        let value = storage.get_item(&key).ok().flatten()?;
        let (based_on, text) = value.split_once('\n')?;
        Some(Unsaved {
            based_on: based_on.to_owned(),
            text: text.to_owned(),
        })
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn keep(_: Shelf, _: Data, _: &str, _: &str, _: &str) {}

#[cfg(not(feature = "hydrate"))]
pub fn forget(_: Shelf, _: Data, _: &str) {}

#[cfg(not(feature = "hydrate"))]
pub fn find(_: Shelf, _: Data, _: &str) -> Option<Unsaved> {
    None
}

/// A text that was saved meanwhile is not kept any more; a later one stays.
pub fn saved(shelf: Shelf, data: Data, name: &str, text: &str) {
    if find(shelf, data, name).is_some_and(|kept| kept.text == text) {
        forget(shelf, data, name);
    }
}
