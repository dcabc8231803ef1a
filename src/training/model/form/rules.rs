//! Rules about names, and about several parameters at once: what the trainer would stop on or quietly spoil.
//! Every rule was seen in FluxTrainer 639b3e8 or its truth vectors. What only wastes money is a warning of the plan, not an error here.

use super::super::learning_rate::{Schedule, ScheduleError};
use super::super::loops::{CHECKPOINTS_MAX, checkpoint_count};
use super::super::parameters::PARAMETERS;
use super::{DATASET_PATH, DESCRIPTION_MAX, FieldError, NAME_MAX, TrainingForm, TrainingRequest};
use crate::dataset::model::buckets::{BucketError, Buckets};

/// The dataset description's bytes from which the trainer takes it for too long a file name.
const TOML_LIMIT: usize = 4_096;
/// The description without its values, in bytes.
const TOML_FRAME: usize = 334;

const VERSION_NAME: &str = "The version name";

/// The set's number; 0 beside an error.
pub(super) fn selection_set(form: &TrainingForm, errors: &mut Vec<FieldError>) -> u64 {
    let typed = form.selection_set_id.trim();
    typed.parse().unwrap_or_else(|_| {
        let message = if typed.is_empty() {
            "Choose a selection set.".to_owned()
        } else {
            format!("“{typed}” is not the number of a selection set.")
        };
        errors.push(FieldError::new("selectionSetId", message));
        0
    })
}

pub(super) fn names(form: &TrainingForm, errors: &mut Vec<FieldError>) {
    if let Some(message) = unsafe_name("The style's id", &form.style_id) {
        errors.push(FieldError::new("styleId", message));
    }
    if let Some(message) = unsafe_name(VERSION_NAME, &form.name) {
        errors.push(FieldError::new("name", message));
    }
    let length = form.description.chars().count();
    if length > DESCRIPTION_MAX {
        let message =
            format!("The description has {length} characters: at most {DESCRIPTION_MAX}.");
        errors.push(FieldError::new("description", message));
    }
}

/// What a form without a version name is told.
pub(in crate::training::model) fn missing_name(form: &TrainingForm) -> Option<FieldError> {
    let blank = form.name.trim().is_empty();
    let message = unsafe_name(VERSION_NAME, "").filter(|_| blank)?;
    Some(FieldError::new("name", message))
}

/// Both become part of a file name and an S3 key as they are.
fn unsafe_name(what: &str, name: &str) -> Option<String> {
    let length = name.chars().count();
    if length == 0 {
        return Some(format!(
            "{what} is missing: give 1 to {NAME_MAX} letters, digits, dots, underscores or dashes."
        ));
    }
    if length > NAME_MAX {
        return Some(format!(
            "{what} has {length} characters: at most {NAME_MAX}."
        ));
    }
    let bad = name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"._-".contains(*c))?;
    Some(format!(
        "{what} holds {}, which is not safe in a file name: use letters a-z, digits, dots, underscores and dashes.",
        shown(bad)
    ))
}

pub(super) fn unknown_parameter(name: &str) -> String {
    if name == "seed" {
        return "The trainer's seed is fixed at 42: remove it.".to_owned();
    }
    let lower = name.to_ascii_lowercase();
    match PARAMETERS
        .iter()
        .find(|parameter| parameter.name.eq_ignore_ascii_case(&lower))
    {
        Some(parameter) => format!(
            "There is no parameter “{name}”: it is spelled {}.",
            parameter.name
        ),
        None => format!(
            "There is no parameter “{name}”: remove it, or see the list of parameters for its name."
        ),
    }
}

pub(super) fn combinations(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    captions(request, errors);
    rate(request, errors);
    buckets(request, errors);
    noise(request, errors);
    unresized(request, errors);
    checkpoints(request, errors);
    if request.values.int("blocks_to_swap") > 0
        && request.values.text("gradient_checkpointing") == "enabled_with_cpu_offloading"
    {
        let message = "Swapped blocks and checkpointing with CPU offloading exclude each other: set blocks_to_swap to 0, or gradient_checkpointing to enabled.";
        errors.push(FieldError::new("blocks_to_swap", message));
    }
    if let Some(message) = trigger(request) {
        errors.push(FieldError::new("class_tokens", message));
    }
}

