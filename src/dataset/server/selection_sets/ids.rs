//! One number, one set, over all folders of a style. Older programs numbered each folder by itself, so two folders may both
//! hold a set 1, and versions refer to the first folder's.
//!
//! Reading changes no file: the later one is shown under a free id, the same as long as the files do not change. It is
//! written down before the style's sets are changed next, since what is written then may take that id.

use super::{FILE, SETS, read};
use crate::dataset::model::selection::{SelectionSet, told_apart as ids_told_apart};
use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use crate::styles::model::Style;
use crate::styles::server::folders;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// A style's files of sets, in folder order.
pub type Files = Vec<(PathBuf, Arc<Value>)>;

pub fn files(state: &AppState, style: &Style) -> Result<Files, AppError> {
    let mut files = Vec::new();
    for path in folders::files(state, style, FILE) {
        if let Some(document) = SETS.read(&state.documents, &path)? {
            files.push((path, document));
        }
    }
    Ok(files)
}

/// A set under an id that no other set of the style has.
pub struct Found {
    pub set: SelectionSet,
    /// The id in its file.
    own: u64,
    /// Places of its file and in it.
    file: usize,
    place: usize,
}

pub fn told_apart(files: &Files) -> Vec<Found> {
    let of_file = |(file, (_, document)): (usize, &(PathBuf, Arc<Value>))| {
        let sets = SETS.entries(document).iter().enumerate();
        let found = sets.filter_map(|(place, entry)| {
            let set = read(entry)?;
            Some(Found {
                own: set.id,
                set,
                file,
                place,
            })
        });
        found.collect::<Vec<_>>()
    };
    let mut found: Vec<Found> = files.iter().enumerate().flat_map(of_file).collect();
    let own: Vec<u64> = found.iter().map(|f| f.own).collect();
    let ids = ids_told_apart(&own, last_given(files));
    for (found, id) in found.iter_mut().zip(ids) {
        found.set.id = id;
    }
    found
}

/// The highest id ever given in these files.
pub fn last_given(files: &Files) -> u64 {
    let of_file = |document: &Value| {
        let ids = SETS.entries(document).iter().map(|set| &set["id"]);
        let known = ids.chain([&document["lastId"]]);
        known.filter_map(Value::as_u64).max().unwrap_or(0)
    };
    let highest = files.iter().map(|(_, document)| of_file(document));
    highest.max().unwrap_or(0)
}

/// Writes the ids under which sets are shown into the files in which they have another.
pub async fn write_down(state: &AppState, style: &Style) -> Result<(), AppError> {
    let files = files(state, style)?;
    let found = told_apart(&files);
    for (at, (path, _)) in files.iter().enumerate() {
        let shown_otherwise = found.iter().filter(|f| f.file == at && f.set.id != f.own);
        let new: Vec<(usize, u64, u64)> = shown_otherwise
            .map(|f| (f.place, f.own, f.set.id))
            .collect();
        if !new.is_empty() {
            let change = move |document: &mut Value| renumber(document, &new);
            state.documents.update(path.clone(), change).await?;
        }
    }
    Ok(())
}

fn renumber(document: &mut Value, new: &[(usize, u64, u64)]) -> Result<(), AppError> {
    let sets = SETS.entries_mut(document)?;
    for (place, own, id) in new {
        let entry = sets.get_mut(*place);
        let entry = entry.filter(|e| e["id"].as_u64() == Some(*own));
        entry.ok_or_else(changed)?["id"] = json!(id);
    }
    let highest = new.iter().map(|(_, _, id)| *id).max();
    let last = document["lastId"].as_u64().max(highest);
    document["lastId"] = json!(last);
    Ok(())
}

fn changed() -> AppError {
    AppError::new(
        ErrorKind::Changed,
        format!("{FILE} was changed by somebody else at this moment; nothing was saved."),
    )
    .with_remedy("Try again.")
}
