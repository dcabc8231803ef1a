//! A person's presets in `STATE_DIR/presets.json`: saved, imported, exported, deleted.

use super::super::model::form::TrainingForm;
use super::super::model::presets::{OWN_MAX, SettingsPreset, built_in};
use super::costs::refused;
use super::settings_file;
use crate::dataset::server::selection_sets;
use crate::error::AppError;
use crate::server::documents::Listed;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use serde_json::{Value, json};
use std::path::Path;

const FILE: &str = "presets.json";
const PRESETS: Listed = Listed {
    file: FILE,
    key: "presets",
    of: "presets",
};

/// One's own, in the order they were saved. A preset that cannot be read is passed over, and kept in the file.
pub fn own(state: &AppState) -> Result<Vec<SettingsPreset>, AppError> {
    let document = state.kept.read(Path::new(FILE))?;
    let list = document.as_deref().map_or(&Value::Null, |d| &d["presets"]);
    let known = list.as_array().into_iter().flatten().filter_map(|preset| {
        let preset: SettingsPreset = serde_json::from_value(preset.clone()).ok()?;
        Some(SettingsPreset {
            own: true,
            ..preset
        })
    });
    Ok(known.collect())
}

/// One's own and those that come with the studio.
pub fn all(state: &AppState) -> Result<Vec<SettingsPreset>, AppError> {
    let mut all = own(state)?;
    all.extend(built_in());
    Ok(all)
}

pub fn get(state: &AppState, id: &str) -> Result<SettingsPreset, AppError> {
    let found = all(state)?.into_iter().find(|preset| preset.id == id);
    found.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> AppError {
    let id: String = id.chars().take(80).collect();
    AppError::not_found(format!("There is no preset {id:?}."))
}

/// Saves the form's parameters under a name.
pub async fn save_form(
    state: &AppState,
    form: &TrainingForm,
    name: &str,
) -> Result<SettingsPreset, AppError> {
    let images = match (
        StyleId::parse(&form.style_id),
        form.selection_set_id.parse::<u64>(),
    ) {
        (Ok(style), Ok(set)) => {
            selection_sets::get(state, &style, set).map_or(0, |set| set.filenames.len())
        }
        _ => 0,
    };
    save(
        state,
        SettingsPreset::of(name, form, images),
        Taken::NextVersion,
    )
    .await
}

/// Imports a settings file: one of this studio, of kohya (TOML or JSON) or of ai-toolkit (YAML). `file_name`: where it was read from
/// a file. No preset that is there is written over.
pub async fn import(
    state: &AppState,
    name: &str,
    file_name: &str,
    text: &str,
) -> Result<SettingsPreset, AppError> {
    let mut preset = settings_file::read(text, file_name)?;
    if !name.trim().is_empty() {
        preset.name = name.trim().to_owned();
        preset.id = super::super::model::presets::slug(name);
    }
    save(state, preset, Taken::Beside).await
}

/// What becomes of a preset whose name is taken.
#[derive(Clone, Copy, PartialEq)]
enum Taken {
    /// It is the next version of the one that has it.
    NextVersion,
    /// It gets a name beside it.
    Beside,
}

/// Saves a preset. The studio's own ids stay the studio's.
async fn save(
    state: &AppState,
    preset: SettingsPreset,
    taken: Taken,
) -> Result<SettingsPreset, AppError> {
    let mut preset = preset.checked().map_err(refused)?;
    if built_in().iter().any(|known| known.id == preset.id) {
        preset.id = format!("my-{}", preset.id);
    }
    preset.own = true;
    state
        .kept
        .update(FILE.into(), move |document| {
            let presets = PRESETS.entries_mut(document)?;
            let mut preset = preset.clone();
            if taken == Taken::Beside {
                let is_taken = |id: &str| presets.iter().any(|p| p["id"].as_str() == Some(id));
                preset = preset.beside(is_taken);
            }
            let before = presets
                .iter()
                .position(|p| p["id"].as_str() == Some(&preset.id));
            let earlier = before.and_then(|at| presets[at]["version"].as_u64());
            preset.version = earlier.map_or(1, |v| u32::try_from(v).unwrap_or(0).saturating_add(1));
            match before {
                Some(at) => presets[at] = json!(preset),
                None if presets.len() >= OWN_MAX => {
                    let message = format!("There are {OWN_MAX} presets already: delete one first.");
                    return Err(AppError::field("preset_name", message));
                }
                None => presets.push(json!(preset)),
            }
            Ok(preset)
        })
        .await
}

pub async fn delete(state: &AppState, id: &str) -> Result<(), AppError> {
    if built_in().iter().any(|known| known.id == id) {
        return Err(AppError::conflict(
            "The presets that come with the studio cannot be deleted.",
        ));
    }
    let id = id.to_owned();
    state
        .kept
        .update(FILE.into(), move |document| {
            let presets = PRESETS.entries_mut(document)?;
            let before = presets.len();
            presets.retain(|p| p["id"].as_str() != Some(&id));
            if presets.len() == before {
                Err(unknown(&id))
            } else {
                Ok(())
            }
        })
        .await
}
