//! The one table of training parameters, from which come the form, the checks, the workflow, the API schema and the reference.
//!
//! Adding a parameter is one entry in `core`, `advanced` or `expert` and its test. Names are the trainer's node inputs' own.
//! Rules about several parameters at once live in `form`; `seed` is absent on purpose: FluxTrainer fixes it at 42.

mod advanced;
mod core;
mod expert;
mod reference;
mod values;

pub use reference::{markdown, node_class};
pub use values::{Defaults, Value, Values};

/// How far into the form a parameter lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Always shown.
    Core,
    /// Shown when asked for: changes how the style is learned.
    Advanced,
    /// Memory, precision and file names of the worker.
    Expert,
}

/// What a parameter may hold. Bounds are inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Whole number; `step` is the form's, the trainer takes any value between.
    Int {
        min: i64,
        max: i64,
        step: i64,
    },
    /// Decimal number, finite.
    Float {
        min: f64,
        max: f64,
        step: f64,
    },
    Bool,
    /// Free text of at most `max_bytes` of UTF-8.
    Text {
        max_bytes: usize,
    },
    /// One of these words, exactly.
    Choice(&'static [&'static str]),
    /// Name of a file in the worker's models folder.
    FileName,
}

/// What an empty field means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preset {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(&'static str),
    /// The style's trigger words, else `style_{id}`.
    TriggerOfStyle,
    /// Images x 40.
    StepsOfDataset,
}

/// One parameter of a training run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// The node input's own name, and the key in `parameters` of the REST API.
    pub name: &'static str,
    /// A person's words.
    pub label: &'static str,
    pub group: Group,
    pub kind: Kind,
    pub default: Preset,
    /// Empty where the value has none.
    pub unit: &'static str,
    /// What it is, in one line.
    pub help: &'static str,
    /// Why one would change it and how.
    pub why: &'static str,
    /// `(node id, input)` of the workflow that receive the value as it is; empty where it shapes the graph instead.
    pub feeds: &'static [(&'static str, &'static str)],
    /// Where bounds and default come from.
    pub source: &'static str,
}

const COUNT: usize = core::CORE.len() + advanced::ADVANCED.len() + expert::EXPERT.len();

static TABLE: [Parameter; COUNT] = join();

/// Every parameter, in the order the form shows them.
pub static PARAMETERS: &[Parameter] = &TABLE;

const fn join() -> [Parameter; COUNT] {
    let mut all = [core::CORE[0]; COUNT];
    let mut at = 0;
    let groups: [&[Parameter]; 3] = [core::CORE, advanced::ADVANCED, expert::EXPERT];
    let mut group = 0;
    while group < groups.len() {
        let mut entry = 0;
        while entry < groups[group].len() {
            all[at] = groups[group][entry];
            at += 1;
            entry += 1;
        }
        group += 1;
    }
    all
}

/// The parameter of that name.
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

/// Steps recommended for a dataset: images x 40, within what the trainer takes (1 to 100,000).
/// A recommendation to show; a typed value is never replaced by it.
pub fn recommended_steps(images: usize) -> u32 {
    u32::try_from(images.saturating_mul(40))
        .unwrap_or(u32::MAX)
        .clamp(1, 100_000)
}

impl Parameter {
    /// Reads what a person typed.
    ///
    /// # Errors
    /// A sentence naming the value, the bound and the remedy.
    pub fn read(&self, typed: &str) -> Result<Value, String> {
        let word = typed.trim();
        match self.kind {
            Kind::Int { min, max, .. } => whole(word, min, max),
            Kind::Float { min, max, .. } => decimal(word, min, max),
            Kind::Bool => match word {
                "true" | "on" | "yes" | "1" => Ok(Value::Bool(true)),
                "false" | "off" | "no" | "0" => Ok(Value::Bool(false)),
                _ => Err(format!("“{word}” is neither true nor false.")),
            },
            Kind::Text { max_bytes } if typed.len() > max_bytes => Err(format!(
                "{} bytes are too long: at most {max_bytes}.",
                typed.len()
            )),
            // sent as typed: the trainer strips nothing either
            Kind::Text { .. } => Ok(Value::Text(typed.to_owned())),
            Kind::Choice(words) => match words.iter().find(|choice| **choice == word) {
                Some(choice) => Ok(Value::Choice(choice)),
                None => Err(format!("“{word}” is not one of {}.", words.join(", "))),
            },
            Kind::FileName => file_name(word),
        }
    }
}

fn whole(word: &str, min: i64, max: i64) -> Result<Value, String> {
    match word.parse::<i64>() {
        Ok(number) if (min..=max).contains(&number) => Ok(Value::Int(number)),
        Ok(_) => Err(outside(word, &min.to_string(), &max.to_string())),
        Err(_) => Err(format!(
            "“{word}” is not a whole number: enter one from {min} to {max}, digits only."
        )),
    }
}

fn decimal(word: &str, min: f64, max: f64) -> Result<Value, String> {
    match word.parse::<f64>() {
        Ok(number) if !number.is_finite() => Err(format!(
            "{word} is not a finite number: enter one from {min} to {max}."
        )),
        Ok(number) if number >= min && number <= max => Ok(Value::Float(number)),
        Ok(_) => Err(outside(word, &min.to_string(), &max.to_string())),
        Err(_) => Err(format!(
            "“{word}” is not a number: enter one from {min} to {max}, with a decimal point."
        )),
    }
}

fn outside(value: &str, min: &str, max: &str) -> String {
    format!("{value} is out of bounds: enter {min} to {max}.")
}

/// A worker lists its models by name, in subfolders with `/`; anything that leaves the folder cannot be in that list.
fn file_name(word: &str) -> Result<Value, String> {
    let bad = word.len() > 255
        || word.contains(['\\', ':', '"', '\''])
        || word.chars().any(char::is_control)
        || word
            .split('/')
            .any(|part| part.is_empty() || part == "." || part == "..");
    if bad {
        return Err(format!(
            "“{word}” is not a file name of the worker's models folder: at most 255 bytes, no backslash, colon, quote or “..”."
        ));
    }
    Ok(Value::Text(word.to_owned()))
}

#[cfg(test)]
mod tests;
