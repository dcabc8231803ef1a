//! The form's state: what is typed, from the address (a refused form, a link with a set) or from the setup, and which
//! message stands at which field.

use crate::error::AppError;
use crate::training::model::form::TrainingForm;
use crate::training::model::parameters::PARAMETERS;
use crate::training::model::preview::{PreviewView, TrainSetup};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Form field name of a parameter.
pub fn parameter_field(name: &str) -> String {
    format!("form[parameters][{name}]")
}

/// Form fields of the rehearsal.
pub const SPEED: &str = "form[rehearsal][stepsPerSecond]";
pub const FAULTS: &str = "form[rehearsal][faults]";

/// What the server said of the form; `None` before a set is chosen.
pub type Preview = Option<Result<PreviewView, AppError>>;

/// The form as it stands, shared by all parts of the page.
#[derive(Clone, Copy)]
pub struct TypedForm {
    pub form: RwSignal<TrainingForm>,
    pub preview: RwSignal<Preview>,
    /// Why the last start was refused.
    pub refused: Signal<Option<AppError>>,
}

impl TypedForm {
    /// What is typed for a parameter.
    pub fn parameter(self, name: &'static str) -> Signal<String> {
        Signal::derive(move || self.form.with(|f| f.parameters.get(name).to_owned()))
    }

    pub fn set_parameter(self, name: &'static str, typed: String) {
        self.form.update(|f| f.parameters.set(name, typed));
    }

    /// The message at a field: of the refused start, else of the preview.
    pub fn message(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            let refused = self.refused.with(|error| {
                let message = error.as_ref()?.message_for(field)?;
                Some(message.to_owned())
            });
            refused.or_else(|| {
                self.preview.with(|preview| {
                    let preview = preview.as_ref()?.as_ref().ok()?;
                    let about = |f: &Option<String>| f.as_deref() == Some(field);
                    let problem = preview.problems.iter().find(|p| about(&p.field))?;
                    Some(problem.message.clone())
                })
            })
        })
    }
}

/// The form a page begins with: the setup's, with what the address says on top.
pub fn initial(setup: &TrainSetup) -> TrainingForm {
    let query = use_query_map().get_untracked();
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
    form
}
