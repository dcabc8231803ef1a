//! The order of a list, and the place in it where a page goes on.

use crate::dataset::model::image::TrainingImage;
use std::cmp::Ordering;

/// By what a list is ordered; equals stand by name.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Key {
    #[default]
    Name,
    Date,
    Size,
    Resolution,
    Caption,
}

/// As a person reads names: `img2` before `img10`, `a` before `Z`. Names that read alike stand by their bytes, so that no two
/// are equal. Allocates nothing: a list of thousands is ordered at each look.
pub fn by_name(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(l), Some(r)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        let by_part = if l.is_ascii_digit() && r.is_ascii_digit() {
            let (l, r) = (take_number(&mut left), take_number(&mut right));
            l.len().cmp(&r.len()).then_with(|| l.cmp(r))
        } else {
            left = &left[l.len_utf8()..];
            right = &right[r.len_utf8()..];
            match (l.is_ascii(), r.is_ascii()) {
                (true, true) => l.to_ascii_lowercase().cmp(&r.to_ascii_lowercase()),
                _ => l.to_lowercase().cmp(r.to_lowercase()),
            }
        };
        if by_part.is_ne() {
            return by_part;
        }
    }
}

/// The digits a text begins with, without zeros before them; the text goes on behind.
fn take_number<'a>(text: &mut &'a str) -> &'a str {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    digits.trim_start_matches('0')
}

/// An order and its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sort {
    pub key: Key,
    pub descending: bool,
}

/// Every order as the address has it, with its words for a person.
pub const SORTS: [(&str, &str); 10] = [
    ("name", "Name A–Z"),
    ("-name", "Name Z–A"),
    ("-date", "Newest first"),
    ("date", "Oldest first"),
    ("-size", "Largest file"),
    ("size", "Smallest file"),
    ("-resolution", "Most pixels"),
    ("resolution", "Fewest pixels"),
    ("-caption", "Longest caption"),
    ("caption", "Shortest caption"),
];

impl Sort {
    /// `date`, `-date`; empty is by name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (descending, name) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let key = match name {
            "" if !descending => Key::Name,
            "name" => Key::Name,
            "date" => Key::Date,
            "size" => Key::Size,
            "resolution" => Key::Resolution,
            "caption" => Key::Caption,
            _ => {
                return Err(format!(
                    "{text:?} is not an order. Known are name, date, size, resolution and caption, each with - before it for the other direction."
                ));
            }
        };
        Ok(Self { key, descending })
    }

    pub fn needs_pixels(self) -> bool {
        self.key == Key::Resolution
    }

    pub fn apply(self, images: &mut [TrainingImage]) {
        images.sort_by(|a, b| {
            let (key_a, key_b) = (self.rank(a), self.rank(b));
            self.compare((&key_a, &a.filename), (&key_b, &b.filename))
        });
    }

    /// Names stand from A to Z among equals, whatever the direction of the rest.
    fn compare(self, a: (&str, &str), b: (&str, &str)) -> Ordering {
        let by_rank = a.0.cmp(b.0);
        let by_name = || by_name(a.1, b.1);
        match (self.descending, self.key) {
            (false, _) => by_rank.then_with(by_name),
            (true, Key::Name) => by_name().reverse(),
            (true, _) => by_rank.reverse().then_with(by_name),
        }
    }

    /// A text that stands where the image does.
    fn rank(self, image: &TrainingImage) -> String {
        let number = |n: u64| format!("{n:020}");
        match self.key {
            Key::Name => String::new(),
            Key::Date => image.last_modified.clone(),
            Key::Size => number(image.size_bytes),
            Key::Resolution => {
                let pixels = |(w, h)| u64::from(w) * u64::from(h);
                number(image.width.zip(image.height).map_or(0, pixels))
            }
            Key::Caption => {
                let text = image.caption.as_deref().unwrap_or_default();
                number(text.trim().chars().count() as u64)
            }
        }
    }

    /// What names the page after this image: holds also when the image is gone by then.
    pub fn cursor(self, last: &TrainingImage) -> String {
        match self.key {
            Key::Name => last.filename.clone(),
            _ => format!("{}:{}", self.encoded_rank(last), last.filename),
        }
    }

    fn encoded_rank(self, image: &TrainingImage) -> String {
        // a time holds colons, which part rank and name
        self.rank(image).replace(':', ".")
    }

    /// Whether the image stands behind the one a cursor was made of.
    pub fn is_after(self, image: &TrainingImage, cursor: &str) -> bool {
        let (rank, name) = match self.key {
            Key::Name => ("", cursor),
            _ => cursor.split_once(':').unwrap_or(("", cursor)),
        };
        let own = self.encoded_rank(image);
        self.compare((&own, &image.filename), (rank, name)) == Ordering::Greater
    }
}
