//! One run's own speed and faults: asked of the rehearsal trainer, refused by a real endpoint.

use super::fake_runpod::FakeRunpod;
use super::start_weights::until_settled;
use super::studio::{TestStudio, run};
use crate::training::server::reconcile::reconcile_once;
use serde_json::{Value, json};
use std::time::Duration;

fn asking(style: &str, rehearsal: Value) -> Value {
    let mut body = run(style, "V1");
    body["rehearsal"] = rehearsal;
    body
}

#[tokio::test]
async fn a_run_asks_the_rehearsal_trainer_for_its_own_speed_and_faults() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let rehearsal = json!({"stepsPerSecond": 250, "faults": "webhook-lost, status-429=2"});
    let body = asking(&style, rehearsal);
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    assert_eq!(
        preview["request"]["input"]["rehearsal"],
        json!({"steps_per_second": 250.0, "faults": "webhook-lost, status-429=2"})
    );
    studio.post("/api/training/start", &body).await.expect(202);
    let plain = studio
        .post("/api/training/preview", &run(&style, "V2"))
        .await;
    assert!(plain.expect(200)["request"]["input"]["rehearsal"].is_null());
}

#[tokio::test]
async fn words_that_are_no_faults_are_refused_by_name_before_anything_is_recorded() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let body = asking(
        &style,
        json!({"stepsPerSecond": "0", "faults": "webhook-lots"}),
    );
    let refused = studio.post("/api/training/start", &body).await;
    assert!(refused.text.contains("webhook-lots") && refused.text.contains("webhook-lost"));
    assert_eq!(
        refused.refused(400),
        ["rehearsal.stepsPerSecond", "rehearsal.faults"]
    );
    assert!(studio.versions(&style).await.is_empty());
}

#[tokio::test]
async fn a_real_endpoint_is_asked_for_no_rehearsal() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    for rehearsal in [json!({"faults": "crash"}), json!({"stepsPerSecond": 5})] {
        let body = asking(&style, rehearsal);
        let refused = studio.post("/api/training/start", &body).await.refused(400);
        assert!(refused[0].starts_with("rehearsal."), "{refused:?}");
    }
    assert!(runpod.jobs().is_empty());
}

#[tokio::test]
async fn a_rehearsed_run_leaves_the_checkpoints_that_its_plan_promises() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let mut body = run(&style, "V1");
    body["parameters"] = json!({"max_train_steps": 60, "save_every_n_steps": 25});
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    assert_eq!(preview["plan"]["checkpoints"], json!([25, 50, 60]));
    studio.post("/api/training/start", &body).await.expect(202);
    until_settled(&studio).await;
    let id = studio.version(&style).await["id"].clone();
    let path = format!(
        "/api/styles/{style}/training-versions/{}/files",
        id.as_str().unwrap()
    );
    let files = studio.get(&path).await.expect(200);
    let steps: Vec<&serde_json::Value> = files["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["step"])
        .collect();
    assert_eq!(steps, [&json!(25), &json!(50), &json!(null)]);
}

#[tokio::test]
async fn a_run_that_asks_for_no_worker_waits_while_others_are_trained() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let body = asking(&style, json!({"faults": "throttled"}));
    studio.post("/api/training/start", &body).await.expect(202);
    let health = studio.state.runpod.health().await.expect("an answer");
    assert_eq!(
        (health.throttled, health.idle, health.in_queue),
        (1, 0, 1),
        "no worker, and one job waits"
    );
    let path = format!("/api/styles/{style}/preflight?set=1");
    let preflight = studio.get(&path).await.text;
    assert!(
        preflight.contains("All workers are throttled"),
        "{preflight}"
    );
    let other = studio.ready_style(2).await;
    studio.start_run(&other, "V1").await.expect(202);
    for _ in 0..200 {
        reconcile_once(&studio.state).await;
        if studio.version(&other).await["status"] == "completed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(studio.version(&other).await["status"], "completed");
    assert_eq!(studio.version(&style).await["status"], "pending");
    let id = studio.version(&style).await["id"].clone();
    let cancel = format!(
        "/api/styles/{style}/training-versions/{}/cancel",
        id.as_str().unwrap()
    );
    studio.post(&cancel, &json!({})).await.expect(200);
    let health = studio.state.runpod.health().await.expect("an answer");
    assert_eq!((health.throttled, health.idle), (0, 1));
}

#[tokio::test]
async fn the_whole_endpoints_fault_is_refused_to_a_run_by_name() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let body = asking(&style, json!({"faults": "key-expired"}));
    let refused = studio.post("/api/training/start", &body).await;
    assert!(
        refused.text.contains("key-expired") && refused.text.contains("REHEARSAL_FAULTS"),
        "{}",
        refused.text
    );
    assert_eq!(refused.refused(400), ["rehearsal.faults"]);
    assert!(studio.versions(&style).await.is_empty());
}
