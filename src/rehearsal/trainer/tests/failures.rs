use serde_json::{Value, json};

use super::support::{put, put_dataset, put_image, training_job, url};
use crate::rehearsal::endpoint::tests::support::{FakeS3, Start};

/// A way to break a job, by its dataset or its body.
type Break = fn(&FakeS3, &mut Value);

fn set(body: &mut Value, node: &str, input: &str, value: Value) {
    body["input"]["workflow"][node]["inputs"][input] = value;
}

fn add(body: &mut Value, name: &str) {
    let urls = body["input"]["training_data"]["s3_urls"].as_array_mut();
    urls.expect("a list").push(json!(url(name)));
}

/// What goes wrong, and what the error must say.
const DATASETS: [(Break, &str); 8] = [
    (
        |_, body| body["input"]["training_data"] = json!({"s3_urls": []}),
        "No s3_urls",
    ),
    (
        |_, body| add(body, "gone.png"),
        "s3://images/styles/16/gone.png: NoSuchKey",
    ),
    (
        |_, body| body["input"]["training_data"]["s3_urls"] = json!(["s3://images/none.png"]),
        "No files were downloaded from S3",
    ),
    (
        |s3, body| {
            put_image(s3, "c.png", 64, 64);
            add(body, "c.png");
        },
        "c.png",
    ),
    (|s3, _| put(s3, "b.txt", ""), "caption file is empty: b.txt"),
    (
        |s3, _| put(s3, "b.txt", &b"caf\xe9"[..]),
        "can't decode byte 0xe9 in position 3: b.txt",
    ),
    (
        |s3, _| put(s3, "b.png", "<html>"),
        "broken or empty image: b.png",
    ),
    (
        |s3, body| {
            s3.put("images/other/b.txt", "again");
            let urls = body["input"]["training_data"]["s3_urls"].as_array_mut();
            urls.expect("a list").push(json!("s3://images/other/b.txt"));
        },
        "\"b.txt\"",
    ),
];

const WORKFLOWS: [(Break, &str); 14] = [
    (
        |_, body| body["input"]["training_config"]["mode"] = json!(null),
        "fields: mode",
    ),
    (
        |_, body| body["input"]["workflow"] = json!({}),
        "No workflow",
    ),
    (
        |_, body| body["input"]["workflow"]["95"]["class_type"] = json!(null),
        "missing the class_type property. (Node ID '#95')",
    ),
    (
        |_, body| body["input"]["workflow"]["133"]["class_type"] = json!("Other"),
        "Prompt has no outputs",
    ),
    (
        |_, body| set(body, "4", "steps", json!(20_000)),
        "value_bigger_than_max: steps",
    ),
    (
        |_, body| set(body, "107", "network_dim", json!(0)),
        "value_smaller_than_min: network_dim",
    ),
    (
        |_, body| set(body, "14", "network_trainer", json!(["999", 0])),
        "network_trainer",
    ),
    (
        |_, body| set(body, "14", "network_trainer", json!(["14", 0])),
        "cycle",
    ),
    (
        |_, body| set(body, "109", "max_bucket_reso", json!(448)),
        "AssertionError: max_bucket_reso",
    ),
    (
        |_, body| set(body, "108", "caption_dropout_rate", json!(0.1)),
        "caching Text Encoder",
    ),
    (
        |_, body| set(body, "108", "shuffle_caption", json!(true)),
        "caching Text Encoder",
    ),
    (
        |_, body| {
            set(body, "95", "lr_scheduler", json!("constant"));
            set(body, "95", "lr_warmup_steps", json!(10));
        },
        "ValueError",
    ),
    (
        |_, body| set(body, "95", "lr_scheduler", json!("linear")),
        "value_not_in_list: lr_scheduler",
    ),
    (
        |_, body| set(body, "109", "class_tokens", json!("a\\d")),
        "Toml",
    ),
];

async fn fails(cases: &[(Break, &str)]) {
    let dir = tempfile::tempdir().expect("a directory");
    let s3 = FakeS3::start().await;
    let endpoint = Start::with_trainer(&dir, s3.clone()).go().await;
    for (break_it, said) in cases {
        let urls = put_dataset(&s3);
        let mut body = training_job(&urls);
        break_it(&s3, &mut body);
        let id = endpoint.run(body).await;
        let job = endpoint
            .until(&id, |job| {
                job["status"] != "IN_QUEUE" && job["status"] != "IN_PROGRESS"
            })
            .await;
        assert_eq!(job["status"], "FAILED", "{said}");
        let error = job["error"].as_str().expect("an error");
        assert!(error.contains(said), "{said:?} is not in {error:?}");
        assert_eq!(
            job["output"],
            json!({"status": "failed", "job_id": "16_1234567890"})
        );
    }
}

#[tokio::test]
async fn a_dataset_the_trainer_would_die_of_fails_the_job() {
    fails(&DATASETS).await;
}

#[tokio::test]
async fn a_workflow_the_trainer_would_die_of_fails_the_job() {
    fails(&WORKFLOWS).await;
}

#[tokio::test]
async fn what_the_trainer_ignores_does_no_harm() {
    let dir = tempfile::tempdir().expect("a directory");
    let s3 = FakeS3::start().await;
    let urls = put_dataset(&s3);
    let mut body = training_job(&urls);
    for name in ["moving.gif", "mixed.Jpg", "lonely.txt", ".hidden.png"] {
        put(&s3, name, "not read");
        add(&mut body, name);
    }
    let endpoint = Start::with_trainer(&dir, s3).go().await;
    let id = endpoint.run(body).await;
    endpoint.until_status(&id, "COMPLETED").await;
}
