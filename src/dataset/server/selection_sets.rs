//! `selection_sets.json` in a style's folder: sets with ids that the server gives and never gives again.
//!
//! `lastId` beside `sets` remembers the highest id ever given; older files lack it. A style with several folders has the
//! union of their sets (`ids` tells those of one number apart); a set is changed in the file that holds it.

mod etag;
mod ids;

use super::super::model::filter::Filter;
use super::super::model::selection::{
    Combination, MAX_SET_NAME, SelectionSet, SelectionSetDraft, name_of_copy,
};
use super::{listing, search, smart_sets};
use crate::error::{AppError, ErrorKind, FieldError};
use crate::server::documents::Listed;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use crate::styles::server::folders;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::PathBuf;

const FILE: &str = "selection_sets.json";
const SETS: Listed = Listed {
    file: FILE,
    key: "sets",
    of: "selection sets",
};

pub fn list(state: &AppState, style: &StyleId) -> Result<Vec<SelectionSet>, AppError> {
    list_of(state, &styles::server::get(state, style)?)
}

/// All sets of a style by id.
pub fn list_of(state: &AppState, style: &Style) -> Result<Vec<SelectionSet>, AppError> {
    let files = ids::files(state, style)?;
    let mut sets: Vec<SelectionSet> = ids::told_apart(&files).into_iter().map(|f| f.set).collect();
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

fn read(entry: &Value) -> Option<SelectionSet> {
    let names = entry["filenames"].as_array()?.iter();
    Some(etag::given(SelectionSet {
        id: entry["id"].as_u64()?,
        name: entry["name"].as_str().map(str::to_owned),
        filenames: names
            .filter_map(|n| n.as_str().map(str::to_owned))
            .collect(),
        filter: entry["filter"].as_str().map(str::to_owned),
        etag: String::new(),
    }))
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

/// A smart set's names are those that fit now.
async fn looked_up(
    state: &AppState,
    style: &Style,
    own: Option<u64>,
    mut draft: SelectionSetDraft,
) -> Result<SelectionSetDraft, AppError> {
    if let Some(typed) = draft.filter.as_deref().filter(|f| !f.is_empty()) {
        let read = Filter::parse_typed(typed);
        let filter = read.map_err(|told| AppError::field("filter", told))?;
        smart_sets::check_sets(&list_of(state, style)?, own, &filter)?;
        draft.filenames = Some(search::names_of(state, &style.id, filter).await?);
    } else if let (Some(_), None, Some(id)) = (&draft.filter, &draft.filenames, own) {
        // it keeps what fits now
        let set = get(state, &style.id, id)?;
        draft.filenames = Some(smart_sets::now(state, &style.id, set).await?.filenames);
    }
    Ok(draft)
}

/// Saves a new set and returns it with its id.
pub async fn create(
    state: &AppState,
    style: &StyleId,
    draft: SelectionSetDraft,
) -> Result<SelectionSet, AppError> {
    let style = styles::server::get(state, style)?;
    let draft = looked_up(state, &style, None, checked(draft)?).await?;
    ids::write_down(state, &style).await?;
    let filenames = draft
        .filenames
        .ok_or_else(|| AppError::field("filenames", "Select at least one image."))?;
    let name = draft.name.filter(|n| !n.is_empty());
    let filter = draft.filter.filter(|f| !f.is_empty());
    // ids are unique over all folders of the style, not only in the file that gets the set
    let elsewhere = ids::last_given(&ids::files(state, &style)?);
    let path = first_file(state, &style);
    state
        .documents
        .update(path, move |document| {
            let sets = SETS.entries_mut(document)?;
            let here = sets.iter().filter_map(|s| s["id"].as_u64()).max();
            let last = document["lastId"].as_u64();
            let id = here.max(last).unwrap_or(0).max(elsewhere) + 1;
            let set = SelectionSet {
                id,
                name: name.clone(),
                filenames: filenames.clone(),
                filter: filter.clone(),
                etag: String::new(),
            };
            SETS.entries_mut(document)?.push(json!(set));
            document["lastId"] = json!(id);
            Ok::<_, AppError>(etag::given(set))
        })
        .await
}

fn first_file(state: &AppState, style: &Style) -> PathBuf {
    let existing = folders::files(state, style, FILE).into_iter().next();
    existing.unwrap_or_else(|| folders::new_file(state, style, FILE))
}

/// The file that holds a set, or a refusal.
fn file_of(state: &AppState, style: &Style, id: u64) -> Result<PathBuf, AppError> {
    for path in folders::files(state, style, FILE) {
        let document = SETS.read(&state.documents, &path)?;
        let is_it = |s: &Value| s["id"].as_u64() == Some(id);
        let holds = |d: &Value| SETS.entries(d).iter().any(is_it);
        if document.is_some_and(|d| holds(&d)) {
            return Ok(path);
        }
    }
    Err(unknown(&style.id, id))
}

/// Changes the names, the set's name, its filter. An empty name or filter removes it; names given to a smart set make it one
/// of names. With `expected`, the ETag that was read, a set that somebody else changed meanwhile is left as it is.
pub async fn update(
    state: &AppState,
    style: &StyleId,
    id: u64,
    draft: SelectionSetDraft,
    expected: Option<&str>,
) -> Result<SelectionSet, AppError> {
    let known = styles::server::get(state, style)?;
    get(state, style, id)?;
    let draft = looked_up(state, &known, Some(id), checked(draft)?).await?;
    ids::write_down(state, &known).await?;
    let path = file_of(state, &known, id)?;
    let (style, expected) = (style.clone(), expected.map(str::to_owned));
    state
        .documents
        .update(path, move |document| {
            let sets = SETS.entries_mut(document)?;
            let entry = sets
                .iter_mut()
                .find(|s| s["id"].as_u64() == Some(id))
                .ok_or_else(|| unknown(&style, id))?;
            if let (Some(expected), Some(now)) = (&expected, read(entry)) {
                etag::must_be(expected, &now)?;
            }
            if let Some(filenames) = &draft.filenames {
                entry["filenames"] = json!(filenames);
            }
            put(entry, "name", draft.name.as_deref());
            let named = draft.filenames.is_some().then_some("");
            put(entry, "filter", draft.filter.as_deref().or(named));
            read(entry).ok_or_else(|| unknown(&style, id))
        })
        .await
}

/// Absent stays as it is, empty goes.
fn put(entry: &mut Value, key: &str, value: Option<&str>) {
    match value {
        None => {}
        Some("") => {
            entry.as_object_mut().map(|e| e.shift_remove(key));
        }
        Some(text) => entry[key] = json!(text),
    }
}

/// A new set with the same images or the same filter.
pub async fn duplicate(
    state: &AppState,
    style: &StyleId,
    id: u64,
) -> Result<SelectionSet, AppError> {
    let sets = list(state, style)?;
    let set = sets.iter().find(|s| s.id == id);
    let set = set.ok_or_else(|| unknown(style, id))?;
    let taken: Vec<String> = sets.iter().map(SelectionSet::title).collect();
    let draft = SelectionSetDraft {
        filenames: Some(set.filenames.clone()),
        name: Some(name_of_copy(&set.title(), &taken)),
        filter: set.filter.clone(),
    };
    create(state, style, draft).await
}

/// A new set out of two.
pub async fn combine(
    state: &AppState,
    style: &StyleId,
    (first, how, second): (u64, Combination, u64),
) -> Result<SelectionSet, AppError> {
    let sets = smart_sets::list_now(state, style).await?;
    let find = |id: u64| {
        sets.iter()
            .find(|s| s.id == id)
            .ok_or_else(|| unknown(style, id))
    };
    let (first, second) = (find(first)?, find(second)?);
    let filenames = how.of(&first.filenames, &second.filenames);
    let name = format!("{} {} {}", first.title(), how.words(), second.title());
    if filenames.is_empty() {
        let told = how.of_nothing(&first.title(), &second.title());
        return Err(AppError::field("filenames", told));
    }
    let draft = SelectionSetDraft {
        filenames: Some(filenames),
        name: Some(name.chars().take(MAX_SET_NAME).collect()),
        filter: None,
    };
    create(state, style, draft).await
}

/// Takes the names out of a set whose images are no longer in the bucket. Returns the set.
pub async fn drop_gone(
    state: &AppState,
    style: &StyleId,
    id: u64,
) -> Result<SelectionSet, AppError> {
    loop {
        // the set before the images: what somebody adds to both meanwhile is never taken for gone
        let set = get(state, style, id)?;
        let pairs = listing::pairs(state, style).await?;
        let there: HashSet<String> = pairs.into_iter().map(|p| p.filename).collect();
        let names = set.filenames.iter();
        let kept: Vec<String> = names.filter(|n| there.contains(*n)).cloned().collect();
        if kept.is_empty() {
            let told = format!(
                "None of the images of {} is left; delete the set instead.",
                set.title()
            );
            return Err(AppError::field("filenames", told));
        }
        let draft = SelectionSetDraft {
            filenames: Some(kept),
            ..SelectionSetDraft::default()
        };
        match update(state, style, id, draft, Some(&set.etag)).await {
            // looked at again as it is now
            Err(error) if error.kind == ErrorKind::Changed => {}
            done => return done,
        }
    }
}

/// Puts an image in the place of another one in every set that names it; of a smart set the filter says what is its own.
/// Returns how many sets changed.
pub async fn put_in_place(
    state: &AppState,
    style: &StyleId,
    gone: &str,
    new: &str,
) -> Result<usize, AppError> {
    let mut changed = 0;
    let names_it =
        |set: &SelectionSet| set.filter.is_none() && set.filenames.iter().any(|n| n == gone);
    // each is read anew until the change is one of what was read
    while let Some(set) = list(state, style)?.into_iter().find(names_it) {
        let names = set.filenames.into_iter();
        let names = names.map(|name| if name == gone { new.to_owned() } else { name });
        let draft = SelectionSetDraft {
            filenames: Some(names.collect()),
            ..SelectionSetDraft::default()
        };
        match update(state, style, set.id, draft, Some(&set.etag)).await {
            Ok(_) => changed += 1,
            Err(error) if matches!(error.kind, ErrorKind::Changed | ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(changed)
}

/// The page that says which set is gone.
pub fn page_without(style: &StyleId, title: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("gone", title);
    format!("/styles/{style}/data?{}", query.finish())
}

pub async fn delete(state: &AppState, style: &StyleId, id: u64) -> Result<(), AppError> {
    let known = styles::server::get(state, style)?;
    get(state, style, id)?;
    ids::write_down(state, &known).await?;
    let path = file_of(state, &known, id)?;
    smart_sets::check_unneeded(&list_of(state, &known)?, id)?;
    let style = style.clone();
    state
        .documents
        .update(path, move |document| {
            let sets = SETS.entries_mut(document)?;
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
