//! What may be made to go wrong on purpose: the words of `REHEARSAL_FAULTS` and of `input.rehearsal.faults`.
//!
//! Every failure a person may meet on the real service has a word here, so that it can be shown by hand and in tests.
//! This file only knows the words; the endpoint and the trainer act upon them.

use std::{fmt, str::FromStr};

/// One thing that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    WebhookLost,
    WebhookLate,
    WebhookTwice,
    WebhookReordered,
    WebhookEmpty,
    WebhookContainer,
    WebhookLarge,
    IdSuffix,
    RunTimeout,
    Run500,
    Status404First,
    Status429,
    Status500,
    StatusHtml,
    StatusCut,
    StatusUnknown,
    ForgetResults,
    Crash,
    ExecutionTimeout,
    Fail,
    InnerFailure,
    ModelMissing,
    ModelTruncated,
    Throttled,
    KeyExpired,
}

impl Fault {
    /// As it is written.
    pub fn word(self) -> &'static str {
        let known = FAULT_WORDS.iter().find(|known| known.fault == self);
        known.map_or("?", |known| known.word)
    }

    /// Whether one run can ask for it; the end of a key is the whole endpoint's.
    pub fn is_of_a_run(self) -> bool {
        self != Self::KeyExpired
    }
}

/// A word of the vocabulary: how it is written, the number it has when none is given, and what it does.
pub struct FaultWord {
    pub word: &'static str,
    pub fault: Fault,
    /// The `n` of `word=n`; what it counts is said in `effect`. 0 where the number means nothing, or "always".
    pub default_number: u32,
    pub effect: &'static str,
}

const fn word(
    word: &'static str,
    fault: Fault,
    default_number: u32,
    effect: &'static str,
) -> FaultWord {
    FaultWord {
        word,
        fault,
        default_number,
        effect,
    }
}

/// Every word, in the order the documentation lists them.
pub const FAULT_WORDS: [FaultWord; 25] = [
    word(
        "webhook-lost",
        Fault::WebhookLost,
        0,
        "no webhook is ever sent",
    ),
    word(
        "webhook-late",
        Fault::WebhookLate,
        30,
        "the webhook is sent n seconds after the end",
    ),
    word(
        "webhook-twice",
        Fault::WebhookTwice,
        0,
        "the same webhook is sent twice",
    ),
    word(
        "webhook-reordered",
        Fault::WebhookReordered,
        0,
        "after the final webhook comes an older IN_PROGRESS one",
    ),
    word(
        "webhook-empty",
        Fault::WebhookEmpty,
        0,
        "the webhook's body is empty",
    ),
    word(
        "webhook-container",
        Fault::WebhookContainer,
        0,
        "the container's own flat body instead of RunPod's envelope",
    ),
    word(
        "webhook-large",
        Fault::WebhookLarge,
        5,
        "the webhook's body is n MB larger than it need be",
    ),
    word(
        "id-suffix",
        Fault::IdSuffix,
        0,
        "the webhook names the job with another suffix (-e1)",
    ),
    word(
        "run-timeout",
        Fault::RunTimeout,
        0,
        "/run takes the job and never answers (the first n; 0 = always)",
    ),
    word(
        "run-500",
        Fault::Run500,
        0,
        "/run answers 500 and takes nothing (the first n; 0 = always)",
    ),
    word(
        "status-404-first",
        Fault::Status404First,
        2,
        "the first n /status answers are 404",
    ),
    word(
        "status-429",
        Fault::Status429,
        3,
        "the first n /status answers are 429",
    ),
    word(
        "status-500",
        Fault::Status500,
        3,
        "the first n /status answers are 500",
    ),
    word(
        "status-html",
        Fault::StatusHtml,
        3,
        "the first n /status answers are 502 with an HTML page",
    ),
    word(
        "status-cut",
        Fault::StatusCut,
        3,
        "the first n /status answers break off in the middle",
    ),
    word(
        "status-unknown",
        Fault::StatusUnknown,
        2,
        "the first n /status answers name a state nobody knows",
    ),
    word(
        "forget-results",
        Fault::ForgetResults,
        0,
        "a finished job is 404 at once",
    ),
    word(
        "crash",
        Fault::Crash,
        2,
        "the worker dies in the middle of its first n attempts",
    ),
    word(
        "execution-timeout",
        Fault::ExecutionTimeout,
        0,
        "the job is killed in the middle: executionTimeout exceeded",
    ),
    word(
        "fail",
        Fault::Fail,
        0,
        "training fails in the middle and the job is FAILED",
    ),
    word(
        "inner-failure",
        Fault::InnerFailure,
        0,
        "the job is COMPLETED, its output says failed",
    ),
    word(
        "model-missing",
        Fault::ModelMissing,
        0,
        "success is claimed, no model file is written",
    ),
    word(
        "model-truncated",
        Fault::ModelTruncated,
        0,
        "only half of the model file is written",
    ),
    word(
        "throttled",
        Fault::Throttled,
        0,
        "no worker comes: the built-in trainer leaves the job in the queue, /health says throttled",
    ),
    word(
        "key-expired",
        Fault::KeyExpired,
        0,
        "clients are answered 401; only for the whole endpoint, not per run",
    ),
];

