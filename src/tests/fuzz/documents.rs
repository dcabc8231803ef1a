//! Files of an ActorMaker folder that somebody else wrote, and webhooks at the real door: read by the running studio.

use super::Inputs;
use crate::tests::fake_runpod::FakeRunpod;
use crate::tests::studio::TestStudio;
use reqwest::Method;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

const FILES: [&str; 14] = [
    "\"id\":",
    "\"1\"",
    "\"title\":",
    "\"styles\":[",
    "\"versions\":[",
    "\"sets\":[",
    "\"filenames\":[",
    "\"../../x.png\"",
    "\"status\":\"completed\"",
    "\"status\":\"pending\"",
    "\"parameters\":{",
    "\"image_path\":\"../x\"",
    "null",
    "1e999",
];

/// Writes one input after the other into a file of the folder and has the studio answer `paths`: it may refuse the file, but no
/// request meets a defect and nobody changes the file.
async fn attack_file(name: &'static str, file: &Path, studio: &TestStudio, paths: &[String]) {
    let mut inputs = Inputs::slow(name, &FILES);
    while let Some(input) = inputs.next() {
        std::fs::write(file, &input).expect("the folder can be written");
        let begun = Instant::now();
        let mut answers = String::new();
        for path in paths {
            let answer = studio.get(path).await;
            if answer.text.contains("defect of the studio") || answer.text.is_empty() {
                inputs.broken(&input, &format!("breaks {path}"));
            }
            answers.push_str(&answer.status.to_string());
        }
        if begun.elapsed() > super::HANG {
            inputs.broken(&input, "hangs");
        }
        if std::fs::read(file).expect("it is still there") != input {
            inputs.broken(&input, "is changed by being looked at");
        }
        inputs.answered(input, answers);
    }
}

#[tokio::test]
async fn the_registry() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let file = studio.folder().join("data/styles_registry.json");
    let paths = [
        "/api/styles".to_owned(),
        format!("/api/styles/{style}/selection-sets"),
        "/".into(),
    ];
    attack_file("registry", &file, &studio, &paths).await;
}

#[tokio::test]
async fn the_file_of_versions() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let file = studio.style_folder(&style).join("training_versions.json");
    let paths = [
        format!("/api/styles/{style}/training-versions"),
        format!("/api/styles/{style}/training-versions/style_1_1/events"),
        format!("/styles/{style}/versions"),
    ];
    attack_file("versions", &file, &studio, &paths).await;
}

#[tokio::test]
async fn the_file_of_selection_sets() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let file = studio.style_folder(&style).join("selection_sets.json");
    let paths = [
        format!("/api/styles/{style}/selection-sets"),
        format!("/api/styles/{style}/images?filter=set:1"),
    ];
    attack_file("sets", &file, &studio, &paths).await;
}

#[tokio::test]
async fn webhooks_with_the_right_token_and_any_body() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(1).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (job_id, sent) = runpod.job();
    let address = sent["webhook"].as_str().expect("an address");
    let query = address.split_once('?').expect("a token").1;
    let request_id = sent["input"]["training_config"]["request_id"]
        .as_str()
        .expect("an id");
    let path = format!("/api/training-webhook?{query}");
    let mut inputs = Inputs::slow(
        "webhook",
        &[
            "\"COMPLETED\"",
            "\"output\":",
            "\"loraUrl\":\"s3://b/k\"",
            "\"progress\":",
        ],
    );
    while let Some(input) = inputs.next() {
        // the corpus speaks of no particular run
        let body = String::from_utf8_lossy(&input)
            .replace("JOB", &job_id)
            .replace("REQUEST", request_id);
        let answer = studio.through_the_tunnel(Method::POST, &path, body).await;
        if answer.status >= 500 {
            inputs.broken(&input, &format!("breaks the webhook ({})", answer.text));
        }
        // refusals of strangers are counted by the minute
        studio.pass(std::time::Duration::from_secs(61));
        inputs.answered(input, answer.status.to_string());
    }
    let version: Value = studio.version(&style).await;
    assert_eq!(version["name"], "V1");
}
