//! Words that describe a style instead of a scene, and how often each word is used.

use super::caption_text::{strip, without, words};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Longest list of style words a person may keep, and longest entry, in characters.
pub const MAX_STYLE_WORDS: usize = 500;
pub const MAX_STYLE_WORD: usize = 60;

/// Words of media, techniques and looks: what a style LoRA is to learn by itself. A caption that names them ties the style
/// to those words instead of the trigger.
pub const DEFAULT_STYLE_WORDS: [&str; 74] = [
    "3d",
    "3d render",
    "abstract",
    "acrylic",
    "aesthetic",
    "anime",
    "art style",
    "artistic",
    "artstyle",
    "artwork",
    "best quality",
    "black and white",
    "brush strokes",
    "brushstrokes",
    "cartoon",
    "cel shaded",
    "cgi",
    "charcoal",
    "cinematic",
    "collage",
    "colored pencil",
    "comic",
    "concept art",
    "crayon",
    "cubist",
    "digital art",
    "digital painting",
    "drawing",
    "engraving",
    "etching",
    "expressionist",
    "fine art",
    "flat colors",
    "gouache",
    "graphic novel",
    "hand drawn",
    "hand painted",
    "hyperrealistic",
    "illustrated",
    "illustration",
    "impressionism",
    "impressionist",
    "in the style of",
    "ink wash",
    "line art",
    "line drawing",
    "linework",
    "linocut",
    "low poly",
    "manga",
    "masterpiece",
    "minimalist",
    "monochrome",
    "oil painting",
    "painted",
    "painterly",
    "painting",
    "pastel",
    "pen and ink",
    "pencil",
    "photorealistic",
    "pixel art",
    "realistic",
    "render",
    "rendering",
    "sepia",
    "sketch",
    "stylised",
    "stylized",
    "surreal",
    "vector",
    "watercolor",
    "watercolour",
    "woodcut",
];

/// Words that say nothing by themselves beside a style word: "in the style of".
const FILLERS: [&str; 9] = ["a", "an", "the", "in", "of", "with", "and", "style", "on"];

/// What goes with a word that goes.
const ARTICLES: [&str; 3] = ["a", "an", "the"];

/// A list of words and phrases to look for. Case, hyphens and blanks do not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WordList(Vec<(String, Vec<String>)>);

impl WordList {
    pub fn new(entries: &[impl AsRef<str>]) -> Self {
        let entry = |text: &str| (text.to_owned(), lower_words(text));
        let mut entries: Vec<_> = entries.iter().map(|e| entry(e.as_ref())).collect();
        entries.retain(|(_, words)| !words.is_empty());
        // the longest first: "oil painting" is one finding
        entries.sort_by_key(|(_, words)| std::cmp::Reverse(words.len()));
        Self(entries)
    }

    /// What of the list a line holds, with its place; no place is found twice.
    pub fn find<'a>(&'a self, line: &str) -> Vec<(&'a str, Range<usize>)> {
        let tokens: Vec<(usize, &str, String)> = words(line)
            .map(|(at, word)| (at, word, word.to_lowercase()))
            .collect();
        let mut taken = vec![false; tokens.len()];
        let mut found = Vec::new();
        for (entry, wanted) in &self.0 {
            let last = (tokens.len() + 1).saturating_sub(wanted.len());
            for start in 0..last {
                let end = start + wanted.len();
                let here = tokens[start..end].iter().map(|t| &t.2);
                if here.eq(wanted.iter()) && !taken[start..end].contains(&true) {
                    taken[start..end].fill(true);
                    let to = &tokens[end - 1];
                    found.push((entry.as_str(), tokens[start].0..to.0 + to.1.len()));
                }
            }
        }
        found.sort_by_key(|(_, place)| place.start);
        found
    }

    /// The line without the words of the list, `None` when it holds none.
    pub fn strip_from(&self, line: &str) -> Option<String> {
        let places: Vec<_> = self
            .find(line)
            .into_iter()
            .map(|(_, place)| place)
            .collect();
        (!places.is_empty()).then(|| without(line, &places))
    }

    /// The line without the words of the list, if what is left is certainly a sentence: whole tags go, and an opening
    /// like "a watercolor painting of".
    pub fn strip_surely(&self, line: &str) -> Option<String> {
        if self.find(line).is_empty() {
            return None;
        }
        let opening = line
            .split_once(" of ")
            .filter(|(head, _)| self.is_all(head));
        let body = opening.map_or(line, |(_, body)| body);
        let tags = body.split(',').filter(|tag| !self.is_all(tag));
        let kept: Vec<&str> = tags.map(strip).filter(|tag| !tag.is_empty()).collect();
        let left = kept.join(", ");
        (!left.is_empty() && self.find(&left).is_empty()).then_some(left)
    }

    /// The line without the words of the list and the articles that would be left standing, but for what lies in `kept`. It may
    /// read badly and is for a person to judge. `None` if nothing goes, or nothing that says something would be left.
    pub fn strip_readably(&self, line: &str, kept: &[Range<usize>]) -> Option<String> {
        let said: Vec<(usize, &str)> = words(line).collect();
        let is_kept = |place: &Range<usize>| {
            let mut kept = kept.iter();
            kept.any(|k| k.start < place.end && place.start < k.end)
        };
        let found = self.find(line).into_iter().map(|(_, place)| place);
        let places: Vec<_> = found
            .filter(|place| !is_kept(place))
            .map(|place| with_article(line, &said, place))
            .collect();
        let inside = |at: usize| places.iter().chain(kept).any(|place| place.contains(&at));
        let mut rest = said.iter().filter(|(at, _)| !inside(*at));
        let says_more = rest.any(|(_, word)| !FILLERS.contains(&word.to_lowercase().as_str()));
        (says_more && !places.is_empty()).then(|| without(line, &places))
    }

    /// Whether a text says nothing but words of the list.
    fn is_all(&self, text: &str) -> bool {
        let found = self.find(text);
        let inside = |at: usize| found.iter().any(|(_, place)| place.contains(&at));
        let says_more = |(at, word): (usize, &str)| {
            !inside(at) && !FILLERS.contains(&word.to_lowercase().as_str())
        };
        !found.is_empty() && !words(text).any(says_more)
    }
}

