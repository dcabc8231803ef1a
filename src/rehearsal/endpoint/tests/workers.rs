use serde_json::json;
use std::time::Duration;

use super::support::{FakeS3, Start, json_of, small_job};

#[tokio::test]
async fn a_worker_takes_a_job_tells_progress_and_finishes() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    assert!(
        endpoint.take("w").await.is_none(),
        "204 while there is none"
    );
    let id = endpoint.run(small_job(3)).await;
    let job = endpoint.take("w").await.expect("the job");
    assert_eq!(job["id"], json!(id));
    assert_eq!(job["input"], small_job(3)["input"]);
    endpoint
        .done(
            "w",
            &id,
            json!({"status": "IN_PROGRESS", "output": {"progress": "4/10"}}),
        )
        .await;
    let running = endpoint.status(&id).await;
    assert_eq!(running["status"], "IN_PROGRESS");
    assert_eq!(running["output"], json!({"progress": "4/10"}));
    assert_eq!(running["workerId"], "w");
    assert!(running["delayTime"].is_u64());
    endpoint
        .done("w", &id, json!({"output": {"ok": true}}))
        .await;
    let done = endpoint.status(&id).await;
    assert_eq!(done["status"], "COMPLETED");
    assert_eq!(done["output"], json!({"ok": true}));
    assert!(done["executionTime"].is_u64());
}

#[tokio::test]
async fn progress_that_comes_after_the_end_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("w").await.expect("the job");
    endpoint.done("w", &id, json!({"output": "good"})).await;
    let before = endpoint.status(&id).await;
    endpoint
        .done("w", &id, json!({"status": "IN_PROGRESS", "output": 1}))
        .await;
    endpoint.done("w", &id, json!({"error": "too late"})).await;
    assert_eq!(endpoint.status(&id).await, before);
}

#[tokio::test]
async fn a_worker_nobody_gave_the_job_to_cannot_finish_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("w").await.expect("the job");
    endpoint
        .done("other", &id, json!({"output": "false"}))
        .await;
    assert_eq!(endpoint.status(&id).await["status"], "IN_PROGRESS");
}

#[tokio::test]
async fn a_batch_is_a_list_in_the_order_of_submission() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(endpoint.run(small_job(number)).await);
    }
    let path = "/job-take-batch/w?gpu=local&batch_size=2&job_in_progress=0";
    let taken = json_of(endpoint.get(path).await).await;
    let taken: Vec<&str> = taken
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|job| job["id"].as_str())
        .collect();
    assert_eq!(taken, ids[..2]);
}

#[tokio::test]
async fn a_cancelled_job_is_told_to_its_worker() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("w").await.expect("the job");
    assert_eq!(endpoint.get("/job-stop/w?gpu=local").await.status(), 204);
    endpoint.post(&format!("/cancel/{id}"), &json!(null)).await;
    let stops = json_of(endpoint.get("/job-stop/w?gpu=local").await).await;
    assert_eq!(stops, json!({"jobsToStop": [id]}));
    // a worker that missed it and still pings with the job is told again
    endpoint.get(&format!("/ping/w?job_id={id}")).await;
    let stops = json_of(endpoint.get("/job-stop/w?gpu=local").await).await;
    assert_eq!(stops, json!({"jobsToStop": [id]}));
}

#[tokio::test]
async fn a_silent_worker_loses_its_job_once_to_the_queue_and_then_to_failure() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut start = Start::without_trainer(&dir);
    start.timing.worker_silence = Duration::from_millis(400);
    let endpoint = start.go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("first").await.expect("the job");
    let queued = endpoint.until_status(&id, "IN_QUEUE").await;
    assert_eq!(queued["retries"], 1);
    endpoint.take("second").await.expect("the job again");
    let failed = endpoint.until_status(&id, "FAILED").await;
    assert_eq!(failed["error"], "job timed out after 1 retries");
    assert_eq!(failed["retries"], 1);
}

#[tokio::test]
async fn a_worker_given_up_too_early_may_still_deliver() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut start = Start::without_trainer(&dir);
    start.timing.worker_silence = Duration::from_millis(400);
    let endpoint = start.go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("slow").await.expect("the job");
    endpoint.until_status(&id, "IN_QUEUE").await;
    endpoint
        .done("slow", &id, json!({"output": "paid for"}))
        .await;
    let job = endpoint.status(&id).await;
    assert_eq!(
        (&job["status"], &job["output"]),
        (&json!("COMPLETED"), &json!("paid for"))
    );
    assert!(endpoint.take("other").await.is_none());
}

#[tokio::test]
async fn streamed_pieces_are_given_out_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("w").await.expect("the job");
    for piece in 1..3 {
        let path = format!("/job-stream/w/{id}?gpu=local&isStream=true");
        endpoint.post(&path, &json!({"output": piece})).await;
    }
    let stream = format!("/stream/{id}");
    let pieces = json_of(endpoint.get(&stream).await).await;
    assert_eq!(
        pieces,
        json!({"status": "IN_PROGRESS", "stream": [{"output": 1}, {"output": 2}]})
    );
    assert_eq!(
        json_of(endpoint.get(&stream).await).await["stream"],
        json!([])
    );
}

#[tokio::test]
async fn the_built_in_trainer_stands_down_while_a_worker_is_there_and_takes_over_after() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut start = Start::with_trainer(&dir, FakeS3::nowhere());
    start.timing.stand_down = Duration::from_millis(1_000);
    let endpoint = start.go().await;
    assert!(endpoint.take("w").await.is_none());
    let id = endpoint.run(small_job(1)).await;
    // nobody but the worker may have it now; the built-in trainer would fail it at once
    let job = endpoint.take("w").await.expect("the job");
    assert_eq!(job["id"], json!(id));
    endpoint.done("w", &id, json!({"output": 1})).await;
    let orphan = endpoint.run(small_job(2)).await;
    let failed = endpoint.until_status(&orphan, "FAILED").await;
    assert_eq!(failed["workerId"], "rehearsal");
    let error = failed["error"].as_str().expect("an error");
    assert!(
        error.starts_with("Missing required training_config fields: mode, user_id"),
        "{error}"
    );
}