/// A set of faults, each with its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<(Fault, u32)>);

impl Faults {
    /// Reads what one run asks for.
    pub fn of_a_run(text: &str) -> Result<Self, FaultError> {
        let faults: Self = text.parse()?;
        match faults.0.iter().find(|(fault, _)| !fault.is_of_a_run()) {
            Some((fault, _)) => Err(FaultError::OfTheEndpoint {
                word: fault.word().to_owned(),
            }),
            None => Ok(faults),
        }
    }

    /// Whether this fault is asked for.
    pub fn has(&self, fault: Fault) -> bool {
        self.number(fault).is_some()
    }

    /// The fault's number, or `None` when the fault is not asked for.
    pub fn number(&self, fault: Fault) -> Option<u32> {
        self.0
            .iter()
            .find(|(asked, _)| *asked == fault)
            .map(|(_, number)| *number)
    }
}

/// A word that is no fault, or a number that is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    #[error("unknown fault {word:?}: allowed are {}", known_words())]
    Unknown { word: String },
    #[error(
        "the fault {word:?} is the whole endpoint's, no single run's: set REHEARSAL_FAULTS={word} and start the studio again"
    )]
    OfTheEndpoint { word: String },
    #[error("fault {word:?} has the number {number:?}: write a whole number from 0 to 4294967295")]
    Number { word: String, number: String },
}

fn known_words() -> String {
    FAULT_WORDS.map(|known| known.word).join(", ")
}

impl FromStr for Faults {
    type Err = FaultError;

    /// Reads `word, word=3, …`; blanks around words and empty pieces are ignored.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut faults = Vec::new();
        for piece in text
            .split(',')
            .map(str::trim)
            .filter(|piece| !piece.is_empty())
        {
            let (word, number) = match piece.split_once('=') {
                Some((word, number)) => (word.trim(), Some(number.trim())),
                None => (piece, None),
            };
            let known = FAULT_WORDS
                .iter()
                .find(|known| known.word == word)
                .ok_or_else(|| FaultError::Unknown {
                    word: word.to_owned(),
                })?;
            let number = match number {
                None => known.default_number,
                Some(digits) => digits.parse().map_err(|_| FaultError::Number {
                    word: word.to_owned(),
                    number: digits.to_owned(),
                })?,
            };
            faults.push((known.fault, number));
        }
        Ok(Self(faults))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (fault, number)) in self.0.iter().enumerate() {
            let word = fault.word();
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{word}={number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_read() {
        let faults: Faults = " webhook-twice, status-429=7 ,"
            .parse()
            .expect("two faults");
        assert!(faults.has(Fault::WebhookTwice));
        assert_eq!(faults.number(Fault::Status429), Some(7));
        assert!(!faults.has(Fault::Crash));
        assert_eq!(faults.to_string(), "webhook-twice=0,status-429=7");
    }

    #[test]
    fn an_unknown_word_is_named_with_what_is_allowed() {
        let error = "webhook-lots".parse::<Faults>().expect_err("not a fault");
        let message = error.to_string();
        assert!(message.contains("webhook-lots"), "{message}");
        assert!(message.contains("webhook-lost"), "{message}");
    }

    #[test]
    fn the_whole_endpoints_fault_is_no_runs() {
        let error = Faults::of_a_run("webhook-lost, key-expired").expect_err("not a run's");
        let message = error.to_string();
        assert!(
            message.contains("\"key-expired\"") && message.contains("REHEARSAL_FAULTS"),
            "{message}"
        );
        assert!("key-expired".parse::<Faults>().is_ok());
        assert!(Faults::of_a_run("throttled").is_ok());
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        assert!("crash=often".parse::<Faults>().is_err());
    }
}
