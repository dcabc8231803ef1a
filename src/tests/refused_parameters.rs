//! What the trainer would refuse or stop on is refused here, before anything is sent, with the field named: every bound of
//! the table, every combination, and what a real ComfyUI refused.

use super::fake_runpod::FakeRunpod;
use super::studio::{TestStudio, run};
use super::truth::contracts;
use crate::training::model::parameters::{Kind, PARAMETERS, Parameter};
use serde_json::{Value, json};

/// A field, and parameters that are wrong for its sake alone.
type Wrong = (String, Value);

/// Values that one parameter does not take.
fn values(parameter: &Parameter) -> Vec<Value> {
    match parameter.kind {
        Kind::Int { min, max, .. } => {
            vec![json!(min - 1), json!(max + 1), json!("12.5"), json!("many")]
        }
        Kind::Float { min, max, .. } => vec![
            json!(min - 0.5),
            json!(max * 1.5),
            json!("NaN"),
            json!("0,5"),
        ],
        Kind::Bool => vec![json!("maybe"), json!(2)],
        Kind::Choice(words) => vec![json!("nonsense"), json!(format!("{}!", words[0]))],
        Kind::Text { max_bytes } => vec![json!("x".repeat(max_bytes + 1))],
        Kind::FileName => vec![json!("../x.safetensors"), json!("FLUX1\\ae.safetensors")],
    }
}

/// Pairs the trainer stops on although each value alone is fine.
fn combinations() -> Vec<Wrong> {
    let wrong = |field: &str, parameters: Value| (field.to_owned(), parameters);
    vec![
        wrong("caption_dropout_rate", json!({"caption_dropout_rate": 0.1})),
        wrong(
            "caption_dropout_rate",
            json!({"caption_dropout_rate": 0.1, "cache_text_encoder_outputs": "disk"}),
        ),
        wrong("shuffle_caption", json!({"shuffle_caption": true})),
        wrong("max_bucket_reso", json!({"max_bucket_reso": 448})),
        wrong("max_bucket_reso", json!({"width": 1088, "height": 1088})),
        wrong("min_bucket_reso", json!({"min_bucket_reso": 1088})),
        wrong("min_bucket_reso", json!({"min_bucket_reso": 576})),
        wrong(
            "lr_warmup_steps",
            json!({"lr_scheduler": "constant", "lr_warmup_steps": 10}),
        ),
        wrong(
            "lr_warmup_steps",
            json!({"lr_scheduler": "polynomial", "max_train_steps": 80, "lr_warmup_steps": 80}),
        ),
        wrong(
            "learning_rate",
            json!({"lr_scheduler": "polynomial", "learning_rate": 1e-8}),
        ),
        wrong("learning_rate", json!({"learning_rate": 0})),
        wrong(
            "blocks_to_swap",
            json!({"blocks_to_swap": 1, "gradient_checkpointing": "enabled_with_cpu_offloading"}),
        ),
        wrong(
            "save_every_n_steps",
            json!({"max_train_steps": 100_000, "save_every_n_steps": 1}),
        ),
        wrong("class_tokens", json!({"class_tokens": "  "})),
        wrong("class_tokens", json!({"class_tokens": "ink\\x41"})),
        wrong("class_tokens", json!({"class_tokens": "\"\"ink"})),
        wrong("class_tokens", json!({"class_tokens": "ink\u{7f}"})),
        wrong(
            "class_tokens",
            json!({"class_tokens": "\"".repeat(1_900) + "ink"}),
        ),
        wrong("noise_offset", json!({"noise_offset": 0.1})),
        wrong("seed", json!({"seed": 7})),
        wrong("Network_Dim", json!({"Network_Dim": 16})),
    ]
}

fn all() -> Vec<Wrong> {
    let alone = PARAMETERS.iter().flat_map(|parameter| {
        let name = parameter.name;
        let wrong = move |value| (name.to_owned(), json!({ name: value }));
        values(parameter).into_iter().map(wrong)
    });
    alone.chain(combinations()).collect()
}

#[tokio::test]
async fn what_is_no_single_value_is_refused_by_field_too() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let mut body = run(&style, "V1");
    body["parameters"] = json!({"class_tokens": ["ink"], "learning_rate": {}, "network_dim": [1]});
    let fields = ["class_tokens", "learning_rate", "network_dim"];
    assert_eq!(problems(&studio, &body).await, fields);
    let refused = studio.post("/api/training/start", &body).await;
    assert!(refused.text.contains("class_tokens came as a list"));
    assert_eq!(refused.refused(400), fields);
    body["vary"] = json!([{"parameter": "batch_size", "values": [1, 2]}]);
    let refused = studio.post("/api/training/sweeps", &body).await;
    assert_eq!(refused.refused(400), fields);
    for path in ["/api/training/start", "/api/training/preview"] {
        let mut body = run(&style, "V1");
        body["name"] = json!(["V1"]);
        assert_eq!(studio.post(path, &body).await.refused(400), ["name"]);
        let mut body = run(&style, "V1");
        body["parameters"] = json!("rank 16");
        assert_eq!(studio.post(path, &body).await.refused(400), ["parameters"]);
    }
    body["parameters"] = json!({});
    body["vary"][0]["values"] = json!({});
    let refused = studio.post("/api/training/sweeps", &body).await;
    assert_eq!(refused.refused(400), ["vary.0.values"]);
    assert!(studio.versions(&style).await.is_empty());
}

