//! The words of the filter box: which images a list keeps. The same rules on the server and in the browser.
//!
//! Blanks part the terms, all of which must hold; `-` before one turns it around. Plain words and "quoted phrases" look at
//! file name and caption; words with a colon or a comparison look at facts (`missing:caption`, `set:2`, `w<512`). What
//! counts as a problem or a double is `facts`'s to say.

pub mod facts;
pub mod sort;
mod terms;

use super::image::TrainingImage;
use terms::{Test, Token};

/// What may be written, for messages and help: word, meaning.
pub const WORDS: [(&str, &str); 11] = [
    ("missing:caption", "no caption, or an empty one"),
    ("set:2", "in set 2"),
    ("set:none", "in no set"),
    ("problem:", "with any problem"),
    ("problem:caption", "with a remark on the caption"),
    ("word:boat", "with this word in the caption"),
    ("dup:", "looks like another one"),
    ("w<512", "pixels wide: < <= > >= ="),
    ("h>=768", "pixels high"),
    ("size>2MB", "file size"),
    ("words<5", "words in the caption"),
];

/// Which images a list keeps; the default keeps all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

impl Filter {
    /// Text (`q`) and words (`filter`) as scripts send them apart; an unknown word is named with all that is allowed.
    pub fn parse(q: &str, words: &str) -> Result<Self, String> {
        let text = terms::tokens(q).into_iter().map(|token| Term {
            negated: token.negated,
            test: Test::Text(token.text.to_lowercase()),
        });
        let mut terms: Vec<Term> = text.collect();
        for token in terms::tokens(words) {
            let test = Test::of_word(&token).ok_or_else(|| unknown(&token))?;
            let negated = token.negated;
            terms.push(Term { negated, test });
        }
        Ok(Self { terms })
    }

    /// What stands in the filter box, text and words in one.
    pub fn parse_typed(typed: &str) -> Result<Self, String> {
        let (q, words) = split_typed(typed);
        Self::parse(&q, &words)
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn accepts(&self, image: &TrainingImage) -> bool {
        self.terms.iter().all(|t| t.test.holds(image) != t.negated)
    }

    /// Whether it looks at pixels, which cost a look into each file.
    pub fn needs_pixels(&self) -> bool {
        self.terms.iter().any(|t| t.test.needs_pixels())
    }

    /// The sets it names.
    pub fn sets(&self) -> Vec<u64> {
        let named = self.terms.iter().filter_map(|t| match t.test {
            Test::Set(id) => Some(id),
            _ => None,
        });
        named.collect()
    }
}

/// What stands in the filter box as a script sends it: (text, words).
pub fn split_typed(typed: &str) -> (String, String) {
    let (words, text): (Vec<Token>, Vec<Token>) =
        terms::tokens(typed).into_iter().partition(Token::is_word);
    let joined = |tokens: Vec<Token>| {
        let written: Vec<String> = tokens.iter().map(ToString::to_string).collect();
        written.join(" ")
    };
    (joined(text), joined(words))
}

fn unknown(token: &Token) -> String {
    let known: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
    format!(
        "{:?} is not a filter. Known are {}, each with - before it for the opposite; put \"quotes\" around it to look for it as text.",
        token.to_string(),
        known.join(", ")
    )
}

#[cfg(test)]
mod tests;
