//! Gathers what was recorded of two to four versions and sets it side by side.

use super::super::model::compare::{
    Column, Comparison, FEWEST, MOST, Row, Section, dataset_steps, parameter_rows,
};
use super::super::model::lora_file::LoraFacts;
use super::super::model::version::TrainingVersion;
use super::{lora_file, snapshot, versions};
use crate::error::{AppError, ErrorKind};
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use serde_json::Value;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long the page waits for S3 to tell of the model files.
const PATIENCE: Duration = Duration::from_secs(3);

/// Everything known of one version.
struct Known {
    version: TrainingVersion,
    /// `Null` without one.
    snapshot: Value,
    model: Result<LoraFacts, AppError>,
}

/// The versions of these ids, the earliest first; an id that comes twice counts once.
///
/// # Errors
/// An unknown id, or fewer than two or more than four of them.
pub async fn compare(
    state: &AppState,
    style: &StyleId,
    ids: &[String],
) -> Result<Comparison, AppError> {
    let mut distinct: Vec<&str> = Vec::new();
    for id in ids.iter().map(String::as_str).filter(|id| !id.is_empty()) {
        if !distinct.contains(&id) {
            distinct.push(id);
        }
    }
    if !(FEWEST..=MOST).contains(&distinct.len()) {
        let message = format!(
            "{FEWEST} to {MOST} versions can stand side by side; {} were chosen.",
            distinct.len()
        );
        return Err(AppError::field("ids", message).with_remedy("Tick two, three or four."));
    }
    let all = versions::list(state, style)?;
    let mut chosen = Vec::new();
    for id in distinct {
        let found = all.iter().find(|v| v.id == id);
        chosen.push(found.ok_or_else(|| versions::unknown(style, id))?.clone());
    }
    chosen.sort_by(|a, b| a.timestamp.cmp(&b.timestamp));
    let known = chosen.into_iter().map(|v| known(state, style, v));
    let known = futures::future::join_all(known).await;
    known.into_iter().collect::<Result<Vec<_>, _>>().map(built)
}

async fn known(
    state: &AppState,
    style: &StyleId,
    version: TrainingVersion,
) -> Result<Known, AppError> {
    let snapshot = match snapshot::read(state, style, &version.id).await {
        Ok(snapshot) => snapshot,
        Err(error) if error.kind == ErrorKind::NotFound => Value::Null,
        Err(error) => return Err(error),
    };
    let look = tokio::time::timeout(PATIENCE, lora_file::look(state, &version)).await;
    let model = look.unwrap_or_else(|_| Err(AppError::upstream("S3 took too long to answer.")));
    Ok(Known {
        version,
        snapshot,
        model,
    })
}

fn built(known: Vec<Known>) -> Comparison {
    let versions: Vec<&TrainingVersion> = known.iter().map(|k| &k.version).collect();
    let columns: Vec<Column> = versions.iter().map(|v| Column::of(v)).collect();
    let images: Vec<_> = known
        .iter()
        .map(|k| snapshot::trained_images(&k.snapshot))
        .collect();
    let sections = [
        ("Parameters", parameter_rows(&versions)),
        ("Dataset", dataset_rows(&known)),
        ("Plan", plan_rows(&known)),
        ("Time and cost", outcome_rows(&versions)),
        ("Model file", model_rows(&known)),
    ];
    let section = |(title, rows): (&str, Vec<Row>)| Section {
        title: title.to_owned(),
        rows: rows.into_iter().filter(|r| !r.is_empty()).collect(),
    };
    Comparison {
        datasets: dataset_steps(&columns, &images),
        sections: sections.into_iter().map(section).collect(),
        columns,
    }
}

/// A row of what `value` finds in each.
fn row<T>(label: &str, of: &[T], value: impl Fn(&T) -> Option<String>) -> Row {
    Row::new(label, of.iter().map(value).collect())
}

fn dataset_rows(known: &[Known]) -> Vec<Row> {
    let set = |k: &Known| {
        let name = k.snapshot["selectionSet"]["name"].as_str();
        let id = k.version.selection_set_id.map(|id| format!("Set {id}"));
        name.map(str::to_owned).or(id)
    };
    vec![
        row("Selection set", known, set),
        row("Images", known, |k| {
            k.version.image_count.map(|n| n.to_string())
        }),
    ]
}

