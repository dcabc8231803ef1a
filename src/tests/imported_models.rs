//! Models in the bucket that no version knows: offered with what their headers say, imported once.

use super::fake_runpod::FakeRunpod;
use super::plain_form::PlainForm;
use super::studio::TestStudio;
use crate::server::s3::Precondition;
use crate::training::server::reconcile::reconcile_once;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const MODELS: &str = "actor_maker_user/custom-styles-models";

/// A whole file of one tensor.
fn model(rank: u32) -> Vec<u8> {
    let header = json!({
        "__metadata__": {"ss_network_dim": rank.to_string(), "ss_network_alpha": "8.0", "ss_learning_rate": "0.0003",
            "ss_steps": "1200", "ss_base_model_version": "flux1"},
        "lora_unet_a.lora_up.weight": {"dtype": "BF16", "shape": [8], "data_offsets": [0, 16]},
    })
    .to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend([0; 16]);
    bytes
}

async fn put(studio: &TestStudio, file: &str, bytes: Vec<u8>) {
    let key = format!("{MODELS}/{file}");
    let put = studio
        .state
        .s3
        .put(&key, bytes, "application/octet-stream", Precondition::None);
    put.await.expect("the bucket takes it");
}

async fn unknown(studio: &TestStudio, style: &str) -> Vec<Value> {
    let path = format!("/api/styles/{style}/training-versions/unknown-models");
    let list = studio.get(&path).await.expect(200);
    list["models"].as_array().expect("a list").clone()
}

async fn import(studio: &TestStudio, style: &str, body: Value) -> Value {
    let path = format!("/api/styles/{style}/training-versions/import");
    studio.post(&path, &body).await.expect(200)
}

/// Style 1 knows V8 by an address in another bucket, and V6 failed without a file.
async fn studio_with_versions() -> TestStudio {
    let studio = TestStudio::start().await;
    studio.ready_style(0).await;
    let versions = json!({"versions": [
        {"id": "5b-e1", "name": "V8", "status": "completed", "parameters": {}, "timestamp": "2025-10-13T19:36:17.724Z",
            "loraUrl": "https://storyboard-user-files.s3-accelerate.amazonaws.com/styles_maker_user/custom-styles-models/style_1_vV8.safetensors"},
        {"id": "6b-e1", "name": "V6", "status": "failed", "parameters": {}, "timestamp": "2025-10-12T19:36:17.724Z", "error": "Training failed"},
    ]});
    studio
        .post("/api/styles/1/training-versions", &versions)
        .await
        .expect(200);
    studio
}

