//! Settings files of other trainers as text: TOML and JSON of kohya's scripts, YAML of ai-toolkit, JSON of this studio.
//! Only reads them into names and values; what these mean here is `model/presets/import`.

use super::super::model::presets::SettingsPreset;
use super::super::model::presets::import::{Flat, Format, preset_of};
use crate::error::AppError;
use serde_json::Value;

/// Longest settings file.
const MAX_BYTES: usize = 200_000;
/// Most references in a YAML file.
const MAX_REFERENCES: usize = 20;

/// A preset of the file's content. `file_name`: of the file it was read from; empty where the text was pasted.
pub fn read(text: &str, file_name: &str) -> Result<SettingsPreset, AppError> {
    if text.trim().is_empty() {
        return Err(AppError::field(
            "preset_text",
            "Paste a settings file, or choose one.",
        ));
    }
    if text.len() > MAX_BYTES {
        let message = format!(
            "The settings file has {} bytes; at most {MAX_BYTES} are read.",
            text.len()
        );
        return Err(AppError::field("preset_text", message));
    }
    let value = parse(text)?;
    if value["values"].is_object() && value["id"].is_string() {
        return serde_json::from_value(value).map_err(|_| {
            AppError::field(
                "preset_text",
                "This looks like an exported preset, but its fields do not fit.",
            )
        });
    }
    let ai_toolkit = &value["config"]["process"][0];
    let (format, root) = if ai_toolkit.is_object() {
        (Format::AiToolkit, ai_toolkit)
    } else {
        (Format::Kohya, &value)
    };
    let mut flat = Flat::new();
    flatten("", root, &mut flat);
    if let (Format::AiToolkit, Some(name)) = (format, value["config"]["name"].as_str()) {
        flat.insert("name".to_owned(), name.to_owned());
    }
    preset_of(format, &flat, file_name).map_err(|message| AppError::field("preset_text", message))
}

fn parse(text: &str) -> Result<Value, AppError> {
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text.trim_start_matches('\u{feff}'))
    {
        return Ok(value);
    }
    if let Ok(value) = toml::from_str::<Value>(text) {
        return Ok(value);
    }
    let references = references(text);
    if references > MAX_REFERENCES {
        let message = format!(
            "The settings file refers to parts of itself (`*name`) {references} times; at most {MAX_REFERENCES} are followed. Write the values out."
        );
        return Err(AppError::field("preset_text", message));
    }
    if let Ok(value @ Value::Object(_)) = serde_norway::from_str::<Value>(text) {
        return Ok(value);
    }
    Err(AppError::field(
        "preset_text",
        "This is no settings file: neither JSON, TOML nor YAML with names and values.",
    ))
}

/// What YAML may take for references: each stands for a whole part, which may hold references itself, so that a few thousand of
/// them stand for more than fits into memory.
fn references(text: &str) -> usize {
    let begins_a_value = |c: char| c.is_whitespace() || matches!(c, '[' | '{' | ',' | ':');
    let stars = text.match_indices('*').filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        let after = text[at + 1..].chars().next();
        before.is_none_or(begins_a_value) && after.is_some_and(|c| !c.is_whitespace())
    });
    stars.count()
}

/// Names of nested settings joined with dots; items of a list by their number.
fn flatten(path: &str, value: &Value, flat: &mut Flat) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(name, value)| flatten(&below(name), value, flat)),
        // a list of plain values is one value
        Value::Array(list) if list.iter().any(|v| v.is_object() || v.is_array()) => list
            .iter()
            .enumerate()
            .for_each(|(at, value)| flatten(&below(&at.to_string()), value, flat)),
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(word).collect();
            flat.insert(path.to_owned(), words.join(", "));
        }
        Value::Null => {}
        value => {
            flat.insert(path.to_owned(), word(value));
        }
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_file_that_multiplies_itself_is_refused_and_a_few_references_are_followed() {
        let few = "base: &base {network_dim: 16}\nown: *base\nname: '2 * 3'\n";
        assert_eq!(read(few, "").map(|preset| preset.values.len()), Ok(1));
        let level = |n: usize| format!("a{n}: &a{n} [{}]\n", ["*a", ","].concat().repeat(9));
        let bomb: String = (0..9).map(level).collect();
        let refused = read(&bomb, "").unwrap_err();
        assert!(refused.message.contains("81 times"), "{refused}");
    }

    #[test]
    fn a_toolkit_file_has_the_name_of_its_run_and_not_its_trigger() {
        let text = "config:\n  name: my_first\n  process:\n    - trigger_word: p3r5on\n      network: {linear: 16}\n";
        let preset = read(text, "train.yaml").expect("a preset");
        assert_eq!(preset.name, "my_first");
        let left: Vec<&str> = preset.left_out.iter().map(|l| l.name.as_str()).collect();
        assert_eq!(left, ["trigger_word"]);
    }
}
