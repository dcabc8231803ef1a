//! Nothing that would waste a paid run is started: every problem comes back at once, by field, and RunPod hears nothing.

use super::fake_runpod::FakeRunpod;
use super::studio::{Setup, TestStudio, picture, run, upload_model};
use crate::training::server::reconcile::reconcile_once;
use serde_json::{Value, json};

async fn setup() -> (FakeRunpod, TestStudio, String) {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(3).await;
    (runpod, studio, style)
}

fn nothing_was_sent(runpod: &FakeRunpod) {
    assert_eq!(runpod.seen().len(), 0, "RunPod was asked");
}

#[tokio::test]
async fn values_out_of_bounds_are_named_by_field_all_at_once() {
    let (runpod, studio, style) = setup().await;
    let mut body = run(&style, "");
    body["parameters"] =
        json!({"batch_size": 0, "learning_rate": "fast", "network_dim": -1, "no_such_thing": 1});
    let fields = studio.post("/api/training/start", &body).await.refused(400);
    for field in [
        "name",
        "batch_size",
        "learning_rate",
        "network_dim",
        "no_such_thing",
    ] {
        assert!(fields.iter().any(|f| f == field), "{field} of {fields:?}");
    }
    assert_eq!(studio.versions(&style).await, Vec::<Value>::new());
    nothing_was_sent(&runpod);
}

#[tokio::test]
async fn images_gone_from_s3_are_named_and_the_run_is_refused() {
    let (runpod, studio, style) = setup().await;
    let keys = ["boat 0.png", "boat 2.png"].map(|name| format!("styles/{style}/{name}"));
    studio.state.s3.delete(&keys).await.unwrap();
    let answer = studio.start_run(&style, "V1").await;
    assert!(
        answer.text.contains("boat 0.png") && answer.text.contains("boat 2.png"),
        "{}",
        answer.text
    );
    assert!(!answer.text.contains("boat 1.png"));
    assert_eq!(answer.refused(400), ["selectionSetId"]);
    nothing_was_sent(&runpod);
}

#[tokio::test]
async fn a_blank_caption_is_refused_like_a_missing_one() {
    let (runpod, studio, style) = setup().await;
    for blank in [&b""[..], b" \n\t"] {
        studio.put_object(&style, "boat 1.txt", blank).await;
        let answer = studio.start_run(&style, "V1").await;
        assert!(
            answer.text.contains("boat 1.png"),
            "{blank:?}: {}",
            answer.text
        );
        answer.refused(400);
    }
    studio
        .state
        .s3
        .delete(&[format!("styles/{style}/boat 1.txt")])
        .await
        .unwrap();
    let answer = studio.start_run(&style, "V1").await;
    assert!(answer.text.contains("boat 1.png"));
    answer.refused(400);
    nothing_was_sent(&runpod);
}

#[tokio::test]
async fn files_the_trainer_would_pass_over_or_stop_on_are_refused_by_name() {
    let (runpod, studio, style) = setup().await;
    for (name, bytes) in [
        ("moving.gif", picture()),
        ("odd.Jpg", picture()),
        ("broken.png", b"no picture".to_vec()),
    ] {
        studio.put_object(&style, name, &bytes).await;
        let caption = format!("{}.txt", name.split('.').next().unwrap());
        studio.put_object(&style, &caption, b"a boat").await;
        let set = studio.save_set(&style, &["boat 0.png", name]).await;
        let mut body = run(&style, "V1");
        body["selectionSetId"] = json!(set);
        let answer = studio.post("/api/training/start", &body).await;
        assert!(answer.text.contains(name), "{name}: {}", answer.text);
        answer.refused(400);
    }
    nothing_was_sent(&runpod);
}

#[tokio::test]
async fn an_unknown_style_or_set_is_refused() {
    let (runpod, studio, style) = setup().await;
    studio.start_run("4711", "V1").await.refused(404);
    studio.start_run("../x", "V1").await.refused(400);
    let mut body = run(&style, "V1");
    body["selectionSetId"] = json!(99);
    assert_eq!(
        studio.post("/api/training/start", &body).await.refused(400),
        ["selectionSetId"]
    );
    nothing_was_sent(&runpod);
}

