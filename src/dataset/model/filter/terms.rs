//! The parts of a filter: how text falls into tokens, and what each word asks of an image.

use super::facts;
use crate::dataset::model::caption_checks::CaptionCode;
use crate::dataset::model::image::TrainingImage;
use std::cmp::Ordering;
use std::fmt;

/// One piece of what was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub negated: bool,
    pub quoted: bool,
    pub text: String,
}

impl Token {
    /// Letters and then a colon or a comparison: about facts, not text.
    pub fn is_word(&self) -> bool {
        let letters = self.text.find(|c: char| !c.is_ascii_alphabetic());
        let sign = letters.and_then(|at| self.text[at..].chars().next());
        !self.quoted && letters != Some(0) && matches!(sign, Some(':' | '<' | '>' | '='))
    }
}

/// As it would be written.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minus = if self.negated { "-" } else { "" };
        if self.quoted {
            write!(f, "{minus}\"{}\"", self.text)
        } else {
            write!(f, "{minus}{}", self.text)
        }
    }
}

/// Parts at blanks outside of quotes. A quote that is not closed reaches to the end; a lone `-` is nothing.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let after_minus = rest.strip_prefix('-');
        let negated = after_minus.is_some();
        let body = after_minus.unwrap_or(rest);
        let (text, quoted, after) = match body.strip_prefix('"') {
            Some(phrase) => {
                let (inside, after) = phrase.split_once('"').unwrap_or((phrase, ""));
                (inside, true, after)
            }
            None => {
                let end = body.find(char::is_whitespace).unwrap_or(body.len());
                (&body[..end], false, &body[end..])
            }
        };
        if !text.is_empty() {
            found.push(Token {
                negated,
                quoted,
                text: text.to_owned(),
            });
        }
        rest = after.trim_start();
    }
    found
}

/// What a term asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// In the file name or the caption; lower case.
    Text(String),
    MissingCaption,
    Set(u64),
    NoSet,
    /// A whole word of the caption; lower case.
    Word(String),
    /// Any problem, or the one of this code.
    Problem(String),
    CaptionProblem,
    Double,
    Number(Measure, Vec<Ordering>, u64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    Width,
    Height,
    Bytes,
    Words,
}

impl Test {
    /// `None` for a word that is not known.
    pub fn of_word(token: &Token) -> Option<Self> {
        if token.quoted {
            return None;
        }
        let word = token.text.to_ascii_lowercase();
        match word.split_once(':') {
            Some(("missing", "caption")) => Some(Self::MissingCaption),
            Some(("set", "none")) => Some(Self::NoSet),
            Some(("set", id)) => id.parse().ok().map(Self::Set),
            Some(("dup", "")) => Some(Self::Double),
            Some(("word", word)) if !word.is_empty() => Some(Self::Word(word.to_lowercase())),
            Some(("problem", "caption")) => Some(Self::CaptionProblem),
            Some(("problem", code)) => {
                facts::is_problem(code).then(|| Self::Problem(code.to_owned()))
            }
            Some(_) => None,
            None => comparison(&word),
        }
    }

    pub fn holds(&self, image: &TrainingImage) -> bool {
        match self {
            Self::Text(text) => {
                let has = |hay: &str| hay.to_lowercase().contains(text);
                has(&image.filename) || image.caption.as_deref().is_some_and(has)
            }
            Self::MissingCaption => !image.caption_state.is_present(),
            Self::Set(id) => image.sets.contains(id),
            Self::NoSet => image.sets.is_empty(),
            Self::Problem(code) => {
                let asked = |found: &&str| code.is_empty() || found == code;
                facts::problems(image).iter().any(|c| asked(&c.as_ref()))
            }
            Self::CaptionProblem => facts::caption_problems(image).next().is_some(),
            Self::Word(word) => facts::has_word(image, word),
            Self::Double => facts::is_double(image),
            Self::Number(measure, wanted, bound) => {
                let value = measure.of(image);
                value.is_some_and(|v| wanted.contains(&v.cmp(bound)))
            }
        }
    }

    pub fn needs_pixels(&self) -> bool {
        match self {
            // a caption's own are known without them
            Self::Problem(code) => CaptionCode::parse(code).is_none(),
            Self::Double => true,
            Self::Number(measure, ..) => matches!(measure, Measure::Width | Measure::Height),
            _ => false,
        }
    }
}

impl Measure {
    /// `None` where it is not known: no comparison holds.
    fn of(self, image: &TrainingImage) -> Option<u64> {
        match self {
            Self::Width => image.width.map(u64::from),
            Self::Height => image.height.map(u64::from),
            Self::Bytes => Some(image.size_bytes),
            Self::Words => Some(facts::caption_words(image) as u64),
        }
    }
}

/// `w<512`, `size>=1.5mb`.
fn comparison(word: &str) -> Option<Test> {
    let at = word.find(['<', '>', '='])?;
    let (name, rest) = word.split_at(at);
    let measure = match name {
        "w" => Measure::Width,
        "h" => Measure::Height,
        "size" => Measure::Bytes,
        "words" => Measure::Words,
        _ => return None,
    };
    use Ordering::{Equal, Greater, Less};
    let (wanted, number) = if let Some(number) = rest.strip_prefix("<=") {
        (vec![Less, Equal], number)
    } else if let Some(number) = rest.strip_prefix(">=") {
        (vec![Greater, Equal], number)
    } else {
        let wanted = match rest.chars().next() {
            Some('<') => Less,
            Some('>') => Greater,
            _ => Equal,
        };
        (vec![wanted], &rest[1..])
    };
    let number = match measure {
        Measure::Bytes => amount(number)?,
        _ => number.parse().ok()?,
    };
    Some(Test::Number(measure, wanted, number))
}

/// `2mb`, `1.5m`, `300kb`, `1000`: decimal units.
fn amount(text: &str) -> Option<u64> {
    let text = text.strip_suffix('b').unwrap_or(text);
    let (number, factor) = match text.chars().last()? {
        'k' => (&text[..text.len() - 1], 1e3),
        'm' => (&text[..text.len() - 1], 1e6),
        'g' => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    let number: f64 = number.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some((number * factor) as u64)
}
