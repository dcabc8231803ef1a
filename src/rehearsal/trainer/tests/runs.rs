use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

use super::support::{put_dataset, training_job};
use crate::rehearsal::endpoint::tests::support::{FakeS3, Receiver, Start};

const MODEL: &str = "studio/actor_maker_user/custom-styles-models/style_16_v1.0.safetensors";

/// Runs one job with these faults to this status; the job and the S3 it used.
async fn run(change: impl Fn(&mut Value), status: &str) -> (Value, FakeS3) {
    let dir = tempfile::tempdir().expect("a directory");
    let s3 = FakeS3::start().await;
    let urls = put_dataset(&s3);
    let endpoint = Start::with_trainer(&dir, s3.clone()).go().await;
    let mut body = training_job(&urls);
    change(&mut body);
    let id = endpoint.run(body).await;
    (endpoint.until_status(&id, status).await, s3)
}

fn faults(words: &'static str) -> impl Fn(&mut Value) {
    move |body| body["input"]["rehearsal"] = json!({"faults": words})
}

#[tokio::test]
async fn a_run_answers_in_the_captured_shape_and_leaves_the_model() {
    let (job, s3) = run(|_| (), "COMPLETED").await;
    let model = s3.get(MODEL).expect("the model file");
    let output = &job["output"];
    let url = format!("{}/{MODEL}", s3.base);
    let seconds = output["message"]
        .as_str()
        .and_then(|text| text.strip_prefix("LoRA training completed successfully in "));
    assert!(seconds.is_some_and(|text| text.ends_with(" seconds")));
    let mut expected = json!({
        "status": "success", "job_id": "16_1234567890", "loraName": "style_16_v1.0.safetensors", "loraUrl": url,
        "tenant_id": "actor_maker", "user_id": "actor_maker_user", "training_type": "style",
        "model_info": {"name": "style_16_v1.0.safetensors", "download_url": url, "size_bytes": model.len(),
            "file_extension": ".safetensors", "model_type": "lora"},
    });
    expected["message"] = output["message"].clone();
    assert_eq!(*output, expected);
    assert!(job["executionTime"].is_u64());
}

#[tokio::test]
async fn the_model_is_a_lora_of_the_asked_rank_without_effect() {
    let (_, s3) = run(|_| (), "COMPLETED").await;
    let model = s3.get(MODEL).expect("the model file");
    assert!((1_000_000..2_000_000).contains(&model.len()));
    let tensors = SafeTensors::deserialize(&model).expect("a safetensors file");
    for (name, tensor) in tensors.tensors() {
        assert_eq!(tensor.dtype(), Dtype::BF16, "{name}");
        if name.ends_with(".lora_up.weight") {
            assert_eq!(tensor.shape(), [3072, 16], "{name}");
            assert!(tensor.data().iter().all(|byte| *byte == 0), "{name}");
        } else if name.ends_with(".lora_down.weight") {
            assert_eq!(tensor.shape(), [16, 3072], "{name}");
        } else {
            assert!(name.ends_with(".alpha"), "{name}");
            // 8.0 in BF16
            assert_eq!(tensor.data(), [0x00, 0x41], "{name}");
        }
    }
}

#[tokio::test]
async fn the_models_metadata_is_true() {
    let (_, s3) = run(|_| (), "COMPLETED").await;
    let model = s3.get(MODEL).expect("the model file");
    let (_, header) = SafeTensors::read_metadata(&model).expect("a header");
    let metadata = header.metadata().as_ref().expect("metadata");
    let expected = [
        ("ss_network_dim", "16"),
        ("ss_network_alpha", "8.0"),
        ("ss_steps", "30"),
        ("ss_max_train_steps", "30"),
        // 2 images x 5 repeats, in two buckets of 3 batches each
        ("ss_num_train_images", "10"),
        ("ss_num_batches_per_epoch", "6"),
        ("ss_num_epochs", "5"),
        ("ss_epoch", "5"),
        ("ss_learning_rate", "5e-05"),
        ("ss_output_name", "style_16_v1.0_rank16_bf16"),
        ("modelspec.title", "style_16_v1.0_rank16_bf16"),
        ("ss_optimizer", "bitsandbytes.optim.adamw.AdamW8bit"),
    ];
    for (name, value) in expected {
        assert_eq!(
            metadata.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
    let tags: Value =
        serde_json::from_str(&metadata["ss_tag_frequency"]).expect("JSON in a string");
    assert_eq!(
        tags,
        json!({"training_data": {"style_16 a red boat": 2, "harbour": 1}})
    );
}

#[tokio::test]
async fn the_metadata_has_the_keys_of_a_real_file() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/contracts/truth/lora_metadata_example.json"
    );
    let Ok(example) = std::fs::read(path) else {
        return;
    };
    let example: serde_json::Map<String, Value> = serde_json::from_slice(&example).expect("JSON");
    let (_, s3) = run(|_| (), "COMPLETED").await;
    let model = s3.get(MODEL).expect("the model file");
    let (_, header) = SafeTensors::read_metadata(&model).expect("a header");
    let metadata = header.metadata().as_ref().expect("metadata");
    let missing: Vec<&String> = example
        .keys()
        .filter(|key| !metadata.contains_key(*key))
        .collect();
    // hashes of model files that were not read
    let mut expected = [
        "ss_new_sd_model_hash",
        "ss_sd_model_hash",
        "ss_sd_scripts_commit_hash",
    ]
    .to_vec();
    expected.retain(|key| example.contains_key(*key));
    let mut missing: Vec<&str> = missing.into_iter().map(String::as_str).collect();
    missing.sort_unstable();
    assert_eq!(missing, expected);
}

