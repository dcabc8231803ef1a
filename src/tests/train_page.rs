//! What stands around a start: costs and caps, the preflight, the request to take away, the model's own word.

use super::fake_runpod::{API_KEY, FakeRunpod};
use super::plain_form::PlainForm;
use super::studio::{TestStudio, model, run};
use crate::server::s3::Precondition;
use reqwest::Method;
use serde_json::{Value, json};

const COSTS: &str = "/api/training/costs";

#[tokio::test]
async fn runs_started_in_one_moment_do_not_pass_the_months_cap_together() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let each = studio.version(&style).await["estimatedUsd"].clone();
    let mut costs = studio.get(COSTS).await.expect(200);
    costs["monthCapUsd"] = json!(each.as_f64().expect("a price") * 2.5);
    let put = studio.request(Method::PUT, COSTS).json(&costs);
    studio.send(put).await.expect(200);
    let names: Vec<String> = (2..10).map(|n| format!("V{n}")).collect();
    let starts = names.iter().map(|name| studio.start_run(&style, name));
    let answers = futures::future::join_all(starts).await;
    let started = answers.iter().filter(|a| a.status == 202).count();
    assert_eq!((started, runpod.jobs().len()), (1, 2));
    let refused = answers.iter().find(|a| a.status != 202).expect("refused");
    assert!(refused.text.contains("November") || refused.text.contains("month"));
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn a_run_over_its_cap_is_refused_with_both_amounts_before_anything_is_sent() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let mut costs = studio.get(COSTS).await.expect(200);
    costs["runCapUsd"] = json!(0.01);
    studio
        .send(studio.request(Method::PUT, COSTS).json(&costs))
        .await
        .expect(200);
    let refused = studio.start_run(&style, "V1").await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.text.contains("a run may cost $0.01"),
        "{}",
        refused.text
    );
    assert_eq!(runpod.seen().len(), 0);
    costs["runCapUsd"] = Value::Null;
    costs["monthCapUsd"] = json!(0.2);
    studio
        .send(studio.request(Method::PUT, COSTS).json(&costs))
        .await
        .expect(200);
    let mut counted = 0;
    while studio
        .start_run(&style, &format!("W{counted}"))
        .await
        .status
        == 202
    {
        counted += 1;
        assert!(
            counted < 10,
            "runs that are on their way count towards the month"
        );
    }
    assert!(counted > 1);
    let version = &studio.versions(&style).await[0];
    assert_eq!(version["usdPerHour"], 1.12);
    assert!(version["estimatedUsd"].as_f64() > Some(0.01));
    costs["prices"][0]["usdPerHour"] = json!(-1);
    let bad = studio
        .send(studio.request(Method::PUT, COSTS).json(&costs))
        .await;
    assert_eq!(bad.refused(400), ["price.0"]);
}

#[tokio::test]
async fn what_a_run_took_makes_the_next_estimate_and_its_cost() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let before = studio
        .post("/api/training/preview", &run(&style, "V2"))
        .await
        .expect(200);
    studio.start_run(&style, "V1").await.expect(202);
    let (id, sent) = runpod.job();
    let stated = before["plan"]["seconds"].as_i64().expect("seconds");
    let done = json!({"id": id, "status": "COMPLETED", "executionTime": stated * 3_000, "delayTime": 5, "output": {"status": "success", "loraUrl": "s3://elsewhere/x.safetensors"}});
    studio.deliver(&sent, &done).await.expect(200);
    let after = studio
        .post("/api/training/preview", &run(&style, "V2"))
        .await
        .expect(200);
    assert_eq!(after["plan"]["seconds"], stated * 3);
    assert!(
        after["plan"]["secondsBasis"]
            .as_str()
            .unwrap()
            .starts_with("Measured: 1 run")
    );
    assert!(
        before["plan"]["secondsBasis"]
            .as_str()
            .unwrap()
            .starts_with("Stated")
    );
    assert!(after["plan"]["costUsd"].as_f64() > before["plan"]["costUsd"].as_f64());
    let page = studio.get(&format!("/styles/{style}/versions")).await;
    assert!(page.text.contains(" · $"), "the recipe has its cost");
}

#[tokio::test]
async fn request_workflow_and_curl_are_plain_downloads_without_a_secret() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let body = format!(
        "form%5BstyleId%5D={style}&form%5BselectionSetId%5D=1&form%5Bname%5D=V1&form%5Bparameters%5D%5Bmax_train_steps%5D=77"
    );
    let take = async |what: &str| {
        let request = studio.request(Method::POST, &format!("/forms/training/{what}"));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &studio.page);
        let answer = studio.send(request.body(body.clone())).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(
            answer
                .header("content-disposition")
                .starts_with("attachment; filename=\"style_")
        );
        assert!(!answer.text.contains(API_KEY));
        answer.text
    };
    let request: Value = serde_json::from_str(&take("request").await).expect("JSON");
    assert_eq!(request["input"]["training_config"]["max_train_steps"], 77);
    assert!(
        request["webhook"]
            .as_str()
            .expect("an address")
            .ends_with("?token=…")
    );
    let workflow: Value = serde_json::from_str(&take("workflow").await).expect("JSON");
    assert_eq!(workflow["107"]["class_type"], "InitFluxLoRATraining");
    let curl = take("curl").await;
    assert!(
        curl.contains("Bearer $RUNPOD_API_KEY") && !curl.contains("webhook"),
        "{curl}"
    );
    assert_eq!(runpod.seen().len(), 0);
}

