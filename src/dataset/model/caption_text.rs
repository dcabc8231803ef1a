//! A caption file's text: the trainer's rules for lines and blanks, where a trigger stands in it, what mends it.

use std::ops::Range;

/// Signs that end a caption and may go when something is put behind it.
const ENDS: [char; 4] = [',', '.', ';', ' '];

/// The first line without its end, and what follows it. CR ends a line, U+2028 does not.
pub fn first_line(text: &str) -> (&str, &str) {
    match text.find(['\n', '\r']) {
        Some(at) => (&text[..at], &text[at..]),
        None => (text, ""),
    }
}

/// Python's idea of blank: Unicode's plus the four information separators. A BOM is not blank.
pub fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// A caption with the trigger token before it, as FluxTrainer loads it: of the text the first line alone, stripped.
pub fn with_class_tokens(class_tokens: &str, text: &str) -> String {
    let caption = strip(first_line(text).0);
    match class_tokens {
        "" => caption.to_owned(),
        tokens => format!("{tokens} {caption}"),
    }
}

/// All lines that say something, as one.
pub fn one_line(text: &str) -> String {
    let mut joined = String::new();
    for line in text
        .split(['\n', '\r'])
        .map(strip)
        .filter(|line| !line.is_empty())
    {
        if !joined.is_empty() {
            joined.push_str(if joined.ends_with([',', '.', ';', ':', '!', '?']) {
                " "
            } else {
                ", "
            });
        }
        joined.push_str(line);
    }
    joined.push('\n');
    joined
}

/// The likely text of a file that is not UTF-8: UTF-16 when it says so, else Latin-1. A proposal to look at.
pub fn decode(bytes: &[u8]) -> Option<String> {
    let units = |from: fn([u8; 2]) -> u16| {
        bytes[2..]
            .chunks_exact(2)
            .map(move |pair| from([pair[0], pair[1]]))
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => char::decode_utf16(units(u16::from_le_bytes))
            .collect::<Result<String, _>>()
            .ok()?,
        [0xfe, 0xff, ..] => char::decode_utf16(units(u16::from_be_bytes))
            .collect::<Result<String, _>>()
            .ok()?,
        _ => bytes.iter().map(|&byte| char::from(byte)).collect(),
    };
    (!text.is_empty()).then_some(text)
}

/// Where a trigger stands in a line: whole words only, ASCII case does not matter.
pub fn trigger_places(line: &str, trigger: &str) -> Vec<Range<usize>> {
    let trigger = strip(trigger).trim_matches(',').trim().to_ascii_lowercase();
    if trigger.is_empty() {
        return Vec::new();
    }
    let lower = line.to_ascii_lowercase();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let whole =
        |at: usize| !lower[..at].ends_with(word) && !lower[at + trigger.len()..].starts_with(word);
    let found = lower.match_indices(&trigger).map(|(at, _)| at);
    found
        .filter(|at| whole(*at))
        .map(|at| at..at + trigger.len())
        .collect()
}

/// The line without the trigger in it, `None` when it holds none.
pub fn without_trigger(line: &str, trigger: &str) -> Option<String> {
    let places = trigger_places(line, trigger);
    (!places.is_empty()).then(|| without(line, &places))
}

/// Whether the line ends with the trigger, but for a sign.
pub fn ends_with_trigger(line: &str, trigger: &str) -> bool {
    let last = trigger_places(line, trigger).pop();
    last.is_some_and(|place| line[place.end..].trim_end_matches(ENDS).is_empty())
}

/// The line with the trigger once, at its end.
pub fn with_trigger_last(line: &str, trigger: &str) -> String {
    let rest = without_trigger(line, trigger).unwrap_or_else(|| strip(line).to_owned());
    let (rest, trigger) = (rest.trim_end_matches(ENDS), strip(trigger));
    if rest.is_empty() {
        trigger.to_owned()
    } else {
        format!("{rest}, {trigger}")
    }
}

/// The line without some parts of it, tidied.
pub fn without(line: &str, places: &[Range<usize>]) -> String {
    let mut left = line.to_owned();
    for place in places.iter().rev() {
        left.replace_range(place.clone(), "");
    }
    tidy(&left)
}

/// No empty tags and doubled spaces where something stood.
fn tidy(line: &str) -> String {
    let tags = line
        .split(',')
        .map(|tag| tag.split_whitespace().collect::<Vec<_>>().join(" "));
    let kept: Vec<String> = tags.filter(|tag| !tag.is_empty() && tag != ".").collect();
    kept.join(", ")
}

/// The words of a text with their places: runs of letters, digits and `_`, with apostrophes inside.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '\'' | '’');
    text.split(move |c| !part(c)).filter_map(move |run| {
        let word = run.trim_matches(['\'', '’']);
        // both are slices of one text
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        (!word.is_empty()).then_some((at, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_places_and_inner_apostrophes() {
        let found: Vec<_> = words("a fisher's 'red' boat-house, style_1").collect();
        let expected = [
            (0, "a"),
            (2, "fisher's"),
            (12, "red"),
            (17, "boat"),
            (22, "house"),
            (29, "style_1"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_trigger_is_found_as_a_word_taken_out_and_put_last() {
        let line = "Style_16, a red boat in style_160, style_16.";
        assert_eq!(trigger_places(line, "style_16").len(), 2);
        assert!(ends_with_trigger(line, "style_16"));
        assert!(!ends_with_trigger("style_16, a boat", "style_16"));
        assert_eq!(
            with_trigger_last(line, "style_16"),
            "a red boat in style_160, style_16"
        );
        assert_eq!(with_trigger_last("a boat. ", "ink"), "a boat, ink");
        assert_eq!(with_trigger_last("ink", " ink "), "ink");
        assert!(trigger_places("a boat", " , ").is_empty());
    }
}
