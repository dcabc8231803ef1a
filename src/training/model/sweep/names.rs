//! Names of a sweep's runs: the form's name and what differs, `V9-lr1e-4-r16`. Safe in a file name, and no two alike.

use super::Point;
use crate::training::model::parameters::{Parameter, Value};

/// Longest text value within a name.
const TEXT_MAX: usize = 16;

/// Gives every point its name.
pub(super) fn give(base: &str, points: &mut [Point]) {
    let mut given: Vec<String> = Vec::new();
    for point in points {
        let differing: String = point
            .differs
            .iter()
            .map(|(parameter, value)| format!("-{}", word(parameter, value)))
            .collect();
        let wanted = format!("{base}{differing}");
        let taken = |name: &String| given.iter().any(|other| other.eq_ignore_ascii_case(name));
        let numbered = (2..).map(|n| format!("{wanted}-{n}"));
        let name = std::iter::once(wanted.clone())
            .chain(numbered)
            .find(|name| !taken(name))
            .expect("numbers do not end");
        point.form.name.clone_from(&name);
        given.push(name);
    }
}

/// `lr1e-4`, `r16`, `adamw8bit`.
fn word(parameter: &Parameter, value: &Value) -> String {
    let short = abbreviation(parameter.name);
    match value {
        Value::Int(number) => format!("{short}{number}"),
        Value::Float(number) => format!("{short}{}", decimal(*number)),
        Value::Bool(yes) => format!("{short}{}", if *yes { "on" } else { "off" }),
        Value::Text(text) => safe(text),
        Value::Choice(word) => safe(word),
    }
}

/// The short forms people use, else the first letters of the words.
fn abbreviation(name: &str) -> String {
    let known = match name {
        "learning_rate" => "lr",
        "network_dim" => "r",
        "network_alpha" => "a",
        "max_train_steps" => "s",
        "batch_size" => "b",
        "num_repeats" => "x",
        name => {
            return name
                .split('_')
                .filter_map(|word| word.chars().next())
                .collect();
        }
    };
    known.to_owned()
}

/// `1e-4` for what is small, `0.5` and `3.1582` for the rest.
fn decimal(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.01 {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

fn safe(text: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' || c == '_' {
            c
        } else {
            '_'
        }
    };
    let word: String = text.chars().take(TEXT_MAX).map(letter).collect();
    if word.is_empty() {
        "empty".to_owned()
    } else {
        word
    }
}