fn captions(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    if !request.caption_settings().cached {
        return;
    }
    let remedy = "set cache_text_encoder_outputs to disabled";
    if request.values.float("caption_dropout_rate") > 0.0 {
        let message = format!(
            "Caption dropout does not work with cached captions: {remedy}, or the dropout to 0."
        );
        errors.push(FieldError::new("caption_dropout_rate", message));
    }
    if request.values.is("shuffle_caption") {
        let message =
            format!("Shuffling does not work with cached captions: {remedy}, or do not shuffle.");
        errors.push(FieldError::new("shuffle_caption", message));
    }
}

fn rate(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    if request.learning_rate() == 0.0 {
        let message = "At a learning rate of 0 the trainer finds nothing to train and stops: enter a number above 0, such as 0.0001.";
        errors.push(FieldError::new("learning_rate", message));
    }
    if let Err(error) = Schedule::new(&request.schedule_settings()) {
        let field = match error {
            ScheduleError::ConstantWithWarmup | ScheduleError::WarmupIsWholeRun => {
                "lr_warmup_steps"
            }
            ScheduleError::RateBelowPolynomialEnd => "learning_rate",
            ScheduleError::Unknown => "lr_scheduler",
        };
        // said once: a rate of 0 is below any end
        if !(field == "learning_rate" && request.learning_rate() == 0.0) {
            errors.push(FieldError::new(field, error.to_string()));
        }
    }
}

fn buckets(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    let settings = request.bucket_settings();
    if settings.enable_bucket && settings.min_bucket_reso > settings.max_bucket_reso {
        let message = format!(
            "min_bucket_reso {} is above max_bucket_reso {}: swap them.",
            settings.min_bucket_reso, settings.max_bucket_reso
        );
        errors.push(FieldError::new("min_bucket_reso", message));
        return;
    }
    let Err(error) = Buckets::new(&settings) else {
        return;
    };
    let field = match error {
        BucketError::MinAboveResolution { .. } => "min_bucket_reso",
        BucketError::MaxBelowResolution { .. } => "max_bucket_reso",
        BucketError::OddLatents { what, .. } => what,
        // these are about images, not settings
        BucketError::Unreadable | BucketError::TooSmall { .. } => return,
    };
    errors.push(FieldError::new(field, error.to_string()));
}

/// From this scale on “mode” weighting asks for noise levels beyond the last: 1 - u - s (cos²(pi u / 2) - 1 + u) reaches 1 for
/// some u between 0 and 1 (flux_train_utils of 639b3e8 indexes its 1,000 timesteps with it).
const MODE_SCALE_END: f64 = 7.235;

/// What of the noise levels ends a run at its first steps: seen by running FluxTrainer 639b3e8 itself.
fn noise(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    let values = &request.values;
    let sampling = values.text("timestep_sampling");
    let by_sigma = sampling == "sigma";
    if values.text("model_prediction_type") == "sigma_scaled" && !by_sigma {
        let message = format!(
            "The trainer has no sigmas to scale by with timestep_sampling {sampling} and stops at the first step: set model_prediction_type to raw, or timestep_sampling to sigma."
        );
        errors.push(FieldError::new("model_prediction_type", message));
    }
    if values.float("discrete_flow_shift") == 0.0 && matches!(sampling, "sigma" | "shift") {
        let message = format!(
            "With timestep_sampling {sampling} a shift of 0 makes every noise level 0, so that nothing is learned or the trainer stops: enter a number above 0, such as 3.1582."
        );
        errors.push(FieldError::new("discrete_flow_shift", message));
    }
    if by_sigma
        && values.text("weighting_scheme") == "mode"
        && values.float("mode_scale") >= MODE_SCALE_END
    {
        let message = format!(
            "From {MODE_SCALE_END} on, the mode weighting asks for noise levels that there are none of, and the trainer stops: enter less, such as 1.29."
        );
        errors.push(FieldError::new("mode_scale", message));
    }
}

