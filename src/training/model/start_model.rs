//! The model a run goes on from: `lora_path` of `FluxTrainModelSelect`, which FluxTrainer hands to kohya as `network_weights`
//! (FluxTrainer 639b3e8, nodes.py 46 and 588, train_network.py 513).
//!
//! Its weights are loaded into a network made with the form's rank, so the rank must be the same; its alpha is taken for unchanged
//! (kohya says so itself), so it must be the same too. Optimizer and schedule begin anew.

use super::form::TrainingRequest;
use super::lora_file::{LoraFacts, Verdict};
use super::plan::Remark;
use super::version::{Status, TrainingVersion};
use serde::{Deserialize, Serialize};

/// A finished model of the style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartModel {
    /// The version's id and name.
    pub id: String,
    pub name: String,
    pub network_dim: i64,
    pub network_alpha: f64,
}

impl StartModel {
    /// `None` for a version that left no model, or whose rank is not on record.
    pub fn of(version: &TrainingVersion) -> Option<Self> {
        let rank = version.number("network_dim")?;
        (version.status == Status::Completed).then(|| Self {
            id: version.id.clone(),
            name: version.name.clone(),
            network_dim: rank as i64,
            network_alpha: version.number("network_alpha").unwrap_or(rank),
        })
    }
}

fn chosen<'a>(request: &TrainingRequest, models: &'a [StartModel]) -> Option<&'a StartModel> {
    let id = request.start_from.as_ref()?;
    models.iter().find(|model| model.id == *id)
}

/// Why a run cannot go on from the model it names.
pub fn problems(request: &TrainingRequest, models: &[StartModel]) -> Vec<Remark> {
    if request.start_from.is_none() {
        return Vec::new();
    }
    let Some(model) = chosen(request, models) else {
        let message = "There is no finished model of that version in the bucket: choose another, or start from nothing.";
        return vec![Remark::new(Some("startFrom"), "unknown_start", message)];
    };
    let mut problems = Vec::new();
    let differs = |name: &str, theirs: String| {
        let message = format!(
            "{} was trained with {name} {theirs}, and a run that goes on from it needs the same: enter {theirs}, or start from nothing.",
            model.name
        );
        Remark::new(Some(name), "start_differs", message)
    };
    if request.values.int("network_dim") != model.network_dim {
        problems.push(differs("network_dim", model.network_dim.to_string()));
    }
    if request.values.float("network_alpha") != model.network_alpha {
        problems.push(differs("network_alpha", model.network_alpha.to_string()));
    }
    problems
}

/// Why the file of the model cannot be gone on from, by what it says of itself.
pub fn file_problem(model: &StartModel, file: &LoraFacts) -> Option<Remark> {
    let is_lora = matches!(file.verdict, Verdict::Whole | Verdict::Longer) && file.rank.is_some();
    let told = if is_lora {
        file.other_rank(&model.name, model.network_dim)?
    } else {
        format!(
            "The model file of {} cannot be loaded. {}",
            model.name, file.words
        )
    };
    let message = format!("{told} Choose another version, or start from nothing.");
    Some(Remark::new(Some("startFrom"), "start_unusable", message))
}

/// What a person should know who goes on from a model.
pub fn warning(request: &TrainingRequest, models: &[StartModel]) -> Option<Remark> {
    let model = chosen(request, models)?;
    let message = format!(
        "The worker fetches the model of {} beside the images and FluxTrainer loads it as start weights. A container that takes nothing but images and captions would stop at its start: try it with few steps first.",
        model.name
    );
    Some(Remark::new(Some("startFrom"), "start_weights", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::model::form::TrainingForm;
    use crate::training::model::parameters::Defaults;

    fn request(start: &str, rank: &str, alpha: &str) -> TrainingRequest {
        let form = TrainingForm {
            style_id: "16".into(),
            selection_set_id: "1".into(),
            name: "V2".into(),
            start_from: start.into(),
            parameters: [("network_dim", rank), ("network_alpha", alpha)]
                .into_iter()
                .collect(),
            ..TrainingForm::default()
        };
        TrainingRequest::parse(&form, &Defaults::new("16", "", 30)).expect("a request")
    }

    fn models() -> Vec<StartModel> {
        vec![StartModel {
            id: "style_16_1".into(),
            name: "V1".into(),
            network_dim: 32,
            network_alpha: 16.0,
        }]
    }

    #[test]
    fn the_file_must_be_a_whole_lora_of_the_recorded_rank() {
        let model = &models()[0];
        let file = |verdict, rank| LoraFacts {
            rank,
            ..LoraFacts::without_head(verdict, "It ends early.".into(), 100)
        };
        assert_eq!(file_problem(model, &file(Verdict::Whole, Some(32))), None);
        let told = |verdict, rank| file_problem(model, &file(verdict, rank)).unwrap().message;
        assert!(told(Verdict::Whole, Some(4)).contains("holds rank 4"));
        assert!(told(Verdict::Whole, None).contains("cannot be loaded"));
        assert!(told(Verdict::Truncated, Some(32)).contains("It ends early."));
    }

    #[test]
    fn rank_and_alpha_must_be_those_of_the_model() {
        let fields = |start: &str, rank: &str, alpha: &str| {
            let problems = problems(&request(start, rank, alpha), &models());
            problems
                .into_iter()
                .filter_map(|p| p.field)
                .collect::<Vec<_>>()
        };
        assert!(fields("style_16_1", "32", "16").is_empty());
        assert_eq!(
            fields("style_16_1", "16", "8"),
            ["network_dim", "network_alpha"]
        );
        assert_eq!(fields("style_16_2", "32", "16"), ["startFrom"]);
        assert!(fields("", "16", "8").is_empty());
        assert!(warning(&request("style_16_1", "32", "16"), &models()).is_some());
        assert_eq!(warning(&request("", "16", "8"), &models()), None);
    }
}
