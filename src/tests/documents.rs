//! An ActorMaker folder stays its owner's: read as it lies, split folders as one, foreign keys kept, other writers heard.

use super::studio::{Setup, TestStudio};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const REGISTRY: &str = r#"{
  "version": "1.0.0",
  "styles": [
    {
      "id": "59",
      "client_index": 1,
      "title": "Ethereal Washes",
      "lora_weight": 1,
      "trigger_words": "style SBai_style_59",
      "of_theirs": {"z": 1.0, "a": [null]}
    },
    {
      "id": "5",
      "title": "Other",
      "lora_weight": 0.95
    }
  ],
  "loras": []
}"#;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A style whose things lie in three folders, as misspelt titles left them.
fn split_folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let images = "resources/style_images";
    write(dir.path(), "data/styles_registry.json", REGISTRY);
    write(
        dir.path(),
        &format!("{images}/59_etheral_washes/selection_sets.json"),
        r#"{"sets":[{"id":1,"filenames":["a.jpg"]}]}"#,
    );
    let versions = r#"{
  "versions": [
    {
      "id": "0b1c0000-0000-4000-8000-000000000001-e2",
      "name": "V2",
      "timestamp": "2025-10-13T20:55:45+00:00",
      "parameters": {},
      "status": "completed",
      "lastSynced": "2025-10-14T05:58:37.724159Z",
      "of_theirs": {"deep": [1, 2.50, "x"]},
      "imageCount": 43
    }
  ]
}"#;
    write(
        dir.path(),
        &format!("{images}/59_etheral_washes/training_versions.json"),
        versions,
    );
    write(
        dir.path(),
        &format!("{images}/59_ethereal_washes/selection_sets.json"),
        r#"{"sets":[{"id":2,"filenames":["b.jpg","c.jpg"]}]}"#,
    );
    write(
        dir.path(),
        &format!("{images}/59/assessments/V2.json"),
        "{}",
    );
    write(
        dir.path(),
        &format!("{images}/5_other/selection_sets.json"),
        r#"{"sets":[{"id":7,"filenames":["x.jpg"]}]}"#,
    );
    dir
}

async fn studio_on(folder: &Path) -> TestStudio {
    TestStudio::with(Setup {
        folder: Some(folder.into()),
        ..Setup::default()
    })
    .await
}

/// Every file below a folder: content and time of change.
fn fingerprint(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let changed = fs::metadata(&path).unwrap().modified().unwrap();
                found.insert(path.clone(), (fs::read(&path).unwrap(), changed));
            }
        }
    }
    found
}