/// FluxTrainer resizes an image when it caches its latents or sorts it into a bucket, and at no other time.
fn unresized(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    let values = &request.values;
    if values.text("cache_latents") == "disabled" && !values.is("enable_bucket") {
        let message = "Without buckets and without cached images the trainer resizes none and stops at the first image of another size: set cache_latents to memory or disk, or enable_bucket to true.";
        errors.push(FieldError::new("cache_latents", message));
    }
}

fn checkpoints(request: &TrainingRequest, errors: &mut Vec<FieldError>) {
    let (steps, every) = (request.max_train_steps(), request.save_every_n_steps());
    let count = checkpoint_count(steps, every);
    if count > CHECKPOINTS_MAX {
        let message = format!(
            "Saving every {every} of {steps} steps gives {count} model files: at most {CHECKPOINTS_MAX}. Enter {} or more, or 0 for the last only.",
            steps.div_ceil(CHECKPOINTS_MAX)
        );
        errors.push(FieldError::new("save_every_n_steps", message));
    }
}

/// What the trainer's TOML writer and reader make of the trigger token, and what a line break does to captions.
fn trigger(request: &TrainingRequest) -> Option<String> {
    let token = request.values.text("class_tokens");
    if token.trim().is_empty() {
        return Some(
            "The trigger token is blank: enter a word, or leave the field empty for the default."
                .to_owned(),
        );
    }
    if token.contains("\\x") {
        return Some("“\\x” cannot be passed to the trainer, its dataset description does not survive it: remove the backslash.".to_owned());
    }
    if token == "\"" || token.starts_with("\"\"") {
        return Some(
            "The trainer reads a token beginning like this as empty: remove the double quotes."
                .to_owned(),
        );
    }
    if let Some(bad) = token.chars().find(|&c| spoiled(c)) {
        return Some(format!(
            "The token holds {}, which the trainer would turn into other text: remove it.",
            shown(bad)
        ));
    }
    if token.contains('\n') && !request.caption_settings().cached {
        return Some("With a line break in the token and uncached captions every caption is lost: write it in one line.".to_owned());
    }
    let bytes = description_bytes(request);
    (bytes >= TOML_LIMIT).then(|| {
        format!(
            "The token makes the trainer's dataset description {bytes} bytes long, it fails at {TOML_LIMIT}: shorten it by {} bytes or more.",
            bytes - TOML_LIMIT + 1
        )
    })
}

/// Characters Python writes as `\xNN`, which the trainer's TOML writer garbles.
fn spoiled(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}')
}

/// Bytes of the dataset description the trainer will write.
fn description_bytes(request: &TrainingRequest) -> usize {
    let values = &request.values;
    let numbers = [
        "width",
        "height",
        "batch_size",
        "min_bucket_reso",
        "max_bucket_reso",
        "num_repeats",
    ];
    let flags = [
        "enable_bucket",
        "bucket_no_upscale",
        "shuffle_caption",
        "flip_aug",
    ];
    let dropout = values.float("caption_dropout_rate");
    // Python writes 0 as “0.0”
    let dropout = if dropout.fract() == 0.0 {
        3
    } else {
        dropout.to_string().len()
    };
    TOML_FRAME
        + numbers
            .iter()
            .map(|name| values.int(name).to_string().len())
            .sum::<usize>()
        + flags
            .iter()
            .map(|name| if values.is(name) { 4 } else { 5 })
            .sum::<usize>()
        + dropout
        + DATASET_PATH.len()
        + escaped_len(values.text("class_tokens"))
}

fn escaped_len(text: &str) -> usize {
    let escaped = |c: &char| matches!(c, '"' | '\\' | '\n' | '\r' | '\t');
    text.len() + text.chars().filter(escaped).count()
}

/// A character as a person can recognise it.
fn shown(c: char) -> String {
    match c {
        ' ' => "a space".to_owned(),
        c if c.is_control() || spoiled(c) => {
            format!("the invisible character U+{:04X}", u32::from(c))
        }
        c => format!("“{c}”"),
    }
}
