//! The document at `/api/openapi.json`, made true where the annotations cannot say it.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// What names in addresses look like; anything else is refused before it is looked for.
const PATTERNS: [(&str, &str); 3] = [
    ("id", "^[A-Za-z0-9_-]{1,32}$"),
    ("versionId", r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"),
    (
        "filename",
        r"^[^./\\\u0000-\u001f\u007f-\u009f][^/\\\u0000-\u001f\u007f-\u009f]{0,254}$",
    ),
];

/// The document as JSON.
pub fn finished(document: utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("a document is plain data");
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.filter_map(|(_, path)| path.as_object_mut()).flatten();
    for (_, operation) in operations {
        name_problem_type(operation);
        describe_answers(operation);
        describe_names(operation);
    }
    bound_unsigned(&mut document);
    overlap_numbers(&mut document);
    document
}

/// Each problem under the type it is sent with: the annotations know only `application/json`.
fn name_problem_type(operation: &mut Value) {
    let answers = operation["responses"].as_object_mut().into_iter().flatten();
    for (_, answer) in answers {
        let Some(content) = answer.get_mut("content").and_then(Value::as_object_mut) else {
            continue;
        };
        let is_problem = |c: &Value| c["schema"]["$ref"] == "#/components/schemas/Problem";
        if content.get("application/json").is_some_and(is_problem)
            && let Some(problem) = content.remove("application/json")
        {
            content.insert("application/problem+json".into(), problem);
        }
    }
}

/// A description is required; the annotations leave an empty one out.
fn describe_answers(operation: &mut Value) {
    let answers = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, answer) in answers {
        let status = StatusCode::from_bytes(status.as_bytes()).ok();
        let words = status.and_then(|status| status.canonical_reason());
        if answer["description"].is_null() {
            answer["description"] = json!(words.unwrap_or("Answer"));
        }
    }
}

fn describe_names(operation: &mut Value) {
    let parameters = operation.get_mut("parameters");
    let parameters = parameters.and_then(Value::as_array_mut);
    let parameters = parameters.into_iter().flatten();
    for parameter in parameters.filter(|p| p["in"] == "path") {
        let known = PATTERNS.iter().find(|(name, _)| parameter["name"] == *name);
        if let Some((_, pattern)) = known {
            parameter["schema"]["pattern"] = json!(pattern);
        }
    }
}

/// Unsigned numbers with the bounds they are read with: by itself `int64` ends at half of them.
fn bound_unsigned(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            if let Some(maximum) = unsigned_maximum(schema) {
                schema.insert("maximum".into(), json!(maximum));
                schema.remove("format");
            }
            schema.values_mut().for_each(bound_unsigned);
        }
        Value::Array(list) => list.iter_mut().for_each(bound_unsigned),
        _ => {}
    }
}

/// A whole number is a number too: of a choice of both it would be two, which `oneOf` forbids.
fn overlap_numbers(value: &mut Value) {
    match value {
        Value::Object(schema) => {
            let has = |kind: &str| {
                let choices = schema.get("oneOf").and_then(Value::as_array);
                choices.is_some_and(|list| list.iter().any(|choice| choice["type"] == kind))
            };
            if has("integer")
                && has("number")
                && let Some(choices) = schema.remove("oneOf")
            {
                schema.insert("anyOf".into(), choices);
            }
            schema.values_mut().for_each(overlap_numbers);
        }
        Value::Array(list) => list.iter_mut().for_each(overlap_numbers),
        _ => {}
    }
}

fn unsigned_maximum(schema: &Map<String, Value>) -> Option<u64> {
    let is_unsigned = schema.get("minimum").and_then(Value::as_u64).is_some();
    let has_maximum = schema.contains_key("maximum");
    match schema.get("format").and_then(Value::as_str) {
        Some("int32") if is_unsigned && !has_maximum => Some(u32::MAX.into()),
        Some("int64") if is_unsigned && !has_maximum => Some(u64::MAX),
        _ => None,
    }
}
