//! The Train form sent elsewhere than to a start: its request, its workflow and its curl command as files, and its
//! parameters as a preset. Plain posts, so that they work without JavaScript and with whatever is typed.

use super::super::model::form::TrainingForm;
use super::{prepare, presets, workflow as graph};
use crate::error::AppError;
use crate::server::state::AppState;
use axum::Router;
use axum::extract::{RawForm, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/forms/training/request", post(request))
        .route("/forms/training/workflow", post(workflow))
        .route("/forms/training/curl", post(curl))
        .route("/forms/training/preset", post(preset))
}

/// The form, and what else was posted with it.
fn read(body: &[u8]) -> (TrainingForm, Vec<(String, String)>) {
    let mut form = TrainingForm::default();
    let mut others = Vec::new();
    for (name, value) in url::form_urlencoded::parse(body).into_owned() {
        if !form.set_field(&name, value.clone()) {
            others.push((name, value));
        }
    }
    (form, others)
}

async fn request(
    State(state): State<AppState>,
    RawForm(body): RawForm,
) -> Result<Response, AppError> {
    let prepared = prepare::prepare(&state, &read(&body).0).await?;
    let text = pretty(&prepared.request_to_read(&state));
    Ok(file(
        "application/json",
        &format!("{}.request.json", prepared.request.model_name()),
        text,
    ))
}

/// The graph alone, in the API format that ComfyUI opens.
async fn workflow(
    State(state): State<AppState>,
    RawForm(body): RawForm,
) -> Result<Response, AppError> {
    let prepared = prepare::prepare(&state, &read(&body).0).await?;
    let text = pretty(&graph::to_open(prepared.workflow()));
    Ok(file(
        "application/json",
        &format!("{}.workflow.json", prepared.request.model_name()),
        text,
    ))
}

async fn curl(State(state): State<AppState>, RawForm(body): RawForm) -> Result<Response, AppError> {
    let prepared = prepare::prepare(&state, &read(&body).0).await?;
    let name = format!("{}.sh", prepared.request.model_name());
    Ok(file("text/x-shellscript", &name, prepared.curl(&state)))
}

/// Saves the form's parameters and comes back to the form as it was.
async fn preset(
    State(state): State<AppState>,
    RawForm(body): RawForm,
) -> Result<Redirect, AppError> {
    let (mut form, others) = read(&body);
    let name = others.iter().find(|(name, _)| name == "preset_name");
    let name = name.map_or("", |(_, value)| value.as_str());
    let refused = match presets::save_form(&state, &form, name).await {
        Ok(saved) => {
            form.preset = saved.label();
            None
        }
        Err(error) => Some(error.to_string()),
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if let Some(refused) = &refused {
        query.append_pair("preset_refused", refused);
    }
    let fields = form.fields();
    query.extend_pairs(fields);
    let style =
        percent_encoding::utf8_percent_encode(&form.style_id, percent_encoding::NON_ALPHANUMERIC);
    Ok(Redirect::to(&format!(
        "/styles/{style}/train?{}#presets",
        query.finish()
    )))
}

pub fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).expect("a JSON value can be written") + "\n"
}

/// A download; the name holds nothing but letters, digits, dots, underscores and dashes.
pub fn file(kind: &'static str, name: &str, text: String) -> Response {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(safe).collect();
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        text,
    )
        .into_response()
}