#[tokio::test]
async fn only_models_that_no_version_knows_are_offered_with_what_their_headers_say() {
    let studio = studio_with_versions().await;
    put(&studio, "style_1_vV8.safetensors", model(16)).await;
    put(&studio, "style_1_vV10.safetensors", model(32)).await;
    put(
        &studio,
        "style_1_v1.0.safetensors",
        model(4)[..300.min(model(4).len() - 1)].to_vec(),
    )
    .await;
    put(&studio, "style_7_vV1.safetensors", model(4)).await;
    put(&studio, "style_1_notes.txt", b"x".to_vec()).await;
    let models = unknown(&studio, "1").await;
    let mut files: Vec<&str> = models.iter().map(|m| m["file"].as_str().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(
        files,
        ["style_1_v1.0.safetensors", "style_1_vV10.safetensors"]
    );
    let of = |file: &str| models.iter().find(|m| m["file"] == file).unwrap();
    let whole = of("style_1_vV10.safetensors");
    assert_eq!(
        (&whole["name"], &whole["problem"]),
        (&json!("V10"), &Value::Null)
    );
    assert_eq!(whole["facts"]["networkDim"], 32);
    assert_eq!(whole["facts"]["steps"], 1200);
    assert_eq!(whole["sizeBytes"], model(32).len());
    let cut = of("style_1_v1.0.safetensors")["problem"].as_str().unwrap();
    assert!(cut.contains("not whole"), "{cut}");
}

#[tokio::test]
async fn an_imported_model_is_a_completed_version_and_a_second_import_makes_no_duplicate() {
    let studio = studio_with_versions().await;
    put(&studio, "style_1_vV10.safetensors", model(32)).await;
    put(&studio, "style_1_vV6.safetensors", model(16)).await;
    put(&studio, "style_1_vV11.safetensors", b"<html>".to_vec()).await;
    let done = import(&studio, "1", json!({})).await;
    assert_eq!(done["imported"].as_array().unwrap().len(), 2);
    assert_eq!(done["refused"][0]["file"], "style_1_vV11.safetensors");
    let versions = studio.versions("1").await;
    let of = |id: &str| versions.iter().find(|v| v["id"] == id).unwrap();
    let imported = of("style_1_vV10");
    assert_eq!(
        (&imported["name"], &imported["status"]),
        (&json!("V10"), &json!("completed"))
    );
    assert_eq!(
        (&imported["trainer"], &imported["sizeBytes"]),
        (&json!("imported"), &json!(model(32).len()))
    );
    assert_eq!(
        imported["parameters"],
        json!({"learning_rate": 0.0003, "max_train_steps": 1200, "network_alpha": 8, "network_dim": 32})
    );
    assert_eq!(
        of("style_1_vV6")["name"],
        "V6 from S3",
        "V6 is taken by a run that failed"
    );
    assert_eq!(
        of("6b-e1")["status"],
        "failed",
        "a failed run is not made a success"
    );

    let again = import(&studio, "1", json!({"files": ["style_1_vV10.safetensors"]})).await;
    assert_eq!(again["imported"], json!([]));
    assert_eq!(again["refused"][0]["file"], "style_1_vV10.safetensors");
    assert_eq!(studio.versions("1").await.len(), 4);
    assert_eq!(unknown(&studio, "1").await.len(), 1, "the broken one");
    let download = "/api/styles/1/training-versions/style_1_vV10/download";
    assert_eq!(studio.get(download).await.status, 307);
    let events = studio
        .get("/api/styles/1/training-versions/style_1_vV10/events")
        .await
        .expect(200);
    assert!(
        events["events"][0]["message"]
            .as_str()
            .unwrap()
            .contains("imported")
    );
}

#[tokio::test]
async fn fifty_imports_at_once_make_one_version() {
    let studio = studio_with_versions().await;
    put(&studio, "style_1_vV10.safetensors", model(32)).await;
    let all = (0..50).map(|_| import(&studio, "1", json!({})));
    let done = futures::future::join_all(all).await;
    let made: usize = done
        .iter()
        .map(|d| d["imported"].as_array().unwrap().len())
        .sum();
    assert_eq!((made, studio.versions("1").await.len()), (1, 3));
}

#[tokio::test]
async fn the_versions_page_offers_them_and_a_plain_form_imports_one() {
    let studio = studio_with_versions().await;
    put(&studio, "style_1_vV10.safetensors", model(32)).await;
    let page = studio.get("/styles/1/versions").await;
    assert!(
        page.text.contains("1 model in S3 that no version knows")
            && page.text.contains("rank 32/8")
    );
    let form = PlainForm::on(&studio, "/styles/1/versions", "import_models").await;
    let (to, page) = form.submit(&studio).await;
    assert_eq!(to, "/styles/1/versions");
    assert!(page.text.contains("Imported from S3") && !page.text.contains("no version knows"));
}

#[tokio::test]
async fn a_model_of_a_run_that_failed_is_checked_again_and_not_imported_as_a_strangers() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (job, _) = runpod.job();
    runpod.set_status(
        &job,
        json!({"id": job, "status": "FAILED", "error": "out of disk"}),
    );
    reconcile_once(&studio.state).await;
    let file = format!("style_{style}_V1.safetensors");
    put(&studio, &file, model(16)).await;
    let models = unknown(&studio, &style).await;
    let run = studio.version(&style).await;
    assert_eq!(
        models[0]["run"],
        json!({"id": run["id"], "name": "V1", "status": "failed"})
    );
    assert_eq!(
        import(&studio, &style, json!({})).await,
        json!({"imported": [], "refused": []})
    );
    let asked = import(&studio, &style, json!({"files": [file]})).await;
    let told = asked["refused"][0]["message"].as_str().expect("a reason");
    assert!(told.contains("the model of V1, which is failed"), "{told}");
    let here = format!("/styles/{style}/versions");
    let page = studio.get(&here).await.text;
    assert!(
        page.contains("1 model in S3 of runs that did not complete")
            && !page.contains("no version knows")
    );
    let form = PlainForm::on(&studio, &here, "recheck_version").await;
    let (to, page) = form.submit(&studio).await;
    assert_eq!(to, here);
    assert!(!page.text.contains("did not complete"));
    assert_eq!(studio.version(&style).await["status"], "completed");
    assert_eq!(unknown(&studio, &style).await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_model_from_before_a_failed_run_of_its_name_is_still_imported() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    // the bucket's clock is an hour behind: what comes now is older than the run
    studio.pass(Duration::from_secs(3_600));
    studio.start_run(&style, "V1").await.expect(202);
    put(&studio, &format!("style_{style}_V1.safetensors"), model(16)).await;
    let (job, _) = runpod.job();
    runpod.set_status(
        &job,
        json!({"id": job, "status": "FAILED", "error": "out of disk"}),
    );
    reconcile_once(&studio.state).await;
    assert_eq!(unknown(&studio, &style).await[0]["run"], Value::Null);
    let done = import(&studio, &style, json!({})).await;
    assert_eq!(done["imported"][0]["name"], "V1 from S3");
}

#[tokio::test]
async fn a_whole_model_is_named_as_none_of_a_lora_and_a_long_name_is_cut_at_its_bound() {
    let studio = studio_with_versions().await;
    let table = r#"{"model.diffusion_model.x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#;
    let length = (table.len() as u64).to_le_bytes();
    let whole = [&length[..], table.as_bytes(), &[0; 4]].concat();
    put(&studio, "style_1_vckpt.safetensors", whole).await;
    for end in ["a", "b"] {
        let file = format!("style_1_v{}{end}.safetensors", "x".repeat(180));
        put(&studio, &file, model(4)).await;
    }
    let models = unknown(&studio, "1").await;
    let checkpoint = models
        .iter()
        .find(|m| m["file"] == "style_1_vckpt.safetensors");
    let problem = checkpoint.unwrap()["problem"].as_str().unwrap();
    assert!(problem.contains("none of a LoRA"), "{problem}");
    let done = import(&studio, "1", json!({})).await;
    assert_eq!(done["refused"][0]["file"], "style_1_vckpt.safetensors");
    let made = done["imported"].as_array().unwrap().iter();
    let names: BTreeSet<&str> = made.map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "each has its own: {names:?}");
    assert!(names.iter().all(|n| n.len() == 80), "{names:?}");
}