/// A place with the article before it, unless that belongs to a word behind.
fn with_article(line: &str, said: &[(usize, &str)], place: Range<usize>) -> Range<usize> {
    let touches = |from: usize, to: usize| line[from..to].trim().is_empty();
    let next = said.iter().find(|(at, _)| *at >= place.end);
    let goes_on = next.is_some_and(|(at, word)| {
        touches(place.end, *at) && !FILLERS.contains(&word.to_lowercase().as_str())
    });
    let before = said.iter().rev().find(|(at, _)| *at < place.start);
    let article = before.filter(|(at, word)| {
        touches(at + word.len(), place.start) && ARTICLES.contains(&word.to_lowercase().as_str())
    });
    match article {
        Some((at, _)) if !goes_on => *at..place.end,
        _ => place,
    }
}

fn lower_words(text: &str) -> Vec<String> {
    words(text).map(|(_, word)| word.to_lowercase()).collect()
}

/// A list as a person typed it, at commas and line ends: trimmed, without doubles; or why it cannot be kept.
pub fn parse_style_words(typed: &str) -> Result<Vec<String>, String> {
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for entry in typed.split([',', '\n', '\r']).map(str::trim) {
        let length = entry.chars().count();
        if length > MAX_STYLE_WORD {
            let shown: String = entry.chars().take(MAX_STYLE_WORD).collect();
            return Err(format!(
                "“{shown}…” has {length} characters; a style word has at most {MAX_STYLE_WORD}. Put commas between the words."
            ));
        }
        if !lower_words(entry).is_empty() && seen.insert(entry.to_lowercase()) {
            kept.push(entry.to_owned());
        }
    }
    if kept.len() > MAX_STYLE_WORDS {
        let count = kept.len();
        return Err(format!(
            "The list has {count} words; at most {MAX_STYLE_WORDS} are kept."
        ));
    }
    Ok(kept)
}

/// A word of a style's captions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionWord {
    pub word: String,
    /// In how many captions it stands.
    pub captions: usize,
    /// How often in all.
    pub times: usize,
    /// Whether it is on the style's list of style words.
    pub is_style_word: bool,
}

/// One page of the words, the most used first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionWords {
    pub words: Vec<CaptionWord>,
    /// How many different words there are.
    pub total: usize,
    pub offset: usize,
    /// Captions they were counted in.
    pub captions: usize,
}

/// Articles and the like, which say nothing of a scene.
const COMMON: [&str; 28] = [
    "a", "an", "and", "are", "as", "at", "by", "for", "from", "her", "his", "in", "into", "is",
    "it", "its", "of", "on", "or", "over", "the", "their", "there", "to", "under", "with", "while",
    "that",
];

