//! Versions as a person keeps them: compared, deleted, exported, reproduced on another machine, trained again.

use super::fake_runpod::FakeRunpod;
use super::plain_form::PlainForm;
use super::studio::{TestStudio, run, upload_model};
use crate::training::model::reproduce::FORMAT;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

/// Starts a run with these parameters; its id.
async fn start(studio: &TestStudio, style: &str, name: &str, parameters: Value) -> String {
    let mut body = run(style, name);
    body["parameters"] = parameters;
    let started = studio.post("/api/training/start", &body).await.expect(202);
    started["version"]["id"].as_str().expect("an id").to_owned()
}

async fn change_set(studio: &TestStudio, style: &str, names: &[&str]) {
    let path = format!("/api/styles/{style}/selection-sets/1");
    let change = studio
        .request(Method::PUT, &path)
        .json(&json!({ "filenames": names }));
    studio.send(change).await.expect(200);
}

fn of<'a>(list: &'a Value, key: &str, value: &str) -> &'a Value {
    let found = list.as_array().expect("a list").iter();
    let mut found = found.filter(|entry| entry[key] == value);
    found
        .next()
        .unwrap_or_else(|| panic!("no {key} {value} in {list}"))
}

/// Two runs: another rank, one image more, one fewer, one caption changed.
async fn two_runs(studio: &TestStudio) -> (String, String, String) {
    let style = studio.ready_style(4).await;
    change_set(studio, &style, &["boat 0.png", "boat 1.png", "boat 2.png"]).await;
    let first = start(studio, &style, "V1", json!({"network_dim": 16})).await;
    studio
        .put_object(&style, "boat 1.txt", b"a loud boat 1")
        .await;
    change_set(studio, &style, &["boat 1.png", "boat 2.png", "boat 3.png"]).await;
    let second = start(studio, &style, "V2", json!({"network_dim": 32})).await;
    (style, first, second)
}

#[tokio::test]
async fn two_versions_stand_side_by_side_with_what_changed() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let (style, first, second) = two_runs(&studio).await;
    let path = format!("/api/styles/{style}/training-versions/compare?ids={second},{first}");
    let compared = studio.get(&path).await.expect(200);
    let names: Vec<&Value> = compared["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["V1", "V2"], "the earlier one first");
    let parameters = &of(&compared["sections"], "title", "Parameters")["rows"];
    let rank = of(parameters, "name", "network_dim");
    assert_eq!(
        (&rank["values"], &rank["differs"]),
        (&json!(["16", "32"]), &json!(true))
    );
    assert_eq!(of(parameters, "name", "learning_rate")["differs"], false);
    let change = &compared["datasets"][0]["change"];
    assert_eq!(change["added"], json!(["boat 3.png"]));
    assert_eq!(change["removed"], json!(["boat 0.png"]));
    assert_eq!(change["unchanged"], 1);
    assert_eq!(
        change["captions"][0]["pieces"],
        json!([
            {"change": "same", "text": "a"}, {"change": "removed", "text": " quiet"},
            {"change": "added", "text": " loud"}, {"change": "same", "text": " boat 1"},
        ])
    );
    let page = format!("/styles/{style}/versions/compare?ids={first}&ids={second}");
    let page = studio.get(&page).await;
    assert_eq!(page.status, 200);
    for shown in [
        "Compare versions",
        "words__removed\">quiet",
        "words__added\">loud",
        "boat 3.png",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
}

#[tokio::test]
async fn a_version_of_the_older_system_is_compared_as_far_as_it_is_known() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let (style, first, _) = two_runs(&studio).await;
    let versions = format!("/api/styles/{style}/training-versions");
    let older = json!({"versions": [{"id": "5b-e1", "name": "V0", "status": "completed", "timestamp": "2025-10-13T19:36:17.724Z",
        "parameters": {"network_dim": 16.0, "of_another_program": true}}]});
    studio.post(&versions, &older).await.expect(200);
    let compared = studio
        .get(&format!("{versions}/compare?ids={first}&ids=5b-e1"))
        .await
        .expect(200);
    assert_eq!(compared["columns"][0]["name"], "V0");
    assert_eq!(
        compared["datasets"][0],
        json!({"from": "V0", "to": "V1", "change": null, "without": ["V0"]})
    );
    let parameters = &of(&compared["sections"], "title", "Parameters")["rows"];
    assert_eq!(of(parameters, "name", "network_dim")["differs"], false);
    assert_eq!(
        of(parameters, "name", "of_another_program")["values"],
        json!(["true", null])
    );

    for ids in ["", "5b-e1", "5b-e1,5b-e1", "a,b,c,d,e"] {
        let refused = studio.get(&format!("{versions}/compare?ids={ids}")).await;
        assert_eq!(refused.refused(400), ["ids"], "{ids}");
    }
    let unknown = format!("{versions}/compare?ids=5b-e1,nobody");
    assert!(studio.get(&unknown).await.refused(404).is_empty());
}

