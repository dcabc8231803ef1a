//! What is wrong with the captions of a style, judged for a style LoRA, each with its reason and, where one is certain, the
//! text that mends it.
//!
//! A caption describes the scene in one line of 8 to 20 words and leaves the style to the trigger. What a run makes of a
//! caption with its own settings is `training::model::captions`; the rules for the text are `caption_text`'s for both.

mod code;
mod rules;

pub use code::CaptionCode;
pub use rules::{CaptionRules, TriggerPlace};

use super::caption::{CaptionState, text};
use super::caption_text::{
    decode, ends_with_trigger, first_line, one_line, strip, trigger_places, with_trigger_last,
    without_trigger,
};
use super::caption_words::WordList;
use super::image::listed;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// Words that describe a scene well (research, caption guide).
pub const FEWEST_WORDS: usize = 8;
pub const MOST_WORDS: usize = 20;
/// Captions that must be there before one is compared with the others, and words it must differ by to be longer or shorter.
const ENOUGH_TO_COMPARE: usize = 5;
const MARKED_DIFFERENCE: usize = 6;
/// Names of other images shown in a message.
const NAMES_SHOWN: usize = 3;

/// One thing to know about a caption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionRemark {
    pub code: CaptionCode,
    /// The reason, with the figure and the bound.
    pub message: String,
    /// The whole new text of the caption file that mends it; absent where none is certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// A whole new text for a person to look at before it is taken, where no fix is certain: the caption without its style words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl CaptionRemark {
    /// What there is to put in place of the text, certain or not.
    pub fn remedy(&self) -> Option<&String> {
        self.fix.as_ref().or(self.suggestion.as_ref())
    }
}

/// An image's name and the bytes of its caption file; `None` = no file.
#[derive(Clone, Copy, Debug)]
pub struct CaptionFile<'a> {
    pub filename: &'a str,
    pub bytes: Option<&'a [u8]>,
}

impl<'a> CaptionFile<'a> {
    /// The first line, if the file can be read.
    pub fn line(&self) -> Option<&'a str> {
        let text = text(self.bytes?).ok()?;
        Some(strip(first_line(text).0))
    }
}

/// By what a style's captions are judged.
#[derive(Clone, Debug)]
pub struct CaptionJudge {
    pub trigger: String,
    /// Never [`TriggerPlace::Auto`].
    pub trigger_place: TriggerPlace,
    pub style_words: WordList,
    /// Words of the middle caption; `None` while there are too few to compare.
    median: Option<usize>,
}

impl CaptionJudge {
    pub fn new(captions: &[CaptionFile], trigger: &str, rules: &CaptionRules) -> Self {
        let lines = captions.iter().filter_map(CaptionFile::line);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let mut counts: Vec<usize> = lines
            .iter()
            .map(|line| count(&scene(line, trigger)))
            .collect();
        counts.sort_unstable();
        Self {
            trigger: trigger.to_owned(),
            trigger_place: settled(rules.trigger_place, &lines, trigger),
            style_words: WordList::new(&rules.style_words),
            median: (counts.len() >= ENOUGH_TO_COMPARE).then(|| counts[counts.len() / 2]),
        }
    }

    /// What there is to say of one caption file by itself, the gravest first.
    pub fn remarks(&self, bytes: Option<&[u8]>) -> Vec<CaptionRemark> {
        let text = match unread(bytes) {
            Ok(text) => text,
            Err(remark) => return vec![remark],
        };
        let mut remarks: Vec<CaptionRemark> = line_remark(text).into_iter().collect();
        if let Some(rest) = text.strip_prefix('\u{feff}') {
            let message =
                "The file begins with a byte order mark, which is trained as part of the caption.";
            let fix = (!rest.trim().is_empty()).then(|| rest.to_owned());
            remarks.push(remark(CaptionCode::ByteOrderMark, message, fix));
        }
        let (line, rest) = first_line(text);
        if !strip(line).is_empty() {
            let mended = |line: String| (!line.is_empty()).then(|| format!("{line}{rest}"));
            remarks.extend(
                self.trigger_remark(line)
                    .map(|(code, message, line)| remark(code, message, line.and_then(mended))),
            );
            let scene = scene(line, &self.trigger);
            remarks.extend(self.style_remark(line, &scene, mended));
            remarks.extend(self.length_remarks(count(&scene)));
        }
        remarks
    }

