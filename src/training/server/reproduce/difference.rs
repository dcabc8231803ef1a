//! What the trainer here would be told otherwise than there: the workflow of the file beside the one this studio makes of
//! the same parameters.

use super::ExportedRun;
use crate::server::state::AppState;
use crate::styles::model::Style;
use crate::training::model::form::{DATASET_PATH, TrainingForm, TrainingRequest};
use crate::training::model::parameters::{Defaults, find};
use crate::training::server::workflow::workflow;
use serde_json::Value;
use std::collections::BTreeSet;

/// Differences named before the rest is counted.
const SHOWN: usize = 20;
/// Longest value shown, in characters.
const VALUE_MAX: usize = 80;

/// Sentences about trainer and workflow; empty when nothing differs.
pub fn trainer(state: &AppState, style: &Style, run: &ExportedRun) -> Vec<String> {
    let mut found: Vec<String> = kind(state, run).into_iter().collect();
    let there = &run.content["request"]["input"]["workflow"];
    if !there.is_object() {
        found.push("The file holds no request: what the trainer was told is known from the parameters only.".to_owned());
        return found;
    }
    let mut nodes = nodes(there, &rebuilt(style, run));
    let more = nodes.len().saturating_sub(SHOWN);
    nodes.truncate(SHOWN);
    found.extend(nodes);
    if more > 0 {
        found.push(format!("{more} more inputs of the workflow differ."));
    }
    found
}

/// A rehearsal is no training.
fn kind(state: &AppState, run: &ExportedRun) -> Option<String> {
    let there = run.content["version"]["trainer"].as_str()?;
    let here = match state.runpod_is_rehearsed() {
        true => "rehearsal",
        false => "runpod",
    };
    let words = |kind: &str| match kind {
        "rehearsal" => "a rehearsal without GPU".to_owned(),
        "runpod" => "RunPod".to_owned(),
        other => other.chars().take(40).collect(),
    };
    (there != here).then(|| {
        format!(
            "It was trained by {}; here a start goes to {}.",
            words(there),
            words(here)
        )
    })
}

/// The workflow this studio makes of the file's parameters, under the file's own model name.
fn rebuilt(style: &Style, run: &ExportedRun) -> Value {
    let parameters = run.parameters().into_iter();
    let known = parameters.filter(|(name, _)| find(name).is_some());
    let form = TrainingForm {
        style_id: style.id.to_string(),
        name: run.name(),
        parameters: known
            .map(|(name, value)| (name, value.to_string()))
            .collect(),
        ..TrainingForm::default()
    };
    let images = run.images().map_or(0, |images| images.len());
    let defaults = Defaults::new(style.id.as_str(), &style.trigger_words, images);
    let (request, _) = TrainingRequest::read(&form, &defaults);
    let model_name = run.content["version"]["modelName"].as_str();
    let model_name = model_name.map_or_else(|| request.model_name(), str::to_owned);
    workflow(&request, &model_name, DATASET_PATH)
}

/// Each node or input that is not the same in both.
fn nodes(there: &Value, here: &Value) -> Vec<String> {
    let keys = |value: &Value| -> BTreeSet<String> {
        let object = value.as_object().into_iter().flatten();
        object.map(|(key, _)| key.clone()).collect()
    };
    let mut found = Vec::new();
    for id in keys(there).union(&keys(here)) {
        let (a, b) = (&there[id], &here[id]);
        let class = [a, b].iter().find_map(|n| n["class_type"].as_str());
        let class = short(class.unwrap_or("unnamed"));
        if a.is_null() || b.is_null() || a["class_type"] != b["class_type"] {
            let which = if a.is_null() { "here" } else { "there" };
            found.push(format!("Node {} ({class}) is only {which}.", short(id)));
            continue;
        }
        for input in keys(&a["inputs"]).union(&keys(&b["inputs"])) {
            let (x, y) = (&a["inputs"][input], &b["inputs"][input]);
            if !is_equal(x, y) {
                found.push(format!(
                    "{class} · {}: {} there, {} here.",
                    short(input),
                    said(x),
                    said(y)
                ));
            }
        }
    }
    found
}

/// 16 and 16.0 are one number.
fn is_equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("“{}”", short(text)),
        other => short(&other.to_string()),
    }
}

fn short(text: &str) -> String {
    text.chars().take(VALUE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::nodes;
    use serde_json::json;

    #[test]
    fn each_input_that_differs_is_named_and_spelling_is_none() {
        let node =
            |class: &str, inputs: serde_json::Value| json!({"class_type": class, "inputs": inputs});
        let there = json!({
            "4": node("InitFluxLoRATraining", json!({"network_dim": 16, "old": true, "same": 1})),
            "9": node("Gone", json!({})),
        });
        let here = json!({
            "4": node("InitFluxLoRATraining", json!({"network_dim": 16.0, "seed": "x", "same": 2})),
        });
        assert_eq!(
            nodes(&there, &here),
            [
                "InitFluxLoRATraining · old: true there, nothing here.",
                "InitFluxLoRATraining · same: 1 there, 2 here.",
                "InitFluxLoRATraining · seed: nothing there, “x” here.",
                "Node 9 (Gone) is only there.",
            ]
        );
        assert_eq!(nodes(&there, &there), [""; 0]);
    }
}