#[tokio::test]
async fn a_file_is_deleted_only_by_its_name_and_a_version_without_its_file() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    upload_model(&studio, &style, "V1").await;
    let url = studio.state.s3.object_url(&format!(
        "actor_maker_user/custom-styles-models/style_{style}_V1.safetensors"
    ));
    let versions = format!("/api/styles/{style}/training-versions");
    let done = json!({"versions": [{"id": "5b-e1", "name": "V1", "status": "completed", "parameters": {},
        "timestamp": "2025-10-13T19:36:17.724Z", "loraUrl": url, "isGood": true},
        // its name was used again: both records name one file
        {"id": "5a-e1", "name": "V0", "status": "completed", "parameters": {},
        "timestamp": "2025-10-12T19:36:17.724Z", "loraUrl": url}]});
    studio.post(&versions, &done).await.expect(200);
    let version = format!("{versions}/5b-e1");
    let file = format!("{version}/files/style_{style}_V1.safetensors");
    let delete = async |path: &str| studio.send(studio.request(Method::DELETE, path)).await;

    assert_eq!(delete(&file).await.refused(400), ["confirmed"]);
    let confirmed = format!("{file}?confirm=style_{style}_V1.safetensors");
    delete(&confirmed).await.refused(409);
    let through_the_other = confirmed.replace("5b-e1", "5a-e1");
    let refused = delete(&through_the_other).await;
    assert!(refused.text.contains("good version V1"), "{}", refused.text);
    refused.refused(409);
    assert_eq!(delete(&format!("{versions}/5a-e1")).await.status, 204);
    delete(&version).await.refused(409);
    studio
        .patch(&version, &json!({"isGood": false}))
        .await
        .expect(200);
    let files = studio.get(&format!("{version}/files")).await.expect(200);
    assert_eq!(files["files"].as_array().expect("a list").len(), 1);
    assert_eq!(delete(&confirmed).await.status, 204);
    let left = studio.version(&style).await;
    assert_eq!(
        (&left["loraUrl"], &left["name"]),
        (&Value::Null, &json!("V1"))
    );
    assert!(
        studio
            .events(&style)
            .await
            .contains(&format!("deleted from S3: style_{style}_V1.safetensors"))
    );

    upload_model(&studio, &style, "V1").await;
    let page = format!("/styles/{style}/versions/5b-e1?ask=delete");
    let form = PlainForm::on(&studio, &page, "delete_version").await;
    let (to, list) = form.submit(&studio).await;
    assert_eq!(to, format!("/styles/{style}/versions"));
    assert!(studio.versions(&style).await.is_empty());
    assert!(
        list.text.contains("1 model in S3 that no version knows"),
        "the file stayed"
    );
}

