//! The price table and the caps as typed.

use super::{CostSettings, FieldError, PRICES_MAX, Price, USD_MAX};
use serde::{Deserialize, Serialize};

/// Longest name of a GPU, in characters.
pub(super) const GPU_MAX: usize = 60;

/// One row; a row without a name is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceRow {
    pub gpu: String,
    pub usd: String,
}

/// The form, all text as typed. An empty cap is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CostForm {
    pub rows: Vec<PriceRow>,
    /// Which row is the endpoint's GPU, by its number.
    pub chosen: String,
    pub run_cap: String,
    pub month_cap: String,
}

impl CostForm {
    pub fn of(settings: &CostSettings) -> Self {
        let row = |price: &Price| PriceRow {
            gpu: price.gpu.clone(),
            usd: price.usd_per_hour.to_string(),
        };
        let at = settings.prices.iter().position(|p| p.gpu == settings.gpu);
        let cap = |usd: Option<f64>| usd.map(|usd| usd.to_string()).unwrap_or_default();
        Self {
            rows: settings.prices.iter().map(row).collect(),
            chosen: at.map(|at| at.to_string()).unwrap_or_default(),
            run_cap: cap(settings.run_cap_usd),
            month_cap: cap(settings.month_cap_usd),
        }
    }

    /// # Errors
    /// Every problem, by field: `price.0`, `gpu.0`, `run_cap`, `month_cap`.
    pub fn read(&self) -> Result<CostSettings, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut settings = CostSettings {
            prices: Vec::new(),
            gpu: String::new(),
            run_cap_usd: cap("run_cap", &self.run_cap, &mut errors),
            month_cap_usd: cap("month_cap", &self.month_cap, &mut errors),
        };
        for (at, row) in self.rows.iter().enumerate() {
            let gpu = row.gpu.trim();
            if gpu.is_empty() && row.usd.trim().is_empty() {
                continue;
            }
            if let Some(message) = bad_name(gpu, &settings.prices) {
                errors.push(FieldError::new(&format!("gpu.{at}"), message));
            }
            match dollars(&row.usd) {
                Ok(usd_per_hour) => settings.prices.push(Price {
                    gpu: gpu.to_owned(),
                    usd_per_hour,
                }),
                Err(message) => errors.push(FieldError::new(&format!("price.{at}"), message)),
            }
            if self.chosen == at.to_string() {
                settings.gpu = gpu.to_owned();
            }
        }
        if settings.prices.len() > PRICES_MAX {
            let message = format!(
                "{} prices are too many: at most {PRICES_MAX}.",
                settings.prices.len()
            );
            errors.push(FieldError::new("gpu.0", message));
        }
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }
}

fn bad_name(gpu: &str, before: &[Price]) -> Option<String> {
    if gpu.is_empty() {
        return Some("This price has no GPU: name it, or empty the row.".into());
    }
    if gpu.chars().count() > GPU_MAX {
        return Some(format!("A GPU's name has at most {GPU_MAX} characters."));
    }
    before
        .iter()
        .any(|price| price.gpu == gpu)
        .then(|| format!("“{gpu}” has two prices: keep one."))
}

fn cap(field: &str, typed: &str, errors: &mut Vec<FieldError>) -> Option<f64> {
    if typed.trim().is_empty() {
        return None;
    }
    dollars(typed)
        .map_err(|message| errors.push(FieldError::new(field, message)))
        .ok()
}

fn dollars(typed: &str) -> Result<f64, String> {
    let word = typed.trim().trim_start_matches('$');
    match word.parse::<f64>() {
        Ok(usd) if usd.is_finite() && (0.0..=USD_MAX).contains(&usd) => Ok(usd),
        _ => Err(format!(
            "“{word}” is no amount of dollars: enter a number from 0 to {USD_MAX}, such as 1.12."
        )),
    }
}