#[tokio::test]
async fn every_save_dtype_gives_a_file_that_opens() {
    for (word, dtype) in [
        ("fp16", Dtype::F16),
        ("fp32", Dtype::F32),
        ("fp8_e4m3fn", Dtype::F8_E4M3),
    ] {
        let change = |body: &mut Value| {
            body["input"]["workflow"]["107"]["inputs"]["save_dtype"] = json!(word);
        };
        let (_, s3) = run(change, "COMPLETED").await;
        let model = s3.get(MODEL).expect("the model file");
        let tensors = SafeTensors::deserialize(&model).expect("a safetensors file");
        assert!(tensors.iter().all(|(_, tensor)| tensor.dtype() == dtype));
    }
}

#[tokio::test]
async fn faults_of_the_run_show_as_on_the_service() {
    let (job, _) = run(faults("crash"), "FAILED").await;
    assert_eq!(job["error"], "job timed out after 1 retries");
    assert_eq!(job["retries"], 1);
    let (job, _) = run(faults("crash=1"), "COMPLETED").await;
    assert_eq!(job["retries"], 1);
    let (job, _) = run(faults("execution-timeout"), "FAILED").await;
    assert_eq!(job["error"], "executionTimeout exceeded");
    let (job, _) = run(faults("fail"), "FAILED").await;
    assert_eq!(
        job["output"],
        json!({"status": "failed", "job_id": "16_1234567890"})
    );
    let (job, _) = run(faults("inner-failure"), "COMPLETED").await;
    assert_eq!(job["output"]["status"], "failed");
    let (job, s3) = run(faults("model-missing"), "COMPLETED").await;
    assert_eq!(job["output"]["status"], "success");
    assert!(s3.get(MODEL).is_none());
    let (job, s3) = run(faults("model-truncated"), "COMPLETED").await;
    let half = s3.get(MODEL).expect("half a file").len() as u64;
    assert!(job["output"]["model_info"]["size_bytes"].as_u64() > Some(half));
}

#[tokio::test]
async fn a_cancelled_run_stops_and_the_next_one_starts() {
    let dir = tempfile::tempdir().expect("a directory");
    let s3 = FakeS3::start().await;
    let urls = put_dataset(&s3);
    let endpoint = Start::with_trainer(&dir, s3.clone()).go().await;
    let mut slow = training_job(&urls);
    slow["input"]["rehearsal"] = json!({"steps_per_second": 0.01});
    slow["input"]["training_config"]["model_name"] = json!("slow");
    let id = endpoint.run(slow).await;
    let running = endpoint
        .until(&id, |job| job["output"]["stage"] == "training")
        .await;
    assert_eq!(
        running["output"],
        json!({"stage": "training", "step": 0, "total": 30})
    );
    endpoint.post(&format!("/cancel/{id}"), &json!(null)).await;
    let receiver = Receiver::start(&[]).await;
    let mut next = training_job(&urls);
    next["webhook"] = json!(receiver.url);
    endpoint.run(next).await;
    assert_eq!(receiver.jobs(1).await[0]["status"], "COMPLETED");
    assert_eq!(endpoint.status(&id).await["status"], "CANCELLED");
    assert!(
        s3.get("studio/actor_maker_user/custom-styles-models/slow.safetensors")
            .is_none()
    );
}