#[tokio::test]
async fn an_exported_run_holds_what_it_was_made_of_and_no_secret() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let (style, first, _) = two_runs(&studio).await;
    let (_, sent) = runpod.jobs().remove(0);
    let token = sent["webhook"]
        .as_str()
        .and_then(|url| url.split("token=").nth(1))
        .expect("a token");
    let path = format!("/api/styles/{style}/training-versions/{first}/export");
    let answer = studio.get(&path).await;
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"style_{style}_V1.run.json\"")
    );
    assert!(!answer.text.contains(token) && !answer.text.contains("webhook"));
    let file = answer.expect(200);
    assert_eq!(file["formatVersion"], 1);
    assert_eq!(file["request"]["input"], sent["input"]);
    assert_eq!(file["request"]["policy"], sent["policy"]);
    assert_eq!(file["parameters"]["network_dim"], 16);
    assert_eq!(file["outcome"]["status"], "pending");
    let image = &file["dataset"]["images"][1];
    assert_eq!(
        (&image["filename"], &image["caption"]),
        (&json!("boat 1.png"), &json!("a quiet boat 1"))
    );
    assert_eq!(image["etag"].as_str().expect("an ETag").len(), 32);
    assert_eq!(file["plan"]["steps"], 120);
}

#[tokio::test]
async fn a_run_of_another_machine_says_what_is_otherwise_here_and_changes_nothing() {
    let runpod = FakeRunpod::start().await;
    let there = TestStudio::on(&runpod).await;
    let (theirs, first, _) = two_runs(&there).await;
    let path = format!("/api/styles/{theirs}/training-versions/{first}/export");
    let mut file = there.get(&path).await.expect(200);
    file["parameters"]["of_the_future"] = json!(7);
    file["parameters"]["network_dim"] = json!(9_999_999);
    file["parameters"]["learning_rate"] = json!(0.0002);

    let here = TestStudio::start().await;
    let style = here.ready_style(2).await;
    here.put_object(&style, "boat 1.txt", b"a small boat 1")
        .await;
    let path = format!("/api/styles/{style}/reproductions");
    let report = here.post(&path, &file).await.expect(201);
    assert_eq!(report["name"], "V1");
    assert_eq!(report["images"], 3);
    assert_eq!(report["dataset"]["missing"], json!(["boat 2.png"]));
    assert_eq!(report["dataset"]["captions"][0]["filename"], "boat 1.png");
    assert_eq!(report["dataset"]["same"], 1);
    let unusable = &report["parameters"];
    of(unusable, "name", "of_the_future");
    let bound = of(unusable, "name", "network_dim")["message"].as_str();
    assert!(bound.expect("a reason").contains("9999999"), "{report}");
    let trainer = report["trainer"].to_string();
    assert!(trainer.contains("a rehearsal without GPU"), "{trainer}");
    assert!(
        trainer.contains("learning_rate: 0.0001 there, 0.0002 here"),
        "{trainer}"
    );
    assert_eq!(report["knownAs"], Value::Null);
    assert!(here.versions(&style).await.is_empty());

    let again = here.post(&path, &file).await.expect(201);
    assert_eq!(again["id"], report["id"], "one file is one run");
    let run = report["id"].as_str().expect("an id");
    let page = here
        .get(&format!("/styles/{style}/versions?run={run}"))
        .await;
    for shown in [
        "Reproduce V1",
        "boat 2.png",
        "of_the_future",
        "words__removed\">quiet",
    ] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }

    let adopt = format!("{path}/{run}/version");
    let adopted = here.post(&adopt, &json!({})).await.expect(200);
    assert_eq!(adopted["version"]["id"], first.as_str());
    assert_eq!(
        adopted["version"]["requestId"],
        Value::Null,
        "nobody here watches it"
    );
    let before = here.versions(&style).await;
    assert_eq!(adopted["added"], true);
    let again = here.post(&adopt, &json!({})).await.expect(200);
    assert_eq!(again["version"]["id"], first.as_str());
    assert_eq!(again["added"], false);
    assert_eq!(here.versions(&style).await, before);
    let snapshot = format!("/api/styles/{style}/training-versions/{first}/snapshot");
    let snapshot = here.get(&snapshot).await.expect(200);
    assert_eq!(snapshot["images"].as_array().expect("images").len(), 3);
}

