//! The price table in `STATE_DIR/costs.json`, and what the studio's own runs tell of time and money.

use super::super::model::costs::{CostFacts, CostSettings, Timing};
use super::super::model::version::{ParameterValue, Status, TrainingVersion};
use super::prepare::refusal;
use super::versions;
use crate::dataset::model::buckets::Size;
use crate::error::{AppError, FieldError};
use crate::server::state::AppState;
use crate::styles;
use serde_json::json;
use std::path::Path;

const FILE: &str = "costs.json";
/// Runs an estimate rests on, the newest.
const HISTORY: usize = 200;

/// The price table and the caps; the first one until somebody saved another.
pub fn settings(state: &AppState) -> Result<CostSettings, AppError> {
    let Some(document) = state.kept.read(Path::new(FILE))? else {
        return Ok(CostSettings::default());
    };
    serde_json::from_value((*document).clone()).map_err(|_| {
        AppError::internal(format!("{FILE} is no price table."))
            .with_remedy("It was left as it is: mend it by hand or move it away.")
    })
}

/// Replaces the price table and the caps; keys of others in the file stay.
pub async fn save(state: &AppState, settings: CostSettings) -> Result<CostSettings, AppError> {
    let kept = settings.clone();
    state
        .kept
        .update(FILE.into(), move |document| {
            if !document.is_object() {
                *document = json!({});
            }
            if let (Some(known), serde_json::Value::Object(new)) =
                (document.as_object_mut(), json!(kept))
            {
                known.extend(new);
            }
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(settings)
}

/// A form's or a body's problems as a refusal.
pub fn refused(errors: Vec<super::super::model::form::FieldError>) -> AppError {
    let told = errors.into_iter().map(|e| FieldError {
        field: e.field,
        message: e.message,
    });
    AppError::invalid(told.collect())
}

/// What the runs of all styles tell; `except` is the id of a run that does not count.
pub fn facts(state: &AppState, except: Option<&str>) -> Result<CostFacts, AppError> {
    let now = state.now_iso();
    let month = now.get(..7).unwrap_or_default();
    let mut facts = CostFacts {
        settings: settings(state)?,
        month: month_words(month),
        rehearsed: state.runpod_is_rehearsed(),
        ..CostFacts::default()
    };
    for style in styles::server::list(state)? {
        // one style's broken file must not hide the others' costs
        for version in versions::list_of(state, &style).unwrap_or_default() {
            let counts = Some(version.id.as_str()) != except;
            if counts && version.timestamp.starts_with(month) {
                facts.month_usd += version.cost_usd(None).unwrap_or_default();
            }
            facts.history.extend(timing(&version));
        }
    }
    facts.history.truncate(HISTORY);
    Ok(facts)
}

/// Held from judging the month's cap until the run is on record: of two starts at once the later one sees the earlier one's
/// cost.
#[derive(Default)]
pub struct Recording(pub tokio::sync::Mutex<()>);

/// Refuses a run that would pass the month's cap by what is on record now; `except` as in [`facts`].
pub fn within_month(
    state: &AppState,
    usd: Option<f64>,
    except: Option<&str>,
) -> Result<(), AppError> {
    let facts = facts(state, except)?;
    let over = usd.and_then(|usd| facts.over_month_cap(usd, "this run"));
    let over = over.filter(|_| !facts.rehearsed);
    refusal(over.as_slice()).map_or(Ok(()), Err)
}

/// How long a finished run on a real GPU took.
fn timing(version: &TrainingVersion) -> Option<Timing> {
    let number = |name: &str| match version.parameters.get(name)? {
        ParameterValue::Int(number) => u32::try_from(*number).ok().filter(|n| *n > 0),
        _ => None,
    };
    let real = version.status == Status::Completed && version.trainer.as_deref() == Some("runpod");
    Some(Timing {
        batch_size: number("batch_size").filter(|_| real)?,
        size: Size::new(number("width")?, number("height")?),
        steps: number("max_train_steps")?,
        seconds: version.execution_time_ms.filter(|ms| *ms > 0)? as f64 / 1_000.0,
    })
}

/// `2026-11` -> `November 2026`.
fn month_words(month: &str) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let named = month.split_once('-').and_then(|(year, number)| {
        let name = NAMES.get(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        Some(format!("{name} {year}"))
    });
    named.unwrap_or_else(|| month.to_owned())
}
