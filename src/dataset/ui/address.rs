//! The page's state in its address: what is filtered, which set is chosen, which image is open.
//!
//! Names of files may hold `%` and `+`, which the router's own map decodes twice; so the raw query is read here.

/// What stays when a person goes on to another view of the page; everything else says what just happened.
const LASTING: [&str; 10] = [
    "filter", "sort", "cursor", "set", "image", "view", "columns", "upload", "folder", "drafts",
];
/// What belongs to another: the first goes when the second changes.
const DEPENDENT: [(&str, &str); 3] = [("cursor", "filter"), ("cursor", "sort"), ("view", "image")];

/// A decoded query, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address(Vec<(String, String)>);

impl Address {
    /// Reads a query without its `?`.
    pub fn parse(search: &str) -> Self {
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        };
        Self(
            search
                .split('&')
                .filter(|p| !p.is_empty())
                .map(pair)
                .collect(),
        )
    }

    /// The last value of a name; empty when absent.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().rev().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }

    /// Every value of a name.
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(n, _)| n == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    /// The lasting part with one name changed; an empty value removes it. Another filter begins at its first page, and
    /// closing an image leaves the large view.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let falls = |n: &str| DEPENDENT.contains(&(n, name)) && (n != "view" || value.is_empty());
        let keeps = |n: &str| LASTING.contains(&n) && n != name && !falls(n);
        let mut pairs: Vec<_> = self.0.iter().filter(|(n, _)| keeps(n)).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// Some names of it, empty values left out.
    pub fn only(&self, kept: &[&str]) -> Self {
        let keeps =
            |(name, value): &&(String, String)| kept.contains(&name.as_str()) && !value.is_empty();
        Self(self.0.iter().filter(keeps).cloned().collect())
    }

    /// A view of the page with `kept` names and some changed; an empty value takes one out.
    pub fn view(&self, view: &str, kept: &[&str], changes: &[(&str, &str)]) -> Self {
        let mut next = Self::default().and("view", view);
        let kept = self.only(kept).0.into_iter();
        next.0
            .extend(kept.filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)));
        let set = changes.iter().filter(|(_, value)| !value.is_empty());
        set.fold(next, |next, (name, value)| next.and(name, value))
    }

    /// The same with a further pair.
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As a link to the page of a style.
    pub fn href(&self, style: &str) -> String {
        let mut href = format!("/styles/{style}/data");
        for (i, (name, value)) in self.0.iter().enumerate() {
            href.push(if i == 0 { '?' } else { '&' });
            encode(name, &mut href);
            href.push('=');
            encode(value, &mut href);
        }
        href
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn encode(text: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        match (bytes[i], digit(i + 1), digit(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 2;
            }
            (b'+', ..) => out.push(b' '),
            (other, ..) => out.push(other),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_percent_plus_and_ampersand_come_back_as_they_were() {
        for name in ["50%20off.jpg", "a+b & c.png", "café ☕ (1).jpg", "100%.jpg"] {
            let href = Address::default().with("image", name).href("1");
            let query = href.split_once('?').unwrap().1;
            assert_eq!(Address::parse(query).get("image"), name);
        }
    }

    #[test]
    fn what_just_happened_does_not_stay_in_the_address() {
        let address = Address::parse(
            "filter=fog&cursor=x.jpg&saved=3&f.name=a&filenames%5B%5D=a&filenames%5B%5D=b",
        );
        assert_eq!(address.all("filenames[]"), ["a", "b"]);
        let next = address.with("image", "a.jpg").href("1");
        assert_eq!(next, "/styles/1/data?filter=fog&cursor=x.jpg&image=a.jpg");
        assert_eq!(address.with("filter", "").href("1"), "/styles/1/data");
    }

    #[test]
    fn another_filter_begins_at_its_first_page_and_a_closed_image_leaves_the_large_view() {
        let address = Address::parse("filter=fog&cursor=x.jpg&image=a&view=large");
        let other = address.with("sort", "-date").href("1");
        assert_eq!(
            other,
            "/styles/1/data?filter=fog&image=a&view=large&sort=-date"
        );
        let next = address.with("image", "b").href("1");
        assert!(next.contains("view=large&image=b"), "{next}");
        let closed = address.with("image", "").href("1");
        assert_eq!(closed, "/styles/1/data?filter=fog&cursor=x.jpg");
    }
}
