//! What a run will do and cost, before it is paid for: the plan of the preview, and warnings about what only wastes money.
//!
//! Exact where the trainer is: steps, batches, buckets, rates. Estimates are marked so: seconds, dollars, file size.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::costs::{CostFacts, estimate};
use super::form::{FieldError, TrainingRequest};
use super::learning_rate::{Schedule, is_schedule_free};
use super::limits::Limits;
use super::loops::{CHECKPOINTS_MAX, checkpoint_count, checkpoints, passes, segments};
use super::model_file::expected_bytes;
use crate::dataset::model::buckets::{Buckets, Size, batches_per_epoch, count};

mod idle;
mod sizes;

/// Points of the learning-rate curve before it is thinned.
pub const CURVE_POINTS: u32 = 2_000;
/// Views per image outside of which a style is rarely trained on purpose.
pub const USUAL_VIEWS: RangeInclusive<f64> = 40.0..=200.0;

/// What a run will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    pub steps: u32,
    /// Batches in one pass over the dataset; 0 when no image can be trained.
    pub batches_per_epoch: u32,
    pub epochs: u32,
    /// How often each image is trained, on average.
    pub views_per_image: f64,
    pub buckets: Vec<BucketCount>,
    /// Rate that steps 1, 2, … use; thinned evenly past 2,000, first and last kept.
    pub learning_rate: Vec<f64>,
    /// Steps after which a model file is saved; the last is the end.
    pub checkpoints: Vec<u32>,
    /// Expected size of the model file. Estimate to about 0.1 %.
    pub model_bytes: u64,
    /// Time on the worker, without the queue. Estimate.
    pub seconds: u64,
    /// What the time rests on.
    pub seconds_basis: String,
    /// Estimate; `null` when no price is known.
    pub cost_usd: Option<f64>,
    /// Sent with the job.
    pub limits: Limits,
}

/// How many images are trained at a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct BucketCount {
    pub width: u32,
    pub height: u32,
    pub images: u32,
}

/// A problem or a warning of the preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Remark {
    /// The form's field it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// Stable word.
    pub code: String,
    pub message: String,
}