#[tokio::test]
async fn two_folders_of_one_style_are_read_as_one_and_nothing_moves() {
    let dir = split_folder();
    let before = fingerprint(dir.path());
    let studio = studio_on(dir.path()).await;
    let style = studio.get("/api/styles/59").await.expect(200);
    assert_eq!(
        style["style"]["folders"],
        json!(["59", "59_etheral_washes", "59_ethereal_washes"])
    );
    let sets = studio
        .get("/api/styles/59/selection-sets")
        .await
        .expect(200);
    let ids: Vec<&Value> = sets["sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["id"])
        .collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(studio.versions("59").await.len(), 1);
    assert_eq!(fingerprint(dir.path()), before);
}

#[tokio::test]
async fn a_set_is_changed_where_it_lies_and_a_new_one_gets_an_id_above_all() {
    let dir = split_folder();
    let studio = studio_on(dir.path()).await;
    let put = studio.request(reqwest::Method::PUT, "/api/styles/59/selection-sets/2");
    studio
        .send(put.json(&json!({"filenames": ["b.jpg"]})))
        .await
        .expect(200);
    let read = |folder: &str| {
        let path = format!("resources/style_images/{folder}/selection_sets.json");
        serde_json::from_slice::<Value>(&fs::read(dir.path().join(path)).unwrap()).unwrap()
    };
    assert_eq!(
        read("59_ethereal_washes")["sets"][0]["filenames"],
        json!(["b.jpg"])
    );
    assert_eq!(
        read("59_etheral_washes"),
        json!({"sets": [{"id": 1, "filenames": ["a.jpg"]}]})
    );
    assert_eq!(studio.save_set("59", &["a.jpg"]).await, 3);
}

#[tokio::test]
async fn sets_of_one_number_in_two_folders_are_both_shown_and_told_apart_when_one_is_saved() {
    let dir = split_folder();
    let (first, later) = ("59_etheral_washes", "59_ethereal_washes");
    let path = |folder: &str| format!("resources/style_images/{folder}/selection_sets.json");
    let both =
        r#"{"sets":[{"id":1,"filenames":["b.jpg"],"theirs":true},{"id":2,"filenames":["c.jpg"]}]}"#;
    write(dir.path(), &path(later), both);
    let before = fingerprint(dir.path());
    let studio = studio_on(dir.path()).await;
    let sets = async || {
        let list = studio.get("/api/styles/59/selection-sets").await;
        let list = list.expect(200)["sets"].clone();
        let sets = list.as_array().unwrap().iter();
        sets.map(|s| (s["id"].as_u64().unwrap(), s["filenames"].clone()))
            .collect::<Vec<_>>()
    };
    let shown = [
        (1, json!(["a.jpg"])),
        (2, json!(["c.jpg"])),
        (3, json!(["b.jpg"])),
    ];
    assert_eq!(sets().await, shown);
    assert_eq!(fingerprint(dir.path()), before, "nothing was saved yet");
    // the new set takes no id that was shown
    assert_eq!(studio.save_set("59", &["d.jpg"]).await, 4);
    assert_eq!(sets().await[..3], shown);
    let read = |folder: &str| {
        let text = fs::read(dir.path().join(path(folder))).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()
    };
    assert_eq!(
        read(later)["sets"][0],
        json!({"id": 3, "filenames": ["b.jpg"], "theirs": true})
    );
    assert_eq!(read(first)["sets"][0]["id"], 1);
    let put = studio.request(reqwest::Method::PUT, "/api/styles/59/selection-sets/3");
    studio
        .send(put.json(&json!({"filenames": ["e.jpg"]})))
        .await
        .expect(200);
    assert_eq!(read(later)["sets"][0]["filenames"], json!(["e.jpg"]));
    assert_eq!(read(first)["sets"][0]["filenames"], json!(["a.jpg"]));
    // what was deleted in the later folder is not given again
    let delete = studio.request(reqwest::Method::DELETE, "/api/styles/59/selection-sets/3");
    studio.send(delete).await.expect(204);
    assert_eq!(studio.save_set("59", &["f.jpg"]).await, 5);
}

#[tokio::test]
async fn what_we_do_not_understand_in_a_record_survives_a_change_of_ours() {
    let dir = split_folder();
    let studio = studio_on(dir.path()).await;
    let path = "/api/styles/59/training-versions/0b1c0000-0000-4000-8000-000000000001-e2";
    studio
        .patch(path, &json!({"description": "the soft one"}))
        .await
        .expect(200);
    let file = dir
        .path()
        .join("resources/style_images/59_etheral_washes/training_versions.json");
    let text = fs::read_to_string(file).unwrap();
    let record = &serde_json::from_str::<Value>(&text).unwrap()["versions"][0];
    assert_eq!(record["of_theirs"], json!({"deep": [1, 2.5, "x"]}));
    assert_eq!(record["lastSynced"], "2025-10-14T05:58:37.724159Z");
    assert_eq!(record["timestamp"], "2025-10-13T20:55:45+00:00");
    assert_eq!(record["description"], "the soft one");
    let keys: Vec<&String> = record.as_object().unwrap().keys().collect();
    let order = [
        "id",
        "name",
        "timestamp",
        "parameters",
        "status",
        "lastSynced",
        "of_theirs",
        "imageCount",
        "description",
    ];
    assert_eq!(keys, order, "nothing was added that nobody asked for");
}

#[tokio::test]
async fn a_renamed_style_keeps_its_folders_and_the_registry_everything_of_theirs() {
    let dir = split_folder();
    let studio = studio_on(dir.path()).await;
    studio
        .patch("/api/styles/59", &json!({"title": "Ink Storm"}))
        .await
        .expect(200);
    assert_eq!(studio.versions("59").await.len(), 1);
    let text = fs::read_to_string(dir.path().join("data/styles_registry.json")).unwrap();
    let registry: Value = serde_json::from_str(&text).unwrap();
    let styles = registry["styles"].as_array().unwrap();
    assert_eq!(
        styles.iter().map(|s| &s["id"]).collect::<Vec<_>>(),
        ["59", "5"]
    );
    assert_eq!(styles[0]["title"], "Ink Storm");
    assert_eq!(styles[0]["of_theirs"], json!({"z": 1.0, "a": [null]}));
    assert!(
        text.contains("\"lora_weight\": 1,") && text.contains("\"lora_weight\": 0.95"),
        "numbers stay as written"
    );
}

#[tokio::test]
async fn a_set_saved_by_another_program_is_seen_at_once_and_not_overwritten() {
    let dir = split_folder();
    let studio = studio_on(dir.path()).await;
    assert_eq!(
        studio.get("/api/styles/5/selection-sets").await.expect(200)["sets"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let theirs =
        r#"{"sets":[{"id":7,"filenames":["x.jpg"]},{"id":8,"filenames":["y.jpg"],"by":"them"}]}"#;
    write(
        dir.path(),
        "resources/style_images/5_other/selection_sets.json",
        theirs,
    );
    assert_eq!(studio.save_set("5", &["z.jpg"]).await, 9);
    let sets = studio.get("/api/styles/5/selection-sets").await.expect(200);
    let ids: Vec<&Value> = sets["sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["id"])
        .collect();
    assert_eq!(ids, [7, 8, 9]);
}

#[tokio::test]
async fn a_broken_file_is_named_and_left_as_it_is() {
    let dir = split_folder();
    let file = "resources/style_images/5_other/training_versions.json";
    write(dir.path(), file, "{\"versions\": [");
    let studio = studio_on(dir.path()).await;
    let answer = studio.get("/api/styles/5/training-versions").await;
    assert!(answer.text.contains(file), "{}", answer.text);
    answer.refused(500);
    studio
        .post(
            "/api/styles/5/training-versions",
            &json!({"versions": [{"id": "a", "name": "V9"}]}),
        )
        .await
        .refused(500);
    assert_eq!(
        fs::read_to_string(dir.path().join(file)).unwrap(),
        "{\"versions\": ["
    );
    assert_eq!(studio.versions("59").await.len(), 1, "other styles work on");
}

#[tokio::test]
async fn imported_versions_are_added_and_known_ones_keep_what_only_a_run_may_change() {
    let dir = split_folder();
    let studio = studio_on(dir.path()).await;
    let id = "0b1c0000-0000-4000-8000-000000000001-e2";
    let incoming = json!({"versions": [
        {"id": id, "name": "V2 soft", "status": "failed", "loraUrl": "https://evil.example/x"},
        {"id": "style_59_vV1", "name": "V1", "status": "completed", "webhookTokenSha256": "00", "jobId": "x", "of_theirs": 1},
    ]});
    studio
        .post("/api/styles/59/training-versions", &incoming)
        .await
        .expect(200);
    let versions = studio.versions("59").await;
    let of = |id: &str| versions.iter().find(|v| v["id"] == id).unwrap();
    assert_eq!(
        (&of(id)["name"], &of(id)["status"], &of(id)["loraUrl"]),
        (&json!("V2 soft"), &json!("completed"), &Value::Null)
    );
    assert_eq!(
        (&of("style_59_vV1")["status"], &of("style_59_vV1")["jobId"]),
        (&json!("completed"), &Value::Null)
    );
    studio
        .post("/api/styles/59/training-versions", &json!({"versions": []}))
        .await
        .expect(200);
    assert_eq!(
        studio.versions("59").await.len(),
        2,
        "nothing is ever removed"
    );
}

#[tokio::test]
async fn only_one_version_is_the_good_one_and_the_registry_says_which() {
    let dir = split_folder();
    let studio = studio_on(dir.path()).await;
    let more = json!({"versions": [{"id": "style_59_vV1", "name": "V1", "status": "completed", "loraUrl": "https://b.s3.amazonaws.com/u/v1.safetensors"}]});
    studio
        .post("/api/styles/59/training-versions", &more)
        .await
        .expect(200);
    let mark = |id: &'static str, good: bool| {
        let studio = &studio;
        async move {
            let path = format!("/api/styles/59/training-versions/{id}");
            studio
                .patch(&path, &json!({ "isGood": good }))
                .await
                .expect(200)
        }
    };
    mark("0b1c0000-0000-4000-8000-000000000001-e2", true).await;
    mark("style_59_vV1", true).await;
    let good: Vec<Value> = studio
        .versions("59")
        .await
        .into_iter()
        .filter(|v| v["isGood"] == true)
        .collect();
    assert_eq!(good.len(), 1);
    let registry = || {
        let text = fs::read_to_string(dir.path().join("data/styles_registry.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["styles"][0].clone()
    };
    let model = &registry()["validated_lora_model"];
    assert_eq!(
        (&model["version_id"], &model["version_name"]),
        (&json!("style_59_vV1"), &json!("V1"))
    );
    assert_eq!(model["lora_file"], "v1.safetensors");
    mark("style_59_vV1", false).await;
    assert!(registry()["validated_lora_model"].is_null());
}

#[tokio::test]
async fn a_real_folder_opens_in_its_order_and_unchanged() {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/actor_maker");
    if !real.is_dir() {
        eprintln!("skipped: no {}", real.display());
        return;
    }
    let before = fingerprint(&real);
    let studio = studio_on(&real).await;
    let styles = studio.get("/api/styles").await.expect(200);
    let ids: Vec<&str> = styles["styles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "1", "16", "5", "59", "91", "2", "68", "82", "48", "53", "99", "100", "101", "102",
            "103"
        ]
    );
    for id in ids {
        for list in ["", "/selection-sets", "/training-versions", "/images"] {
            studio
                .get(&format!("/api/styles/{id}{list}"))
                .await
                .expect(200);
        }
    }
    assert_eq!(fingerprint(&real), before);
}