fn plan_rows(known: &[Known]) -> Vec<Row> {
    let number = |label, key: &'static str| {
        row(label, known, move |k| match &k.snapshot["plan"][key] {
            Value::Number(number) => Some(match number.as_f64() {
                Some(float) if number.is_f64() => format!("{}", (float * 100.0).round() / 100.0),
                _ => number.to_string(),
            }),
            _ => None,
        })
    };
    let buckets = |k: &Known| {
        let buckets = k.snapshot["plan"]["buckets"].as_array()?.iter();
        let words = buckets.map(|b| format!("{}×{}: {}", b["width"], b["height"], b["images"]));
        Some(words.collect::<Vec<_>>().join(", "))
    };
    let checkpoints = |k: &Known| {
        let steps = k.snapshot["plan"]["checkpoints"].as_array()?.iter();
        Some(
            steps
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        )
    };
    vec![
        number("Batches in a pass", "batchesPerEpoch"),
        number("Passes", "epochs"),
        number("Views of each image", "viewsPerImage"),
        row("Buckets", known, buckets),
        row("Checkpoints after", known, checkpoints),
        row("Expected file", known, |k| {
            let bytes = k.snapshot["plan"]["modelBytes"].as_f64()?;
            Some(format!("{:.1} MB", bytes / 1e6))
        }),
        row("Expected time", known, |k| {
            let seconds = k.snapshot["plan"]["seconds"].as_f64()?;
            Some(format!("{seconds:.0} s"))
        }),
        row("Expected cost", known, |k| {
            let usd = k.snapshot["plan"]["costUsd"].as_f64()?;
            Some(format!("${usd:.2}"))
        }),
    ]
}

fn outcome_rows(versions: &[&TrainingVersion]) -> Vec<Row> {
    let seconds = |ms: Option<i64>| Some(format!("{} s", (ms? + 500) / 1_000));
    vec![
        row("Trainer", versions, |v| v.trainer.clone()),
        row("Preset", versions, |v| v.preset.clone()),
        row("In the queue", versions, |v| seconds(v.delay_time_ms)),
        row("On the worker", versions, |v| seconds(v.execution_time_ms)),
        row("Cost", versions, |v| {
            let usd = v.cost_usd(None).filter(|_| v.status.is_final());
            usd.map(|usd| format!("${usd:.2}"))
        }),
        row("Error", versions, |v| v.error.clone()),
    ]
}

fn model_rows(known: &[Known]) -> Vec<Row> {
    let fact = |label, value: fn(&LoraFacts) -> Option<String>| {
        row(label, known, move |k| value(k.model.as_ref().ok()?))
    };
    let state = |k: &Known| match &k.model {
        // its length has a row of its own
        Ok(facts) => Some(facts.verdict.label().to_owned()),
        Err(error) => k.version.lora_url.as_ref().map(|_| error.message.clone()),
    };
    vec![
        row("File", known, state),
        row("Bytes", known, |k| {
            let read = k.model.as_ref().ok().map(|f| f.size_bytes);
            read.or(k.version.size_bytes).map(|n| n.to_string())
        }),
        fact("Rank", |f| f.rank.map(|n| n.to_string())),
        fact("Alpha", |f| f.network_alpha.clone()),
        fact("Number format", |f| f.dtype.clone()),
        fact("Tensors", |f| {
            (f.tensors > 0).then(|| f.tensors.to_string())
        }),
        fact("Steps trained", |f| f.steps.clone()),
        fact("Base model", |f| f.base_model.clone()),
        fact("Trigger", |f| f.trigger.clone()),
    ]
}

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get_comparison))
}

/// Two to four versions side by side: parameters, datasets, plans, outcomes, model files.
#[utoipa::path(get, path = "/api/styles/{id}/training-versions/compare", tag = "versions", params(("id" = String, Path),
        ("ids" = Option<String>, Query, description = "Ids divided by commas, or the parameter several times")),
    responses((status = 200, body = Comparison), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn get_comparison(
    State(state): State<AppState>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Comparison>, AppError> {
    let query = query.unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let ids = pairs.filter(|(name, _)| name == "ids");
    let ids: Vec<String> = ids
        .flat_map(|(_, ids)| ids.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    compare(&state, &style_id(&id)?, &ids).await.map(Json)
}
