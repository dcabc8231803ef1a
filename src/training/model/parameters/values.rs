//! The values of one run, aligned with the table, and what an empty field means.
//! Only `form` makes them from what was typed; nothing here checks.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{PARAMETERS, Parameter, Preset, recommended_steps};

/// A value of the kind its parameter asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Int(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Choice(&'static str),
}

/// The two defaults that depend on the style and the dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// Trigger words of the style, else `style_{id}`.
    pub class_tokens: String,
    /// Images of the dataset that the trainer will read.
    pub images: usize,
}

impl Defaults {
    /// `trigger_words` as the registry has them; empty or blank means `style_{id}`.
    pub fn new(style_id: &str, trigger_words: &str, images: usize) -> Self {
        let class_tokens = match trigger_words.trim() {
            "" => format!("style_{style_id}"),
            words => words.to_owned(),
        };
        Self {
            class_tokens,
            images,
        }
    }
}

impl Parameter {
    /// What an empty field means for this run.
    pub fn default_value(&self, defaults: &Defaults) -> Value {
        match (self.default, self.kind) {
            (Preset::Int(number), _) => Value::Int(number),
            (Preset::Float(number), _) => Value::Float(number),
            (Preset::Bool(yes), _) => Value::Bool(yes),
            (Preset::Text(word), super::Kind::Choice(_)) => Value::Choice(word),
            (Preset::Text(word), _) => Value::Text(word.to_owned()),
            (Preset::TriggerOfStyle, _) => Value::Text(defaults.class_tokens.clone()),
            (Preset::StepsOfDataset, _) => {
                Value::Int(i64::from(recommended_steps(defaults.images)))
            }
        }
    }
}

impl Value {
    /// As one would type it: what a form field shows.
    pub fn typed(&self) -> String {
        match self {
            Self::Int(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Bool(yes) => yes.to_string(),
            Self::Text(text) => text.clone(),
            Self::Choice(word) => (*word).to_owned(),
        }
    }
}

/// A value for every parameter of the table. Serialises as `{name: value}`, numbers as numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(Vec<Value>);

impl Values {
    /// Every parameter at its default.
    pub fn defaults(defaults: &Defaults) -> Self {
        Self(
            PARAMETERS
                .iter()
                .map(|parameter| parameter.default_value(defaults))
                .collect(),
        )
    }

    pub(in crate::training::model) fn set(&mut self, at: usize, value: Value) {
        self.0[at] = value;
    }

    /// Each parameter with its value, in table order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Parameter, &Value)> {
        PARAMETERS.iter().zip(&self.0)
    }

    /// The value of that name, `None` when the table has no such parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(parameter, _)| parameter.name == name)
            .map(|(_, value)| value)
    }

    /// A whole number; 0 when the table has none of that name (a test asks for each name used).
    pub fn int(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }

    /// A whole number that its bounds keep within `u32`.
    pub fn count(&self, name: &str) -> u32 {
        u32::try_from(self.int(name)).unwrap_or(0)
    }

    /// A decimal number; 0 when the table has none of that name.
    pub fn float(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(Value::Float(number)) => *number,
            _ => 0.0,
        }
    }

    /// Whether a yes/no parameter says yes.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Bool(true)))
    }

    /// A text or a chosen word; empty when the table has none of that name.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Value::Text(text)) => text,
            Some(Value::Choice(word)) => word,
            _ => "",
        }
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (parameter, value) in self.iter() {
            map.serialize_entry(parameter.name, value)?;
        }
        map.end()
    }
}
