//! The trainer's arithmetic against what the real one did; skipped where the vectors are not at hand.

use serde_json::Value;

use super::super::{
    buckets::{Size, batches, buckets, steps_run},
    workflow::DatasetSettings,
};

fn cases(file: &str) -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/contracts/truth");
    let Ok(content) = std::fs::read(format!("{folder}/{file}")) else {
        return Vec::new();
    };
    let content: Value = serde_json::from_slice(&content).expect("JSON");
    content["cases"].as_array().expect("cases").clone()
}

fn number(value: &Value) -> u32 {
    value.as_u64().expect("a whole number") as u32
}

fn settings(of: &Value) -> DatasetSettings {
    let on = |name: &str| of[name].as_bool().unwrap_or(false);
    DatasetSettings {
        width: number(&of["width"]),
        height: number(&of["height"]),
        batch_size: number(&of["batch_size"]),
        num_repeats: number(&of["num_repeats"]),
        enable_bucket: on("enable_bucket"),
        bucket_no_upscale: on("bucket_no_upscale"),
        min_bucket_reso: number(&of["min_bucket_reso"]),
        max_bucket_reso: number(&of["max_bucket_reso"]),
        class_tokens: String::new(),
        dataset_path: String::new(),
    }
}

fn size(of: &Value) -> Size {
    (number(&of[0]), number(&of[1]))
}

#[test]
fn buckets_and_batches_are_the_trainers() {
    for case in cases("dataset_truth.json") {
        let datasets = case["datasets"].as_array().cloned().unwrap_or_default();
        let asked = case["settings"]["datasets"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        for (dataset, asked) in datasets.iter().zip(&asked) {
            if asked
                .get("regularization")
                .is_some_and(|other| !other.is_null())
            {
                continue;
            }
            let settings = settings(asked);
            let images = dataset["images"].as_array().expect("images");
            for image in images {
                let found = buckets(&settings, &[size(&image["image_size"])]).expect("a bucket");
                assert_eq!(
                    found[0].size,
                    size(&image["bucket"]),
                    "{}: {image}",
                    case["case"]
                );
            }
            let sizes: Vec<Size> = images
                .iter()
                .map(|image| size(&image["image_size"]))
                .collect();
            let all = buckets(&settings, &sizes).expect("buckets");
            let expected = dataset["batches_per_epoch"].as_u64();
            assert_eq!(
                Some(batches(&all, settings.batch_size)),
                expected,
                "{}",
                case["case"]
            );
        }
    }
}

#[test]
fn steps_run_are_the_loops_and_not_the_maximum() {
    for case in cases("loop_truth.json") {
        let loops: Vec<u32> = case["loop_steps"]
            .as_array()
            .expect("loops")
            .iter()
            .map(number)
            .collect();
        let per_pass = case["batches_per_epoch"].as_u64().expect("batches");
        let (steps, _) = steps_run(&loops, per_pass, number(&case["max_train_steps"]));
        assert_eq!(Some(steps), case["steps_run"].as_u64(), "{}", case["case"]);
    }
}
