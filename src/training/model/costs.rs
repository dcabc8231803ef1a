//! What a run takes and costs: how fast one's own runs were, what a GPU costs an hour, and the caps a person set.
//!
//! Every figure here is an estimate and says what it rests on. Prices are the person's to keep; the table that stands there
//! at first is RunPod's of the day it names.

use super::form::{FieldError, TrainingRequest};
use super::plan::Remark;
use crate::dataset::model::buckets::Size;
use serde::{Deserialize, Serialize};

mod form;

pub use form::{CostForm, PriceRow};

/// Loading the models and encoding the dataset. Estimate.
const SECONDS_TO_START: f64 = 120.0;
/// Highest price and cap that is taken.
pub const USD_MAX: f64 = 1_000_000.0;
/// Code of the remark that the month's cap would be passed.
pub const OVER_MONTH_CAP: &str = "over_month_cap";
/// Code of the remark that the cap of one run would be passed.
const OVER_RUN_CAP: &str = "over_run_cap";
/// Code of the remark that a cap can be held to no price.
const NO_PRICE: &str = "no_price";
/// Most rows of the price table.
pub const PRICES_MAX: usize = 40;
/// The day the first price table was read.
pub const PRICES_OF: &str = "2026-06-08";

/// What an hour of a GPU costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Price {
    #[cfg_attr(feature = "ssr", schema(min_length = 1))]
    pub gpu: String,
    pub usd_per_hour: f64,
}

/// The price table, the GPU the endpoint has, and the caps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CostSettings {
    pub prices: Vec<Price>,
    /// Name of one of the prices; empty when the GPU is not known.
    pub gpu: String,
    /// Most that one run may cost by its estimate.
    pub run_cap_usd: Option<f64>,
    /// Most that the runs of a calendar month (UTC) may cost together.
    pub month_cap_usd: Option<f64>,
}

impl Default for CostSettings {
    /// RunPod's flex prices.
    fn default() -> Self {
        let prices = [
            ("L4, A5000, 3090 (24 GB)", 0.68),
            ("4090 (24 GB)", 1.12),
            ("A6000, A40 (48 GB)", 1.22),
            ("L40, L40S, 6000 Ada (48 GB)", 1.91),
            ("A100 (80 GB)", 2.74),
            ("H100 (80 GB)", 4.18),
            ("H200 (141 GB)", 5.58),
        ];
        Self {
            prices: prices
                .map(|(gpu, usd_per_hour)| Price {
                    gpu: gpu.to_owned(),
                    usd_per_hour,
                })
                .into(),
            gpu: "4090 (24 GB)".to_owned(),
            run_cap_usd: None,
            month_cap_usd: None,
        }
    }
}

impl CostSettings {
    /// The price of the endpoint's GPU.
    pub fn chosen(&self) -> Option<&Price> {
        self.prices.iter().find(|price| price.gpu == self.gpu)
    }
}

/// A run that ended with a model: what it was and how long the worker took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    pub batch_size: u32,
    pub size: Size,
    pub steps: u32,
    pub seconds: f64,
}

/// What money is known of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CostFacts {
    pub settings: CostSettings,
    /// Finished runs of this studio on real GPUs.
    pub history: Vec<Timing>,
    /// Cost of the runs that were started this month.
    pub month_usd: f64,
    /// `November 2026`.
    pub month: String,
    /// Nothing is paid, so no cap stops anything.
    pub rehearsed: bool,
}

/// Whether a remark is about money, which no field of the form is.
pub fn is_of_cost(remark: &Remark) -> bool {
    [OVER_RUN_CAP, OVER_MONTH_CAP, NO_PRICE].contains(&remark.code.as_str())
}

/// What an estimate rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Nothing was run yet.
    Stated,
    /// That many runs of the same batch size and resolution.
    Alike(usize),
    /// That many runs of other settings, scaled.
    Scaled(usize),
}

impl Basis {
    /// The sentence under the figure.
    pub fn words(self) -> String {
        let runs = |n: usize| {
            if n == 1 {
                "1 run".to_owned()
            } else {
                format!("{n} runs")
            }
        };
        match self {
            Self::Stated => "Stated, not measured: 0.9 s a step at batch 2 and 512 px on a 4090, 2 minutes to begin.".into(),
            Self::Alike(n) => format!("Measured: {} of yours with this batch size and resolution.", runs(n)),
            Self::Scaled(n) => format!("Scaled from {} of yours with other settings.", runs(n)),
        }
    }
}

/// How long a run will take on the worker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub seconds: f64,
    pub basis: Basis,
}

