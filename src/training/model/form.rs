//! The training form as typed, and the request it becomes: parsed once, every problem at once, by field.
//!
//! Nobody checks a [`TrainingRequest`] again. Rules about one parameter are its table entry's; rules about several are in `form/rules`.
//! Does not know whether the style, the set or the images exist.

use serde::{Deserialize, Serialize};

use super::captions::CaptionSettings;
use super::learning_rate::Settings;
use super::parameters::{Defaults, PARAMETERS, Values, find};
use super::rehearsal::{RehearsalForm, RehearsalRun};
use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::model::buckets::{BucketSettings, Size};

mod fields;
mod rules;
pub(in crate::training::model) mod typed;

pub use fields::{FAULTS, SPEED, START_FROM, parameter_field};
pub(in crate::training::model) use rules::missing_name;
pub use typed::Typed;

/// Longest version name, in characters.
pub const NAME_MAX: usize = 64;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;
/// Where the container lays the dataset.
pub const DATASET_PATH: &str = "/training_data";
/// Extension of caption files.
pub const CAPTION_EXTENSION: &str = ".txt";

/// The form, all text as typed; an empty or absent field means the default. Reads the REST body too, where numbers and booleans of
/// `parameters` may be JSON's own. In an HTML form the fields are `styleId`, …, `parameters[network_dim]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct TrainingForm {
    #[serde(deserialize_with = "typed::text")]
    pub style_id: String,
    #[serde(deserialize_with = "typed::text")]
    pub selection_set_id: String,
    #[serde(deserialize_with = "typed::text")]
    pub name: String,
    #[serde(deserialize_with = "typed::text")]
    pub description: String,
    /// By the node inputs' own names.
    pub parameters: Typed,
    /// Only while rehearsing.
    pub rehearsal: RehearsalForm,
    /// Label of the preset it began from, `small@1`; only kept with the run.
    pub preset: String,
    /// Id of the version whose model it goes on from; empty: from nothing.
    pub start_from: String,
}

/// One thing wrong, by field: `name`, `selectionSetId`, … or a parameter's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

impl FieldError {
    pub fn new(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

/// A run that may be started: every value within its bounds, no combination the trainer would stop on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingRequest {
    pub style_id: String,
    pub selection_set_id: u64,
    /// Version name: safe in a file name and an S3 key.
    pub name: String,
    pub description: String,
    /// Serialises as `{network_dim: 16, …}`, every parameter, as typed or its default.
    #[serde(rename = "parameters")]
    pub values: Values,
    /// What the rehearsal trainer shall do with this run; nothing unless asked.
    #[serde(skip_serializing_if = "RehearsalRun::asks_for_nothing")]
    pub rehearsal: RehearsalRun,
    /// Id of the version whose model it goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_from: Option<String>,
}

impl TrainingRequest {
    /// Reads the form with what `defaults` says of the style and the dataset.
    ///
    /// # Errors
    /// Every problem, in the form's order.
    pub fn parse(form: &TrainingForm, defaults: &Defaults) -> Result<Self, Vec<FieldError>> {
        let (request, errors) = Self::read(form, defaults);
        if errors.is_empty() {
            Ok(request)
        } else {
            Err(errors)
        }
    }