#[tokio::test]
async fn the_preview_shows_the_same_problems_as_the_start_and_never_submits() {
    let (runpod, studio, style) = setup().await;
    studio
        .state
        .s3
        .delete(&[format!("styles/{style}/boat 1.txt")])
        .await
        .unwrap();
    let mut body = run(&style, "V 1/x");
    body["parameters"] = json!({"batch_size": 0});
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    let problems = preview["problems"].as_array().unwrap();
    let fields: Vec<&str> = problems
        .iter()
        .map(|p| p["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        studio.post("/api/training/start", &body).await.refused(400),
        fields
    );
    nothing_was_sent(&runpod);
    assert!(!studio.folder().join("debug").exists());
}

#[tokio::test]
async fn every_documented_refusal_has_the_type_it_is_sent_with() {
    let studio = TestStudio::start().await;
    let document = studio
        .get("/api/openapi.json")
        .await
        .expect(200)
        .to_string();
    let problem = "{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}";
    assert!(document.contains(&format!("\"application/problem+json\":{problem}")));
    assert!(!document.contains(&format!("\"application/json\":{problem}")));
    assert!(document.contains("/api/ngrok/test"));
}

#[tokio::test]
async fn a_model_file_is_never_overwritten_whatever_its_version_is_called_now() {
    let (runpod, studio, style) = setup().await;
    studio.start_run(&style, "V1").await.expect(202);
    let (id, _) = runpod.job();
    upload_model(&studio, &style, "V1").await;
    let done = json!({"id": id, "status": "COMPLETED", "output": {"status": "success"}});
    runpod.set_status(&id, done);
    reconcile_once(&studio.state).await;
    let version = studio.version(&style).await;
    let one = format!(
        "/api/styles/{style}/training-versions/{}",
        version["id"].as_str().expect("an id")
    );
    let renamed = studio.patch(&one, &json!({"name": "Best so far"})).await;
    renamed.expect(200);
    let answer = studio.start_run(&style, "V1").await;
    assert!(answer.text.contains("was started as"), "{}", answer.text);
    answer.refused(409);
    let offered = async || {
        let page = studio
            .get(&format!("/styles/{style}/train?set=1"))
            .await
            .text;
        ["V1", "V2"].map(|name| page.contains(&format!("value=\"{name}\"")))
    };
    assert_eq!(offered().await, [false, true], "a name that can be used");
    // taken off the list, its model kept
    let gone = studio.request(reqwest::Method::DELETE, &one);
    assert_eq!(studio.send(gone).await.status, 204);
    let answer = studio.start_run(&style, "V1").await;
    assert!(
        answer.text.contains("holds a model file of the name"),
        "{}",
        answer.text
    );
    answer.refused(409);
    assert_eq!(offered().await, [false, true]);
    let sweep = json!({
        "styleId": style, "selectionSetId": 1, "name": "V2",
        "vary": [{"parameter": "network_dim", "values": "8, 16"}],
    });
    upload_model(&studio, &style, "V2-r16").await;
    let answer = studio.post("/api/training/sweeps", &sweep).await;
    assert!(answer.text.contains("V2-r16"), "{}", answer.text);
    assert!((400..500).contains(&answer.status));
    assert_eq!(runpod.jobs().len(), 1);
    studio.start_run(&style, "V3").await.expect(202);
}

#[tokio::test]
async fn a_renamed_run_that_failed_is_retried_under_a_name_that_a_file_can_have() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::with(Setup {
        runpod: Some(runpod.config()),
        ..Setup::default()
    });
    let studio = studio.await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "ink-r8").await.expect(202);
    let (id, _) = runpod.job();
    runpod.set_status(
        &id,
        json!({"id": id, "status": "FAILED", "error": "out of memory"}),
    );
    reconcile_once(&studio.state).await;
    let version = studio.version(&style).await;
    let one = format!(
        "/api/styles/{style}/training-versions/{}",
        version["id"].as_str().expect("an id")
    );
    studio
        .patch(&one, &json!({"name": "Too big for it"}))
        .await
        .expect(200);
    let again = studio.post(&format!("{one}/retry"), &json!({})).await;
    let again = again.expect(202);
    assert_eq!(again["version"]["name"], "ink-r8-2", "{again}");
}
