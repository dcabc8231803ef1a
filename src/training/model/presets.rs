//! Named sets of parameters: the studio's own by number of images, those of well-known trainers for comparison, and a
//! person's. Each has a version, so that a run can say which one it began from.
//!
//! A preset is taken over by a click and fills the form; nothing is applied by itself.

use super::form::TrainingForm;
use super::parameters::{Group, PARAMETERS, Parameter, find, recommended_steps};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod built_in;
pub mod import;
mod used;

pub use built_in::{built_in, peers};
pub use used::UsedPreset;

/// Longest name, in characters.
pub const NAME_MAX: usize = 60;
/// Most presets of one's own.
pub const OWN_MAX: usize = 200;

/// How many steps a preset asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepRule {
    pub per_image: u32,
    pub min: u32,
    pub max: u32,
}

impl StepRule {
    pub fn steps(self, images: usize) -> u32 {
        let images = u32::try_from(images).unwrap_or(u32::MAX);
        images
            .saturating_mul(self.per_image)
            .clamp(self.min, self.max)
    }
}

/// A setting of another trainer that has no place here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct LeftOut {
    pub name: String,
    pub value: String,
    pub why: String,
}

/// A named set of parameters. What it does not name stands at the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct SettingsPreset {
    /// Lower-case letters, digits and dashes.
    pub id: String,
    /// Counts up when the preset is saved again.
    pub version: u32,
    pub name: String,
    /// Where the values come from.
    pub source: String,
    pub note: String,
    /// Absent: the steps are among the values, or the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<StepRule>,
    /// Values as typed, by parameter.
    pub values: BTreeMap<String, String>,
    /// What an import could not take over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Whether a person saved it.
    pub own: bool,
}

/// Belongs to the style or the worker, so a preset leaves it alone.
fn is_kept(parameter: &Parameter) -> bool {
    matches!(
        parameter.name,
        "class_tokens" | "sample_prompts" | "transformer" | "vae" | "clip_l" | "t5"
    )
}

impl SettingsPreset {
    /// `small@1`: what a run keeps of it.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// What the preset would have typed into a field; empty where it leaves the default.
    pub fn typed(&self, name: &str, images: usize) -> String {
        let rule = self.steps.filter(|_| name == "max_train_steps");
        match rule {
            Some(rule) => rule.steps(images).to_string(),
            None => self.values.get(name).cloned().unwrap_or_default(),
        }
    }

    /// Fills the form, except for what belongs to the style or the worker.
    pub fn apply(&self, form: &mut TrainingForm, images: usize) {
        for parameter in PARAMETERS.iter().filter(|p| !is_kept(p)) {
            form.parameters
                .set(parameter.name, self.typed(parameter.name, images));
        }
        form.preset = self.label();
    }

    /// A preset of the form's parameters; fields at their default are left out. Steps that follow the recommendation go on
    /// following it.
    pub fn of(name: &str, form: &TrainingForm, images: usize) -> Self {
        let typed = |p: &&Parameter| !is_kept(p) && !form.parameters.get(p.name).is_empty();
        let recommended = recommended_steps(images).to_string();
        let values = PARAMETERS.iter().filter(typed).filter_map(|parameter| {
            let typed = form.parameters.get(parameter.name);
            let follows = parameter.name == "max_train_steps" && typed == recommended;
            let is_default = parameter
                .read(typed)
                .is_ok_and(|v| v.typed() == parameter.default_text());
            (!follows && !is_default).then(|| (parameter.name.to_owned(), typed.to_owned()))
        });
        Self {
            id: slug(name),
            version: 1,
            name: name.trim().to_owned(),
            source: "Saved here".to_owned(),
            values: values.collect(),
            own: true,
            ..Self::default()
        }
    }

    /// Whether everything in it can stand in the form.
    ///
    /// # Errors
    /// A sentence for each value that cannot, by field.
    pub fn checked(self) -> Result<Self, Vec<super::form::FieldError>> {
        let mut errors = Vec::new();
        let length = self.name.chars().count();
        if length == 0 || length > NAME_MAX || self.id.is_empty() {
            let message = format!(
                "A preset's name has 1 to {NAME_MAX} characters, a letter or digit among them."
            );
            errors.push(super::form::FieldError::new("preset_name", message));
        }
        for (name, typed) in &self.values {
            let refusal = match find(name) {
                None => Some(format!("There is no parameter “{name}”.")),
                Some(parameter) => parameter.read(typed).err(),
            };
            errors.extend(refusal.map(|message| super::form::FieldError::new(name, message)));
        }
        if errors.is_empty() {
            Ok(self)
        } else {
            Err(errors)
        }
    }

    /// The same under a name that no other has: `Kohya`, `Kohya-2`, `Kohya-3`.
    pub fn beside(mut self, is_taken: impl Fn(&str) -> bool) -> Self {
        let (name, id) = (self.name.clone(), self.id.clone());
        let mut number = 1_u32;
        while is_taken(&self.id) {
            number += 1;
            let end = format!("-{number}");
            let numbered = |text: &str| -> String {
                let kept = text.chars().take(NAME_MAX - end.len());
                kept.chain(end.chars()).collect()
            };
            (self.name, self.id) = (numbered(&name), numbered(&id));
        }
        self
    }

    /// The values that differ from the default, core ones first: `rank 32 · lr 3e-4`.
    pub fn words(&self) -> String {
        let named = PARAMETERS.iter().filter_map(|p| {
            let value = self.values.get(p.name)?;
            let word = match p.name {
                "network_dim" => "rank",
                "network_alpha" => "alpha",
                "learning_rate" => "lr",
                "max_train_steps" => "steps",
                "batch_size" => "batch",
                _ if p.group == Group::Expert => return None,
                name => name,
            };
            Some(format!("{word} {value}"))
        });
        let steps = self.steps.map(|rule| {
            format!(
                "{} steps an image, {} to {}",
                rule.per_image, rule.min, rule.max
            )
        });
        let all: Vec<String> = steps.into_iter().chain(named).collect();
        all.join(" · ")
    }
}

/// `Fine lines (2)` -> `fine-lines-2`.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').chars().take(NAME_MAX).collect()
}

/// The preset a label names, among the built-in ones and one's own. Another version of it counts too.
pub fn find_preset(label: &str, own: &[SettingsPreset]) -> Option<SettingsPreset> {
    let id = label.split('@').next()?;
    let known = own.iter().cloned().chain(built_in());
    known
        .into_iter()
        .find(|preset| !id.is_empty() && preset.id == id)
}

/// Whether a text can be a preset's label: it is kept with the run.
pub fn is_label(text: &str) -> bool {
    text.len() <= 80
        && text.split_once('@').is_some_and(|(id, version)| {
            !id.is_empty()
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && version.parse::<u32>().is_ok()
        })
}

#[cfg(test)]
mod tests;
