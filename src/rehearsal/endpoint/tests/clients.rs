use serde_json::json;
use std::time::Duration;

use super::support::{KEY, Start, eventually, json_of, small_job};

#[tokio::test]
async fn a_stranger_is_told_401_and_another_endpoint_404() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    for key in [None, Some("rpa_wrong"), Some("Bearer rpa_tes")] {
        let mut request = endpoint.http.get(format!("{}/health", endpoint.base));
        if let Some(key) = key {
            request = request.header("authorization", key);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 401, "{key:?}");
        let problem = json_of(answer).await;
        assert_eq!(
            (&problem["status"], &problem["title"]),
            (&json!(401), &json!("Unauthorized"))
        );
    }
    let other = endpoint.base.replace("/local", "/other");
    let bare = endpoint.http.get(format!("{other}/health"));
    let answer = bare
        .header("authorization", KEY)
        .send()
        .await
        .expect("an answer");
    let problem = json_of(answer).await;
    assert_eq!(
        problem,
        json!({"status": 404, "title": "Not Found", "detail": "endpoint not found"})
    );
    let answer = endpoint.get("/status/none-u1").await;
    assert_eq!(answer.status(), 404);
    assert_eq!(json_of(answer).await["detail"], "job not found");
}

#[tokio::test]
async fn an_empty_input_is_400() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let bodies = [
        json!({}),
        json!({"input": {}}),
        json!({"input": null}),
        json!([1]),
    ];
    for body in bodies {
        let answer = endpoint.post("/run", &body).await;
        assert_eq!(answer.status(), 400, "{body}");
        assert_eq!(json_of(answer).await["status"], 400);
    }
    let faulty = json!({"input": {"rehearsal": {"faults": "webhook-lots"}}});
    let answer = endpoint.post("/run", &faulty).await;
    assert_eq!(answer.status(), 400);
    let problem = json_of(answer).await;
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains("webhook-lots"), "{detail}");
}

#[tokio::test]
async fn a_body_over_10_mib_is_400_and_one_below_is_taken() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let big = json!({"input": {"text": "x".repeat(10 * 1024 * 1024)}});
    let answer = endpoint.post("/run", &big).await;
    assert_eq!(answer.status(), 400);
    let detail = json_of(answer).await["detail"].clone();
    assert_eq!(detail, "bad request: body: exceeded max body size of 10MiB");
    endpoint
        .run(json!({"input": {"text": "x".repeat(10 * 1024 * 1024 - 100)}}))
        .await;
}

#[tokio::test]
async fn a_queued_job_can_be_cancelled_purged_and_listed() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let first = endpoint.run(small_job(1)).await;
    let second = endpoint.run(small_job(2)).await;
    assert!(first.ends_with("-u1"), "{first}");
    assert_eq!(
        endpoint.status(&first).await,
        json!({"id": first, "status": "IN_QUEUE"})
    );
    let listed = json_of(endpoint.get("/requests").await).await;
    assert_eq!(
        listed["requests"][0],
        json!({"id": second, "status": "IN_QUEUE", "input": {"training_config": {"request_id": "16_2"}}})
    );
    let cancelled = json_of(
        endpoint
            .post(&format!("/cancel/{first}"), &json!(null))
            .await,
    )
    .await;
    assert_eq!(cancelled, json!({"id": first, "status": "CANCELLED"}));
    let health = json_of(endpoint.get("/health").await).await;
    assert_eq!(health["jobs"]["inQueue"], 1);
    assert_eq!(health["workers"]["throttled"], 1);
    let purged = json_of(endpoint.post("/purge-queue", &json!(null)).await).await;
    assert_eq!(purged, json!({"removed": 1, "status": "completed"}));
    assert_eq!(endpoint.status(&second).await["status"], 404);
    assert_eq!(endpoint.status(&first).await["status"], "CANCELLED");
}

#[tokio::test]
async fn status_answers_a_post_as_well() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    let answer = endpoint.post(&format!("/status/{id}"), &json!({})).await;
    assert_eq!(json_of(answer).await["status"], "IN_QUEUE");
    let wrong = endpoint.get(&format!("/cancel/{id}")).await;
    assert_eq!(wrong.status(), 405);
}

#[tokio::test]
async fn a_job_that_outlives_its_execution_timeout_is_failed() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let mut body = small_job(1);
    body["policy"] = json!({"executionTimeout": 300});
    let id = endpoint.run(body).await;
    endpoint.take("w").await.expect("the job");
    let job = endpoint.until_status(&id, "FAILED").await;
    assert_eq!(job["error"], "executionTimeout exceeded");
    assert!(job["executionTime"].as_u64().expect("ms") >= 300);
    let stops = json_of(endpoint.get("/job-stop/w?gpu=local").await).await;
    assert_eq!(stops, json!({"jobsToStop": [id]}));
}

