//! What a Train form is filled from: an earlier version of the style, or a run that was exported elsewhere (`run:…`).

use super::super::model::again::{SetOf, TakenOver, find_set};
use super::super::model::form::TrainingForm;
use super::super::model::parameters::{Parameter, find};
use super::super::model::preview::SnapshotImage;
use super::super::model::version::ParameterValue;
use super::{reproduce, snapshot, versions};
use crate::dataset::model::selection::{SelectionSet, SelectionSetDraft};
use crate::dataset::server::selection_sets;
use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use std::collections::BTreeMap;

/// What stands before the id of an exported run in `?from=`.
const RUN: &str = "run:";

/// A run as far as it can be repeated.
struct Source {
    name: String,
    parameters: BTreeMap<String, ParameterValue>,
    set: Option<u64>,
    /// `None` when not kept.
    filenames: Option<Vec<String>>,
    preset: Option<String>,
}

/// `None` when there is no such version or file.
async fn source(state: &AppState, style: &StyleId, from: &str) -> Result<Option<Source>, AppError> {
    let found = match from.strip_prefix(RUN) {
        Some(id) => of_file(state, id).await,
        None => of_version(state, style, from).await,
    };
    match found {
        Ok(source) => Ok(Some(source)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn of_version(state: &AppState, style: &StyleId, id: &str) -> Result<Source, AppError> {
    let version = versions::get(state, style, id)?;
    let images = snapshot::images(state, style, id).await?;
    let names = |images: Vec<_>| images.into_iter().map(|i: SnapshotImage| i.filename);
    Ok(Source {
        name: version.name,
        parameters: version.parameters,
        set: version.selection_set_id,
        filenames: images.map(|images| names(images).collect()),
        preset: version.preset,
    })
}

async fn of_file(state: &AppState, id: &str) -> Result<Source, AppError> {
    let run = reproduce::get(state, id).await?;
    let images = run.images();
    Ok(Source {
        name: run.name(),
        parameters: run.parameters(),
        // a set of another machine
        set: None,
        filenames: images.map(|images| images.into_iter().map(|i| i.filename).collect()),
        preset: run.preset(),
    })
}

/// Fills the form; says what was taken over and what was not. `None` when there is nothing under that name.
pub async fn fill(
    state: &AppState,
    style: &StyleId,
    from: &str,
    sets: &[SelectionSet],
    form: &mut TrainingForm,
) -> Result<Option<TakenOver>, AppError> {
    if from.is_empty() {
        return Ok(None);
    }
    let Some(source) = source(state, style, from).await? else {
        return Ok(None);
    };
    let mut left_out = Vec::new();
    for (name, value) in &source.parameters {
        let typed = value.to_string();
        let takes = |p: &Parameter| typed.is_empty() || p.read(&typed).is_ok();
        match find(name) {
            // a value of a run of this style stands as it is: the form says what is wrong with it
            Some(parameter) if takes(parameter) || !from.starts_with(RUN) => {
                form.parameters.set(name, typed);
            }
            _ => left_out.push(format!("{name} = {typed}").chars().take(120).collect()),
        }
    }
    let set = find_set(source.set, source.filenames.as_deref(), sets);
    form.selection_set_id = set.id().map(|id| id.to_string()).unwrap_or_default();
    form.preset = source.preset.unwrap_or_default();
    Ok(Some(TakenOver {
        from: from.to_owned(),
        name: source.name,
        set,
        left_out,
    }))
}

/// Saves the images of the run as a selection set, unless one holds exactly them; its id.
pub async fn save_set(state: &AppState, style: &StyleId, from: &str) -> Result<u64, AppError> {
    let none = || AppError::not_found("There is no such version or exported run.");
    let source = source(state, style, from).await?.ok_or_else(none)?;
    let filenames = source.filenames.ok_or_else(|| {
        AppError::conflict(format!(
            "Which images {} was trained on was not kept.",
            source.name
        ))
    })?;
    let sets = selection_sets::list(state, style)?;
    let found = find_set(source.set, Some(&filenames), &sets);
    if let SetOf::Same(id) | SetOf::Other(id) = found {
        return Ok(id);
    }
    let name: String = source
        .name
        .chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect();
    let draft = SelectionSetDraft {
        filenames: Some(filenames),
        name: Some(format!("Images of {name}")),
        filter: None,
    };
    selection_sets::create(state, style, draft)
        .await
        .map(|set| set.id)
}
