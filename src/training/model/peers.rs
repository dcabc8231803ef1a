//! What well-known trainers would do with the same set, beside one's own plan: their published defaults, counted by this
//! trainer's rules.

use super::costs::CostFacts;
use super::dataset::DatasetFacts;
use super::form::{TrainingForm, TrainingRequest};
use super::judge::StyleFacts;
use super::parameters::Defaults;
use super::plan::Plan;
use super::presets::{SettingsPreset, peers as presets};
use serde::{Deserialize, Serialize};

/// One trainer's run over the set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct PeerPlan {
    /// Id of the preset with its values.
    pub preset: String,
    pub name: String,
    /// Where its values come from.
    pub source: String,
    pub steps: u32,
    pub views_per_image: f64,
    pub network_dim: u32,
    pub network_alpha: f64,
    pub learning_rate: f64,
    /// Rate x alpha / rank: what can be compared between trainers.
    pub effective_rate: f64,
    pub width: u32,
    pub height: u32,
    /// Estimate by the same speed as one's own.
    pub seconds: u64,
    /// Estimate; `null` when no price is known.
    pub cost_usd: Option<f64>,
}

/// Every well-known trainer's; none for a set without images.
pub fn peers(style: &StyleFacts, dataset: &DatasetFacts) -> Vec<PeerPlan> {
    let images = dataset.images();
    if images == 0 {
        return Vec::new();
    }
    let defaults = Defaults {
        class_tokens: style.class_tokens.clone(),
        images,
    };
    presets()
        .map(|preset| peer(&preset, &defaults, dataset, &style.costs))
        .collect()
}

fn peer(
    preset: &SettingsPreset,
    defaults: &Defaults,
    dataset: &DatasetFacts,
    costs: &CostFacts,
) -> PeerPlan {
    let mut form = TrainingForm::default();
    preset.apply(&mut form, defaults.images);
    // it has no name and no set, which a plan does not need
    let (request, _) = TrainingRequest::read(&form, defaults);
    let plan = Plan::new(&request, &dataset.sizes(), costs);
    let size = request.bucket_settings().resolution;
    PeerPlan {
        preset: preset.id.clone(),
        name: preset.name.clone(),
        source: preset.source.clone(),
        steps: plan.steps,
        views_per_image: plan.views_per_image,
        network_dim: request.values.count("network_dim"),
        network_alpha: request.values.float("network_alpha"),
        learning_rate: request.learning_rate(),
        effective_rate: effective_rate(&request),
        width: size.width,
        height: size.height,
        seconds: plan.seconds,
        cost_usd: plan.cost_usd,
    }
}

/// Rate x alpha / rank; an alpha of 0 means the rank.
pub fn effective_rate(request: &TrainingRequest) -> f64 {
    let rank = f64::from(request.values.count("network_dim"));
    let alpha = match request.values.float("network_alpha") {
        0.0 => rank,
        alpha => alpha,
    };
    request.learning_rate() * alpha / rank
}

#[cfg(test)]
mod tests {
    use super::super::dataset::{CaptionFile, ItemFacts};
    use super::*;
    use crate::dataset::model::buckets::Size;

    fn set_of(images: usize) -> DatasetFacts {
        let item = |n: usize| ItemFacts {
            filename: format!("{n}.png"),
            in_s3: true,
            size: Some(Size::new(1_024, 1_024)),
            unfit: None,
            flaws: Vec::new(),
            caption: Some(CaptionFile::Text("a boat".into())),
        };
        DatasetFacts {
            set: 1,
            unknown: None,
            items: (0..images).map(item).collect(),
        }
    }

    #[test]
    fn each_trainer_sees_twenty_images_as_often_as_its_defaults_say() {
        let peers = peers(&StyleFacts::default(), &set_of(20));
        let views: Vec<(&str, f64)> = peers
            .iter()
            .map(|p| (p.preset.as_str(), p.views_per_image))
            .collect();
        let expected = [
            ("kohya-ss", 50.0),
            ("fluxgym", 160.0),
            ("ai-toolkit", 100.0),
            ("ai-toolkit-ui", 150.0),
            ("replicate", 50.0),
            ("civitai", 50.0),
            ("lora-dataset-studio", 75.0),
            ("onetrainer", 100.0),
            ("fluxtrainer-example", 150.0),
            ("fluxtrainer-nodes", 150.0),
        ];
        assert_eq!(views, expected);
    }

    #[test]
    fn rates_are_compared_by_what_they_do() {
        let peers = peers(&StyleFacts::default(), &set_of(20));
        let fluxgym = peers.iter().find(|p| p.preset == "fluxgym").expect("there");
        assert_eq!((fluxgym.learning_rate, fluxgym.network_dim), (0.0008, 4));
        assert!((fluxgym.effective_rate - 0.0002).abs() < 1e-12);
        assert!(super::peers(&StyleFacts::default(), &set_of(0)).is_empty());
    }
}
