//! The learning rate of each step as a line, with the checkpoints on it.

use crate::training::model::plan::Plan;
use crate::ui::units::count;
use leptos::prelude::*;

const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 72.0;
/// Points drawn; more than the chart has pixels are not seen.
const POINTS: usize = 240;
/// Checkpoints named before they are only counted.
const NAMED: usize = 6;

/// What of the plan is drawn.
#[derive(Clone, PartialEq)]
pub struct Curve {
    rates: Vec<f64>,
    checkpoints: Vec<u32>,
    steps: u32,
}

impl Curve {
    pub fn of(plan: &Plan) -> Self {
        Self {
            rates: plan.learning_rate.clone(),
            checkpoints: plan.checkpoints.clone(),
            steps: plan.steps,
        }
    }

    fn highest(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max)
    }

    /// The line; the last rate is always on it.
    fn line(&self) -> String {
        let last = self.rates.len() - 1;
        let every = self.rates.len().div_ceil(POINTS);
        let highest = self.highest();
        let mut path = String::from("M");
        for at in (0..last).step_by(every).chain([last]) {
            let x = at as f64 / last as f64 * WIDTH;
            let y = HEIGHT - 2.0 - self.rates[at] / highest * (HEIGHT - 6.0);
            path.push_str(&format!("{x:.1} {y:.1} "));
        }
        path
    }

    /// An upright at each checkpoint before the end.
    fn marks(&self) -> String {
        let before = self.checkpoints.iter().filter(|at| **at < self.steps);
        before
            .map(|at| {
                let x = f64::from(*at) / f64::from(self.steps) * WIDTH;
                format!("M{x:.1} 4V70")
            })
            .collect()
    }

    /// `Model files after 500, 1,000 and 1,200 steps.`
    fn files(&self) -> Option<String> {
        let named: Vec<String> = self
            .checkpoints
            .iter()
            .map(|at| count(u64::from(*at)))
            .collect();
        let (last, before) = named.split_last()?;
        Some(match before {
            [] => "One model file, at the end.".to_owned(),
            few if few.len() < NAMED => {
                format!("Model files after {} and {last} steps.", few.join(", "))
            }
            many => format!(
                "{} model files, the first after {} steps.",
                many.len() + 1,
                many[0]
            ),
        })
    }
}

#[component]
pub fn Rates(curve: Curve) -> impl IntoView {
    let highest = curve.highest();
    if curve.rates.len() < 2 || highest <= 0.0 {
        return None;
    }
    let ends = curve.rates[curve.rates.len() - 1];
    let words = format!("at most {}, at the end {}", rate(highest), rate(ends));
    let label = format!("Learning rate over {} steps: {words}", curve.steps);
    Some(view! {
        <section class="plan__section">
            <h3 class="plan__title">
                "Learning rate "
                <span class="plan__note">{words}</span>
            </h3>
            <svg
                class="chart"
                viewBox="0 0 240 72"
                preserveAspectRatio="none"
                role="img"
                aria-label=label
            >
                <path class="chart__grid" d="M0 4H240M0 37H240M0 70H240"></path>
                <path class="chart__mark" d=curve.marks()></path>
                <path class="chart__line" d=curve.line()></path>
            </svg>
            <p class="chart-axis" aria-hidden="true">
                <span>"step 1"</span>
                <span>{count(u64::from(curve.steps))}</span>
            </p>
            <p class="field__hint">{curve.files()}</p>
        </section>
    })
}

/// Three digits that say something: `0.00025`, `0.0000998`, `1.3e-8`.
fn rate(rate: f64) -> String {
    let short = format!("{rate:.2e}").parse().unwrap_or(rate);
    if short == 0.0 || short >= 0.000_01 {
        return short.to_string();
    }
    format!("{short:e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_files_are_said_shortly() {
        assert_eq!(
            (rate(0.0).as_str(), rate(0.000_1).as_str()),
            ("0", "0.0001")
        );
        assert_eq!(rate(6.9e-11), "6.9e-11");
        assert_eq!(rate(0.000_099_750_000_000_000_01), "0.0000998");
        assert_eq!(rate(2.0), "2");
        let curve = |checkpoints: &[u32]| Curve {
            rates: vec![1.0, 0.5],
            checkpoints: checkpoints.to_vec(),
            steps: 1_200,
        };
        assert_eq!(
            curve(&[1_200]).files().as_deref(),
            Some("One model file, at the end.")
        );
        assert_eq!(
            curve(&[500, 1_000, 1_200]).files().as_deref(),
            Some("Model files after 500, 1,000 and 1,200 steps.")
        );
        assert_eq!(curve(&[600, 1_200]).marks(), "M120.0 4V70");
        assert_eq!(curve(&[]).files(), None);
    }
}
