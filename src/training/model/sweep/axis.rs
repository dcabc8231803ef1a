//! One parameter of a sweep with its values, as typed: divided by commas, or one on each line where a value holds a comma.

use super::AXES_MAX;
use crate::training::model::form::FieldError;
use crate::training::model::parameters::{Parameter, Value, find};
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A parameter and the values it takes. In JSON `values` may be a list of numbers, booleans and texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Axis {
    /// By the node input's own name.
    pub parameter: String,
    /// `0.0001, 0.0004`; without values the parameter is not varied.
    #[serde(deserialize_with = "list")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<String>))]
    pub values: String,
}

impl Axis {
    /// The values, each as typed.
    pub fn list(&self) -> Vec<&str> {
        let divided = if self.values.contains('\n') {
            '\n'
        } else {
            ','
        };
        let values = self.values.split(divided).map(str::trim);
        values.filter(|value| !value.is_empty()).collect()
    }

    fn is_empty(&self) -> bool {
        self.list().is_empty()
    }
}

/// Whether no value to vary was entered yet.
pub fn is_untouched(axes: &[Axis]) -> bool {
    axes.iter().all(Axis::is_empty)
}

/// Every axis with its parameter and values; what is wrong goes to `errors`.
pub(super) fn read(
    axes: &[Axis],
    errors: &mut Vec<FieldError>,
) -> Vec<(&'static Parameter, Vec<Value>)> {
    let mut read: Vec<(&'static Parameter, Vec<Value>)> = Vec::new();
    for (at, axis) in axes.iter().enumerate().filter(|(_, axis)| !axis.is_empty()) {
        let mut wrong = |part: &str, message: String| {
            errors.push(FieldError::new(&format!("vary.{at}.{part}"), message));
        };
        let name = axis.parameter.trim();
        let Some(parameter) = find(name) else {
            let message = match name {
                "" => "Choose the parameter that takes these values.".to_owned(),
                name => format!("“{name}” is no parameter of the trainer: choose another."),
            };
            wrong("parameter", message);
            continue;
        };
        if read.iter().any(|(other, _)| other.name == name) {
            let message = format!(
                "{} is varied above already: put all its values there.",
                parameter.label
            );
            wrong("parameter", message);
            continue;
        }
        match values(parameter, axis) {
            Ok(values) => read.push((parameter, values)),
            Err(message) => wrong("values", message),
        }
    }
    if read.len() > AXES_MAX {
        let message = format!("{} parameters are varied: at most {AXES_MAX}.", read.len());
        errors.push(FieldError::new("vary", message));
    }
    read
}

fn values(parameter: &'static Parameter, axis: &Axis) -> Result<Vec<Value>, String> {
    let mut values: Vec<Value> = Vec::new();
    for typed in axis.list() {
        let value = parameter.read(typed)?;
        if values.contains(&value) {
            return Err(format!(
                "{typed} stands there twice: each value makes a run of its own."
            ));
        }
        values.push(value);
    }
    Ok(values)
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(ListOrText)
}

struct ListOrText;

impl<'de> Visitor<'de> for ListOrText {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a list of values, or text with commas")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<String, E> {
        Ok(yes.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
        let mut lines = String::new();
        while let Some(item) = items.next_element::<Item>()? {
            lines.push_str(&item.0);
            lines.push('\n');
        }
        Ok(lines)
    }
}

/// One value of a list.
struct Item(String);

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::training::model::form::typed::text(deserializer).map(Self)
    }
}
