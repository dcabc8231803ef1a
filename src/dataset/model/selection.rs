//! Selection sets: named groups of training images of one style.

use super::image::check_name;
use serde::{Deserialize, Serialize};

/// Most names in a set.
pub const MAX_NAMES: usize = 5_000;
/// Longest name of a set, in characters.
pub const MAX_SET_NAME: usize = 80;

/// One set. `id` is given by the server and never reused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SelectionSet {
    pub id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Image names in the order in which the trainer's request lists them.
    pub filenames: Vec<String>,
}

impl SelectionSet {
    /// Its name, or `Set 2`.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) if !name.trim().is_empty() => name.clone(),
            _ => format!("Set {}", self.id),
        }
    }
}

/// What a person may say of a set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SelectionSetDraft {
    /// Absent on a change keeps what is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filenames: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl SelectionSetDraft {
    /// Names without doubles in the order given, the set's name trimmed; or every problem as (field, message).
    pub fn check(self) -> Result<Self, Vec<(&'static str, String)>> {
        let mut problems = Vec::new();
        let name = self.name.map(|n| n.trim().to_owned());
        if let Some(name) = &name {
            let length = name.chars().count();
            if length > MAX_SET_NAME {
                problems.push((
                    "name",
                    format!("The name has {length} characters; at most {MAX_SET_NAME} fit."),
                ));
            }
            if name.chars().any(char::is_control) {
                problems.push(("name", "The name holds a control character.".into()));
            }
        }
        let filenames = self.filenames.map(|names| distinct(names, &mut problems));
        if problems.is_empty() {
            Ok(Self { filenames, name })
        } else {
            Err(problems)
        }
    }
}

fn distinct(names: Vec<String>, problems: &mut Vec<(&'static str, String)>) -> Vec<String> {
    if names.is_empty() {
        problems.push(("filenames", "Select at least one image.".into()));
    }
    if names.len() > MAX_NAMES {
        let count = names.len();
        problems.push((
            "filenames",
            format!("The set has {count} names; at most {MAX_NAMES} fit."),
        ));
    }
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::with_capacity(names.len());
    for name in names {
        if let Err(problem) = check_name(&name) {
            problems.push(("filenames", problem.to_string()));
        } else if seen.insert(name.clone()) {
            kept.push(name);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_fall_away_and_the_order_stays() {
        let draft = SelectionSetDraft {
            filenames: Some(vec!["b.jpg".into(), "a.jpg".into(), "b.jpg".into()]),
            name: Some(" Best ".into()),
        };
        let checked = draft.check().unwrap();
        assert_eq!(checked.filenames.unwrap(), ["b.jpg", "a.jpg"]);
        assert_eq!(checked.name.as_deref(), Some("Best"));
    }

    #[test]
    fn an_empty_set_and_a_name_that_leads_elsewhere_are_refused() {
        for names in [vec![], vec!["../x.jpg".to_string()]] {
            let draft = SelectionSetDraft {
                filenames: Some(names),
                name: None,
            };
            assert_eq!(draft.check().unwrap_err()[0].0, "filenames");
        }
    }
}
