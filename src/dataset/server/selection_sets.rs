//! `selection_sets.json` in a style's folder: sets with ids that the server gives and never gives again.
//!
//! `lastId` beside `sets` remembers the highest id ever given; older files lack it. A style with several folders has the
//! union of their sets; a set is changed in the file that holds it.

use super::super::model::selection::{SelectionSet, SelectionSetDraft};
use crate::error::{AppError, FieldError};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use crate::styles::server::folders;
use serde_json::{Value, json};
use std::path::PathBuf;

const FILE: &str = "selection_sets.json";

pub fn list(state: &AppState, style: &StyleId) -> Result<Vec<SelectionSet>, AppError> {
    list_of(state, &styles::server::get(state, style)?)
}

/// All sets of a style by id; of two folders with one id, the first folder's counts.
pub fn list_of(state: &AppState, style: &Style) -> Result<Vec<SelectionSet>, AppError> {
    let mut sets: Vec<SelectionSet> = Vec::new();
    for path in folders::files(state, style, FILE) {
        let Some(document) = state.documents.read(&path)? else {
            continue;
        };
        for set in entries(&document).iter().filter_map(read) {
            if !sets.iter().any(|s| s.id == set.id) {
                sets.push(set);
            }
        }
    }
    sets.sort_by_key(|s| s.id);
    Ok(sets)
}

pub fn get(state: &AppState, style: &StyleId, id: u64) -> Result<SelectionSet, AppError> {
    let found = list(state, style)?.into_iter().find(|s| s.id == id);
    found.ok_or_else(|| unknown(style, id))
}

fn unknown(style: &StyleId, id: u64) -> AppError {
    AppError::not_found(format!("Style {style} has no selection set {id}."))
        .with_remedy("It may have been deleted meanwhile; choose another.")
}

fn entries(document: &Value) -> &[Value] {
    document["sets"].as_array().map_or(&[], Vec::as_slice)
}

fn read(entry: &Value) -> Option<SelectionSet> {
    let names = entry["filenames"].as_array()?.iter();
    Some(SelectionSet {
        id: entry["id"].as_u64()?,
        name: entry["name"].as_str().map(str::to_owned),
        filenames: names
            .filter_map(|n| n.as_str().map(str::to_owned))
            .collect(),
    })
}

fn checked(draft: SelectionSetDraft) -> Result<SelectionSetDraft, AppError> {
    draft.check().map_err(|problems| {
        let field = |(field, message): (&str, String)| FieldError {
            field: field.into(),
            message,
        };
        AppError::invalid(problems.into_iter().map(field).collect())
    })
}

/// Saves a new set and returns it with its id.
pub async fn create(
    state: &AppState,
    style: &StyleId,
    draft: SelectionSetDraft,
) -> Result<SelectionSet, AppError> {
    let style = styles::server::get(state, style)?;
    let draft = checked(draft)?;
    let filenames = draft
        .filenames
        .ok_or_else(|| AppError::field("filenames", "Select at least one image."))?;
    let name = draft.name.filter(|n| !n.is_empty());
    // ids are unique over all folders of the style, not only in the file that gets the set
    let elsewhere = list_of(state, &style)?.iter().map(|s| s.id).max();
    let path = first_file(state, &style);
    state
        .documents
        .update(path, move |document| {
            let sets = writable(document)?;
            let here = sets.iter().filter_map(|s| s["id"].as_u64()).max();
            let last = document["lastId"].as_u64();
            let id = here.max(elsewhere).max(last).unwrap_or(0) + 1;
            let set = SelectionSet {
                id,
                name: name.clone(),
                filenames: filenames.clone(),
            };
            writable(document)?.push(json!(set));
            document["lastId"] = json!(id);
            Ok::<_, AppError>(set)
        })
        .await
}

fn first_file(state: &AppState, style: &Style) -> PathBuf {
    let existing = folders::files(state, style, FILE).into_iter().next();
    existing.unwrap_or_else(|| folders::new_file(style, FILE))
}

fn writable(document: &mut Value) -> Result<&mut Vec<Value>, AppError> {
    if document.is_null() {
        *document = json!({ "sets": [] });
    }
    let broken = || {
        AppError::internal(format!("{FILE} is not a list of selection sets."))
            .with_remedy("It was left as it is: mend it by hand or restore a copy.")
    };
    let object = document.as_object_mut().ok_or_else(broken)?;
    let sets = object.entry("sets").or_insert_with(|| json!([]));
    sets.as_array_mut().ok_or_else(broken)
}

/// The file that holds a set, or a refusal.
fn file_of(state: &AppState, style: &Style, id: u64) -> Result<PathBuf, AppError> {
    for path in folders::files(state, style, FILE) {
        let document = state.documents.read(&path)?;
        let holds = |d: &Value| entries(d).iter().any(|s| s["id"].as_u64() == Some(id));
        if document.is_some_and(|d| holds(&d)) {
            return Ok(path);
        }
    }
    Err(unknown(&style.id, id))
}

/// Changes the names, the set's name, or both. An empty name removes it.
pub async fn update(
    state: &AppState,
    style: &StyleId,
    id: u64,
    draft: SelectionSetDraft,
) -> Result<SelectionSet, AppError> {
    let known = styles::server::get(state, style)?;
    let draft = checked(draft)?;
    let path = file_of(state, &known, id)?;
    let style = style.clone();
    state
        .documents
        .update(path, move |document| {
            let sets = writable(document)?;
            let entry = sets
                .iter_mut()
                .find(|s| s["id"].as_u64() == Some(id))
                .ok_or_else(|| unknown(&style, id))?;
            if let Some(filenames) = &draft.filenames {
                entry["filenames"] = json!(filenames);
            }
            match draft.name.as_deref() {
                None => {}
                Some("") => {
                    entry.as_object_mut().map(|e| e.shift_remove("name"));
                }
                Some(name) => entry["name"] = json!(name),
            }
            read(entry).ok_or_else(|| unknown(&style, id))
        })
        .await
}

pub async fn delete(state: &AppState, style: &StyleId, id: u64) -> Result<(), AppError> {
    let known = styles::server::get(state, style)?;
    let path = file_of(state, &known, id)?;
    let style = style.clone();
    state
        .documents
        .update(path, move |document| {
            let sets = writable(document)?;
            let highest = sets.iter().filter_map(|s| s["id"].as_u64()).max();
            let before = sets.len();
            sets.retain(|s| s["id"].as_u64() != Some(id));
            if sets.len() == before {
                return Err(unknown(&style, id));
            }
            let last = document["lastId"].as_u64().max(highest);
            document["lastId"] = json!(last);
            Ok(())
        })
        .await
}