/// Counts the words of caption lines (trigger taken out), articles and the like left out.
pub fn count_words<'a>(lines: impl Iterator<Item = &'a str>, style: &WordList) -> Vec<CaptionWord> {
    let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
    for line in lines {
        let mut here = HashSet::new();
        for word in lower_words(line) {
            if COMMON.contains(&word.as_str()) {
                continue;
            }
            let count = counts.entry(word.clone()).or_default();
            count.1 += 1;
            if here.insert(word) {
                count.0 += 1;
            }
        }
    }
    let word = |(word, (captions, times)): (String, (usize, usize))| CaptionWord {
        is_style_word: !style.find(&word).is_empty(),
        word,
        captions,
        times,
    };
    let mut counted: Vec<_> = counts.into_iter().map(word).collect();
    counted.sort_by(|a, b| (b.captions, b.times, &a.word).cmp(&(a.captions, a.times, &b.word)));
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> WordList {
        WordList::new(&DEFAULT_STYLE_WORDS)
    }

    #[test]
    fn the_default_list_is_in_order_without_doubles() {
        assert!(DEFAULT_STYLE_WORDS.is_sorted());
        let typed = DEFAULT_STYLE_WORDS.join(", ");
        assert_eq!(parse_style_words(&typed).unwrap(), DEFAULT_STYLE_WORDS);
    }

    #[test]
    fn style_words_are_found_whole_longest_first_whatever_the_hyphens() {
        let list = list();
        let found = |line| list.find(line).into_iter().map(|f| f.0).collect::<Vec<_>>();
        assert_eq!(found("An Oil Painting of a boat"), ["oil painting"]);
        assert_eq!(
            found("cel-shaded hero, hand-drawn"),
            ["cel shaded", "hand drawn"]
        );
        assert_eq!(found("repainting the fence"), Vec::<&str>::new());
    }

    #[test]
    fn only_what_surely_leaves_a_sentence_is_taken_out_by_itself() {
        let list = list();
        let surely = |line| list.strip_surely(line);
        assert_eq!(
            surely("a watercolor painting of a red boat, at dusk").as_deref(),
            Some("a red boat, at dusk")
        );
        assert_eq!(
            surely("a red boat, ink wash, in anime style").as_deref(),
            Some("a red boat")
        );
        assert_eq!(surely("a boy holding a pencil"), None);
        assert_eq!(surely("watercolor"), None);
        assert_eq!(surely("a red boat"), None);
        assert_eq!(
            list.strip_from("a boy holding a pencil, sepia").as_deref(),
            Some("a boy holding a")
        );
    }

    #[test]
    fn words_are_taken_out_readably_and_never_all_that_is_said() {
        let list = list();
        let left = |line| list.strip_readably(line, &[]);
        for (line, wanted) in [
            ("a boy holding a pencil", "a boy holding"),
            ("a watercolor boat on a lake, sepia", "a boat on a lake"),
            (
                "a girl makes a drawing in the park",
                "a girl makes in the park",
            ),
            (
                "Watercolor cat with visible brush strokes",
                "cat with visible",
            ),
        ] {
            assert_eq!(left(line).as_deref(), Some(wanted), "{line}");
        }
        for line in [
            "watercolor",
            "a sketch, in the style of anime",
            "a red boat",
        ] {
            assert_eq!(left(line), None, "{line}");
        }
        // what is kept says nothing by itself
        let line = "a sketch, ink wash";
        let trigger = line.len() - "ink wash".len()..line.len();
        assert_eq!(
            list.strip_readably(line, std::slice::from_ref(&trigger)),
            None
        );
        let line = "boat sketch ink wash";
        let trigger = line.len() - "ink wash".len()..line.len();
        let left = list.strip_readably(line, &[trigger]);
        assert_eq!(left.as_deref(), Some("boat ink wash"));
    }

    #[test]
    fn words_are_counted_by_caption_and_in_all() {
        let lines = ["a boat and a boat", "the Boat, a sketch"];
        let counted = count_words(lines.into_iter(), &list());
        let seen: Vec<_> = counted
            .iter()
            .map(|w| (w.word.as_str(), w.captions, w.times, w.is_style_word))
            .collect();
        assert_eq!(seen, [("boat", 2, 3, false), ("sketch", 1, 1, true)]);
    }

    #[test]
    fn a_list_is_read_at_commas_and_lines_and_a_sentence_is_refused() {
        assert_eq!(
            parse_style_words("Ink wash, sepia\n\nSepia , !").unwrap(),
            ["Ink wash", "sepia"]
        );
        assert!(
            parse_style_words(&"x".repeat(61))
                .unwrap_err()
                .contains("at most 60")
        );
    }
}