#[tokio::test]
async fn what_will_happen_comes_before_presets_and_costs_with_its_gist_beside_the_button() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V0").await.expect(202);
    let page = format!("/styles/{style}/train?set=1");
    let page = studio.get(&page).await.text;
    let order = [
        "id=\"step-1\"",
        "id=\"preflight-title\"",
        "href=\"#plan-title\">about ",
        "href=\"#preflight-title\"",
        "1 doubtful",
        "Start anyway",
        "id=\"presets-title\"",
        "id=\"costs-title\"",
    ];
    let mut rest = page.as_str();
    for text in order {
        let at = rest
            .find(text)
            .unwrap_or_else(|| panic!("{text} is not there or too early"));
        rest = &rest[at + text.len()..];
    }
    assert!(page.contains("The webhook answers on this machine, at http://127.0.0.1:"));
}

#[tokio::test]
async fn what_is_doubtful_is_started_only_by_who_has_seen_it() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let page = format!("/styles/{style}/train?set=1");
    let before = PlainForm::on(&studio, &page, "start_training").await;
    studio.start_run(&style, "V0").await.expect(202);
    let (to, answer) = before.submit(&studio).await;
    assert!(
        answer
            .text
            .contains("Another run of this style is on its way: V0 is pending."),
        "{to}"
    );
    assert!(answer.text.contains("Start anyway"));
    assert_eq!(runpod.jobs().len(), 1);
    let seen = PlainForm::on(&studio, &page, "start_training").await;
    assert!(
        seen.value("acknowledged")
            .is_some_and(|ids| ids.contains("other_runs"))
    );
    seen.submit(&studio).await;
    assert_eq!(runpod.jobs().len(), 2);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_red_and_cannot_be_overridden() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    runpod.delete_endpoint(true);
    let list = studio
        .get(&format!("/api/styles/{style}/preflight?set=1"))
        .await
        .expect(200);
    let light = |id: &str| {
        let checks = list["checks"].as_array().expect("a list");
        checks.iter().find(|c| c["id"] == id).expect("there")["light"].clone()
    };
    assert_eq!(
        (light("trainer"), light("s3")),
        (json!("red"), json!("green"))
    );
    let form = PlainForm::on(
        &studio,
        &format!("/styles/{style}/train?set=1"),
        "start_training",
    )
    .await;
    let (_, page) = form
        .fill("acknowledged", "trainer,webhook")
        .submit(&studio)
        .await;
    assert!(page.text.contains("404"));
    assert!(studio.versions(&style).await.is_empty());
}

#[tokio::test]
async fn a_model_file_says_what_it_is_and_a_cut_one_says_so() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let started = studio.start_run(&style, "v1").await.expect(202);
    let id = started["version"]["id"].as_str().expect("an id").to_owned();
    let key = format!("actor_maker_user/custom-styles-models/style_{style}_v1.safetensors");
    let checkpoint = key.replace(".safetensors", "_rank16_bf16-step00010.safetensors");
    let put = async |key: &str, bytes: Vec<u8>| {
        let put = studio
            .state
            .s3
            .put(key, bytes, "application/octet-stream", Precondition::None);
        put.await.expect("the bucket takes it")
    };
    put(&key, model()).await;
    put(&checkpoint, model()).await;
    put(&key.replace("_v1", "_v10"), model()).await;
    let path = format!("/api/styles/{style}/training-versions/{id}");
    let facts = studio.get(&format!("{path}/model")).await.expect(200);
    assert_eq!(facts["describedBytes"], facts["sizeBytes"]);
    let files = studio.get(&format!("{path}/files")).await.expect(200);
    let names: Vec<&str> = files["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["filename"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(files["files"][0]["step"], 10);
    assert_eq!(
        studio
            .get(&format!("{path}/files/{}", names[0]))
            .await
            .status,
        307
    );
    studio
        .get(&format!("{path}/files/other.safetensors"))
        .await
        .refused(404);
    let cut = model();
    put(&key, cut[..cut.len() - 1].to_vec()).await;
    assert_eq!(
        studio.get(&format!("{path}/model")).await.expect(200)["verdict"],
        "truncated"
    );
    put(&key, b"<html>not here</html>".to_vec()).await;
    assert_eq!(
        studio.get(&format!("{path}/model")).await.expect(200)["verdict"],
        "foreign"
    );
}
