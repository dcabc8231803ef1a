//! The form as the address asks for it: what works without JavaScript is sent there.

use crate::training::model::form::{FAULTS, SPEED, START_FROM, TrainingForm, parameter_field};
use crate::training::model::parameters::{Defaults, PARAMETERS};
use crate::training::model::presets::{UsedPreset, find_preset};
use crate::training::model::preview::TrainSetup;
use leptos_router::params::ParamsMap;

/// The form a page begins with: the setup's, with what the address says on top; and the preset it is to be filled with, if one is.
pub fn initial(setup: &TrainSetup, query: &ParamsMap) -> (TrainingForm, Option<UsedPreset>) {
    // `f.` fields are those of a form that was refused without JavaScript
    let said = |name: &str| query.get(&format!("f.{name}")).or_else(|| query.get(name));
    let mut form = setup.form.clone();
    let set = said("form[selectionSetId]").or_else(|| query.get("set"));
    if let Some(set) = set {
        form.selection_set_id = set;
    }
    if let Some(name) = said("form[name]") {
        form.name = name;
    }
    if let Some(description) = said("form[description]") {
        form.description = description;
    }
    if let Some(start) = said(START_FROM).or_else(|| query.get("start")) {
        form.start_from = start;
    }
    if let Some(speed) = said(SPEED) {
        form.rehearsal.steps_per_second = speed;
    }
    if let Some(faults) = said(FAULTS) {
        form.rehearsal.faults = faults;
    }
    for parameter in PARAMETERS {
        if let Some(typed) = said(&parameter_field(parameter.name)) {
            form.parameters.set(parameter.name, typed);
        }
    }
    if let Some(preset) = said("form[preset]") {
        form.preset = preset;
    }
    let images = setup
        .sets
        .iter()
        .find(|(id, ..)| id.to_string() == form.selection_set_id);
    let defaults = Defaults {
        class_tokens: setup.style.class_tokens.clone(),
        images: images.map_or(0, |(_, _, images)| *images),
    };
    let before = find_preset(&form.preset, &setup.presets);
    // what is a click with JavaScript is a button that sends the form back here without
    let wanted = query.get("use").and_then(|_| query.get("preset"));
    let wanted = wanted.and_then(|id| find_preset(&id, &setup.presets));
    let used = wanted.map(|preset| preset.put_into(&mut form, before.as_ref(), &defaults));
    // and so is a reset
    if let Some(name) = query.get("reset") {
        let before = before.map(|p| p.typed(&name, defaults.images));
        form.parameters.set(&name, before.unwrap_or_default());
    }
    (form, used)
}
