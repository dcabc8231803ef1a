//! Patterns: the `regex` crate, whose time grows with the text alone, with bounds on what a pattern may take.

use super::super::super::model::caption_edit::CaptionEdit;
use super::super::super::model::image::MAX_CAPTION_BYTES;
use crate::error::AppError;
use regex::{Regex, RegexBuilder};

/// Most memory of a compiled pattern, bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    replace: String,
}

impl Pattern {
    pub fn new(edit: &CaptionEdit) -> Result<Self, AppError> {
        let pattern = if edit.whole_words {
            format!(r"\b(?:{})\b", edit.find)
        } else {
            edit.find.clone()
        };
        let regex = RegexBuilder::new(&pattern)
            .case_insensitive(!edit.match_case)
            .size_limit(MAX_PATTERN_BYTES)
            .dfa_size_limit(MAX_PATTERN_BYTES)
            .nest_limit(50)
            .build()
            .map_err(|error| AppError::field("find", told(&error)))?;
        Ok(Self {
            regex,
            replace: edit.replace.clone(),
        })
    }

    /// The text with every match replaced, or why it has to be left.
    pub fn apply(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for found in self.regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            out.push_str(&text[from..whole.start()]);
            found.expand(&self.replace, &mut out);
            from = whole.end();
            // a replacement of many groups may outgrow every bound
            if out.len() as u64 > MAX_CAPTION_BYTES {
                return Err(format!("would have more than {MAX_CAPTION_BYTES} bytes"));
            }
        }
        out.push_str(&text[from..]);
        Ok(out)
    }
}

fn told(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => {
            format!(
                "The pattern takes more than {MAX_PATTERN_BYTES} bytes of memory. Make it simpler."
            )
        }
        // the last line says what, those above it draw an arrow
        other => {
            let told = other.to_string();
            let reason = told.lines().last().unwrap_or_default();
            let reason = reason.trim_start_matches("error: ");
            format!("The pattern cannot be read: {reason}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(find: &str, replace: &str) -> CaptionEdit {
        CaptionEdit {
            find: find.into(),
            replace: replace.into(),
            ..CaptionEdit::default()
        }
    }

    #[test]
    fn groups_are_put_where_the_replacement_names_them() {
        let made = Pattern::new(&pattern(r"(\w+) boat", "boat ($1)")).unwrap();
        let expected = "a boat (Red), a boat (blue)";
        assert_eq!(
            made.apply("a Red Boat, a blue boat").as_deref(),
            Ok(expected)
        );
        let exact = CaptionEdit {
            match_case: true,
            whole_words: true,
            ..pattern("boat|ship", "x")
        };
        let made = Pattern::new(&exact).unwrap();
        assert_eq!(
            made.apply("Boat boats boat ship").as_deref(),
            Ok("Boat boats x x")
        );
    }

    #[test]
    fn a_pattern_that_cannot_be_read_or_takes_too_much_is_refused_by_its_field() {
        for (find, reason) in [
            ("(boat", "unclosed group"),
            ("(?:\\w{1000}){1000}", "more than 1048576 bytes"),
            (&format!("{}a{}", "(".repeat(60), ")".repeat(60)), "nest"),
        ] {
            let told = Pattern::new(&pattern(find, "")).unwrap_err();
            let told = told.message_for("find").unwrap_or_default();
            assert!(told.contains(reason), "{find}: {told}");
        }
    }

    #[test]
    fn a_replacement_that_outgrows_a_caption_stops_there() {
        let made = Pattern::new(&pattern("a", &"$0".repeat(1_000))).unwrap();
        assert!(made.apply(&"a".repeat(60_000)).is_err());
    }
}
