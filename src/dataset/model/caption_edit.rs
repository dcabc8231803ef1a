//! An edit of many captions at once: what is asked for, and what becomes of one text. Patterns are the server's, which
//! alone has an engine for them.

use super::caption_checks::{CaptionCode, CaptionJudge};
use super::caption_text::{first_line, strip, with_trigger_last, without_trigger};
use super::caption_words::{WordList, parse_style_words};
use super::image::MAX_CAPTION_BYTES;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Longest text or pattern of an edit, in characters.
pub const MAX_EDIT_TEXT: usize = 2_000;
/// Changes on a page of a preview unless asked otherwise.
pub const PREVIEW_PAGE: usize = 50;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Operation {
    /// `find` becomes `replace`.
    #[default]
    Replace,
    /// What fits the pattern `find` becomes `replace`, in which `$1` is the first group.
    Regex,
    /// `text` behind the caption.
    Append,
    /// `text` before the caption.
    Prepend,
    /// The trigger once, at its `place`.
    Trigger,
    /// Without `words`; without any, without the style's list of style words.
    Strip,
    /// Everything the caption checks mend for certain, or only the problem `code`, this also by what they suggest.
    Fix,
}

impl Operation {
    pub const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::Replace, "replace", "Find and replace"),
        (Self::Regex, "regex", "Replace a pattern"),
        (Self::Append, "append", "Append"),
        (Self::Prepend, "prepend", "Prepend"),
        (Self::Trigger, "trigger", "Set trigger"),
        (Self::Strip, "strip", "Strip words"),
        (Self::Fix, "fix", "Fix what is certain"),
    ];

    pub fn as_str(self) -> &'static str {
        let own = Self::ALL.into_iter().find(|o| o.0 == self);
        own.map_or("", |o| o.1)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|o| o.1 == text);
        found.map(|o| o.0)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Place {
    #[default]
    End,
    Start,
    /// In no caption: the trainer adds it.
    Out,
}

impl Place {
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::End, "end", "At the end of each caption"),
        (Self::Start, "start", "At the beginning of each caption"),
        (Self::Out, "out", "In no caption: the trainer adds it"),
    ];

    pub fn as_str(self) -> &'static str {
        let own = Self::ALL.into_iter().find(|p| p.0 == self);
        own.map_or("", |p| p.1)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|p| p.1 == text);
        found.map(|p| p.0)
    }
}

/// What is asked for, as a form or script sends it; fields an operation does not name are passed over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionEdit {
    pub operation: Operation,
    pub find: String,
    pub replace: String,
    pub match_case: bool,
    pub whole_words: bool,
    pub text: String,
    /// The trigger to set; empty: the style's.
    pub trigger: String,
    pub place: Place,
    /// Divided by commas.
    pub words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CaptionCode>,
}

impl CaptionEdit {
    /// Every field that cannot be carried out, with why.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        let mut text = |field: &'static str, text: &str, what: &str, must: bool| {
            let length = text.chars().count();
            if must && text.trim().is_empty() {
                problems.push((field, format!("Say {what}.")));
            } else if length > MAX_EDIT_TEXT {
                let told = format!("{length} characters; at most {MAX_EDIT_TEXT} are taken.");
                problems.push((field, told));
            } else if field != "find" && text.contains(['\n', '\r']) {
                let told = "A line break: only the first line of a caption is trained.";
                problems.push((field, told.to_owned()));
            }
        };
        match self.operation {
            Operation::Replace | Operation::Regex => {
                // a blank may be looked for
                let what = if self.find.is_empty() { "" } else { "x" };
                text("find", what, "what to look for", true);
                text("find", &self.find, "", false);
                text("replace", &self.replace, "", false);
            }
            Operation::Append => text("text", &self.text, "what to append", true),
            Operation::Prepend => text("text", &self.text, "what to put before", true),
            Operation::Trigger => text("trigger", &self.trigger, "", false),
            Operation::Strip => {
                problems.extend(
                    parse_style_words(&self.words)
                        .err()
                        .map(|told| ("words", told)),
                );
            }
            Operation::Fix => {}
        }
        problems
    }

    /// In a sentence, for the list of edits.
    pub fn sentence(&self) -> String {
        let short = |text: &str| match text.char_indices().nth(60) {
            Some((at, _)) => format!("“{}…”", &text[..at]),
            None => format!("“{text}”"),
        };
        let replaced = |what: &str| match self.replace.as_str() {
            "" => format!("Removed {what}{}", short(&self.find)),
            with => format!("Replaced {what}{} by {}", short(&self.find), short(with)),
        };
        match self.operation {
            Operation::Replace => replaced(""),
            Operation::Regex => replaced("the pattern "),
            Operation::Append => format!("Appended {}", short(&self.text)),
            Operation::Prepend => format!("Prepended {}", short(&self.text)),
            Operation::Trigger => {
                let trigger = match self.trigger.trim() {
                    "" => "the trigger".to_owned(),
                    own => short(own),
                };
                match self.place {
                    Place::End => format!("Put {trigger} at the end"),
                    Place::Start => format!("Put {trigger} first"),
                    Place::Out => format!("Took {trigger} out"),
                }
            }
            Operation::Strip if self.words.trim().is_empty() => "Stripped the style words".into(),
            Operation::Strip => format!("Stripped {}", short(self.words.trim())),
            Operation::Fix => match self.code {
                Some(code) => format!("Fixed “{}”", code.label()),
                None => "Fixed what is certain".into(),
            },
        }
    }

    /// What becomes of a caption's text. A pattern is not carried out here: the text stays.
    pub fn apply(&self, text: &str, judge: &CaptionJudge) -> String {
        let (line, rest) = first_line(text);
        let of_line = |line: String| format!("{line}{rest}");
        match self.operation {
            Operation::Replace => self.replaced(text),
            Operation::Regex => text.to_owned(),
            Operation::Append => of_line(appended(line, &self.text)),
            Operation::Prepend => of_line(prepended(line, &self.text)),
            Operation::Trigger => {
                let trigger = match self.trigger.trim() {
                    "" => judge.trigger.as_str(),
                    own => own,
                };
                of_line(placed(line, trigger, self.place))
            }
            Operation::Strip => {
                let own = parse_style_words(&self.words).unwrap_or_default();
                let own = (!own.is_empty()).then(|| WordList::new(&own));
                let list = own.as_ref().unwrap_or(&judge.style_words);
                of_line(list.strip_from(line).unwrap_or_else(|| line.to_owned()))
            }
            Operation::Fix => {
                let mended = judge.mended(text.as_bytes(), self.code);
                mended.unwrap_or_else(|| text.to_owned())
            }
        }
    }

    fn replaced(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        while let Some(place) = self.find_in(text, from) {
            out.push_str(&text[from..place.start]);
            out.push_str(&self.replace);
            from = place.end;
        }
        out.push_str(&text[from..]);
        out
    }

    fn find_in(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let starts = text[from..].char_indices().map(|(at, _)| from + at);
        let mut fits = starts.filter_map(|start| {
            let end = start + self.length_at(&text[start..])?;
            let whole = !text[..start].ends_with(part) && !text[end..].starts_with(part);
            (whole || !self.whole_words).then_some(start..end)
        });
        fits.next()
    }

    /// Bytes that what is looked for takes at the beginning of a text.
    fn length_at(&self, text: &str) -> Option<usize> {
        if self.match_case {
            return text.starts_with(&self.find).then_some(self.find.len());
        }
        let mut wanted = self.find.chars().flat_map(char::to_lowercase).peekable();
        for (at, c) in text.char_indices() {
            if wanted.peek().is_none() {
                return Some(at);
            }
            for lower in c.to_lowercase() {
                if wanted.next() != Some(lower) {
                    return None;
                }
            }
        }
        wanted.peek().is_none().then_some(text.len())
    }
}

