//! The registry (`data/styles_registry.json`): list, make, change, remove. Unknown keys and the order are kept.
//!
//! Removing a style takes its entry out of the registry and nothing else: folders, images and models stay.

pub mod folders;
pub mod routes;

use super::model::{Style, StyleDraft, StyleId};
use crate::error::{AppError, FieldError};
use crate::server::documents::Listed;
use crate::server::state::AppState;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

pub const REGISTRY: &str = "data/styles_registry.json";
const STYLES: Listed = Listed {
    file: REGISTRY,
    key: "styles",
    of: "styles",
};

fn registry_path() -> PathBuf {
    REGISTRY.into()
}

/// All styles in registry order.
pub fn list(state: &AppState) -> Result<Vec<Style>, AppError> {
    let Some(registry) = STYLES.read(&state.documents, Path::new(REGISTRY))? else {
        return Ok(Vec::new());
    };
    let entries = STYLES.entries(&registry);
    let all_folders = folders::all(state);
    Ok(entries
        .iter()
        .filter_map(|entry| read(state, entry, &all_folders))
        .collect())
}

pub fn get(state: &AppState, id: &StyleId) -> Result<Style, AppError> {
    list(state)?
        .into_iter()
        .find(|s| s.id == *id)
        .ok_or_else(|| unknown(id))
}

fn unknown(id: &StyleId) -> AppError {
    AppError::not_found(format!("There is no style {id}."))
        .with_remedy("Open the list of styles to see those there are.")
}

/// Id as written in the file: a string, or a number in files edited by hand.
fn entry_id(entry: &Value) -> Option<StyleId> {
    match &entry["id"] {
        Value::String(id) => StyleId::parse(id).ok(),
        Value::Number(id) => StyleId::parse(&id.to_string()).ok(),
        _ => None,
    }
}

fn read(state: &AppState, entry: &Value, all_folders: &[String]) -> Option<Style> {
    let id = entry_id(entry)?;
    let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    Some(Style {
        title: text("title"),
        trigger_words: text("trigger_words"),
        client_index: entry["client_index"].as_i64(),
        monochrome: entry["monochrome"].as_bool().unwrap_or(false),
        lora_weight: entry["lora_weight"].as_f64(),
        cover_url: cover_path(state, entry)
            .map(|(_, version)| format!("/api/styles/{id}/cover?v={version}")),
        good_version: entry["validated_lora_model"]["version_name"]
            .as_str()
            .map(str::to_owned),
        folders: folders::of(&id, all_folders),
        id,
    })
}

/// The cover's file and a number that changes with it. The registry names a file directly in `ui/public`.
fn cover_path(state: &AppState, entry: &Value) -> Option<(PathBuf, u64)> {
    let name = entry["image_path"].as_str()?;
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if !plain {
        return None;
    }
    let path = state.in_folder(&Path::new("ui/public").join(name));
    let meta = std::fs::metadata(&path).ok().filter(|m| m.is_file())?;
    let modified = meta.modified().ok()?;
    let version = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((path, version.as_secs()))
}

/// The cover's file of one style.
pub fn cover(state: &AppState, id: &StyleId) -> Result<PathBuf, AppError> {
    let missing = || AppError::not_found(format!("Style {id} has no cover."));
    let registry = STYLES.read(&state.documents, Path::new(REGISTRY))?;
    let registry = registry.ok_or_else(missing)?;
    let mut entries = STYLES.entries(&registry).iter();
    let entry = entries.find(|e| entry_id(e).as_ref() == Some(id));
    let path = entry.and_then(|e| cover_path(state, e));
    path.map(|(path, _)| path).ok_or_else(missing)
}

fn checked(draft: StyleDraft) -> Result<StyleDraft, AppError> {
    draft.check().map_err(|problems| {
        let field = |(field, message): (&str, String)| FieldError {
            field: field.into(),
            message,
        };
        AppError::invalid(problems.into_iter().map(field).collect())
    })
}

/// Makes a style; its id is one above every id that was ever used here.
pub async fn create(state: &AppState, draft: StyleDraft) -> Result<Style, AppError> {
    let draft = checked(draft)?;
    let now = state.now_iso();
    let folder_ids = folders::highest_id(&folders::all(state));
    let id = state
        .documents
        .update(registry_path(), move |registry| {
            let registry = writable(registry, &now)?;
            refuse_twin(registry, &draft.title, None)?;
            let number = next_id(registry, folder_ids);
            let entry = new_entry(registry, number, &draft, &now);
            registry.insert("last_style_id".into(), json!(number));
            styles_of(registry).push(entry);
            Ok::<_, AppError>(number.to_string())
        })
        .await?;
    get(state, &StyleId::parse(&id).expect("a number is an id"))
}

fn writable<'a>(
    registry: &'a mut Value,
    now: &str,
) -> Result<&'a mut Map<String, Value>, AppError> {
    if registry.is_null() {
        *registry = json!({"version": "1.0.0", "last_synced": now, "styles": [], "loras": []});
    }
    STYLES.entries_mut(registry)?;
    Ok(registry.as_object_mut().expect("it holds a list"))
}

fn styles_of(registry: &mut Map<String, Value>) -> &mut Vec<Value> {
    let styles = registry.get_mut(STYLES.key).and_then(Value::as_array_mut);
    styles.expect("looked at when it was opened")
}