#[tokio::test]
async fn of_exported_runs_taken_in_the_newest_fifty_are_kept() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let path = format!("/api/styles/{style}/reproductions");
    let file = |n: usize| json!({"format": FORMAT, "formatVersion": 1, "version": {"name": format!("V{n}")}});
    let take_in = async |n: usize| {
        let taken_in = studio.post(&path, &file(n)).await.expect(201);
        taken_in["id"].as_str().expect("an id").to_owned()
    };
    let mut ids = Vec::new();
    for n in 0..50 {
        ids.push(take_in(n).await);
    }
    for (n, id) in ids.iter().take(3).enumerate() {
        let kept = studio.state_dir().join(format!("reproductions/{id}.json"));
        let kept = std::fs::File::options().write(true).open(kept);
        let hours = Duration::from_secs(3_600 * (9 - n as u64));
        let then = SystemTime::now() - hours;
        kept.expect("it is kept")
            .set_modified(then)
            .expect("a time");
    }
    ids.push(take_in(50).await);
    take_in(1).await;
    take_in(51).await;
    let kept = std::fs::read_dir(studio.state_dir().join("reproductions")).expect("a folder");
    assert_eq!(kept.count(), 50);
    // the first and, since the second came again, the third are gone
    for (at, status) in [(0, 404), (1, 200), (2, 404), (3, 200), (50, 200)] {
        let one = studio.get(&format!("{path}/{}", ids[at])).await;
        assert_eq!(one.status, status, "{at}");
    }
}

#[tokio::test]
async fn what_is_no_exported_run_is_refused_with_the_reason() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let path = format!("/api/styles/{style}/reproductions");
    let newer = r#"{"format":"actormaker-training-run","formatVersion":2}"#;
    for (text, why) in [
        ("{", "not valid JSON (line 1"),
        ("[]", "no exported run"),
        (r#"{"format":"other"}"#, "no exported run"),
        (newer, "has version 2"),
        (
            r#"{"format":"actormaker-training-run"}"#,
            "has version none",
        ),
    ] {
        let request = studio.request(Method::POST, &path).body(text);
        let answer = studio.send(request).await;
        assert!(answer.text.contains(why), "{text}: {}", answer.text);
        assert_eq!(answer.refused(400), ["file"], "{text}");
    }
    let hollow = json!({"format": "actormaker-training-run", "formatVersion": 1});
    let report = studio.post(&path, &hollow).await.expect(201);
    assert_eq!(report["images"], Value::Null);
    let run = report["id"].as_str().expect("an id");
    let adopt = studio
        .post(&format!("{path}/{run}/version"), &json!({}))
        .await;
    assert!(adopt.refused(400).is_empty());
    for unknown in ["0123456789abcdef", "..%2f..%2fpresets", "x"] {
        studio.get(&format!("{path}/{unknown}")).await.refused(404);
    }
}

#[tokio::test]
async fn training_again_takes_everything_over_and_offers_the_images_of_then() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(3).await;
    let parameters = json!({"network_dim": 8, "lr_scheduler": "constant", "blocks_to_swap": 5, "save_dtype": "fp16"});
    let first = start(&studio, &style, "V1", parameters).await;
    let sent = studio.version(&style).await["parameters"].clone();
    let page = format!("/styles/{style}/train?from={first}");
    let form = PlainForm::on(&studio, &page, "start_training").await;
    for (name, value) in sent.as_object().expect("parameters") {
        let typed = form.value(&format!("form[parameters][{name}]"));
        let typed = typed.unwrap_or_else(|| panic!("no field for {name}"));
        let was = value.as_str().map_or(value.to_string(), str::to_owned);
        let number = value.as_f64();
        let parameter = crate::training::model::parameters::find(name).expect("a parameter");
        let same = typed == was
            || number.is_some() && typed.parse::<f64>().ok() == number
            // a choice that stands at its default shows so
            || typed.is_empty() && parameter.default_text() == was;
        assert!(same, "{name}: {was} became {typed}");
    }
    assert_eq!(form.value("form[selectionSetId]"), Some("1"));
    assert_eq!(form.value("form[name]"), Some("V2"));

    change_set(&studio, &style, &["boat 0.png"]).await;
    let answer = studio.get(&page).await;
    assert!(
        answer
            .text
            .contains("has changed since: 0 images more, 2 images fewer")
    );
    let offer = PlainForm::on(&studio, &page, "save_set_of").await;
    let (to, answer) = offer.submit(&studio).await;
    assert!(to.ends_with(&format!("from={first}&set=2")), "{to}");
    assert!(answer.text.contains("Images of V1"));
    let form = PlainForm::on(&studio, &to, "start_training").await;
    assert_eq!(form.value("form[selectionSetId]"), Some("2"));
    let sets = studio
        .get(&format!("/api/styles/{style}/selection-sets"))
        .await
        .expect(200);
    assert_eq!(
        sets["sets"][1]["filenames"],
        json!(["boat 0.png", "boat 1.png", "boat 2.png"])
    );
}

