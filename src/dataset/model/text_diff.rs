//! What differs between two short texts, word by word.

/// Pairs of words that are compared; longer texts differ as a whole.
const MOST_PAIRS: usize = 250_000;

/// Where a piece of text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Both,
    /// Only in the first text.
    Before,
    /// Only in the second.
    After,
}

/// The texts as pieces in reading order: those of `Both` and `Before` make the first, of `Both` and `After` the second.
pub fn differences<'a>(before: &'a str, after: &'a str) -> Vec<(Side, &'a str)> {
    let (a, b) = (tokens(before), tokens(after));
    let same =
        |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(x, y)| x == y).count();
    let head = same(&mut a.iter().zip(&b));
    let tail = same(&mut a[head..].iter().rev().zip(b[head..].iter().rev()));
    let (inner_a, inner_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut pieces: Vec<(Side, &str)> = a[..head].iter().map(|t| (Side::Both, *t)).collect();
    if inner_a.len() * inner_b.len() > MOST_PAIRS {
        pieces.extend(inner_a.iter().map(|t| (Side::Before, *t)));
        pieces.extend(inner_b.iter().map(|t| (Side::After, *t)));
    } else {
        pieces.extend(aligned(inner_a, inner_b));
    }
    pieces.extend(a[a.len() - tail..].iter().map(|t| (Side::Both, *t)));
    joined(before, after, pieces)
}

/// Words and what stands between them.
fn tokens(text: &str) -> Vec<&str> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| part(c) != part(first)).unwrap_or(rest.len());
        // signs one by one: ", " shares its comma with ","
        let end = if part(first) { end } else { first.len_utf8() };
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

/// By the longest common subsequence.
fn aligned<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(Side, &'a str)> {
    let width = b.len() + 1;
    let mut common = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if a[i] == b[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pieces = Vec::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            pieces.push((Side::Both, a[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < a.len()
            && (j == b.len() || common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            pieces.push((Side::Before, a[i]));
            i += 1;
        } else {
            pieces.push((Side::After, b[j]));
            j += 1;
        }
    }
    pieces
}

/// Neighbours of one side as one piece.
fn joined<'a>(before: &'a str, after: &'a str, pieces: Vec<(Side, &str)>) -> Vec<(Side, &'a str)> {
    let (mut at_before, mut at_after) = (0, 0);
    let mut out: Vec<(Side, &'a str)> = Vec::new();
    let mut pieces = pieces.into_iter().peekable();
    while let Some((side, first)) = pieces.next() {
        let mut length = first.len();
        while let Some((_, next)) = pieces.next_if(|(s, _)| *s == side) {
            length += next.len();
        }
        let text = match side {
            Side::After => &after[at_after..at_after + length],
            Side::Both | Side::Before => &before[at_before..at_before + length],
        };
        if side != Side::After {
            at_before += length;
        }
        if side != Side::Before {
            at_after += length;
        }
        out.push((side, text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_words_that_differ_are_marked() {
        assert_eq!(
            differences("a red boat on a lake", "a red ship on a lake, ink"),
            [
                (Side::Both, "a red "),
                (Side::Before, "boat"),
                (Side::After, "ship"),
                (Side::Both, " on a lake"),
                (Side::After, ", ink"),
            ]
        );
        assert_eq!(differences("", "a"), [(Side::After, "a")]);
        assert_eq!(differences("a", "a"), [(Side::Both, "a")]);
    }

    #[test]
    fn the_pieces_of_each_side_make_its_text_also_of_long_ones() {
        let long = "boat, lake. ".repeat(400);
        let pairs = [
            ("é ü boat", "boat é"),
            (long.as_str(), "lake boat"),
            (&long, &long.replace("boat", "ship")),
        ];
        for (before, after) in pairs {
            let pieces = differences(before, after);
            let side = |without: Side| {
                let kept = pieces.iter().filter(|(side, _)| *side != without);
                kept.map(|(_, text)| *text).collect::<String>()
            };
            assert_eq!(side(Side::After), before);
            assert_eq!(side(Side::Before), after);
        }
    }
}
