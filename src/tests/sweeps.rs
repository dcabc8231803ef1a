//! Sweeps: recorded whole before anything is sent, as many on their way as allowed, each run submitted once whatever happens.

use super::fake_runpod::{FakeRunpod, OnRun};
use super::studio::{Setup, TestStudio, picture, upload_model};
use crate::training::server::reconcile::reconcile_once;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const SWEEPS: &str = "/api/training/sweeps";

/// Rates and ranks: four runs.
fn four(style: &str) -> Value {
    json!({
        "styleId": style, "selectionSetId": 1, "name": "V1", "parameters": {"max_train_steps": 40},
        "vary": [
            {"parameter": "learning_rate", "values": [0.0001, 0.0004]},
            {"parameter": "network_dim", "values": "8, 16"},
        ],
    })
}

struct Story {
    runpod: FakeRunpod,
    studio: TestStudio,
    style: String,
}

impl Story {
    async fn begin() -> Self {
        let runpod = FakeRunpod::start().await;
        let studio = TestStudio::on(&runpod).await;
        let style = studio.ready_style(2).await;
        Self {
            runpod,
            studio,
            style,
        }
    }

    /// Starts the four runs; the sweep's id.
    async fn swept(&self) -> String {
        let made = self
            .studio
            .post(SWEEPS, &four(&self.style))
            .await
            .expect(202);
        made["sweep"]["id"].as_str().expect("an id").to_owned()
    }

    async fn sweep(&self, id: &str) -> Value {
        let path = format!("{SWEEPS}/{id}");
        self.studio.get(&path).await.expect(200)["sweep"].clone()
    }

    /// Models of the jobs that RunPod took, in order.
    fn sent(&self) -> Vec<String> {
        let name = |body: &Value| {
            let name = body["input"]["training_config"]["model_name"].as_str();
            let name = name.expect("a name").to_owned();
            name.rsplit_once('_').expect("style and name").1.to_owned()
        };
        self.runpod
            .jobs()
            .iter()
            .map(|(_, body)| name(body))
            .collect()
    }

    /// Lets the job of that model end well.
    async fn completes(&self, model: &str) {
        upload_model(&self.studio, &self.style, model).await;
        let at = self.sent().iter().position(|sent| sent == model);
        let (id, _) = self.runpod.jobs()[at.expect("it was sent")].clone();
        let done = json!({"id": id, "status": "COMPLETED", "output": {"status": "success"}});
        self.runpod.set_status(&id, done);
    }

    async fn round(&self) -> usize {
        reconcile_once(&self.studio.state).await
    }
}

fn counts(sweep: &Value) -> [u64; 5] {
    ["waiting", "running", "completed", "failed", "cancelled"]
        .map(|name| sweep[name].as_u64().expect("a count"))
}

#[tokio::test]
async fn a_sweep_is_recorded_whole_and_sent_two_at_a_time_until_all_have_ended() {
    let story = Story::begin().await;
    let file = story
        .studio
        .style_folder(&story.style)
        .join("training_versions.json");
    story.runpod.watch(file);
    let id = story.swept().await;
    assert_eq!(story.studio.versions(&story.style).await.len(), 4);
    assert!(story.runpod.jobs().is_empty(), "recording sends nothing");
    assert_eq!(counts(&story.sweep(&id).await), [4, 0, 0, 0, 0]);
    assert_eq!(story.round().await, 4);
    assert_eq!(story.sent(), ["V1-lr1e-4-r8", "V1-lr1e-4-r16"]);
    let at_submit = story.runpod.seen()[0].clone().expect("a file");
    let at_submit: Value = serde_json::from_str(&at_submit).expect("JSON");
    let sent_mark = |v: &Value| v["sentAt"].is_string();
    let marks = at_submit["versions"].as_array().expect("a list").iter();
    assert_eq!(
        marks.filter(|v| sent_mark(v)).count(),
        1,
        "marked before it is sent"
    );
    assert_eq!(
        story.round().await,
        4,
        "no third while two are on their way"
    );
    assert_eq!(story.sent().len(), 2);
    story.completes("V1-lr1e-4-r16").await;
    story.round().await;
    assert_eq!(
        story.sent(),
        ["V1-lr1e-4-r8", "V1-lr1e-4-r16", "V1-lr4e-4-r8"]
    );
    assert_eq!(counts(&story.sweep(&id).await), [1, 2, 1, 0, 0]);
    for model in ["V1-lr1e-4-r8", "V1-lr4e-4-r8"] {
        story.completes(model).await;
    }
    story.round().await;
    story.completes("V1-lr4e-4-r16").await;
    assert_eq!(story.round().await, 0);
    let sweep = story.sweep(&id).await;
    assert_eq!(counts(&sweep), [0, 0, 4, 0, 0]);
    assert_eq!(sweep["runs"][3]["values"], json!(["0.0004", "16"]));
    let (_, body) = story.runpod.jobs()[3].clone();
    let workflow = &body["input"]["workflow"]["107"]["inputs"];
    assert_eq!(
        (&workflow["learning_rate"], &workflow["network_dim"]),
        (&json!(0.0004), &json!(16))
    );
    let kept = std::fs::read_to_string(
        story
            .studio
            .style_folder(&story.style)
            .join("training_versions.json"),
    );
    assert!(
        !kept.expect("text").contains("queuedForm"),
        "nothing is left of the queue"
    );
}