/// Fields of a preview's problems.
async fn problems(studio: &TestStudio, body: &Value) -> Vec<String> {
    let preview = studio.post("/api/training/preview", body).await.expect(200);
    let problems = preview["problems"].as_array().expect("problems").iter();
    problems
        .map(|p| p["field"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn every_invalid_set_is_refused_with_its_field_named_and_nothing_is_sent() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let all = all();
    assert!(all.len() > 100, "only {} sets", all.len());
    let pairs = combinations();
    for (at, (field, parameters)) in all.iter().enumerate() {
        let mut body = run(&style, "V1");
        body["parameters"] = parameters.clone();
        let shown: String = parameters.to_string().chars().take(90).collect();
        assert_eq!(problems(&studio, &body).await, [field.as_str()], "{shown}");
        // a start reads the form by the same code: every pair, and some of the values
        if at % 8 > 0 && !pairs.iter().any(|(_, pair)| pair == parameters) {
            continue;
        }
        let refused = studio.post("/api/training/start", &body).await;
        assert_eq!(refused.refused(400), [field.as_str()], "{shown}");
    }
    assert_eq!(runpod.seen().len(), 0);
    assert!(studio.versions(&style).await.is_empty());
}

#[tokio::test]
async fn what_a_real_comfyui_refused_is_refused_by_field() {
    let Some(folder) = contracts() else { return };
    let text = std::fs::read_to_string(folder.join("truth/comfyui_post_answers.json"));
    let cases: Value = serde_json::from_str(&text.expect("a truth file")).expect("JSON");
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let mut refused = 0;
    for case in cases.as_array().expect("cases") {
        let nodes = case["answer"]["answer"]["node_errors"].as_object();
        let errors = nodes
            .into_iter()
            .flatten()
            .flat_map(|(_, node)| node["errors"].as_array().into_iter().flatten());
        for error in errors {
            let info = &error["extra_info"];
            let name = info["input_name"].as_str().unwrap_or_default();
            let value = &info["received_value"];
            let Some(parameter) = PARAMETERS.iter().find(|p| p.name == name) else {
                continue;
            };
            // only the worker knows its files, an absent value is the default, and links are not typed
            let unknown_file =
                parameter.kind == Kind::FileName && !value.to_string().contains('\\');
            if value.is_null() || value.is_array() || unknown_file {
                continue;
            }
            let mut body = run(&style, "V1");
            body["parameters"] = json!({ name: value });
            let case = &case["case"];
            assert_eq!(problems(&studio, &body).await, [name], "{case}");
            refused += 1;
        }
    }
    assert!(refused >= 6, "only {refused} were asked");
}

#[tokio::test]
async fn what_a_real_comfyui_would_take_for_something_else_is_sent_as_what_it_is() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let mut body = run(&style, "V1");
    // ComfyUI takes the text "false" for true
    body["parameters"] = json!({"max_train_steps": "1200", "flip_aug": "false", "network_alpha": "8", "fp8_base": "false"});
    let preview = studio
        .post("/api/training/preview", &body)
        .await
        .expect(200);
    let workflow = &preview["request"]["input"]["workflow"];
    assert_eq!(workflow["107"]["inputs"]["max_train_steps"], 1_200);
    assert_eq!(workflow["107"]["inputs"]["fp8_base"], false);
    assert_eq!(workflow["108"]["inputs"]["flip_aug"], false);
    assert_eq!(
        workflow["107"]["inputs"]["network_alpha"].as_f64(),
        Some(8.0)
    );
    assert_eq!(workflow["108"]["inputs"]["reset_on_queue"], true);
}

#[tokio::test]
async fn the_preview_shows_what_other_trainers_would_do_with_the_set() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(4).await;
    let preview = studio
        .post("/api/training/preview", &run(&style, "V1"))
        .await;
    let preview = preview.expect(200);
    let peers = preview["peers"].as_array().expect("peers");
    let kohya = peers
        .iter()
        .find(|p| p["preset"] == "kohya-ss")
        .expect("it is there");
    assert_eq!(
        (&kohya["steps"], &kohya["viewsPerImage"]),
        (&json!(1_000), &json!(250.0))
    );
    assert!(
        kohya["source"]
            .as_str()
            .is_some_and(|s| s.contains("kohya"))
    );
    let codes = preview["warnings"].to_string();
    assert!(!codes.contains("\"views\""), "80 views are usual: {codes}");
    let page = studio.get(&format!("/styles/{style}/train?set=1")).await;
    assert!(page.text.contains("LoRA Dataset Studio, styles"));
}
