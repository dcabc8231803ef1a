//! State in the address: what a page is asked to show, and what a refused form had in it (`f.{name}`, see `server::forms`).

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};

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

/// Puts a value into the address of the page, or takes it out when it is empty; no step back for each letter.
pub fn replace_query(name: &str, value: &str) {
    let mut query = use_query_map().get_untracked();
    query.replace(name.to_owned(), value.to_owned());
    if value.is_empty() {
        query.remove(name);
    }
    let options = NavigateOptions {
        replace: true,
        scroll: false,
        ..NavigateOptions::default()
    };
    let path = use_location().pathname.get_untracked();
    use_navigate()(&format!("{path}{}", query.to_query_string()), options);
}

/// A name as one segment or value of an address.
pub fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn raw_names_fit_into_an_address() {
        assert_eq!(encoded("Fog (1) ä?.jpg"), "Fog%20%281%29%20%C3%A4%3F.jpg");
    }
}
