//! One page of a listing, out of an ordered map: prefix, delimiter, where to go on, how many. Pure, and as fast as the page is
//! long: a common prefix is skipped by a seek, not by walking through what is under it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// S3's bound for one page.
pub(super) const MAX_PAGE: usize = 1000;

/// What a page is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Query<'a> {
    pub prefix: &'a str,
    /// Never empty.
    pub delimiter: Option<&'a str>,
    /// The first key that may be shown.
    pub from: &'a str,
    pub limit: usize,
}

/// One page, in byte order of the keys; an entry is a value or a common prefix.
#[derive(Debug)]
pub(super) struct Page<V> {
    pub values: Vec<V>,
    pub common_prefixes: Vec<String>,
    pub rest: Option<Rest>,
}

/// Where a cut-off listing goes on.
#[derive(Debug)]
pub(super) struct Rest {
    /// The last key or common prefix shown (S3's `NextMarker`).
    pub last_shown: String,
    /// The first key that may be shown next.
    pub from: String,
}

/// Reads one page of `entries`.
pub(super) fn page<V: Clone>(entries: &BTreeMap<String, V>, query: Query<'_>) -> Page<V> {
    let mut page = Page {
        values: Vec::new(),
        common_prefixes: Vec::new(),
        rest: None,
    };
    let mut from = query.from.max(query.prefix).to_owned();
    let mut last_shown = String::new();
    if query.limit == 0 {
        return page;
    }
    loop {
        let mut skip_to = None;
        for (key, value) in entries.range(from.clone()..) {
            if !key.starts_with(query.prefix) {
                return page;
            }
            if page.values.len() + page.common_prefixes.len() == query.limit {
                page.rest = Some(Rest { last_shown, from });
                return page;
            }
            if let Some(common) = common_prefix(key, query) {
                skip_to = Some(after_prefix(common));
                last_shown = common.to_owned();
                page.common_prefixes.push(last_shown.clone());
                break;
            }
            page.values.push(value.clone());
            last_shown.clone_from(key);
            from = after_key(key);
        }
        match skip_to.flatten() {
            Some(next) => from = next,
            None => return page,
        }
    }
}

fn common_prefix<'k>(key: &'k str, query: Query<'_>) -> Option<&'k str> {
    let delimiter = query.delimiter?;
    let at = key[query.prefix.len()..].find(delimiter)?;
    Some(&key[..query.prefix.len() + at + delimiter.len()])
}

/// The least string greater than `key`.
pub(super) fn after_key(key: &str) -> String {
    format!("{key}\0")
}

/// The least string greater than all that begin with `prefix`; none if there is none. (Code points sort as UTF-8 does.)
fn after_prefix(prefix: &str) -> Option<String> {
    let mut prefix = prefix.to_owned();
    while let Some(last) = prefix.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            prefix.push(next);
            return Some(prefix);
        }
    }
    None
}

/// The first key after a `start-after` or `marker`: a marker that is itself a common prefix stands for all under it.
pub(super) fn after_marker(marker: &str, prefix: &str, delimiter: Option<&str>) -> String {
    let query = Query {
        prefix,
        delimiter,
        ..Query::default()
    };
    let is_common = marker.starts_with(prefix) && common_prefix(marker, query) == Some(marker);
    let after = if is_common {
        after_prefix(marker)
    } else {
        None
    };
    after.unwrap_or_else(|| after_key(marker))
}

/// An opaque continuation token for [`Rest::from`].
pub(super) fn to_token(from: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(from)
}

pub(super) fn from_token(token: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(keys: &[&str]) -> BTreeMap<String, String> {
        keys.iter()
            .map(|key| ((*key).to_owned(), (*key).to_owned()))
            .collect()
    }

    fn walk(
        entries: &BTreeMap<String, String>,
        prefix: &str,
        delimiter: Option<&str>,
        limit: usize,
    ) -> Vec<String> {
        let (mut shown, mut from) = (Vec::new(), String::new());
        loop {
            let one = page(
                entries,
                Query {
                    prefix,
                    delimiter,
                    from: &from,
                    limit,
                },
            );
            assert!(one.values.len() + one.common_prefixes.len() <= limit);
            shown.extend(one.values);
            shown.extend(one.common_prefixes);
            match one.rest {
                Some(rest) => from = from_token(&to_token(&rest.from)).expect("our own token"),
                None => return shown,
            }
        }
    }

    #[test]
    fn pages_of_any_size_show_every_entry_once() {
        let entries = map(&[
            "a",
            "a/b",
            "a/c/d",
            "a//",
            "b/1",
            "b/2",
            "b0",
            "c",
            "\u{d7ff}/x",
            "\u{10ffff}",
            "\u{10ffff}/y",
            "é",
        ]);
        for (prefix, delimiter) in [
            ("", None),
            ("", Some("/")),
            ("a", Some("/")),
            ("a/", Some("/")),
            ("b", None),
            ("\u{10ffff}", Some("/")),
        ] {
            let whole = walk(&entries, prefix, delimiter, MAX_PAGE);
            for limit in 1..5 {
                let mut paged = walk(&entries, prefix, delimiter, limit);
                paged.sort();
                let mut expected = whole.clone();
                expected.sort();
                assert_eq!(
                    paged, expected,
                    "prefix {prefix:?} delimiter {delimiter:?} limit {limit}"
                );
            }
        }
        assert_eq!(walk(&entries, "", Some("/"), 1000).len(), 9);
    }

    #[test]
    fn a_marker_that_is_a_common_prefix_skips_what_is_under_it() {
        assert_eq!(after_marker("a/", "", Some("/")), "a0");
        assert_eq!(after_marker("a/b", "", Some("/")), "a/b\0");
        assert_eq!(after_marker("a/", "", None), "a/\0");
        assert_eq!(after_marker("\u{d7ff}", "", Some("\u{d7ff}")), "\u{e000}");
    }
}