#[tokio::test]
async fn a_job_past_its_ttl_is_404_even_while_it_runs() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let mut body = small_job(1);
    body["policy"] = json!({"ttl": 1500});
    let id = endpoint.run(body).await;
    endpoint.take("w").await.expect("the job");
    assert_eq!(endpoint.status(&id).await["status"], "IN_PROGRESS");
    endpoint.until_status(&id, 404).await;
}

#[tokio::test]
async fn a_result_is_404_after_its_keeping() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut start = Start::without_trainer(&dir);
    start.timing.result_kept = Duration::from_millis(700);
    let endpoint = start.go().await;
    let id = endpoint.run(small_job(1)).await;
    endpoint.take("w").await.expect("the job");
    endpoint.done("w", &id, json!({"output": 1})).await;
    assert_eq!(endpoint.status(&id).await["status"], "COMPLETED");
    endpoint.until_status(&id, 404).await;
    let left = || std::fs::read_dir(dir.path().join("jobs")).map_or(0, Iterator::count);
    eventually(|| left() == 0, "nothing left on disk either").await;
}

#[tokio::test]
async fn only_a_failed_job_can_be_retried_and_its_old_result_is_gone() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let id = endpoint.run(small_job(1)).await;
    let retry = format!("/retry/{id}");
    assert_eq!(endpoint.post(&retry, &json!(null)).await.status(), 400);
    endpoint.take("w").await.expect("the job");
    endpoint
        .done(
            "w",
            &id,
            json!({"error": "out of memory", "output": {"status": "failed"}}),
        )
        .await;
    let failed = endpoint.status(&id).await;
    assert_eq!(failed["status"], "FAILED");
    assert_eq!(failed["error"], "out of memory");
    let answer = json_of(endpoint.post(&retry, &json!(null)).await).await;
    assert_eq!(answer, json!({"id": id, "status": "IN_QUEUE"}));
    assert_eq!(
        endpoint.status(&id).await,
        json!({"id": id, "status": "IN_QUEUE"})
    );
    endpoint.take("w").await.expect("the same job");
    endpoint.done("w", &id, json!({"output": "good"})).await;
    assert_eq!(endpoint.status(&id).await["output"], "good");
    assert_eq!(endpoint.post(&retry, &json!(null)).await.status(), 400);
}

#[tokio::test]
async fn runsync_answers_the_finished_job_or_where_it_stands() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let waiting = json_of(endpoint.post("/runsync?wait=1000", &small_job(1)).await).await;
    assert_eq!(waiting["status"], "IN_QUEUE");
    let id = waiting["id"].as_str().expect("an id");
    assert!(id.starts_with("sync-"), "{id}");
    endpoint.post("/purge-queue", &json!(null)).await;
    let body = small_job(2);
    let (answer, ()) = tokio::join!(endpoint.post("/runsync", &body), async {
        loop {
            if let Some(job) = endpoint.take("w").await {
                let id = job["id"].as_str().expect("an id");
                return endpoint.done("w", id, json!({"output": [1, 2]})).await;
            }
        }
    });
    let done = json_of(answer).await;
    assert_eq!(done["status"], "COMPLETED");
    assert_eq!(done["output"], json!([1, 2]));
}

#[tokio::test]
async fn a_run_that_is_never_answered_is_found_among_the_requests() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let mut body = small_job(7);
    body["input"]["rehearsal"] = json!({"faults": "run-timeout"});
    let request = endpoint.http.post(format!("{}/run", endpoint.base));
    let request = request
        .bearer_auth(KEY)
        .json(&body)
        .timeout(Duration::from_millis(500));
    assert!(request.send().await.expect_err("no answer").is_timeout());
    let listed = json_of(endpoint.get("/requests").await).await;
    assert_eq!(
        listed["requests"][0]["input"]["training_config"]["request_id"],
        "16_7"
    );
}

#[tokio::test]
async fn spoiled_status_answers_come_one_kind_after_another_and_end() {
    let dir = tempfile::tempdir().expect("a directory");
    let endpoint = Start::without_trainer(&dir).go().await;
    let mut body = small_job(1);
    body["input"]["rehearsal"] =
        json!({"faults": "status-html=1,status-404-first=1,status-429=2,status-500=1"});
    let id = endpoint.run(body).await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        let answer = endpoint.get(&format!("/status/{id}")).await;
        codes.push(answer.status().as_u16());
    }
    assert_eq!(codes, [404, 429, 429, 500, 502, 200]);
}
