//! What a sweep will do and cost, and what is wrong with it: the judgement of each of its runs, and of all together.

use super::{Expanded, Point, SweepForm, expand};
use crate::training::model::costs::{OVER_MONTH_CAP, cents};
use crate::training::model::dataset::DatasetFacts;
use crate::training::model::judge::{Judged, StyleFacts, judge};
use crate::training::model::plan::Remark;
use serde::{Deserialize, Serialize};

/// A sweep before it is started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SweepPlan {
    /// In the order they are sent; empty while the values cannot be read.
    pub runs: Vec<SweepRun>,
    /// Runs that may be on their way at once.
    pub in_flight: u32,
    /// Time on GPUs of all runs together. Estimate.
    pub gpu_seconds: u64,
    /// From the first start to the last end, if as many workers are up as may be in flight. Estimate.
    pub wall_seconds: u64,
    /// Of all runs together; `None` when no price is chosen. Estimate.
    pub cost_usd: Option<f64>,
    /// Each of them keeps the whole sweep from being started.
    pub problems: Vec<Remark>,
    pub warnings: Vec<Remark>,
}

/// One run of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SweepRun {
    /// The version's name.
    pub name: String,
    /// The values by which it differs, in the order of `vary`.
    pub values: Vec<SweepValue>,
    pub steps: u32,
    pub seconds: u64,
    pub cost_usd: Option<f64>,
    pub model_bytes: u64,
}

/// A parameter and its value in one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SweepValue {
    pub parameter: String,
    pub label: String,
    pub value: String,
}

/// Judges every run of a sweep over a dataset, and the whole against the caps.
pub fn judge_sweep(sweep: &SweepForm, style: &StyleFacts, dataset: &DatasetFacts) -> SweepPlan {
    let expanded = match expand(sweep) {
        Ok(expanded) => expanded,
        Err(errors) => {
            let mut problems: Vec<Remark> = errors.into_iter().map(Remark::from).collect();
            // what else is wrong with the form shall not wait for the values
            let of_form = judge(&sweep.form, style, dataset).problems.into_iter();
            let said: Vec<_> = problems.iter().map(|p| p.field.clone()).collect();
            problems.extend(of_form.filter(|p| p.field.is_none() || !said.contains(&p.field)));
            return SweepPlan {
                problems,
                ..SweepPlan::default()
            };
        }
    };
    let judged: Vec<Judged> = expanded
        .points
        .iter()
        .map(|point| judge(&point.form, style, dataset))
        .collect();
    summed_up(&expanded, &judged, style)
}

fn summed_up(expanded: &Expanded, judged: &[Judged], style: &StyleFacts) -> SweepPlan {
    let seconds: Vec<u64> = judged.iter().map(|j| j.plan.seconds).collect();
    let costs: Option<Vec<f64>> = judged.iter().map(|j| j.plan.cost_usd).collect();
    let cost_usd = costs.map(|costs| cents(costs.iter().sum()));
    let names: Vec<&str> = expanded
        .points
        .iter()
        .map(|p| p.form.name.as_str())
        .collect();
    let problems: Vec<&[Remark]> = judged.iter().map(|j| j.problems.as_slice()).collect();
    let warnings: Vec<&[Remark]> = judged.iter().map(|j| j.warnings.as_slice()).collect();
    let mut plan = SweepPlan {
        runs: expanded.points.iter().zip(judged).map(run).collect(),
        in_flight: expanded.in_flight,
        gpu_seconds: seconds.iter().sum(),
        wall_seconds: wall_seconds(&seconds, expanded.in_flight as usize),
        cost_usd,
        problems: gathered(&names, &problems),
        warnings: gathered(&names, &warnings),
    };
    // the runs are paid together, so the month's cap is asked once, for all
    let of_all = cost_usd.and_then(|cost| {
        let what = format!("the {} runs", expanded.points.len());
        style.costs.over_month_cap(cost, &what)
    });
    if style.costs.rehearsed {
        plan.warnings.extend(of_all);
    } else {
        plan.problems.extend(of_all);
    }
    plan
}

fn run((point, judged): (&Point, &Judged)) -> SweepRun {
    let values = point.differs.iter().map(|(parameter, value)| SweepValue {
        parameter: parameter.name.to_owned(),
        label: parameter.label.to_owned(),
        value: value.typed(),
    });
    SweepRun {
        name: point.form.name.clone(),
        values: values.collect(),
        steps: judged.plan.steps,
        seconds: judged.plan.seconds,
        cost_usd: judged.plan.cost_usd,
        model_bytes: judged.plan.model_bytes,
    }
}

/// Remarks of all runs: one that every run has is said once, one of a single run with its name.
fn gathered(names: &[&str], of_runs: &[&[Remark]]) -> Vec<Remark> {
    let mut all: Vec<Remark> = Vec::new();
    for (name, remarks) in names.iter().zip(of_runs) {
        for remark in remarks.iter().filter(|r| r.code != OVER_MONTH_CAP) {
            let common = of_runs.iter().all(|others| others.contains(remark));
            // these two name their run themselves or are about the form's own name
            let says_which = remark.field.as_deref() == Some("name");
            let told = match common || says_which {
                true => remark.clone(),
                false => Remark {
                    message: format!("{name}: {}", remark.message),
                    ..remark.clone()
                },
            };
            if !all.contains(&told) {
                all.push(told);
            }
        }
    }
    all
}

/// Each run goes to the place that is free first.
fn wall_seconds(seconds: &[u64], places: usize) -> u64 {
    let mut busy_until = vec![0_u64; places.max(1)];
    for run in seconds {
        let first_free = busy_until.iter_mut().min().expect("at least one place");
        *first_free += run;
    }
    busy_until.into_iter().max().unwrap_or(0)
}
