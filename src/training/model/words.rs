//! What changed between two texts, word by word. Blanks are no words: they come with the word they stand before.

use serde::{Deserialize, Serialize};

/// Whether a piece stands in both texts or in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Change {
    Same,
    Removed,
    Added,
}

/// Neighbouring words of one kind, with the blanks before each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Piece {
    pub change: Change,
    pub text: String,
}

/// Most pairs of words that are compared; beyond, everything between the common ends counts as replaced.
const PAIRS_MAX: usize = 1_000_000;

/// A word or a single mark, and the blanks before it.
#[derive(Clone, Copy)]
struct Word<'a> {
    word: &'a str,
    with_blanks: &'a str,
    /// Nothing stands before it in its own text.
    first: bool,
}

/// From `before` to `after`: the least words removed and added. Equal texts are one piece; two empty ones none.
pub fn difference(before: &str, after: &str) -> Vec<Piece> {
    let (old, new) = (words(before), words(after));
    let same = |(a, b): &(&Word, &Word)| a.word == b.word;
    let head = old.iter().zip(&new).take_while(same).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let ends = old_rest.iter().rev().zip(new_rest.iter().rev());
    let tail = ends.take_while(same).count();
    let (old_middle, old_tail) = old_rest.split_at(old_rest.len() - tail);
    let (new_middle, new_tail) = new_rest.split_at(new_rest.len() - tail);
    debug_assert_eq!(old_tail.len(), new_tail.len());
    let mut pieces = Pieces::default();
    for (before, after) in old.iter().zip(&new).take(head) {
        pieces.push(Change::Same, both(*before, *after));
    }
    middle(old_middle, new_middle, &mut pieces);
    for (before, after) in old_tail.iter().zip(new_tail) {
        pieces.push(Change::Same, both(*before, *after));
    }
    pieces.0
}

/// A word of both texts: apart from the one before it where it is so in either.
fn both<'a>(before: Word<'a>, after: Word<'a>) -> Word<'a> {
    let apart = after.with_blanks.len() > after.word.len();
    if apart { after } else { before }
}

/// The longest common subsequence of what lies between the common ends.
fn middle(old: &[Word], new: &[Word], pieces: &mut Pieces) {
    let width = new.len() + 1;
    let mut longest = Vec::new();
    if old.len().saturating_mul(new.len()) <= PAIRS_MAX {
        longest = vec![0_u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                longest[i * width + j] = if old[i].word == new[j].word {
                    longest[(i + 1) * width + j + 1] + 1
                } else {
                    longest[(i + 1) * width + j].max(longest[i * width + j + 1])
                };
            }
        }
    }
    let length = |i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let (has_old, has_new) = (i < old.len(), j < new.len());
        if has_old && has_new && !longest.is_empty() && old[i].word == new[j].word {
            pieces.push(Change::Same, both(old[i], new[j]));
            (i, j) = (i + 1, j + 1);
        } else if has_old && (!has_new || length(i + 1, j) >= length(i, j + 1)) {
            pieces.push(Change::Removed, old[i]);
            i += 1;
        } else {
            pieces.push(Change::Added, new[j]);
            j += 1;
        }
    }
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, change: Change, word: Word) {
        // the first word of one text may follow a word of the other
        let blank = if word.first && !self.0.is_empty() {
            " "
        } else {
            ""
        };
        match self.0.last_mut() {
            Some(last) if last.change == change => {
                last.text.push_str(blank);
                last.text.push_str(word.with_blanks);
            }
            _ => self.0.push(Piece {
                change,
                text: format!("{blank}{}", word.with_blanks),
            }),
        }
    }
}

/// Words (letters, digits, and `_`, `-`, `'` between them) and single marks. Blanks at the end belong to nothing.
fn words(text: &str) -> Vec<Word<'_>> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '\'' | '’');
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let blanks = rest.len() - rest.trim_start().len();
        let after = &rest[blanks..];
        let Some(first) = after.chars().next() else {
            return found;
        };
        let length = if is_word(first) {
            after.find(|c| !is_word(c)).unwrap_or(after.len())
        } else {
            first.len_utf8()
        };
        found.push(Word {
            word: &after[..length],
            with_blanks: &rest[..blanks + length],
            first: found.is_empty(),
        });
        rest = &after[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a [-b-] {+c+}`
    fn shown(before: &str, after: &str) -> String {
        let pieces = difference(before, after).into_iter();
        let shown = pieces.map(|piece| match piece.change {
            Change::Same => piece.text,
            Change::Removed => format!("[-{}-]", piece.text),
            Change::Added => format!("{{+{}+}}", piece.text),
        });
        shown.collect()
    }

    #[test]
    fn only_the_words_that_changed_are_marked() {
        assert_eq!(
            shown("a red boat, at sea", "a blue boat, at sea"),
            "a[- red-]{+ blue+} boat, at sea"
        );
        assert_eq!(shown("a boat", "a small boat"), "a{+ small+} boat");
        assert_eq!(shown("a boat, fog", "a boat"), "a boat[-, fog-]");
        assert_eq!(shown("x y z", "y z w"), "[-x-] y z{+ w+}");
        assert_eq!(shown("", "new"), "{+new+}");
        assert_eq!(shown("old", ""), "[-old-]");
        assert_eq!(shown("", ""), "");
    }

    #[test]
    fn blanks_and_line_ends_alone_are_no_change_and_marks_are() {
        assert_eq!(shown("a  boat\r\n", " a boat"), " a boat");
        assert_eq!(shown("a boat.", "a boat"), "a boat[-.-]");
        assert_eq!(
            shown("SBai_style_1 don't", "SBai_style_1 don’t"),
            "SBai_style_1[- don't-]{+ don’t+}"
        );
    }

    #[test]
    fn both_texts_can_be_read_out_of_the_pieces() {
        let texts = [
            "",
            "a",
            "a b c d e",
            "e d c b a",
            "the boat, the sea, the fog",
            "東京 tower at night",
            "a,a,a,b",
        ];
        for before in texts {
            for after in texts {
                let pieces = difference(before, after);
                let without = |change| -> Vec<String> {
                    let kept = pieces.iter().filter(|p| p.change != change);
                    let text: String = kept.map(|p| p.text.as_str()).collect();
                    words(&text).iter().map(|w| w.word.to_owned()).collect()
                };
                let of = |text| -> Vec<String> {
                    words(text).iter().map(|w| w.word.to_owned()).collect()
                };
                assert_eq!(without(Change::Added), of(before), "{before} -> {after}");
                assert_eq!(without(Change::Removed), of(after), "{before} -> {after}");
            }
        }
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_one_replacement() {
        let long = |word: &str| vec![word; 1_500].join(" ");
        let pieces = difference(&format!("a {} z", long("b")), &format!("a {} z", long("c")));
        let changes: Vec<Change> = pieces.iter().map(|p| p.change).collect();
        assert_eq!(
            changes,
            [Change::Same, Change::Removed, Change::Added, Change::Same]
        );
    }
}
