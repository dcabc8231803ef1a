//! Disks that are full, stores that are down, files that were broken by hand: nothing is sent that could not be recorded, nothing
//! is overwritten, and what was interrupted is done when the trouble is over.

use super::fake_runpod::FakeRunpod;
use super::line::Line;
use super::studio::{Setup, TestStudio, run, upload_model};
use crate::training::server::reconcile::reconcile_once;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_store_that_is_down_while_a_run_ends_delays_its_end_and_nothing_else() {
    let home = TestStudio::start().await;
    let line = Line::to(&home.state.s3.address()).await;
    let mut variables = home.s3_variables();
    variables.push(("PUBLIC_URL", super::studio::PUBLIC_URL.into()));
    variables.push(("AWS_ENDPOINT_URL_S3", line.address()));
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::with(Setup {
        runpod: Some(runpod.config()),
        variables,
        ..Setup::default()
    })
    .await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (id, sent) = runpod.job();
    super::studio::upload_model(&studio, &style, "V1").await;
    let url = studio.state.s3.object_url(&format!(
        "actor_maker_user/custom-styles-models/style_{style}_V1.safetensors"
    ));
    let body =
        json!({"id": id, "status": "COMPLETED", "output": {"status": "success", "loraUrl": url}});
    runpod.set_status(&id, body.clone());
    line.cut();
    studio.deliver(&sent, &body).await.refused(502);
    assert_eq!(reconcile_once(&studio.state).await, 1);
    assert_ne!(studio.version(&style).await["status"], "failed");
    let events = studio.events(&style).await;
    assert!(
        events.last().expect("events").contains("not settled yet"),
        "{events:?}"
    );
    line.mend();
    assert_eq!(studio.deliver(&sent, &body).await.status, 200);
    assert_eq!(studio.version(&style).await["status"], "completed");
}

#[tokio::test]
async fn nothing_is_sent_when_the_disk_takes_no_snapshot_and_the_attempt_says_so() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let blocked = studio.style_folder(&style).join("training_runs");
    // a file where the folder should be: nothing can be written below it
    std::fs::write(&blocked, "in the way").expect("written");
    let answer = studio.start_run(&style, "V1").await;
    assert!(answer.text.contains("not submitted"), "{}", answer.text);
    answer.refused(500);
    assert_eq!(runpod.seen().len(), 0);
    assert_eq!(studio.versions(&style).await[0]["status"], "failed");
    std::fs::remove_file(&blocked).expect("removed");
    studio.start_run(&style, "V1").await.expect(202);
    runpod.job();
}

#[tokio::test]
async fn a_studio_stopped_between_record_and_submit_says_that_nothing_was_sent() {
    let runpod = FakeRunpod::start().await;
    runpod.hide_list();
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(1).await;
    let now = studio.state.now_iso();
    let record = json!({"versions": [{"id": format!("style_{style}_1"), "name": "V1", "timestamp": now, "parameters": {},
        "status": "pending", "requestId": format!("{style}_1"), "ttlMs": 90_000_000, "modelName": "m"}]});
    let file = studio.style_folder(&style).join("training_versions.json");
    std::fs::write(&file, record.to_string()).expect("written");
    assert_eq!(reconcile_once(&studio.state).await, 1);
    studio.pass(Duration::from_secs(50));
    assert_eq!(reconcile_once(&studio.state).await, 0);
    let version = studio.version(&style).await;
    assert_eq!(version["status"], "failed");
    assert!(
        version["error"]
            .as_str()
            .expect("a reason")
            .contains("never received")
    );
}