    /// The text with everything mended that can be mended for certain; `None` when nothing can. What is asked for alone is mended
    /// by its suggestion too: whoever asks looks at what comes of it.
    pub fn mended(&self, bytes: &[u8], only: Option<CaptionCode>) -> Option<String> {
        let mut text: Option<String> = None;
        // each fix takes one problem away; a text that keeps changing is given up
        for _ in 0..CaptionCode::ALL.len() {
            let now = text.as_deref().map_or(bytes, str::as_bytes);
            let wanted = |r: &CaptionRemark| only.is_none_or(|code| code == r.code);
            let next = self.remarks(Some(now)).into_iter().filter(wanted);
            let remedy = |r: CaptionRemark| r.fix.or(r.suggestion.filter(|_| only.is_some()));
            match next.filter_map(remedy).find(|fix| fix.as_bytes() != now) {
                Some(fix) => text = Some(fix),
                None => break,
            }
        }
        text
    }

    fn trigger_remark(&self, line: &str) -> Option<(CaptionCode, String, Option<String>)> {
        let trigger = strip(&self.trigger);
        let times = trigger_places(line, trigger).len();
        let last = || Some(with_trigger_last(line, trigger));
        match (self.trigger_place, times) {
            (TriggerPlace::Caption, 0) => Some((
                CaptionCode::TriggerMissing,
                format!("“{trigger}” is missing; the captions of this style end with it."),
                last(),
            )),
            (TriggerPlace::Caption, 1) if ends_with_trigger(line, trigger) => None,
            (TriggerPlace::Caption, 1) => Some((
                CaptionCode::TriggerNotLast,
                format!("“{trigger}” stands before the end; captions of this style end with it."),
                last(),
            )),
            (TriggerPlace::Caption, _) => Some((
                CaptionCode::TriggerTwice,
                format!(
                    "“{trigger}” is in the caption {times} times; once, at the end, is enough."
                ),
                last(),
            )),
            (_, 0) => None,
            _ => Some((
                CaptionCode::TriggerTwice,
                format!(
                    "“{trigger}” is in the caption, and the trainer puts it before each caption: it is trained twice."
                ),
                without_trigger(line, trigger),
            )),
        }
    }

    fn style_remark(
        &self,
        line: &str,
        scene: &str,
        mended: impl Fn(String) -> Option<String>,
    ) -> Option<CaptionRemark> {
        let mut found: Vec<&str> = self.style_words.find(scene).iter().map(|f| f.0).collect();
        found.dedup();
        if found.is_empty() {
            return None;
        }
        let words: Vec<String> = found.iter().map(|word| format!("“{word}”")).collect();
        let message = format!(
            "{} describes the style, which is the trigger's to carry. Describe the scene alone.",
            words.join(", ")
        );
        // the trigger alone says nothing
        let says = |left: &String| !self::scene(left, &self.trigger).is_empty();
        let surely = self.style_words.strip_surely(line).filter(says);
        let fix = surely.and_then(&mended);
        let suggestion = match &fix {
            Some(_) => None,
            None => {
                // a trigger may hold a style word itself
                let kept = trigger_places(line, &self.trigger);
                let left = self.style_words.strip_readably(line, &kept);
                left.and_then(mended)
            }
        };
        Some(CaptionRemark {
            suggestion,
            ..remark(CaptionCode::StyleWords, message, fix)
        })
    }

    fn length_remarks(&self, count: usize) -> Vec<CaptionRemark> {
        let words = |n: usize| {
            if n == 1 {
                "1 word".into()
            } else {
                format!("{n} words")
            }
        };
        let mut remarks = Vec::new();
        if !(FEWEST_WORDS..=MOST_WORDS).contains(&count) {
            let code = if count < FEWEST_WORDS {
                CaptionCode::FewWords
            } else {
                CaptionCode::ManyWords
            };
            let message = format!(
                "{}; {FEWEST_WORDS} to {MOST_WORDS} describe a scene well.",
                words(count)
            );
            remarks.push(remark(code, message, None));
        }
        if let Some(median) = self.median
            && count.abs_diff(median) >= MARKED_DIFFERENCE
            && (count > 2 * median || 2 * count < median)
        {
            let code = if count > median {
                CaptionCode::LongerThanOthers
            } else {
                CaptionCode::ShorterThanOthers
            };
            let message = format!(
                "{} where the middle caption of this style has {median}: the model learns the length too.",
                words(count)
            );
            remarks.push(remark(code, message, None));
        }
        remarks
    }
}