/// Joined with a comma unless the text begins with a sign or a blank.
fn appended(line: &str, text: &str) -> String {
    let line = line.trim_end();
    let begins = text.starts_with(|c: char| !c.is_alphanumeric() && c != '_');
    match line.chars().last() {
        None => text.trim_start().to_owned(),
        Some(_) if begins => format!("{}{text}", line.trim_end_matches(',')),
        Some(',') => format!("{line} {text}"),
        Some(_) => format!("{line}, {text}"),
    }
}

fn prepended(line: &str, text: &str) -> String {
    let blank = if text.ends_with(char::is_whitespace) {
        ""
    } else {
        " "
    };
    format!("{text}{blank}{}", line.trim_start())
}

fn placed(line: &str, trigger: &str, place: Place) -> String {
    let scene = || without_trigger(line, trigger).unwrap_or_else(|| strip(line).to_owned());
    match place {
        Place::End => with_trigger_last(line, trigger),
        Place::Out => scene(),
        Place::Start => match scene().as_str() {
            "" => trigger.to_owned(),
            scene => format!("{trigger}, {scene}"),
        },
    }
}

/// Why a text may not become a caption, if it may not.
pub fn unfit(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("would be left without text, on which the trainer stops".into());
    }
    (text.len() as u64 > MAX_CAPTION_BYTES)
        .then(|| format!("would have more than {MAX_CAPTION_BYTES} bytes"))
}

/// One caption before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionChange {
    /// The image whose caption it is; of several that share one, the first.
    pub filename: String,
    /// The caption's ETag: another text meanwhile is left alone.
    pub etag: String,
    pub before: String,
    pub after: String,
}

/// A caption that is or was left as it is, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionLeft {
    pub filename: String,
    pub reason: String,
}

/// What an edit would do; one page of its changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionPreview {
    /// Names this preview; with it the edit is applied.
    pub plan: String,
    pub edit: CaptionEdit,
    /// Images it is about.
    pub images: usize,
    /// Captions that would change.
    pub total: usize,
    /// Captions the edit does not touch.
    pub unchanged: usize,
    pub left: Vec<CaptionLeft>,
    pub offset: usize,
    pub changes: Vec<CaptionChange>,
}

/// An edit that was applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AppliedEdit {
    pub id: u64,
    /// ISO 8601.
    pub at: String,
    /// What it did, in a sentence.
    pub what: String,
    /// Captions it changed.
    pub changed: usize,
    /// Captions it was to change and did not.
    pub left: Vec<CaptionLeft>,
    /// Whether it can still be undone.
    pub undoable: bool,
    /// What an undo brought back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<UndoneEdit>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UndoneEdit {
    pub at: String,
    pub restored: usize,
    /// Captions that were not brought back, such as those edited since.
    pub left: Vec<CaptionLeft>,
}

#[cfg(test)]
mod tests;
