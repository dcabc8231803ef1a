//! A sweep: one form trained several times over chosen values, each run a version of its own whose name says what differs.
//!
//! Expanding and judging are pure, so that the page shows the same runs, time and cost as the server starts. The queue is no list
//! of its own: it is the versions that are still `queued`.

mod axis;
mod judged;
mod names;
mod standing;

pub use axis::{Axis, is_untouched};
pub use judged::{SweepPlan, SweepRun, judge_sweep};
pub use standing::{Sweep, SweepMember, standing, standing_of};

use super::form::{FieldError, TrainingForm, missing_name, typed};
use super::parameters::{Parameter, Value};
use super::version::TrainingVersion;
use serde::{Deserialize, Serialize};

/// Most runs of one sweep.
pub const RUNS_MAX: usize = 16;
/// Most parameters that one sweep varies.
pub const AXES_MAX: usize = 4;
/// Runs that are with RunPod at the same time, unless asked otherwise.
pub const IN_FLIGHT_DEFAULT: u32 = 2;
/// Field of the limit in flight.
pub const IN_FLIGHT_FIELD: &str = "inFlight";

/// What a sweep is started with: a training form, the values to vary, and how many runs may be on their way at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SweepForm {
    #[serde(flatten)]
    pub form: TrainingForm,
    /// 1 to 4 parameters; every combination of their values is a run, 2 to 16 of them.
    pub vary: Vec<Axis>,
    /// 1 to 16; 2 when empty.
    #[serde(deserialize_with = "typed::text")]
    pub in_flight: String,
}

/// Where a version stands in its sweep.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SweepPlace {
    pub id: String,
    /// From 1, in the order the runs are sent.
    pub number: u32,
    /// Runs of the sweep.
    pub of: u32,
    /// Runs of it that may be on their way at once.
    pub in_flight: u32,
    /// Names of the parameters that differ between its runs.
    pub varies: Vec<String>,
}

impl SweepPlace {
    /// Whether one more run of the sweep may be sent, beside those of `versions` that were sent and have not ended.
    pub fn has_room(&self, versions: &[TrainingVersion]) -> bool {
        let of_sweep = |v: &&TrainingVersion| v.sweep.as_ref().is_some_and(|s| s.id == self.id);
        let on_their_way = |v: &&TrainingVersion| !v.is_queued() && !v.status.is_final();
        let sent = versions.iter().filter(of_sweep).filter(on_their_way);
        sent.count() < self.in_flight.max(1) as usize
    }
}

/// One run of a sweep before it is judged: its form, and what differs from the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub form: TrainingForm,
    pub differs: Vec<(&'static Parameter, Value)>,
}

/// The forms of a sweep, in order; the last parameter's values change fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Expanded {
    pub points: Vec<Point>,
    pub in_flight: u32,
    /// Names of the parameters with more than one value.
    pub varies: Vec<String>,
}

/// Every combination of the values, with the names they will have.
///
/// # Errors
/// Every problem, by field: `name` when there is none to begin with, `vary.0.parameter`, `vary.0.values`, `vary`, `inFlight`.
pub fn expand(sweep: &SweepForm) -> Result<Expanded, Vec<FieldError>> {
    let mut errors = Vec::new();
    // what differs is added to it, so that no run's own name would be found empty
    errors.extend(missing_name(&sweep.form));
    let axes = axis::read(&sweep.vary, &mut errors);
    let in_flight = in_flight(&sweep.in_flight, &mut errors);
    let runs = axes.iter().fold(1_usize, |runs, (_, values)| {
        runs.saturating_mul(values.len())
    });
    if errors.iter().all(|error| error.field == "name") {
        errors.extend(out_of_bounds(runs));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut points = vec![Point {
        form: sweep.form.clone(),
        differs: Vec::new(),
    }];
    for (parameter, values) in &axes {
        let with = |point: &Point, value: &Value| {
            let mut next = point.clone();
            next.form.parameters.set(parameter.name, value.typed());
            if values.len() > 1 {
                next.differs.push((*parameter, value.clone()));
            }
            next
        };
        points = points
            .iter()
            .flat_map(|point| values.iter().map(move |value| with(point, value)))
            .collect();
    }
    names::give(&sweep.form.name, &mut points);
    let several = axes.iter().filter(|(_, values)| values.len() > 1);
    Ok(Expanded {
        points,
        in_flight,
        varies: several.map(|(p, _)| p.name.to_owned()).collect(),
    })
}

fn out_of_bounds(runs: usize) -> Option<FieldError> {
    let message = match runs {
        0 | 1 => "A sweep has at least 2 runs: give a parameter two values.".to_owned(),
        2..=RUNS_MAX => return None,
        runs => format!(
            "These values make {runs} runs, and a sweep has at most {RUNS_MAX}: take some values away."
        ),
    };
    Some(FieldError::new("vary", message))
}

fn in_flight(typed: &str, errors: &mut Vec<FieldError>) -> u32 {
    let typed = typed.trim();
    if typed.is_empty() {
        return IN_FLIGHT_DEFAULT;
    }
    let most = RUNS_MAX as u32;
    let read = typed.parse().ok().filter(|n| (1..=most).contains(n));
    read.unwrap_or_else(|| {
        let message = format!("“{typed}” runs at once cannot be: enter 1 to {most}.");
        errors.push(FieldError::new(IN_FLIGHT_FIELD, message));
        IN_FLIGHT_DEFAULT
    })
}

#[cfg(test)]
mod tests;