impl Remark {
    pub fn new(field: Option<&str>, code: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.map(str::to_owned),
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

impl From<FieldError> for Remark {
    /// A field's error as a problem of the preview.
    fn from(error: FieldError) -> Self {
        Self::new(Some(&error.field), "invalid", error.message)
    }
}

impl Plan {
    /// Plan of a request over the images the trainer will read, by their sizes. Sizes it cannot train are left out:
    /// the caption rows name them.
    pub fn new(request: &TrainingRequest, images: &[Size], costs: &CostFacts) -> Self {
        let steps = request.max_train_steps();
        let batch_size = request.values.count("batch_size");
        let num_repeats = request.values.count("num_repeats");
        let counts = bucket_counts(request, images);
        let batches = batches_per_epoch(&counts, num_repeats, batch_size);
        let estimate = estimate(request, &costs.history);
        Self {
            steps,
            batches_per_epoch: batches,
            epochs: if batches == 0 {
                0
            } else {
                steps.div_ceil(batches)
            },
            views_per_image: if batches == 0 {
                0.0
            } else {
                f64::from(steps) / f64::from(batches) * f64::from(num_repeats)
            },
            buckets: counts
                .into_iter()
                .map(|(Size { width, height }, images)| BucketCount {
                    width,
                    height,
                    images,
                })
                .collect(),
            learning_rate: curve(request),
            checkpoints: planned_checkpoints(request),
            model_bytes: expected_bytes(
                request.values.count("network_dim"),
                request.values.text("save_dtype"),
            ),
            seconds: estimate.seconds.ceil() as u64,
            seconds_basis: estimate.basis.words(),
            cost_usd: costs.cost(estimate.seconds),
            limits: Limits::of(request, estimate.seconds),
        }
    }
}

fn bucket_counts(request: &TrainingRequest, images: &[Size]) -> BTreeMap<Size, u32> {
    let Ok(buckets) = Buckets::new(&request.bucket_settings()) else {
        return BTreeMap::new();
    };
    let placed = images.iter().filter_map(|&image| buckets.place(image).ok());
    count(placed.map(|placed| placed.bucket))
}

/// Empty for a schedule the trainer stops on: the field's error says so.
fn curve(request: &TrainingRequest) -> Vec<f64> {
    match Schedule::new(&request.schedule_settings()) {
        Ok(schedule) => schedule.curve(request.max_train_steps(), CURVE_POINTS),
        Err(_) => Vec::new(),
    }
}

/// None for a form with too many of them: the field's error says so.
fn planned_checkpoints(request: &TrainingRequest) -> Vec<u32> {
    let (steps, every) = (request.max_train_steps(), request.save_every_n_steps());
    if checkpoint_count(steps, every) > CHECKPOINTS_MAX {
        return Vec::new();
    }
    checkpoints(steps, every)
}

/// What will run, but likely not as meant. Never changes a value.
pub fn warnings(request: &TrainingRequest, plan: &Plan) -> Vec<Remark> {
    let mut warnings = Vec::new();
    rate_warnings(request, &mut warnings);
    pass_warnings(request, plan, &mut warnings);
    sizes::warnings(request, plan, &mut warnings);
    idle::warnings(request, &mut warnings);
    let token = request.values.text("class_tokens");
    if token.trim() != token {
        let text = "The trigger token begins or ends with a space, which is trained as it stands.";
        warnings.push(Remark::new(Some("class_tokens"), "padded", text));
    }
    if token.contains('\n') {
        let text = "The trigger token has several lines; all of them stand before every caption.";
        warnings.push(Remark::new(Some("class_tokens"), "multiline", text));
    }
    if plan.batches_per_epoch > 0 && !USUAL_VIEWS.contains(&plan.views_per_image) {
        let text = format!(
            "Each image is seen {:.0} times; styles usually take {:.0} to {:.0}.",
            plan.views_per_image,
            USUAL_VIEWS.start(),
            USUAL_VIEWS.end()
        );
        warnings.push(Remark::new(Some("max_train_steps"), "views", text));
    }
    if request.values.text("gradient_dtype") == "fp16" {
        let text = "A worker that is still warm from a run in bf16 or fp32 cannot change to fp16 and stops at once, and the other way round: let the workers go to sleep between such runs.";
        warnings.push(Remark::new(Some("gradient_dtype"), "precision", text));
    }
    if request.values.int("network_dim") > 128 {
        let text = format!(
            "The model file will have {} MB: ranks above 128 rarely learn more.",
            plan.model_bytes / 1_000_000
        );
        warnings.push(Remark::new(Some("network_dim"), "large_model", text));
    }
    warnings
}

fn rate_warnings(request: &TrainingRequest, warnings: &mut Vec<Remark>) {
    let settings = request.schedule_settings();
    let free = is_schedule_free(settings.optimizer_type);
    if free && (settings.lr_scheduler != "constant" || settings.lr_warmup_steps > 0) {
        let text = format!(
            "{} ignores the schedule and the warm-up: the rate stays as it is.",
            settings.optimizer_type
        );
        warnings.push(Remark::new(Some("lr_scheduler"), "ignored", text));
    }
    if !free
        && settings.lr_warmup_steps >= settings.max_train_steps
        && settings.lr_scheduler != "constant"
    {
        let text = format!(
            "A warm-up of {} steps does not end within {} steps: the full rate is never reached.",
            settings.lr_warmup_steps, settings.max_train_steps
        );
        warnings.push(Remark::new(Some("lr_warmup_steps"), "never_warm", text));
    }
    let prodigy = settings
        .optimizer_type
        .to_ascii_lowercase()
        .starts_with("prodigy");
    if prodigy && settings.learning_rate < 0.1 {
        let text = "Prodigy finds its own rate and multiplies it by this one: it wants 1.";
        warnings.push(Remark::new(Some("learning_rate"), "prodigy_rate", text));
    } else if !prodigy && settings.learning_rate > 0.001 {
        let text = format!(
            "A learning rate of {} usually destroys the model: 0.0001 to 0.0004 is common.",
            settings.learning_rate
        );
        warnings.push(Remark::new(Some("learning_rate"), "high_rate", text));
    }
}

/// Every loop starts a new shuffled pass and drops the rest of the last.
fn pass_warnings(request: &TrainingRequest, plan: &Plan, warnings: &mut Vec<Remark>) {
    if plan.checkpoints.len() < 2 || plan.batches_per_epoch == 0 {
        return;
    }
    let loops: Vec<u32> = segments(plan.steps, request.save_every_n_steps())
        .into_iter()
        .flatten()
        .collect();
    let passes = passes(&loops, plan.steps, plan.batches_per_epoch);
    // the last pass may end early in any run
    let cut = passes[..passes.len() - 1]
        .iter()
        .filter(|pass| pass.steps < plan.batches_per_epoch)
        .count();
    if cut > 0 {
        let every = request.save_every_n_steps();
        let batches = plan.batches_per_epoch;
        let near = every.saturating_add(batches / 2) / batches * batches;
        let text = format!(
            "Every checkpoint starts a new shuffled pass: {cut} of {} passes are cut short and some images are seen less. A multiple of {batches}, such as {}, cuts none.",
            passes.len(),
            near.max(batches)
        );
        warnings.push(Remark::new(Some("save_every_n_steps"), "cut_passes", text));
    }
}

#[cfg(test)]
mod tests;