/// Time by the stated speed: 0.9 s a step at batch 2 and 512 × 512, 0.6 s at batch 1;
/// a picture costs by its tokens (one for 16 × 16 px, and 512 for the caption).
fn stated(batch_size: u32, size: Size, steps: u32) -> f64 {
    let tokens = |area: f64| area / 256.0 + 512.0;
    let larger = tokens(f64::from(size.width) * f64::from(size.height)) / tokens(512.0 * 512.0);
    let step = 0.3 + 0.3 * f64::from(batch_size) * larger;
    SECONDS_TO_START + f64::from(steps) * step
}

/// Time by the stated speed, whatever was measured.
pub fn stated_seconds(request: &TrainingRequest) -> f64 {
    stated(
        request.values.count("batch_size"),
        request.bucket_settings().resolution,
        request.max_train_steps(),
    )
}

/// How long a request will take: the stated time, corrected by the median of how far earlier runs were off.
pub fn estimate(request: &TrainingRequest, history: &[Timing]) -> Estimate {
    let (batch_size, size) = (
        request.values.count("batch_size"),
        request.bucket_settings().resolution,
    );
    let alike = |t: &&Timing| t.batch_size == batch_size && t.size == size;
    let off = |t: &Timing| t.seconds / stated(t.batch_size, t.size, t.steps);
    let near: Vec<f64> = history.iter().filter(alike).map(off).collect();
    let all: Vec<f64> = history.iter().map(off).collect();
    let (factor, basis) = match (median(near.clone()), median(all.clone())) {
        (Some(factor), _) => (factor, Basis::Alike(near.len())),
        (None, Some(factor)) => (factor, Basis::Scaled(all.len())),
        (None, None) => (1.0, Basis::Stated),
    };
    Estimate {
        seconds: stated_seconds(request) * factor,
        basis,
    }
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len().checked_sub(1)? / 2;
    let upper = numbers[numbers.len() / 2];
    Some((numbers[middle] + upper) / 2.0)
}

/// Whole cents, upwards.
pub fn cents(usd: f64) -> f64 {
    // what lies a rounding error above a cent is that cent
    ((usd * 100.0 - 1e-6).ceil() / 100.0).max(0.0)
}

impl CostFacts {
    /// What `seconds` on the endpoint's GPU cost; `None` when no price is chosen.
    pub fn cost(&self, seconds: f64) -> Option<f64> {
        let price = self.settings.chosen()?;
        Some(cents(price.usd_per_hour * seconds / 3_600.0))
    }

    /// Caps that a run of that cost would pass.
    pub fn over_caps(&self, each_usd: Option<f64>) -> Vec<Remark> {
        let Some(cost) = each_usd else {
            return self.unpriced().into_iter().collect();
        };
        let mut over = Vec::new();
        if let Some(cap) = self.settings.run_cap_usd.filter(|cap| cost > *cap) {
            let text = format!(
                "This run would cost about ${cost:.2}, and a run may cost ${cap:.2}: train fewer steps, or raise the cap under Costs."
            );
            over.push(Remark::new(None, OVER_RUN_CAP, text));
        }
        over.extend(self.over_month_cap(cost, "this run"));
        over
    }

    /// A cap that nothing can be held to, since no price is chosen.
    fn unpriced(&self) -> Option<Remark> {
        let settings = &self.settings;
        let capped = settings.run_cap_usd.is_some() || settings.month_cap_usd.is_some();
        (capped && settings.chosen().is_none()).then(|| {
            let text = "A cap is set, but no GPU is chosen whose price it could be held to: choose the endpoint's GPU under Costs, or remove the cap.";
            Remark::new(None, NO_PRICE, text)
        })
    }

    /// Whether a further `cost` for `what` passes the cap of the month.
    pub fn over_month_cap(&self, cost: f64, what: &str) -> Option<Remark> {
        let cap = self.settings.month_cap_usd?;
        (self.month_usd + cost > cap).then(|| {
            let text = format!(
                "With about ${cost:.2} for {what}, {} would come to ${:.2}, and a month may cost ${cap:.2}: train fewer steps, or raise the cap under Costs.",
                self.month,
                cents(self.month_usd + cost)
            );
            Remark::new(None, OVER_MONTH_CAP, text)
        })
    }
}

impl CostSettings {
    /// Checks what came as JSON by the form's own rules.
    ///
    /// # Errors
    /// Every problem, by field.
    pub fn checked(&self) -> Result<Self, Vec<FieldError>> {
        let checked = CostForm::of(self).read()?;
        if !self.gpu.is_empty() && checked.chosen().is_none() {
            let message = format!(
                "“{}” is the endpoint's GPU but has no price in the table: name one that has, or add its price.",
                self.gpu.chars().take(form::GPU_MAX).collect::<String>()
            );
            return Err(vec![FieldError::new("gpu", message)]);
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests;
