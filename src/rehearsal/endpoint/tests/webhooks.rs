use serde_json::{Value, json};

use super::support::{Receiver, Start, TestEndpoint, small_job};

/// Submits a job with these faults to this receiver and has it done.
async fn done_job(
    endpoint: &TestEndpoint,
    receiver: &Receiver,
    faults: &str,
    result: Value,
) -> String {
    let mut body = small_job(5);
    body["webhook"] = json!(receiver.url);
    body["input"]["rehearsal"] = json!({"faults": faults});
    let id = endpoint.run(body).await;
    endpoint.take("w").await.expect("the job");
    endpoint.done("w", &id, result).await;
    id
}

#[tokio::test]
async fn the_whole_job_is_posted_with_its_input_and_webhook() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let receiver = Receiver::start(&[]).await;
    let id = done_job(&endpoint, &receiver, "", json!({"output": {"ok": 1}})).await;
    let job = receiver.jobs(1).await.remove(0);
    assert_eq!(job["id"], json!(id));
    assert_eq!(job["status"], "COMPLETED");
    assert_eq!(job["output"], json!({"ok": 1}));
    assert_eq!(job["input"]["number"], 5);
    assert_eq!(job["webhook"], json!(receiver.url));
    assert!(job["delayTime"].is_u64() && job["executionTime"].is_u64());
}

#[tokio::test]
async fn a_refused_webhook_is_tried_three_times_in_all() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let receiver = Receiver::start(&[500, 404, 302]).await;
    done_job(&endpoint, &receiver, "", json!({"error": "no"})).await;
    let jobs = receiver.jobs(3).await;
    assert!(jobs.iter().all(|job| job["status"] == "FAILED"));
    // the next job's webhook is the fourth: nothing came in between
    done_job(&endpoint, &receiver, "", json!({"output": 1})).await;
    let jobs = receiver.jobs(4).await;
    assert_eq!(jobs.len(), 4);
    assert_eq!(jobs[3]["status"], "COMPLETED");
}

#[tokio::test]
async fn a_cancelled_job_and_a_lost_webhook_send_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let receiver = Receiver::start(&[]).await;
    let mut body = small_job(1);
    body["webhook"] = json!(receiver.url);
    let id = endpoint.run(body).await;
    endpoint.post(&format!("/cancel/{id}"), &json!(null)).await;
    done_job(&endpoint, &receiver, "webhook-lost", json!({"output": 1})).await;
    let last = done_job(&endpoint, &receiver, "", json!({"output": 2})).await;
    let jobs = receiver.jobs(1).await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0]["id"], json!(last));
}

#[tokio::test]
async fn faults_double_reorder_empty_and_flatten_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let good = json!({"output": {"status": "success", "job_id": "16_5"}});

    let receiver = Receiver::start(&[]).await;
    done_job(&endpoint, &receiver, "webhook-twice", good.clone()).await;
    let jobs = receiver.jobs(2).await;
    assert_eq!(jobs[0], jobs[1]);

    let receiver = Receiver::start(&[]).await;
    done_job(&endpoint, &receiver, "webhook-reordered", good.clone()).await;
    let jobs = receiver.jobs(2).await;
    assert_eq!(jobs[0]["status"], "COMPLETED");
    assert_eq!(jobs[1]["status"], "IN_PROGRESS");

    let receiver = Receiver::start(&[]).await;
    done_job(&endpoint, &receiver, "webhook-empty", good.clone()).await;
    assert!(receiver.bodies(1).await[0].is_empty());

    let receiver = Receiver::start(&[]).await;
    done_job(&endpoint, &receiver, "webhook-container", good.clone()).await;
    assert_eq!(receiver.jobs(1).await[0], good["output"]);

    let receiver = Receiver::start(&[]).await;
    let id = done_job(&endpoint, &receiver, "id-suffix", good).await;
    let sent = receiver.jobs(1).await.remove(0);
    let stem = id.strip_suffix("-u1").expect("the suffix");
    assert_eq!(sent["id"], json!(format!("{stem}-e1")));
}

#[tokio::test]
async fn a_forgotten_result_is_404_and_its_webhook_still_comes() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let receiver = Receiver::start(&[]).await;
    let id = done_job(&endpoint, &receiver, "forget-results", json!({"output": 1})).await;
    assert_eq!(receiver.jobs(1).await[0]["id"], json!(id));
    assert_eq!(endpoint.status(&id).await["status"], 404);
}