    /// As [`parse`](Self::parse), but a form with problems still gives something to preview: fields that cannot be read stand at
    /// their default, combinations the trainer would stop on stand as typed. Only to be shown, never started.
    pub fn read(form: &TrainingForm, defaults: &Defaults) -> (Self, Vec<FieldError>) {
        let mut errors = Vec::new();
        let selection_set_id = rules::selection_set(form, &mut errors);
        rules::names(form, &mut errors);
        let mut values = Values::defaults(defaults);
        for (at, parameter) in PARAMETERS.iter().enumerate() {
            let typed = form.parameters.get(parameter.name);
            if typed.is_empty() {
                continue;
            }
            match parameter.read(typed) {
                Ok(value) => values.set(at, value),
                Err(message) => errors.push(FieldError::new(parameter.name, message)),
            }
        }
        for (name, kind) in form.parameters.not_values() {
            let message =
                format!("{name} came as {kind}: send one value, as text, a number, true or false.");
            errors.push(FieldError::new(name, message));
        }
        for (name, _) in form
            .parameters
            .iter()
            .filter(|(name, _)| find(name).is_none())
        {
            errors.push(FieldError::new(name, rules::unknown_parameter(name)));
        }
        let rehearsal = RehearsalRun::read(&form.rehearsal, &mut errors);
        let request = Self {
            style_id: form.style_id.clone(),
            selection_set_id,
            name: form.name.clone(),
            description: form.description.clone(),
            values,
            rehearsal,
            start_from: Some(form.start_from.trim().to_owned()).filter(|id| !id.is_empty()),
        };
        rules::combinations(&request, &mut errors);
        (request, errors)
    }

    /// `style_{styleId}_{version name}`: the model's name, unique per style, and `output_name` of the trainer.
    pub fn model_name(&self) -> String {
        format!("style_{}_{}", self.style_id, self.name)
    }

    /// 1 to 100,000.
    pub fn max_train_steps(&self) -> u32 {
        self.values.count("max_train_steps")
    }

    pub fn learning_rate(&self) -> f64 {
        self.values.float("learning_rate")
    }

    /// 0: at the end only.
    pub fn save_every_n_steps(&self) -> u32 {
        self.values.count("save_every_n_steps")
    }

    /// What decides the captions as trained.
    pub fn caption_settings(&self) -> CaptionSettings<'_> {
        CaptionSettings {
            class_tokens: self.values.text("class_tokens"),
            caption_extension: CAPTION_EXTENSION,
            cached: self.values.text("cache_text_encoder_outputs") != "disabled",
            shuffle_caption: self.values.is("shuffle_caption"),
        }
    }

    /// What decides the buckets.
    pub fn bucket_settings(&self) -> BucketSettings {
        BucketSettings {
            resolution: Size::new(self.values.count("width"), self.values.count("height")),
            enable_bucket: self.values.is("enable_bucket"),
            bucket_no_upscale: self.values.is("bucket_no_upscale"),
            min_bucket_reso: self.values.count("min_bucket_reso"),
            max_bucket_reso: self.values.count("max_bucket_reso"),
        }
    }

    /// The same with the batch, as the data page shows it.
    pub fn bucket_choice(&self) -> BucketChoice {
        let settings = self.bucket_settings();
        BucketChoice {
            width: settings.resolution.width,
            height: settings.resolution.height,
            enable_bucket: settings.enable_bucket,
            bucket_no_upscale: settings.bucket_no_upscale,
            min_bucket_reso: settings.min_bucket_reso,
            max_bucket_reso: settings.max_bucket_reso,
            batch_size: self.values.count("batch_size"),
        }
    }

    /// What decides the learning rate of each step.
    pub fn schedule_settings(&self) -> Settings<'_> {
        Settings {
            optimizer_type: self.values.text("optimizer_type"),
            lr_scheduler: self.values.text("lr_scheduler"),
            learning_rate: self.learning_rate(),
            lr_warmup_steps: self.values.count("lr_warmup_steps"),
            lr_scheduler_num_cycles: self.values.count("lr_scheduler_num_cycles"),
            lr_scheduler_power: self.values.float("lr_scheduler_power"),
            max_train_steps: self.max_train_steps(),
        }
    }
}

impl TrainingForm {
    /// The form that would give this request again: every value written out.
    pub fn of(request: &TrainingRequest) -> Self {
        let mut parameters = Typed::default();
        for (parameter, value) in request.values.iter() {
            parameters.set(parameter.name, value.typed());
        }
        Self {
            style_id: request.style_id.clone(),
            selection_set_id: request.selection_set_id.to_string(),
            name: request.name.clone(),
            description: request.description.clone(),
            parameters,
            // a repeated run is a plain one
            rehearsal: RehearsalForm::default(),
            preset: String::new(),
            start_from: request.start_from.clone().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