/// What is wrong with each caption, in order: the remarks of the judge and those that need the others' texts.
pub fn check(captions: &[CaptionFile], judge: &CaptionJudge) -> Vec<Vec<CaptionRemark>> {
    let scenes: Vec<Option<String>> = captions
        .iter()
        .map(|c| {
            c.line()
                .map(|line| scene(line, &judge.trigger).into_owned())
        })
        .collect();
    let mut same: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, scene) in scenes.iter().enumerate() {
        if let Some(scene) = scene.as_deref().filter(|s| !s.is_empty()) {
            same.entry(scene).or_default().push(at);
        }
    }
    let mut checked: Vec<_> = captions.iter().map(|c| judge.remarks(c.bytes)).collect();
    for group in same.values().filter(|group| group.len() > 1) {
        for &at in group {
            let others = group.iter().filter(|&&o| o != at);
            let names: Vec<&str> = others.map(|&o| captions[o].filename).collect();
            let message = format!(
                "{} has the same caption: say what differs.",
                listed(&names, NAMES_SHOWN)
            );
            checked[at].push(remark(CaptionCode::SameCaption, message, None));
            checked[at].sort_by_key(|r| r.code);
        }
    }
    checked
}

fn remark(code: CaptionCode, message: impl Into<String>, fix: Option<String>) -> CaptionRemark {
    CaptionRemark {
        code,
        message: message.into(),
        fix,
        suggestion: None,
    }
}

/// The file's text, or the remark on a file that has none to judge.
fn unread(bytes: Option<&[u8]>) -> Result<&str, CaptionRemark> {
    let (code, message, fix) = match (CaptionState::read(bytes).0, bytes) {
        (CaptionState::Present, Some(bytes)) => {
            return text(bytes).map_err(|_| not_utf8(bytes));
        }
        (CaptionState::NotUtf8, Some(bytes)) => return Err(not_utf8(bytes)),
        (CaptionState::TooLong, _) => {
            return Err(remark(CaptionCode::CaptionTooLong, TOO_LONG, None));
        }
        (CaptionState::Empty, _) => (
            CaptionCode::EmptyCaption,
            "The caption file has no text: an empty one ends the run. Describe the scene.",
            None,
        ),
        _ => (
            CaptionCode::MissingCaption,
            "There is no caption: the image is trained with the trigger alone. Describe the scene.",
            None,
        ),
    };
    Err(remark(code, message, fix))
}

/// What is said of a caption file beyond [`MAX_CAPTION_BYTES`](super::image::MAX_CAPTION_BYTES).
pub const TOO_LONG: &str = "The caption file has more than 64 kB: it is no caption, is not shown and stops a start. Write a short one.";

fn not_utf8(bytes: &[u8]) -> CaptionRemark {
    // control characters betray a guess that is wrong
    let sound = |text: &String| {
        !text.trim().is_empty()
            && !text
                .chars()
                .any(|c| c.is_control() && !"\n\r\t".contains(c))
    };
    let message = "The caption file is not UTF-8: the trainer stops on it. Save it as UTF-8.";
    remark(
        CaptionCode::CaptionNotUtf8,
        message,
        decode(bytes)
            .filter(sound)
            .map(|text| text.trim_start_matches('\u{feff}').to_owned()),
    )
}

fn line_remark(text: &str) -> Option<CaptionRemark> {
    let (line, rest) = first_line(text);
    let (code, message) = match (strip(line).is_empty(), strip(rest).is_empty()) {
        (_, true) => return None,
        (true, false) => (
            CaptionCode::BlankFirstLine,
            "The first line is blank and only the first is trained: the text below it is lost.",
        ),
        (false, false) => (
            CaptionCode::SeveralLines,
            "Only the first line is trained: what follows is lost.",
        ),
    };
    Some(remark(code, message, Some(one_line(text))))
}

/// Where the trigger belongs; `Auto` is as most captions have it, if there are enough of them to show a habit.
fn settled(place: TriggerPlace, lines: &[&str], trigger: &str) -> TriggerPlace {
    if place != TriggerPlace::Auto {
        return place;
    }
    let holds = |line: &&&str| !trigger_places(line, trigger).is_empty();
    let is_habit = lines.len() >= ENOUGH_TO_COMPARE;
    if is_habit && lines.iter().filter(holds).count() * 2 > lines.len() {
        TriggerPlace::Caption
    } else {
        TriggerPlace::Trainer
    }
}

/// The line without the trigger.
pub fn scene<'a>(line: &'a str, trigger: &str) -> Cow<'a, str> {
    match without_trigger(line, trigger) {
        Some(scene) => Cow::Owned(scene),
        None => Cow::Borrowed(strip(line)),
    }
}

fn count(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests;
