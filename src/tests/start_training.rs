//! Start: recorded before submitted, one job per wish, sent as typed.

use super::fake_runpod::{FakeRunpod, OnRun};
use super::studio::{TestStudio, run};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_version_is_recorded_before_runpod_hears_of_it() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let file = studio.style_folder(&style).join("training_versions.json");
    runpod.watch(file.clone());
    let started = studio.start_run(&style, "V1").await.expect(202);
    let seen = runpod.seen();
    let at_submit: Value = serde_json::from_str(seen[0].as_deref().expect("a file")).expect("JSON");
    let record = &at_submit["versions"][0];
    assert_eq!(record["id"], started["version"]["id"]);
    assert_eq!(record["status"], "pending");
    assert!(record["jobId"].is_null());
    assert_eq!(started["version"]["jobId"], runpod.job().0.as_str());
    assert_eq!(studio.events(&style).await[0], "recorded");
}

#[tokio::test]
async fn a_refused_submit_is_on_record_as_failed_and_its_name_is_free_again() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    for status in [400, 401, 404, 429] {
        runpod.on_run(OnRun::Refuse(status));
        studio.start_run(&style, "V1").await.refused(502);
    }
    runpod.on_run(OnRun::Take);
    studio.start_run(&style, "V1").await.expect(202);
    let versions = studio.versions(&style).await;
    let statuses: Vec<&Value> = versions.iter().map(|v| &v["status"]).collect();
    assert_eq!(
        statuses,
        ["pending", "failed", "failed", "failed", "failed"]
    );
    assert!(
        versions[3]["error"]
            .as_str()
            .expect("a reason")
            .contains("401")
    );
    assert_eq!(runpod.jobs().len(), 1);
}

#[tokio::test]
async fn a_submit_whose_answer_is_lost_stays_pending_and_is_not_sent_again() {
    for lost in [OnRun::TakeAndBreak, OnRun::Refuse(500), OnRun::Break] {
        let runpod = FakeRunpod::start().await;
        let studio = TestStudio::on(&runpod).await;
        let style = studio.ready_style(2).await;
        runpod.on_run(lost);
        let started = studio.start_run(&style, "V1").await.expect(202);
        assert_eq!(started["version"]["status"], "pending", "{lost:?}");
        runpod.on_run(OnRun::Take);
        assert_eq!(
            studio.start_run(&style, "V1").await.refused(409),
            ["name"],
            "{lost:?}"
        );
        assert_eq!(runpod.seen().len(), 1, "{lost:?}: one submit and no more");
    }
}

#[tokio::test]
async fn one_idempotency_key_makes_one_job_also_when_sent_at_once() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let body = run(&style, "V1");
    let start = |key: &'static str| {
        let request = studio.request(Method::POST, "/api/training/start");
        studio.send(request.header("Idempotency-Key", key).json(&body))
    };
    let answers = futures::future::join_all((0..10).map(|_| start("a"))).await;
    let late = start("a").await;
    let ids: std::collections::HashSet<String> = answers
        .into_iter()
        .chain([late])
        .map(|a| a.expect(202)["version"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    runpod.job();
    assert_eq!(start("b").await.refused(409), ["name"]);
}

#[tokio::test]
async fn two_windows_that_start_one_name_at_once_make_one_job_and_one_is_told() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let pair = tokio::join!(
        studio.start_run(&style, "V1"),
        studio.start_run(&style, "v1")
    );
    let mut statuses = [pair.0.status, pair.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    runpod.job();
    studio.version(&style).await;
}

#[tokio::test]
async fn images_and_captions_alternate_in_set_order_with_raw_names() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(0).await;
    let names = [
        "z (1).png",
        "A Boy and a Girl_scene_1_shot_1 (1).png",
        "b+c%20.png",
    ];
    for name in names {
        studio
            .put_object(&style, name, &super::studio::picture())
            .await;
        studio
            .put_object(&style, &name.replace(".png", ".txt"), b"a boat")
            .await;
    }
    assert_eq!(studio.save_set(&style, &names).await, 1);
    studio.start_run(&style, "V1").await.expect(202);
    let (_, sent) = runpod.job();
    let bucket = studio.state.s3.bucket();
    let expected: Vec<String> = names
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.replace(".png", ".txt")])
        .map(|name| format!("s3://{bucket}/styles/{style}/{name}"))
        .collect();
    assert_eq!(sent["input"]["training_data"]["s3_urls"], json!(expected));
}

#[tokio::test]
async fn typed_values_are_sent_as_typed_and_never_adjusted() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let mut body = run(&style, "V1");
    body["parameters"] = json!({"max_train_steps": 1000, "learning_rate": 0.0003, "network_dim": "24", "batch_size": 1});
    let started = studio.post("/api/training/start", &body).await.expect(202);
    let (_, sent) = runpod.job();
    let workflow = sent["input"]["workflow"].as_object().expect("a graph");
    assert_eq!(workflow["107"]["inputs"]["max_train_steps"], 1000);
    assert_eq!(workflow["107"]["inputs"]["learning_rate"], 0.0003);
    assert_eq!(workflow["107"]["inputs"]["network_dim"], 24);
    assert_eq!(workflow["109"]["inputs"]["batch_size"], 1);
    let loops = workflow
        .values()
        .filter(|n| n["class_type"] == "FluxTrainLoop");
    let steps: u64 = loops
        .map(|n| n["inputs"]["steps"].as_u64().expect("steps"))
        .sum();
    assert_eq!(steps, 1000);
    assert_eq!(sent["input"]["training_config"]["max_train_steps"], 1000);
    assert_eq!(started["version"]["parameters"]["network_dim"], 24);
    assert!(sent["policy"]["executionTimeout"].as_u64() >= Some(3_600_000));
}

#[tokio::test]
async fn a_cancel_reaches_runpod_and_ends_the_version() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let id = studio.version(&style).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let cancel = format!("/api/styles/{style}/training-versions/{id}/cancel");
    let answer = studio.post(&cancel, &json!({})).await.expect(200);
    assert_eq!(answer["version"]["status"], "cancelled");
    assert_eq!(runpod.cancelled(), [runpod.job().0]);
    studio.post(&cancel, &json!({})).await.refused(409);
}

#[tokio::test]
async fn a_run_after_one_of_a_fast_clock_is_told_with_the_clocks_own_time() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.pass(Duration::from_secs(3_600));
    let fast = studio.start_run(&style, "V1").await.expect(202);
    studio.set_back(Duration::from_secs(3_600));
    let next = studio.start_run(&style, "V2").await.expect(202);
    let of = |answer: &Value, key: &str| answer["version"][key].as_str().expect(key).to_owned();
    assert!(of(&next, "timestamp") < of(&fast, "timestamp"));
    // ids stay in the order of the starts
    assert!(of(&next, "id") > of(&fast, "id"));
}
