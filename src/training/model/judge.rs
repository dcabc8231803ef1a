//! The judgement of a form: what the trainer will read and do, and everything that is wrong with it.
//!
//! The same code runs where a person types and where a run is started. The browser's judgement is quick, the server's is
//! the one that counts: it looks at S3 and at the names again.

use super::captions::{CaptionRow, rows};
use super::costs::CostFacts;
use super::dataset::DatasetFacts;
use super::form::{TrainingForm, TrainingRequest};
use super::names::UsedName;
use super::parameters::Defaults;
use super::plan::{Plan, Remark, warnings};
use super::start_model::{self, StartModel};
use crate::dataset::model::buckets::Buckets;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the judgement has to know of the style, and of money.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StyleFacts {
    /// The trigger an empty field means.
    pub class_tokens: String,
    pub used_names: Vec<UsedName>,
    /// Models a run may go on from, newest first.
    pub start_models: Vec<StartModel>,
    pub costs: CostFacts,
}

/// A form, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub request: TrainingRequest,
    /// What an empty field means here.
    pub defaults: Defaults,
    pub plan: Plan,
    pub captions: Vec<CaptionRow>,
    /// Each of them keeps the run from being started.
    pub problems: Vec<Remark>,
    pub warnings: Vec<Remark>,
}

/// Judges a form over a dataset. Everything wrong comes at once.
pub fn judge(form: &TrainingForm, style: &StyleFacts, dataset: &DatasetFacts) -> Judged {
    let defaults = Defaults {
        class_tokens: style.class_tokens.clone(),
        images: dataset.images(),
    };
    let (request, errors) = TrainingRequest::read(form, &defaults);
    let mut problems: Vec<Remark> = errors.into_iter().map(Remark::from).collect();
    let taken = style
        .used_names
        .iter()
        .find_map(|used| Some((used.code(), used.refusal(&request.name)?)));
    problems.extend(taken.map(|(code, message)| Remark::new(Some("name"), code, message)));
    let captions = caption_rows(&request, dataset);
    problems.extend(dataset.problems(&captions));
    let plan = Plan::new(&request, &dataset.sizes(), &style.costs);
    let mut warnings = warnings(&request, &plan);
    warnings.extend(dataset.flawed());
    problems.extend(start_model::problems(&request, &style.start_models));
    warnings.extend(start_model::warning(&request, &style.start_models));
    let over = style.costs.over_caps(plan.cost_usd);
    if style.costs.rehearsed {
        warnings.extend(over);
    } else {
        problems.extend(over);
    }
    Judged {
        warnings,
        request,
        defaults,
        plan,
        captions,
        problems,
    }
}

fn caption_rows(request: &TrainingRequest, dataset: &DatasetFacts) -> Vec<CaptionRow> {
    let named = dataset.caption_files();
    let files: BTreeMap<&str, &[u8]> = named
        .iter()
        .map(|(name, bytes)| (name.as_str(), *bytes))
        .collect();
    let buckets = Buckets::new(&request.bucket_settings()).ok();
    rows(
        &dataset.image_files(),
        &files,
        &request.caption_settings(),
        buckets.as_ref(),
    )
}

#[cfg(test)]
mod tests;
