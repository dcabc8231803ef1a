//! Polling alone carries a run to its end, whatever RunPod forgets, loses or answers; the clock is set forward, never waited for.

use super::fake_runpod::{FakeRunpod, OnRun};
use super::studio::{Setup, TestStudio};
use crate::training::server::reconcile::reconcile_once;
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

async fn started(runpod: &FakeRunpod) -> (TestStudio, String) {
    let studio = TestStudio::on(runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    (studio, style)
}

async fn upload_model(studio: &TestStudio, style: &str) {
    super::studio::upload_model(studio, style, "V1").await;
}

#[tokio::test]
async fn the_whole_run_is_settled_by_polling_alone() {
    let variables = vec![("REHEARSAL_FAULTS", "webhook-lost".to_owned())];
    let studio = TestStudio::with(Setup {
        variables,
        ..Setup::default()
    })
    .await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let until_settled = async {
        while reconcile_once(&studio.state).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until_settled)
        .await
        .expect("the run ends");
    let version = studio.version(&style).await;
    assert_eq!(version["status"], "completed");
    assert!(version["sizeBytes"].as_u64() > Some(1000));
    let path = format!(
        "/api/styles/{style}/training-versions/{}/events",
        version["id"].as_str().unwrap()
    );
    let events = studio.get(&path).await.expect(200);
    assert_eq!(
        events["events"].as_array().unwrap().last().unwrap()["witness"],
        "polling"
    );
}

#[tokio::test]
async fn progress_and_the_end_are_read_from_status() {
    let runpod = FakeRunpod::start().await;
    let (studio, style) = started(&runpod).await;
    let (id, _) = runpod.job();
    let output = json!({"stage": "training", "step": 40, "total": 80});
    runpod.set_status(
        &id,
        json!({"id": id, "status": "IN_PROGRESS", "output": output}),
    );
    assert_eq!(reconcile_once(&studio.state).await, 1);
    let version = studio.version(&style).await;
    assert_eq!(
        (&version["status"], &version["progress"]),
        (&json!("training"), &output)
    );
    runpod.set_status(
        &id,
        json!({"id": id, "status": "FAILED", "error": "executionTimeout exceeded"}),
    );
    assert_eq!(reconcile_once(&studio.state).await, 0);
    let version = studio.version(&style).await;
    assert_eq!(version["status"], "failed");
    assert!(
        version["error"]
            .as_str()
            .unwrap()
            .contains("executionTimeout")
    );
}

#[tokio::test]
async fn timed_out_and_cancelled_at_runpod_end_the_version() {
    for (told, status) in [("TIMED_OUT", "failed"), ("CANCELLED", "cancelled")] {
        let runpod = FakeRunpod::start().await;
        let (studio, style) = started(&runpod).await;
        let (id, _) = runpod.job();
        runpod.set_status(&id, json!({"id": id, "status": told}));
        assert_eq!(reconcile_once(&studio.state).await, 0, "{told}");
        assert_eq!(studio.version(&style).await["status"], status);
    }
}

#[tokio::test]
async fn answers_that_make_no_sense_are_no_verdict() {
    let runpod = FakeRunpod::start().await;
    let (studio, style) = started(&runpod).await;
    let (id, _) = runpod.job();
    for odd in [
        json!([]),
        json!("text"),
        json!({"status": 429}),
        json!({"id": id}),
        json!({"id": 7, "status": "FAILED"}),
    ] {
        runpod.set_status(&id, odd);
        studio.pass(HOUR);
        assert_eq!(reconcile_once(&studio.state).await, 1);
    }
    assert_eq!(studio.version(&style).await["status"], "pending");
}

#[tokio::test]
async fn a_404_asks_s3_first_and_a_model_there_completes_the_run() {
    let runpod = FakeRunpod::start().await;
    let (studio, style) = started(&runpod).await;
    runpod.set_status(&runpod.job().0, Value::Null);
    upload_model(&studio, &style).await;
    studio.pass(2 * HOUR);
    assert_eq!(reconcile_once(&studio.state).await, 0);
    let version = studio.version(&style).await;
    assert_eq!(
        (&version["status"], &version["sizeBytes"]),
        (&json!("completed"), &json!(super::studio::model().len()))
    );
    let url = version["loraUrl"].as_str().unwrap();
    assert!(
        url.ends_with(&format!(
            "custom-styles-models/style_{style}_V1.safetensors"
        )),
        "{url}"
    );
}

#[tokio::test]
async fn a_404_soon_after_the_submit_is_waited_out_and_later_the_run_is_lost_with_its_reason() {
    let runpod = FakeRunpod::start().await;
    let (studio, style) = started(&runpod).await;
    runpod.set_status(&runpod.job().0, Value::Null);
    assert_eq!(
        reconcile_once(&studio.state).await,
        1,
        "RunPod may not know a job for a moment"
    );
    studio.pass(Duration::from_secs(140));
    assert_eq!(reconcile_once(&studio.state).await, 1);
    studio.pass(Duration::from_secs(20));
    assert_eq!(reconcile_once(&studio.state).await, 0);
    let version = studio.version(&style).await;
    assert_eq!(version["status"], "failed");
    assert!(
        version["error"]
            .as_str()
            .unwrap()
            .contains("no longer knows the job")
    );
}

#[tokio::test]
async fn a_model_older_than_the_run_is_not_taken_for_its_result() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    // the bucket's clock is an hour behind: what comes now is older than the run
    studio.pass(HOUR);
    studio.start_run(&style, "V1").await.expect(202);
    upload_model(&studio, &style).await;
    runpod.set_status(&runpod.job().0, Value::Null);
    studio.pass(HOUR);
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(studio.version(&style).await["status"], "failed");
}

