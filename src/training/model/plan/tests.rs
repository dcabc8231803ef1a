use super::super::form::TrainingForm;
use super::super::parameters::Defaults;
use super::*;
use crate::training::model::costs::{CostSettings, Price};

fn request(parameters: &[(&str, &str)]) -> TrainingRequest {
    let form = TrainingForm {
        style_id: "16".to_owned(),
        selection_set_id: "1".to_owned(),
        name: "v1.0".to_owned(),
        description: String::new(),
        parameters: parameters.iter().copied().collect(),
        ..TrainingForm::default()
    };
    TrainingRequest::parse(&form, &Defaults::new("16", "", 30)).expect("a request")
}

#[test]
fn thirty_images_are_planned_as_the_seed_reckons() {
    let costs = CostFacts {
        settings: CostSettings {
            prices: vec![Price {
                gpu: "A".into(),
                usd_per_hour: 1.8,
            }],
            gpu: "A".into(),
            ..CostSettings::default()
        },
        ..CostFacts::default()
    };
    let plan = Plan::new(&request(&[]), &[Size::new(512, 512); 30], &costs);
    assert_eq!(
        (plan.steps, plan.batches_per_epoch, plan.epochs),
        (1_200, 150, 8)
    );
    assert_eq!(plan.views_per_image, 80.0);
    assert_eq!(
        plan.buckets,
        [BucketCount {
            width: 512,
            height: 512,
            images: 30
        }]
    );
    assert_eq!(plan.learning_rate.len(), 1_200);
    assert_eq!(plan.checkpoints, [1_200]);
    assert_eq!(plan.seconds, 1_200);
    assert_eq!(plan.cost_usd, Some(0.6));
    assert!(warnings(&request(&[]), &plan).is_empty());
}

#[test]
fn checkpoints_that_cut_passes_short_are_warned_about_with_the_nearest_that_does_not() {
    let request = request(&[("save_every_n_steps", "250")]);
    let plan = Plan::new(&request, &[Size::new(512, 512); 30], &CostFacts::default());
    assert_eq!(plan.checkpoints, [250, 500, 750, 1_000, 1_200]);
    let warnings = warnings(&request, &plan);
    assert_eq!(warnings[0].code, "cut_passes");
    assert!(
        warnings[0].message.contains("such as 300"),
        "{}",
        warnings[0].message
    );
}

#[test]
fn what_wastes_money_is_a_warning_and_stays_as_typed() {
    let request = request(&[
        ("lr_warmup_steps", "5000"),
        ("class_tokens", " mystyle "),
        ("learning_rate", "0.01"),
        ("network_dim", "256"),
        ("max_train_steps", "10"),
    ]);
    let plan = Plan::new(&request, &[Size::new(512, 512); 30], &CostFacts::default());
    let codes: Vec<String> = warnings(&request, &plan)
        .into_iter()
        .map(|warning| warning.code)
        .collect();
    assert_eq!(
        codes,
        ["never_warm", "high_rate", "padded", "views", "large_model"]
    );
    assert_eq!(request.values.text("class_tokens"), " mystyle ");
}

#[test]
fn a_dataset_without_a_trainable_image_has_no_passes() {
    let plan = Plan::new(&request(&[]), &[], &CostFacts::default());
    assert_eq!(
        (plan.batches_per_epoch, plan.epochs, plan.views_per_image),
        (0, 0, 0.0)
    );
}
