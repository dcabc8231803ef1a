//! The learning rate each step really uses, for every scheduler of the `OptimizerConfig` node.
//!
//! Formulas of transformers' schedules as FluxTrainer calls them; held to its own numbers by the truth tests.
//! Does not model what an optimizer makes of the rate (Prodigy scales it itself).

use thiserror::Error;

/// Where the polynomial schedule ends.
const POLYNOMIAL_END: f64 = 1e-7;

/// A schedule the trainer would stop on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ScheduleError {
    #[error("“constant” takes no warm-up: choose constant_with_warmup, or set the warm-up to 0.")]
    ConstantWithWarmup,
    #[error("A polynomial schedule ends at 0.0000001: set a learning rate above that.")]
    RateBelowPolynomialEnd,
    #[error(
        "A polynomial schedule cannot warm up for exactly all steps, the last one would divide by zero: shorten the warm-up."
    )]
    WarmupIsWholeRun,
    #[error("The trainer has no such learning rate schedule.")]
    Unknown,
}

/// The settings that decide the rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings<'a> {
    pub optimizer_type: &'a str,
    pub lr_scheduler: &'a str,
    pub learning_rate: f64,
    pub lr_warmup_steps: u32,
    pub lr_scheduler_num_cycles: u32,
    pub lr_scheduler_power: f64,
    pub max_train_steps: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Constant,
    ConstantWithWarmup,
    Cosine,
    CosineWithRestarts,
    Polynomial,
}

/// A schedule that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    shape: Shape,
    peak: f64,
    warmup: f64,
    total: f64,
    cycles: f64,
    power: f64,
}

/// Whether the optimizer brings its own schedule and ignores `lr_scheduler` and warm-up.
pub fn is_schedule_free(optimizer_type: &str) -> bool {
    optimizer_type
        .to_ascii_lowercase()
        .ends_with("schedulefree")
}

impl Schedule {
    /// # Errors
    /// What the trainer would stop on, see [`ScheduleError`].
    pub fn new(settings: &Settings) -> Result<Self, ScheduleError> {
        let shape = match settings.lr_scheduler {
            _ if is_schedule_free(settings.optimizer_type) => Shape::Constant,
            "constant" if settings.lr_warmup_steps > 0 => {
                return Err(ScheduleError::ConstantWithWarmup);
            }
            "constant" => Shape::Constant,
            "constant_with_warmup" => Shape::ConstantWithWarmup,
            "cosine" => Shape::Cosine,
            "cosine_with_restarts" => Shape::CosineWithRestarts,
            "polynomial" if settings.learning_rate <= POLYNOMIAL_END => {
                return Err(ScheduleError::RateBelowPolynomialEnd);
            }
            "polynomial" if settings.lr_warmup_steps == settings.max_train_steps => {
                return Err(ScheduleError::WarmupIsWholeRun);
            }
            "polynomial" => Shape::Polynomial,
            _ => return Err(ScheduleError::Unknown),
        };
        Ok(Self {
            shape,
            peak: settings.learning_rate,
            warmup: f64::from(settings.lr_warmup_steps),
            total: f64::from(settings.max_train_steps),
            cycles: f64::from(settings.lr_scheduler_num_cycles),
            power: settings.lr_scheduler_power,
        })
    }

    /// Rate after `done` steps, which is the one step `done + 1` uses.
    pub fn rate_after(&self, done: u32) -> f64 {
        let step = f64::from(done);
        if self.shape == Shape::Constant {
            return self.peak;
        }
        if step < self.warmup {
            return self.peak * (step / self.warmup.max(1.0));
        }
        let progress = (step - self.warmup) / (self.total - self.warmup).max(1.0);
        let factor = match self.shape {
            Shape::Constant | Shape::ConstantWithWarmup => 1.0,
            // rises again past its end, as the trainer's does
            Shape::Cosine => half_cosine(progress),
            Shape::CosineWithRestarts if progress >= 1.0 => 0.0,
            Shape::CosineWithRestarts => half_cosine((self.cycles * progress) % 1.0),
            Shape::Polynomial => return self.polynomial(step),
        };
        self.peak * factor
    }

    fn polynomial(&self, step: f64) -> f64 {
        if step > self.total {
            return POLYNOMIAL_END;
        }
        let left = 1.0 - (step - self.warmup) / (self.total - self.warmup);
        (self.peak - POLYNOMIAL_END) * left.powf(self.power) + POLYNOMIAL_END
    }

    /// Rates of steps 1 to `max_train_steps`; past `points` of them thinned evenly, first and last kept.
    /// Point `i` of `n` then stands for step `1 + round(i * (steps - 1) / (n - 1))`.
    pub fn curve(&self, max_train_steps: u32, points: u32) -> Vec<f64> {
        if max_train_steps <= points || points < 2 {
            return (0..max_train_steps)
                .map(|done| self.rate_after(done))
                .collect();
        }
        let last = u64::from(max_train_steps - 1);
        let gaps = u64::from(points - 1);
        (0..=gaps)
            .map(|point| {
                self.rate_after(u32::try_from((point * last + gaps / 2) / gaps).unwrap_or(u32::MAX))
            })
            .collect()
    }
}

fn half_cosine(progress: f64) -> f64 {
    (0.5 * (1.0 + (std::f64::consts::PI * progress).cos())).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings<'static> {
        Settings {
            optimizer_type: "adamw8bit",
            lr_scheduler: "cosine",
            learning_rate: 1e-4,
            lr_warmup_steps: 0,
            lr_scheduler_num_cycles: 3,
            lr_scheduler_power: 1.0,
            max_train_steps: 1_200,
        }
    }

    #[test]
    fn a_long_run_is_thinned_but_keeps_its_first_and_last_rate() {
        let schedule = Schedule::new(&Settings {
            max_train_steps: 5_000,
            ..settings()
        })
        .expect("a schedule");
        let curve = schedule.curve(5_000, 2_000);
        assert_eq!(curve.len(), 2_000);
        assert_eq!(curve[0], schedule.rate_after(0));
        assert_eq!(curve[1_999], schedule.rate_after(4_999));
        assert_eq!(schedule.curve(1_200, 2_000).len(), 1_200);
    }

    #[test]
    fn a_schedule_free_optimizer_ignores_scheduler_and_warm_up() {
        let schedule = Schedule::new(&Settings {
            optimizer_type: "ProdigyPlusScheduleFree",
            lr_scheduler: "constant",
            lr_warmup_steps: 100,
            ..settings()
        })
        .expect("a schedule");
        assert_eq!(schedule.rate_after(0), 1e-4);
    }

    #[test]
    fn what_the_trainer_stops_on_is_an_error() {
        let constant = Settings {
            lr_scheduler: "constant",
            lr_warmup_steps: 1,
            ..settings()
        };
        assert_eq!(
            Schedule::new(&constant),
            Err(ScheduleError::ConstantWithWarmup)
        );
        let whole = Settings {
            lr_scheduler: "polynomial",
            lr_warmup_steps: 1_200,
            ..settings()
        };
        assert_eq!(Schedule::new(&whole), Err(ScheduleError::WarmupIsWholeRun));
        let tiny = Settings {
            lr_scheduler: "polynomial",
            learning_rate: 1e-7,
            ..settings()
        };
        assert_eq!(
            Schedule::new(&tiny),
            Err(ScheduleError::RateBelowPolynomialEnd)
        );
    }
}