#[tokio::test]
async fn the_history_shows_what_its_address_asks_for() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let version = |id: &str, name: &str, status: &str, steps: u32| {
        json!({"id": id, "name": name, "status": status, "timestamp": "2025-10-13T19:36:17.724Z",
            "parameters": {"max_train_steps": steps}, "description": format!("notes of {name}")})
    };
    let all = json!({"versions": [
        version("a-e1", "V10", "completed", 500), version("b-e1", "V9", "failed", 900), version("c-e1", "V8", "completed", 700)]});
    studio
        .post(&format!("/api/styles/{style}/training-versions"), &all)
        .await
        .expect(200);
    let shown = async |query: &str| {
        let page = studio
            .get(&format!("/styles/{style}/versions?{query}"))
            .await;
        let rows = page.text.split("version-row__link").skip(1);
        let names = rows.map(|row| {
            let text = row.split('>').nth(1).unwrap_or_default();
            text.split('<').next().unwrap_or_default().to_owned()
        });
        names.collect::<Vec<String>>()
    };
    assert_eq!(shown("").await, ["V10", "V9", "V8"]);
    assert_eq!(shown("sort=steps").await, ["V9", "V8", "V10"]);
    assert_eq!(shown("sort=name&status=completed").await, ["V8", "V10"]);
    assert_eq!(shown("q=notes+of+v9").await, ["V9"]);
    assert_eq!(shown("q=nothing").await, [""; 0]);
}

#[tokio::test]
async fn merged_versions_leave_one_good_one_and_the_registry_names_it() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let versions = format!("/api/styles/{style}/training-versions");
    let version = |id: &str, status: &str, good: bool| {
        json!({"id": id, "name": id, "status": status, "timestamp": "2025-10-13T19:36:17.724Z", "isGood": good,
            "parameters": {"network_dim": 16}, "loraUrl": format!("s3://b/m/{id}.safetensors")})
    };
    let all = json!({"versions": [version("f", "failed", true), version("a", "completed", true), version("b", "completed", true)]});
    studio.post(&versions, &all).await.expect(200);
    let good = async || {
        let list = studio.versions(&style).await.into_iter();
        let good = list.filter(|v| v["isGood"] == true);
        good.map(|v| v["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<String>>()
    };
    let registry = || {
        let file = studio.folder().join("data/styles_registry.json");
        let text = std::fs::read_to_string(file).expect("a registry");
        let registry: Value = serde_json::from_str(&text).expect("JSON");
        of(&registry["styles"], "id", &style)["validated_lora_model"].clone()
    };
    assert_eq!(good().await, ["a"]);
    assert_eq!(registry()["lora_file"], "a.safetensors");
    let other = json!({"versions": [{"id": "b", "isGood": true}]});
    studio.post(&versions, &other).await.expect(200);
    assert_eq!(good().await, ["b"]);
    assert_eq!(registry()["version_id"], "b");
    let none = json!({"versions": [{"id": "b", "isGood": false}]});
    studio.post(&versions, &none).await.expect(200);
    assert_eq!((good().await.len(), registry()), (0, Value::Null));
}