#[tokio::test]
async fn a_lost_answer_is_found_again_in_the_endpoints_list() {
    let runpod = FakeRunpod::start().await;
    runpod.on_run(OnRun::TakeAndBreak);
    let (studio, style) = started(&runpod).await;
    assert!(studio.version(&style).await["jobId"].is_null());
    assert_eq!(reconcile_once(&studio.state).await, 1);
    let version = studio.version(&style).await;
    assert_eq!(
        (&version["jobId"], &version["status"]),
        (&json!(runpod.job().0), &json!("pending"))
    );
    assert_eq!(runpod.seen().len(), 1, "it was not submitted again");
}

#[tokio::test]
async fn a_submit_that_never_arrived_is_called_so_only_when_none_can_be_on_its_way() {
    let runpod = FakeRunpod::start().await;
    runpod.on_run(OnRun::Break);
    let (studio, style) = started(&runpod).await;
    assert_eq!(reconcile_once(&studio.state).await, 1);
    studio.pass(Duration::from_secs(40));
    assert_eq!(reconcile_once(&studio.state).await, 1);
    studio.pass(Duration::from_secs(10));
    assert_eq!(reconcile_once(&studio.state).await, 0);
    let version = studio.version(&style).await;
    assert_eq!(version["status"], "failed");
    assert!(
        version["error"]
            .as_str()
            .unwrap()
            .contains("nothing was paid")
    );
}

#[tokio::test]
async fn where_the_list_cannot_be_read_a_lost_submit_stays_open_until_the_model_turns_up() {
    let runpod = FakeRunpod::start().await;
    runpod.hide_list();
    runpod.on_run(OnRun::TakeAndBreak);
    let (studio, style) = started(&runpod).await;
    studio.pass(24 * HOUR);
    assert_eq!(reconcile_once(&studio.state).await, 1);
    assert_eq!(studio.version(&style).await["status"], "pending");
    upload_model(&studio, &style).await;
    // the file carries this machine's time: to the studio, whose clock is ahead, it is old but younger than the run
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(studio.version(&style).await["status"], "completed");
}

#[tokio::test]
async fn a_run_nobody_knows_of_does_not_stay_open_for_ever() {
    let runpod = FakeRunpod::start().await;
    runpod.hide_list();
    runpod.on_run(OnRun::Break);
    let (studio, style) = started(&runpod).await;
    studio.pass(9 * 24 * HOUR);
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(studio.version(&style).await["status"], "failed");
}

#[tokio::test]
async fn versions_of_the_older_system_are_left_alone() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(1).await;
    let file = studio.style_folder(&style).join("training_versions.json");
    let old = r#"{"versions":[{"id":"06a7ab1f-0000-4000-8000-000000000000-e1","name":"V1","timestamp":"2025-10-12T07:27:20.123Z","parameters":{},"status":"pending"}]}"#;
    std::fs::write(&file, old).unwrap();
    studio.pass(30 * 24 * HOUR);
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), old);
}
