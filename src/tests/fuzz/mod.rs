//! Parsers that meet foreign bytes, under attack: from the corpus in `fuzz/corpus/<parser>/`, by mutations of it, for a bounded
//! time. Nothing may panic, hang or break what is promised of the parser.
//!
//! The stable toolchain measures no coverage. What stands in for it: each attack says in a word how the parser answered, and an
//! input with an answer not seen before is mutated further. The same seed makes the same inputs. `FUZZ_SECONDS` and `FUZZ_SEED`
//! (`make fuzz`) look longer and elsewhere. An input that breaks a parser is written into its corpus, where it stays as a test.

mod documents;
mod mutate;
mod parsers;

use mutate::Mutator;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Inputs per parser unless `FUZZ_SECONDS` says how long instead.
const ROUNDS: usize = 4_000;
/// Never longer than this per parser in the gate, however slow the machine.
const AT_MOST: Duration = Duration::from_secs(8);
/// And never fewer inputs than this.
const AT_LEAST: usize = 50;
/// One input that takes longer is a way to hold the studio up.
const HANG: Duration = Duration::from_secs(20);
/// Most inputs that are mutated further.
const MAX_POOL: usize = 2_000;

/// The inputs of one attack: the corpus first, then mutations for as long as it is given.
struct Inputs {
    name: &'static str,
    pool: Vec<Vec<u8>>,
    mutator: Mutator,
    answers: HashSet<String>,
    given: usize,
    corpus: usize,
    rounds: usize,
    until: Instant,
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn corpus_folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus")).join(name)
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = std::fs::read_dir(corpus_folder(name)).expect("the parser has a corpus");
    let mut files: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read = |file: &PathBuf| std::fs::read(file).expect("a file");
    files.iter().map(read).collect()
}

impl Inputs {
    /// `words`: pieces of the format, for mutations that would find them only by luck.
    fn of(name: &'static str, words: &[&str]) -> Self {
        let pool = corpus(name);
        assert!(!pool.is_empty(), "the corpus of {name} is empty");
        let seconds = variable("FUZZ_SECONDS").map(Duration::from_secs);
        Self {
            name,
            mutator: Mutator::new(variable("FUZZ_SEED").unwrap_or(1), words),
            answers: HashSet::new(),
            given: 0,
            corpus: pool.len(),
            pool,
            rounds: if seconds.is_some() {
                usize::MAX
            } else {
                ROUNDS
            },
            until: Instant::now() + seconds.unwrap_or(AT_MOST),
        }
    }

    /// For what takes milliseconds: fewer of them.
    fn slow(name: &'static str, words: &[&str]) -> Self {
        let inputs = Self::of(name, words);
        let rounds = match inputs.rounds {
            ROUNDS => ROUNDS / 16,
            without_end => without_end,
        };
        Self { rounds, ..inputs }
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let at = self.given;
        self.given += 1;
        if at < self.corpus {
            return Some(self.pool[at].clone());
        }
        let mutated = at - self.corpus;
        let is_late = mutated >= AT_LEAST && Instant::now() > self.until;
        let is_over = is_late || mutated >= self.rounds;
        (!is_over).then(|| self.mutator.next(&self.pool))
    }

    /// How the parser answered.
    fn answered(&mut self, input: Vec<u8>, answer: String) {
        if self.answers.insert(answer) && self.pool.len() < MAX_POOL {
            self.pool.push(input);
        }
    }

    /// Keeps an input that broke the parser.
    fn broken(&self, input: &[u8], how: &str) -> ! {
        let name = format!(
            "broken-{}",
            &crate::server::token::hash(&hex::encode(input))[..12]
        );
        let file = corpus_folder(self.name).join(name);
        std::fs::write(&file, input).expect("the corpus can be written");
        panic!("{} {how} on {}", self.name, file.display());
    }
}

/// Gives a parser one input after the other; `parse` says how it answered, and asserts what is promised.
fn attack(name: &'static str, words: &[&str], parse: impl Fn(&[u8]) -> String) {
    let mut inputs = Inputs::of(name, words);
    while let Some(input) = inputs.next() {
        let begun = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| parse(&input)));
        if begun.elapsed() > HANG {
            inputs.broken(&input, "hangs");
        }
        match answer {
            Ok(answer) => inputs.answered(input, answer),
            Err(_) => inputs.broken(&input, "breaks"),
        }
    }
}