/// Two styles of one title cannot be told apart in a list; it also catches a form sent twice.
fn refuse_twin(
    registry: &mut Map<String, Value>,
    title: &str,
    except: Option<&StyleId>,
) -> Result<(), AppError> {
    let same = |entry: &&Value| {
        entry["title"]
            .as_str()
            .is_some_and(|t| t.to_lowercase() == title.to_lowercase())
            && entry_id(entry).as_ref() != except
    };
    match styles_of(registry).iter().find(same) {
        None => Ok(()),
        Some(twin) => {
            let message = format!(
                "There is already a style called {title:?} (id {}). Choose another title.",
                twin["id"].as_str().unwrap_or("?")
            );
            Err(AppError {
                kind: crate::error::ErrorKind::Conflict,
                ..AppError::field("title", message)
            })
        }
    }
}

/// Ids are never given twice: images of a removed style still lie under its S3 prefix.
fn next_id(registry: &Map<String, Value>, folder_ids: u64) -> u64 {
    let listed = registry.get("styles").and_then(Value::as_array);
    let in_registry = listed
        .into_iter()
        .flatten()
        .filter_map(|e| entry_id(e)?.as_str().parse().ok())
        .max()
        .unwrap_or(0);
    let last = registry.get("last_style_id").and_then(Value::as_u64);
    in_registry.max(folder_ids).max(last.unwrap_or(0)) + 1
}

/// All fields the older system reads, with its own defaults.
fn new_entry(registry: &Map<String, Value>, id: u64, draft: &StyleDraft, now: &str) -> Value {
    let listed = registry.get("styles").and_then(Value::as_array);
    let index = listed
        .into_iter()
        .flatten()
        .filter_map(|e| e["client_index"].as_i64())
        .max()
        .unwrap_or(0)
        + 1;
    json!({
        "id": id.to_string(), "client_index": index, "title": draft.title,
        "lora_name": "", "lora_file": "", "lora_version": "1.0",
        "lora_weight": 1.0, "character_lora_weight": 0.9, "cine_lora_weight": 0.8,
        "trigger_words": draft.trigger_words, "monochrome": false, "model": "flux1-dev-fp8",
        "image_path": "", "frontpad": "", "backpad": "",
        "training_data": {"source_images_count": 0, "training_images_count": 0, "s3_bucket": "",
            "s3_prefix": format!("styles/{id}/"), "last_trained": null},
        "metadata": {"created_at": now, "updated_at": now, "status": "active", "notes": ""},
    })
}

/// Changes title and trigger words; `None` keeps what is there.
pub async fn update(
    state: &AppState,
    id: &StyleId,
    title: Option<String>,
    trigger_words: Option<String>,
) -> Result<Style, AppError> {
    let current = get(state, id)?;
    let draft = checked(StyleDraft {
        title: title.unwrap_or(current.title),
        trigger_words: trigger_words.unwrap_or(current.trigger_words),
    })?;
    let (wanted, now) = (id.clone(), state.now_iso());
    state
        .documents
        .update(registry_path(), move |registry| {
            let registry = writable(registry, &now)?;
            refuse_twin(registry, &draft.title, Some(&wanted))?;
            let styles = styles_of(registry);
            let entry = styles
                .iter_mut()
                .find(|e| entry_id(e).as_ref() == Some(&wanted))
                .ok_or_else(|| unknown(&wanted))?;
            entry["title"] = json!(draft.title);
            entry["trigger_words"] = json!(draft.trigger_words);
            if entry["metadata"].is_object() {
                entry["metadata"]["updated_at"] = json!(now);
            }
            Ok::<_, AppError>(())
        })
        .await?;
    get(state, id)
}

/// Takes the style out of the registry, when its title is repeated exactly.
pub async fn delete(state: &AppState, id: &StyleId, title: &str) -> Result<(), AppError> {
    let style = get(state, id)?;
    if style.title != title {
        let message = format!("To remove style {id}, repeat its title: {:?}.", style.title);
        return Err(AppError::field("title", message));
    }
    let (wanted, now) = (id.clone(), state.now_iso());
    state
        .documents
        .update(registry_path(), move |registry| {
            let registry = writable(registry, &now)?;
            let used = next_id(registry, 0) - 1;
            registry.insert("last_style_id".into(), json!(used));
            styles_of(registry).retain(|e| entry_id(e).as_ref() != Some(&wanted));
            Ok::<_, AppError>(())
        })
        .await
}

/// Writes which model of the style is the good one. `None` clears the mark if it names `version_id`.
pub async fn set_validated_model(
    state: &AppState,
    id: &StyleId,
    model: Option<Value>,
    version_id: String,
) -> Result<(), AppError> {
    let (wanted, now) = (id.clone(), state.now_iso());
    state
        .documents
        .update(registry_path(), move |registry| {
            let styles = styles_of(writable(registry, &now)?);
            let entry = styles
                .iter_mut()
                .find(|e| entry_id(e).as_ref() == Some(&wanted))
                .and_then(Value::as_object_mut)
                .ok_or_else(|| unknown(&wanted))?;
            match &model {
                Some(model) => {
                    entry.insert("validated_lora_model".into(), model.clone());
                }
                None if entry.get("validated_lora_model").map(|m| &m["version_id"])
                    == Some(&json!(version_id)) =>
                {
                    entry.shift_remove("validated_lora_model");
                }
                None => {}
            }
            Ok::<_, AppError>(())
        })
        .await
}
