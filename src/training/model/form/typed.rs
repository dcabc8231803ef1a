//! Parameters as typed: text by name. Accepts JSON numbers and booleans too and writes them as one would type them.
//! Checks nothing; a `null` is an empty field. A list or an object is no value: it is kept as such, to be refused by name.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// What was typed for each parameter. An absent name and an empty text mean the same: the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(BTreeMap<String, Entry>);

impl Typed {
    /// What was typed for that name; empty when nothing was.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", Entry::text)
    }

    pub fn set(&mut self, name: &str, typed: impl Into<String>) {
        self.0.insert(name.to_owned(), Entry::Text(typed.into()));
    }

    /// Name and text, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, entry)| (name.as_str(), entry.text()))
    }

    /// Names that came with something else than a value, and what it was.
    pub fn not_values(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.0.iter().filter_map(|(name, entry)| match entry {
            Entry::Text(_) => None,
            Entry::List => Some((name.as_str(), "a list")),
            Entry::Object => Some((name.as_str(), "an object")),
        })
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for Typed {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, typed)| (name.into(), Entry::Text(typed.into())))
                .collect(),
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
enum Entry {
    Text(String),
    List,
    Object,
}

impl Entry {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::List | Self::Object => "",
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::List => serializer.collect_seq([(); 0]),
            Self::Object => serializer.collect_map([((), ()); 0]),
        }
    }
}

/// As it comes.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "of a list and an object only the kind counts")]
enum Raw {
    Text(#[serde(deserialize_with = "text")] String),
    List(Vec<IgnoredAny>),
    Object(BTreeMap<String, IgnoredAny>),
}

impl From<Raw> for Entry {
    fn from(raw: Raw) -> Self {
        match raw {
            Raw::Text(text) => Self::Text(text),
            Raw::List(_) => Self::List,
            Raw::Object(_) => Self::Object,
        }
    }
}

/// For single fields: a number is taken as if typed.
pub(in crate::training::model) fn text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    deserializer.deserialize_any(Lenient)
}

struct Lenient;

impl Visitor<'_> for Lenient {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("text, a number, true or false")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<String, E> {
        Ok(yes.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    /// 16.0 is written “16”: whole numbers may come either way.
    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_none<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }
}
