//! Going on from a finished LoRA: its file is fetched, named to the trainer, and has to fit.

use super::access::SendForm;
use super::studio::{TestStudio, run, upload_model};
use crate::training::server::reconcile::reconcile_once;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

pub async fn until_settled(studio: &TestStudio) {
    let settled = async {
        while reconcile_once(&studio.state).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(60);
    tokio::time::timeout(limit, settled).await.expect("it ends");
}

fn going_on(style: &str, name: &str, from: &str, rank: u32) -> Value {
    let mut body = run(style, name);
    body["startFrom"] = json!(from);
    body["parameters"] = json!({"network_dim": rank, "network_alpha": 4});
    body
}

#[tokio::test]
async fn a_run_goes_on_from_a_finished_model_of_the_same_rank_and_no_other() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let mut first = run(&style, "V1");
    first["parameters"] = json!({"network_dim": 8, "network_alpha": 4});
    studio.post("/api/training/start", &first).await.expect(202);
    until_settled(&studio).await;
    let from = studio.version(&style).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();

    let refused = studio
        .post("/api/training/start", &going_on(&style, "V2", &from, 16))
        .await;
    assert!(
        refused.text.contains("V1 was trained with network_dim 8"),
        "{}",
        refused.text
    );
    assert_eq!(refused.refused(400), ["network_dim"]);
    let unknown = going_on(&style, "V2", "style_1_1", 8);
    assert_eq!(
        studio
            .post("/api/training/start", &unknown)
            .await
            .refused(400),
        ["startFrom"]
    );

    let body = going_on(&style, "V2", &from, 8);
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    let input = &preview["request"]["input"];
    let file = format!("style_{style}_V1.safetensors");
    assert_eq!(
        input["workflow"]["2"]["inputs"]["lora_path"],
        format!("/training_data/{file}")
    );
    let urls = input["training_data"]["s3_urls"]
        .as_array()
        .expect("a list");
    assert_eq!(urls.len(), 5);
    assert!(urls[4].as_str().expect("text").ends_with(&file));
    let warned = preview["warnings"].as_array().expect("a list").iter();
    assert!(warned.clone().any(|w| w["code"] == "start_weights"));

    // opened in ComfyUI's page, a text at this input would be dropped: there a node gives it
    let file = [
        ("form[styleId]", style.as_str()),
        ("form[selectionSetId]", "1"),
        ("form[name]", "V2"),
        ("form[startFrom]", &from),
        ("form[parameters][network_dim]", "8"),
        ("form[parameters][network_alpha]", "4"),
    ];
    let request = studio.request(Method::POST, "/forms/training/workflow");
    let opened: Value = studio.send(request.form(&file)).await.expect(200);
    assert_eq!(opened["2"]["inputs"]["lora_path"], json!(["199", 0]));
    assert_eq!(
        (
            &opened["199"]["class_type"],
            &opened["199"]["inputs"]["value"]
        ),
        (
            &json!("PrimitiveString"),
            &input["workflow"]["2"]["inputs"]["lora_path"]
        )
    );

    studio.post("/api/training/start", &body).await.expect(202);
    until_settled(&studio).await;
    let versions = studio.versions(&style).await;
    assert_eq!(
        (&versions[0]["status"], &versions[0]["startFrom"]),
        (&json!("completed"), &json!(from))
    );

    // something else lies under the model's name by now
    upload_model(&studio, &style, "V1").await;
    let refused = studio
        .post("/api/training/start", &going_on(&style, "V3", &from, 8))
        .await;
    assert!(
        refused.text.contains("cannot be loaded"),
        "{}",
        refused.text
    );
    assert_eq!(refused.refused(400), ["startFrom"]);
}
