//! How many columns the grid has: what the address says, else what was chosen last in this browser.

use super::state::Data;
use leptos::prelude::*;

pub const FEWEST: u8 = 2;
pub const MOST: u8 = 8;
/// Unless asked otherwise.
const USUAL: u8 = 6;
/// One choice for all styles.
#[cfg(feature = "hydrate")]
const KEY: &str = "columns";

fn read(text: &str) -> Option<u8> {
    let columns = text.parse().ok();
    columns.filter(|c| (FEWEST..=MOST).contains(c))
}

pub fn shown(data: Data) -> u8 {
    let asked = data.address.with(|a| read(a.get("columns")));
    asked.or(data.columns.get()).unwrap_or(USUAL)
}

/// Says it in the address and keeps it for the next time.
pub fn choose(data: Data, columns: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(storage) = window().local_storage().ok().flatten() {
        let _ = storage.set_item(KEY, columns);
    }
    data.columns.set(read(columns));
    data.change("columns", columns);
}

/// Remembers the last choice. An effect: the server's page, which knows of none, is taken over first.
pub fn follow(data: Data) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        let storage = window().local_storage().ok().flatten();
        let kept = storage.and_then(|s| s.get_item(KEY).ok().flatten());
        data.columns.set(kept.and_then(|kept| read(&kept)));
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = data;
}
