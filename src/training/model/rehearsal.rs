//! What one run may ask of the rehearsal trainer: its own speed and faults. Means something only while the local endpoint stands in
//! for RunPod; a real endpoint knows none of it. Which words are faults is the rehearsal stage's to say.

use super::form::{FieldError, typed};
use serde::{Deserialize, Serialize};

/// Steps per second a run may ask for.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.01..=10_000.0;
pub const SPEED_FIELD: &str = "rehearsal.stepsPerSecond";
pub const FAULTS_FIELD: &str = "rehearsal.faults";

/// As typed; an empty field leaves it to `REHEARSAL_STEPS_PER_SECOND` and `REHEARSAL_FAULTS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RehearsalForm {
    /// A number from 0.01 to 10000.
    #[serde(deserialize_with = "typed::text")]
    pub steps_per_second: String,
    /// Words such as `webhook-lost, status-429=3`.
    #[serde(deserialize_with = "typed::text")]
    pub faults: String,
}

/// What the Train page offers while rehearsing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RehearsalChoice {
    /// The speed an empty field means.
    pub steps_per_second: String,
    /// Each fault's word and what it does.
    pub faults: Vec<(String, String)>,
}

/// Read from the form; `None` and empty ask for nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RehearsalRun {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_per_second: Option<f64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub faults: String,
}

impl RehearsalRun {
    pub fn asks_for_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn read(form: &RehearsalForm, errors: &mut Vec<FieldError>) -> Self {
        Self {
            steps_per_second: speed(form.steps_per_second.trim(), errors),
            faults: form.faults.trim().to_owned(),
        }
    }
}

fn speed(typed: &str, errors: &mut Vec<FieldError>) -> Option<f64> {
    if typed.is_empty() {
        return None;
    }
    let speed = typed.parse().ok().filter(|speed| SPEEDS.contains(speed));
    if speed.is_none() {
        let message = format!(
            "The rehearsal's speed is “{typed}”: give a number from {} to {} steps per second, or leave it empty.",
            SPEEDS.start(),
            SPEEDS.end()
        );
        errors.push(FieldError::new(SPEED_FIELD, message));
    }
    speed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(speed: &str) -> (RehearsalRun, Vec<FieldError>) {
        let mut errors = Vec::new();
        let form = RehearsalForm {
            steps_per_second: speed.to_owned(),
            faults: " webhook-lost ".to_owned(),
        };
        (RehearsalRun::read(&form, &mut errors), errors)
    }

    #[test]
    fn speed_and_faults_are_read_as_typed() {
        let (run, errors) = read(" 2.5 ");
        assert_eq!(run.steps_per_second, Some(2.5));
        assert_eq!(run.faults, "webhook-lost");
        assert!(errors.is_empty());
        assert_eq!(read("").0.steps_per_second, None);
    }

    #[test]
    fn a_speed_that_is_none_is_refused_with_value_and_bound() {
        for typed in ["0", "-1", "fast", "NaN", "inf", "10001"] {
            let (run, errors) = read(typed);
            assert_eq!(run.steps_per_second, None);
            assert_eq!(errors[0].field, SPEED_FIELD, "{typed}");
            assert!(errors[0].message.contains(typed) && errors[0].message.contains("10000"));
        }
    }
}