#[tokio::test]
async fn a_webhook_of_a_swept_run_is_taken_and_makes_room() {
    let story = Story::begin().await;
    story.swept().await;
    story.round().await;
    upload_model(&story.studio, &story.style, "V1-lr1e-4-r8").await;
    let (job, sent) = story.runpod.jobs()[0].clone();
    let told = json!({"id": job, "status": "COMPLETED", "input": sent["input"], "output": {"status": "success"}});
    story.studio.deliver(&sent, &told).await.expect(200);
    story.round().await;
    assert_eq!(story.sent().len(), 3);
}

#[tokio::test]
async fn a_sweep_sent_twice_or_ten_times_at_once_is_one() {
    let story = Story::begin().await;
    let body = four(&story.style);
    let start = |key: &'static str| {
        let request = story.studio.request(Method::POST, SWEEPS);
        story
            .studio
            .send(request.header("Idempotency-Key", key).json(&body))
    };
    let answers = futures::future::join_all((0..10).map(|_| start("a"))).await;
    let late = start("a").await;
    let ids: std::collections::HashSet<String> = answers
        .into_iter()
        .chain([late])
        .map(|a| a.expect(202)["sweep"]["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(story.studio.versions(&story.style).await.len(), 4);
    start("b").await.refused(409);
    let rounds = (0..5).map(|_| story.round());
    futures::future::join_all(rounds).await;
    assert_eq!(
        story.sent().len(),
        2,
        "rounds at once send no more than the limit"
    );
}

#[tokio::test]
async fn a_sweep_over_a_cap_is_refused_as_a_whole() {
    let story = Story::begin().await;
    let plan = story
        .studio
        .post(&format!("{SWEEPS}/preview"), &four(&story.style))
        .await
        .expect(200);
    assert_eq!(plan["problems"], json!([]));
    let each = plan["runs"][0]["costUsd"].as_f64().expect("a price");
    assert!(plan["costUsd"].as_f64().expect("a price") > 3.9 * each);
    let mut costs = story.studio.get("/api/training/costs").await.expect(200);
    costs["monthCapUsd"] = json!(each * 2.0);
    let put = story.studio.request(Method::PUT, "/api/training/costs");
    story.studio.send(put.json(&costs)).await.expect(200);
    let refused = story.studio.post(SWEEPS, &four(&story.style)).await;
    assert!(refused.text.contains("the 4 runs"), "{}", refused.text);
    refused.refused(400);
    assert!(story.studio.versions(&story.style).await.is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_values_is_refused_by_field_and_nothing_is_recorded() {
    let story = Story::begin().await;
    let mut body = four(&story.style);
    body["vary"][0]["values"] = json!(["fast"]);
    body["vary"][1]["parameter"] = json!("seed");
    body["inFlight"] = json!(99);
    let fields = story.studio.post(SWEEPS, &body).await.refused(400);
    assert_eq!(fields, ["vary.0.values", "vary.1.parameter", "inFlight"]);
    let mut body = four(&story.style);
    body["name"] = json!("");
    let refused = story.studio.post(SWEEPS, &body).await;
    assert_eq!(refused.refused(400), ["name"]);
    let previewed = format!("{SWEEPS}/preview");
    let plan = story.studio.post(&previewed, &body).await.expect(200);
    assert_eq!(
        (&plan["problems"][0]["field"], &plan["runs"]),
        (&json!("name"), &json!([]))
    );
    let mut body = four(&story.style);
    body["vary"] = json!([{"parameter": "network_dim", "values": (1..=17).collect::<Vec<u32>>()}]);
    let refused = story.studio.post(SWEEPS, &body).await;
    assert!(refused.text.contains("17 runs"));
    refused.refused(400);
    story
        .studio
        .start_run(&story.style, "v1-LR1e-4-r8")
        .await
        .expect(202);
    story
        .studio
        .post(SWEEPS, &four(&story.style))
        .await
        .refused(409);
    assert_eq!(story.studio.versions(&story.style).await.len(), 1);
}

#[tokio::test]
async fn cancelled_as_a_whole_the_waiting_are_never_sent_and_the_others_are_stopped() {
    let story = Story::begin().await;
    let id = story.swept().await;
    story.round().await;
    let cancel = format!("{SWEEPS}/{id}/cancel");
    let answer = story.studio.post(&cancel, &json!({})).await.expect(200);
    assert_eq!(answer["notCancelled"], json!([]));
    assert_eq!(counts(&answer["sweep"]), [0, 0, 0, 0, 4]);
    assert_eq!(story.runpod.cancelled().len(), 2);
    story.studio.pass(Duration::from_secs(3600));
    assert_eq!(story.round().await, 0);
    assert_eq!(story.sent().len(), 2);
    story.studio.post(&cancel, &json!({})).await.refused(409);
    // what was never sent wrote no model: those two names are free again
    let mut again = four(&story.style);
    again["vary"][0]["values"] = json!("0.0004");
    again["name"] = json!("V1-lr4e-4");
    story.studio.post(SWEEPS, &again).await.expect(202);
}

#[tokio::test]
async fn one_run_is_taken_out_of_the_queue_and_the_others_go_on() {
    let story = Story::begin().await;
    let id = story.swept().await;
    story.round().await;
    let third = story.sweep(&id).await["runs"][2]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/api/styles/{}/training-versions/{third}", story.style);
    let cancelled = story
        .studio
        .post(&format!("{path}/cancel"), &json!({}))
        .await
        .expect(200);
    assert_eq!(cancelled["version"]["status"], "cancelled");
    assert!(
        story.runpod.cancelled().is_empty(),
        "RunPod never heard of it"
    );
    let events = story
        .studio
        .get(&format!("{path}/events"))
        .await
        .expect(200);
    assert!(events.to_string().contains("nothing was paid"), "{events}");
    for model in ["V1-lr1e-4-r8", "V1-lr1e-4-r16"] {
        story.completes(model).await;
    }
    story.round().await;
    assert_eq!(story.sent()[2..], ["V1-lr4e-4-r16"]);
}

#[tokio::test]
async fn killed_and_started_again_it_goes_on_and_sends_no_run_twice() {
    let story = Story::begin().await;
    // the process ends while the first submit is on its way: RunPod has it, the studio never hears
    let id = story.swept().await;
    story.runpod.on_run(OnRun::TakeAndHang);
    let state = story.studio.state.clone();
    let sending = tokio::spawn(async move { reconcile_once(&state).await });
    let taken = async {
        while story.runpod.jobs().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), taken)
        .await
        .expect("it is sent");
    sending.abort();
    let _ = sending.await;
    story.runpod.on_run(OnRun::Take);
    let again = TestStudio::with(Setup {
        folder: Some(story.studio.folder().to_owned()),
        runpod: Some(story.runpod.config()),
        ..Setup::default()
    })
    .await;
    for n in 0..2 {
        again
            .put_object(&story.style, &format!("boat {n}.png"), &picture())
            .await;
        again
            .put_object(&story.style, &format!("boat {n}.txt"), b"a quiet boat")
            .await;
    }
    let again = Story {
        studio: again,
        runpod: story.runpod.clone(),
        style: story.style.clone(),
    };
    for _ in 0..4 {
        again.round().await;
        let running: Vec<String> = again.sent();
        for model in running {
            again.completes(&model).await;
        }
    }
    assert_eq!(again.round().await, 0);
    let mut sent = again.sent();
    sent.sort();
    assert_eq!(
        sent,
        [
            "V1-lr1e-4-r16",
            "V1-lr1e-4-r8",
            "V1-lr4e-4-r16",
            "V1-lr4e-4-r8"
        ]
    );
    assert_eq!(counts(&again.sweep(&id).await), [0, 0, 4, 0, 0]);
}

#[tokio::test]
async fn runpod_that_asks_to_wait_is_waited_for_and_a_refusal_costs_one_run_only() {
    let story = Story::begin().await;
    let id = story.swept().await;
    story.runpod.on_run(OnRun::Refuse(429));
    story.round().await;
    assert_eq!(counts(&story.sweep(&id).await), [4, 0, 0, 0, 0]);
    assert_eq!(story.runpod.seen().len(), 1, "one was tried");
    story.round().await;
    assert_eq!(story.runpod.seen().len(), 1, "it is left alone for a while");
    story.runpod.on_run(OnRun::Refuse(400));
    story.studio.pass(Duration::from_secs(11));
    story.round().await;
    assert_eq!(counts(&story.sweep(&id).await), [0, 0, 0, 4, 0]);
    assert_eq!(story.runpod.seen().len(), 5);
    assert!(story.sent().is_empty());
}

#[tokio::test]
async fn a_run_whose_dataset_broke_meanwhile_is_not_sent_and_says_why() {
    let story = Story::begin().await;
    let id = story.swept().await;
    story
        .studio
        .put_object(&story.style, "boat 0.txt", b"")
        .await;
    story.round().await;
    let sweep = story.sweep(&id).await;
    assert_eq!(counts(&sweep), [0, 0, 0, 4, 0]);
    let error = sweep["runs"][0]["error"].as_str().expect("a reason");
    assert!(
        error.starts_with("It was not sent") && error.contains("boat 0"),
        "{error}"
    );
    assert!(story.sent().is_empty());
}

#[tokio::test]
async fn a_sweep_of_eight_runs_to_its_end_on_the_rehearsal_stage_with_the_losses_kept() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let body = json!({
        "styleId": style, "selectionSetId": 1, "name": "V1", "inFlight": 3,
        "parameters": {"max_train_steps": 400}, "rehearsal": {"stepsPerSecond": 800},
        "vary": [
            {"parameter": "learning_rate", "values": [0.0001, 0.0004]},
            {"parameter": "network_dim", "values": [4, 8]},
            {"parameter": "optimizer_type", "values": ["adamw8bit", "adamw"]},
        ],
    });
    let made = studio.post(SWEEPS, &body).await.expect(202);
    let id = made["sweep"]["id"].as_str().expect("an id").to_owned();
    let most = std::sync::atomic::AtomicU64::new(0);
    let ended = async {
        while reconcile_once(&studio.state).await > 0 {
            let sweep = studio.get(&format!("{SWEEPS}/{id}")).await.expect(200);
            let running = sweep["sweep"]["running"].as_u64().expect("a count");
            most.fetch_max(running, std::sync::atomic::Ordering::SeqCst);
        }
    };
    tokio::time::timeout(Duration::from_secs(120), ended)
        .await
        .expect("it ends");
    assert_eq!(most.into_inner(), 3);
    let listed = studio
        .get(&format!("{SWEEPS}?styleId={style}"))
        .await
        .expect(200);
    let sweep = &listed["sweeps"][0];
    assert_eq!(counts(sweep), [0, 0, 8, 0, 0]);
    assert_eq!(sweep["runs"][7]["name"], "V1-lr4e-4-r8-adamw");
    assert!(sweep["runs"][7]["loss"].as_f64() > Some(0.1), "{sweep}");
    let version = sweep["runs"][7]["id"].as_str().expect("an id");
    let course = format!("/api/styles/{style}/training-versions/{version}/progress");
    let course = studio.get(&course).await.expect(200);
    let points = course["points"].as_array().expect("points");
    assert!(points.iter().any(|p| p["loss"].is_number()), "{course}");
    assert!(course["log"].as_str().expect("text").contains("rehearsed"));
}

#[tokio::test]
async fn nobody_is_scolded_on_the_sweep_page_before_a_value_is_typed() {
    let story = Story::begin().await;
    let page = format!("/styles/{}/train/sweep?set=1", story.style);
    let untouched = story.studio.get(&page).await.text;
    assert!(
        !untouched.contains("A sweep has at least 2 runs") && !untouched.contains("check--error")
    );
    let begun = format!("{page}&vary[0][parameter]=network_dim&vary[0][values]=16");
    let begun = story.studio.get(&begun).await.text;
    assert!(begun.contains("A sweep has at least 2 runs"));
}
