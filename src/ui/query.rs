//! State in the address: what a page is asked to show, and what a refused form had in it (`f.{name}`, see `server::forms`).

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// One value of the address; empty when absent.
pub fn use_query(name: &'static str) -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.read().get(name).unwrap_or_default())
}

/// What was typed into a field of a form that was refused without JavaScript; empty otherwise.
pub fn typed_before(name: &str) -> String {
    let query = use_query_map();
    query
        .read_untracked()
        .get(&format!("f.{name}"))
        .unwrap_or_default()
}
