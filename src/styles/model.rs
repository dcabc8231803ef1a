//! A style and the rules for its id, title and trigger words.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 80;
/// Longest trigger words, in characters.
pub const MAX_TRIGGER: usize = 120;

/// The registry's id: a short word of ASCII letters, digits, `-` and `_` (the real ones are digits). It becomes part of
/// paths and S3 keys, so nothing else passes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema), schema(value_type = String))]
pub struct StyleId(String);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a style id: 1 to 32 ASCII letters, digits, - or _")]
pub struct NotAStyleId(String);

impl StyleId {
    pub fn parse(text: &str) -> Result<Self, NotAStyleId> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if (1..=32).contains(&text.len()) && text.bytes().all(word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAStyleId(text.chars().take(40).collect()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StyleId {
    type Error = NotAStyleId;
    fn try_from(text: String) -> Result<Self, NotAStyleId> {
        Self::parse(&text)
    }
}

impl From<StyleId> for String {
    fn from(id: StyleId) -> Self {
        id.0
    }
}

impl fmt::Display for StyleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What pages and `/api/styles` show of a registry entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Style {
    pub id: StyleId,
    pub title: String,
    pub trigger_words: String,
    /// Shown as `#n`.
    pub client_index: Option<i64>,
    pub monochrome: bool,
    pub lora_weight: Option<f64>,
    /// Where the cover is served, if the folder has one.
    pub cover_url: Option<String>,
    /// Name of the version marked good, e.g. `V8`.
    pub good_version: Option<String>,
    /// Folders of `resources/style_images` that belong to the style; more than one after old titles or misspellings.
    pub folders: Vec<String>,
}

impl Style {
    /// The trigger a training uses unless another is typed: the trigger words, else `style_{id}`.
    pub fn default_class_tokens(&self) -> String {
        match self.trigger_words.trim() {
            "" => format!("style_{}", self.id),
            words => words.to_owned(),
        }
    }
}

/// What a person may say of a style; both fields checked by [`StyleDraft::check`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StyleDraft {
    #[cfg_attr(
        feature = "ssr",
        schema(
            required = true,
            min_length = 1,
            max_length = 80,
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
        )
    )]
    pub title: String,
    #[cfg_attr(
        feature = "ssr",
        schema(max_length = 120, pattern = r#"^[^"\\\u0000-\u001f\u007f-\u009f]*$"#)
    )]
    pub trigger_words: String,
}

impl StyleDraft {
    /// Trimmed, or every problem as (field, message).
    pub fn check(self) -> Result<Self, Vec<(&'static str, String)>> {
        let draft = Self {
            title: self.title.trim().to_owned(),
            trigger_words: self.trigger_words.trim().to_owned(),
        };
        let mut problems = Vec::new();
        let length = draft.title.chars().count();
        if length == 0 {
            problems.push(("title", "Give the style a title.".to_owned()));
        } else if length > MAX_TITLE {
            problems.push((
                "title",
                format!("The title has {length} characters; at most {MAX_TITLE} fit."),
            ));
        }
        if draft.title.chars().any(char::is_control) {
            problems.push((
                "title",
                "The title holds a control character; use plain text.".into(),
            ));
        }
        if let Some(problem) = trigger_problem(&draft.trigger_words) {
            problems.push(("triggerWords", problem));
        }
        if problems.is_empty() {
            Ok(draft)
        } else {
            Err(problems)
        }
    }
}

/// Why the trainer could not use these trigger words (they are written into a TOML file), if so.
fn trigger_problem(words: &str) -> Option<String> {
    let length = words.chars().count();
    if length > MAX_TRIGGER {
        return Some(format!(
            "The trigger words have {length} characters; at most {MAX_TRIGGER} fit."
        ));
    }
    let bad = words
        .chars()
        .find(|c| c.is_control() || matches!(c, '\\' | '"'))?;
    Some(format!(
        "The trigger words hold {bad:?}, which breaks the trainer's settings file; leave it out."
    ))
}

/// `{id}_{slug}`: the folder name ActorMaker gives a style. Each run outside a-z 0-9 becomes one `_`, nothing is trimmed.
pub fn folder_name(id: &StyleId, title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            slug.push(c);
        } else if !slug.ends_with('_') {
            slug.push('_');
        }
    }
    format!("{id}_{slug}")
}

/// Whether a folder of `resources/style_images` belongs to a style: `{id}` or `{id}_…`.
pub fn owns_folder(id: &StyleId, folder: &str) -> bool {
    match folder.strip_prefix(id.as_str()) {
        Some(rest) => rest.is_empty() || rest.starts_with('_'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_actor_makers() {
        let id = StyleId::parse("7").unwrap();
        for (title, folder) in [
            ("Ink Intensity", "7_ink_intensity"),
            ("Foo!", "7_foo_"),
            ("Café", "7_caf_"),
            ("東京", "7__"),
        ] {
            assert_eq!(folder_name(&id, title), folder);
        }
    }

    #[test]
    fn a_style_owns_its_old_folders_and_not_those_of_a_longer_id() {
        let id = StyleId::parse("5").unwrap();
        assert!(owns_folder(&id, "5") && owns_folder(&id, "5_old_title"));
        assert!(!owns_folder(&id, "59_etheral_washes") && !owns_folder(&id, "15_x"));
    }

    #[test]
    fn ids_that_could_leave_a_folder_are_refused() {
        for id in ["", "..", "a/b", "1 2", "é", &"1".repeat(33)] {
            assert!(StyleId::parse(id).is_err(), "{id:?}");
        }
    }

    #[test]
    fn every_problem_of_a_draft_is_named_at_once() {
        let draft = StyleDraft {
            title: " ".into(),
            trigger_words: "a\\b".into(),
        };
        let problems = draft.check().unwrap_err();
        let fields: Vec<_> = problems.iter().map(|p| p.0).collect();
        assert_eq!(fields, ["title", "triggerWords"]);
    }
}