#[tokio::test]
async fn broken_files_are_named_kept_and_cost_no_other_style_its_result() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let broken = studio.ready_style(2).await;
    let other = studio.ready_style(2).await;
    studio.start_run(&broken, "V1").await.expect(202);
    studio.start_run(&other, "V1").await.expect(202);
    let jobs = runpod.jobs();
    let file = studio.style_folder(&broken).join("training_versions.json");
    let whole = std::fs::read_to_string(&file).expect("a file");
    let half = &whole[..whole.len() / 2];
    std::fs::write(&file, half).expect("written");
    let done = |id: &str| json!({"id": id, "status": "COMPLETED", "output": {"loraUrl": "s3://elsewhere/k"}});
    for (id, _) in &jobs {
        runpod.set_status(id, done(id));
    }
    // the run in the broken file shall be told of again, the other one is taken in
    let first = studio.deliver(&jobs[0].1, &done(&jobs[0].0)).await;
    first.refused(503);
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(studio.version(&other).await["status"], "completed");
    let refused = studio.start_run(&broken, "V2").await;
    assert!(
        refused.text.contains("training_versions.json"),
        "{}",
        refused.text
    );
    refused.refused(500);
    assert_eq!(std::fs::read_to_string(&file).expect("kept"), half);
    std::fs::write(&file, whole).expect("mended");
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(studio.version(&broken).await["status"], "completed");
}

#[tokio::test]
async fn a_broken_registry_is_named_and_kept_and_its_runs_go_on_when_it_is_mended() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (id, sent) = runpod.job();
    let file = studio.folder().join("data/styles_registry.json");
    let whole = std::fs::read_to_string(&file).expect("a registry");
    std::fs::write(&file, "{\"styles\": [").expect("written");
    let body = json!({"id": id, "status": "COMPLETED", "output": Value::Null});
    studio.deliver(&sent, &body).await.refused(500);
    assert_eq!(
        reconcile_once(&studio.state).await,
        1,
        "a run may be hidden behind it"
    );
    let answer = studio.post("/api/styles", &json!({"title": "New"})).await;
    assert!(
        answer.text.contains("styles_registry.json"),
        "{}",
        answer.text
    );
    answer.refused(500);
    assert_eq!(
        std::fs::read_to_string(&file).expect("kept"),
        "{\"styles\": ["
    );
    std::fs::write(&file, whole).expect("mended");
    upload_model(&studio, &style, "V1").await;
    assert_eq!(studio.deliver(&sent, &body).await.status, 200);
    assert_eq!(studio.version(&style).await["status"], "completed");
}

#[tokio::test]
async fn files_that_are_json_of_another_shape_are_named_and_never_pass_for_empty_ones() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let folder = studio.style_folder(&style);
    let registry = studio.folder().join("data/styles_registry.json");
    let versions = format!("/api/styles/{style}/training-versions");
    let sets = format!("/api/styles/{style}/selection-sets");
    let new_style = json!({"title": "New"});
    let new_set = json!({"filenames": ["boat 0.png"]});
    let cases = [
        (registry, "/api/styles", "/api/styles", new_style),
        (
            folder.join("training_versions.json"),
            versions.as_str(),
            "/api/training/start",
            run(&style, "V2"),
        ),
        (
            folder.join("selection_sets.json"),
            sets.as_str(),
            sets.as_str(),
            new_set,
        ),
    ];
    for (file, list, make, body) in cases {
        let whole = std::fs::read_to_string(&file).expect("a file");
        let name = file.file_name().expect("a name").to_string_lossy();
        for odd in [
            "[]",
            "{}",
            "5",
            "{\"stlyes\": []}",
            "{\"styles\": {}, \"versions\": {}, \"sets\": {}}",
        ] {
            std::fs::write(&file, odd).expect("written");
            for answer in [studio.get(list).await, studio.post(make, &body).await] {
                assert!(
                    answer.text.contains(name.as_ref()),
                    "{odd}: {}",
                    answer.text
                );
                answer.refused(500);
            }
            assert_eq!(std::fs::read_to_string(&file).expect("kept"), odd);
        }
        std::fs::write(&file, whole).expect("mended");
    }
    assert_eq!(studio.versions(&style).await.len(), 1);
}
