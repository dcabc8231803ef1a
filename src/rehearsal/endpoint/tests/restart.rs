use serde_json::json;
use std::time::Duration;

use super::support::{FakeS3, Receiver, Start, small_job};
use crate::rehearsal::trainer::tests::support::{put_dataset, training_job};

#[tokio::test]
async fn queued_and_finished_jobs_survive_a_kill() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let finished = endpoint.run(small_job(1)).await;
    let queued = endpoint.run(small_job(2)).await;
    endpoint.take("w").await.expect("the first job");
    endpoint
        .done("w", &finished, json!({"output": "good"}))
        .await;
    let before = endpoint.status(&finished).await;
    endpoint.kill().await;

    let endpoint = Start::without_trainer(&dir).go().await;
    assert_eq!(endpoint.status(&finished).await, before);
    let job = endpoint.take("w").await.expect("the second job");
    assert_eq!(job["id"], json!(queued));
    assert_eq!(job["input"], small_job(2)["input"]);
}

#[tokio::test]
async fn an_outside_workers_job_stays_its_own_over_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("w").await.expect("the job");
    endpoint.kill().await;

    let endpoint = Start::without_trainer(&dir).go().await;
    assert_eq!(endpoint.status(&id).await["status"], "IN_PROGRESS");
    endpoint.done("w", &id, json!({"output": "good"})).await;
    assert_eq!(endpoint.status(&id).await["status"], "COMPLETED");
}

#[tokio::test]
async fn the_built_in_trainer_goes_on_where_it_was_killed() {
    let dir = tempfile::tempdir().expect("a directory");
    let s3 = FakeS3::start().await;
    let urls = put_dataset(&s3);
    let mut start = Start::with_trainer(&dir, s3.clone());
    start.steps_per_second = 1_000.0;
    let endpoint = start.go().await;
    let mut body = training_job(&urls);
    body["input"]["workflow"]["4"]["inputs"]["steps"] = json!(10_000);
    body["input"]["workflow"]["107"]["inputs"]["max_train_steps"] = json!(10_000);
    let id = endpoint.run(body).await;
    endpoint
        .until(&id, |job| job["output"]["step"].as_u64() > Some(200))
        .await;
    endpoint.kill().await;

    let mut start = Start::with_trainer(&dir, s3);
    start.steps_per_second = 0.001;
    let endpoint = start.go().await;
    let job = endpoint
        .until(&id, |job| job["output"]["stage"] == "training")
        .await;
    assert!(job["output"]["step"].as_u64() > Some(200), "{job}");
    assert!(job.get("retries").is_none(), "{job}");
}

#[tokio::test]
async fn a_webhook_not_yet_delivered_is_delivered_after_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let receiver = Receiver::start(&[503]).await;
    let mut start = Start::without_trainer(&dir);
    start.timing.webhook_tries = [
        Duration::ZERO,
        Duration::from_secs(2),
        Duration::from_secs(3),
    ];
    let timing = start.timing.clone();
    let endpoint = start.go().await;
    let mut body = small_job(1);
    body["webhook"] = json!(receiver.url);
    let id = endpoint.run(body).await;
    endpoint.take("w").await.expect("the job");
    endpoint.done("w", &id, json!({"output": 1})).await;
    receiver.jobs(1).await;
    endpoint.kill().await;

    let start = Start {
        timing,
        ..Start::without_trainer(&dir)
    };
    let _endpoint = start.go().await;
    let jobs = receiver.jobs(2).await;
    assert_eq!(jobs[1]["id"], json!(id));
    assert_eq!(jobs[1]["status"], "COMPLETED");
}

#[tokio::test]
async fn a_second_process_is_refused_the_queue() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = Start::without_trainer(&dir).go().await;
    first.run(small_job(1)).await;
    let opened = super::super::Queue::open(
        dir.path(),
        super::super::Timing::default(),
        super::super::Faults::default(),
        0,
    );
    let error = opened.err().expect("the queue is in use");
    assert!(error.to_string().contains("STATE_DIR"), "{error}");
}
