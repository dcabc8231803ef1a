//! Every failure a person may meet ends in the right status, without a click: once with the faults of the local endpoint, once
//! with an endpoint that answers what the real one was seen to answer.

use super::fake_runpod::{FakeRunpod, OnRun, Raw};
use super::studio::{Setup, TestStudio, upload_model};
use crate::server::s3::Precondition;
use crate::training::server::reconcile::{self, reconcile_once};
use serde_json::{Value, json};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// Lets time pass until no run is open any more.
async fn until_settled(studio: &TestStudio) {
    let settled = async {
        while reconcile_once(&studio.state).await > 0 {
            studio.pass(Duration::from_secs(2));
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(90);
    tokio::time::timeout(limit, settled)
        .await
        .expect("every run ends");
}

/// A run with these faults: its version when it is over.
async fn rehearsed(faults: &str) -> Value {
    let studio = TestStudio::with(Setup {
        variables: vec![("REHEARSAL_FAULTS", faults.to_owned())],
        ..Setup::default()
    })
    .await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    until_settled(&studio).await;
    studio.version(&style).await
}

#[tokio::test]
async fn whatever_happens_to_webhooks_and_answers_a_model_is_never_lost() {
    let cases = [
        "webhook-lost",
        "webhook-late=1",
        "webhook-twice",
        "webhook-reordered",
        "webhook-empty",
        "webhook-container",
        "webhook-large=5",
        "id-suffix",
        "status-404-first=3",
        "status-429=2",
        "status-500=3",
        "status-html=3",
        "status-cut=3",
        "status-unknown=2",
        "forget-results",
        "forget-results,webhook-lost",
        "crash=1",
    ];
    let runs = cases.map(|faults| Box::pin(async move { (faults, rehearsed(faults).await) }));
    for (faults, version) in futures::future::join_all(runs).await {
        assert_eq!(version["status"], "completed", "{faults}: {version}");
        assert!(version["sizeBytes"].as_u64() > Some(1_000), "{faults}");
        let url = version["loraUrl"].as_str().unwrap_or_default();
        assert!(url.ends_with("_V1.safetensors"), "{faults}: {url}");
    }
}

#[tokio::test]
async fn every_failure_of_the_trainer_is_a_failed_version_with_its_reason() {
    let cases = [
        ("crash=2", "job timed out after 1 retries"),
        ("execution-timeout", "executionTimeout exceeded"),
        ("fail", ""),
        ("inner-failure", ""),
        ("model-missing", "holds no model"),
        ("model-truncated", "cut off"),
        ("model-truncated,forget-results,webhook-lost", "cut off"),
        (
            "model-missing,forget-results,webhook-lost",
            "no longer knows",
        ),
        ("run-500=1", "never received"),
    ];
    let runs =
        cases.map(|(faults, why)| Box::pin(async move { (faults, why, rehearsed(faults).await) }));
    for (faults, why, version) in futures::future::join_all(runs).await {
        assert_eq!(version["status"], "failed", "{faults}: {version}");
        let error = version["error"].as_str().expect("a reason");
        assert!(
            !error.is_empty() && error.contains(why),
            "{faults}: {error}"
        );
        assert!(version["failedAt"].is_string(), "{faults}");
    }
}

struct Run {
    runpod: FakeRunpod,
    studio: TestStudio,
    style: String,
}

impl Run {
    async fn started() -> Self {
        let runpod = FakeRunpod::start().await;
        let studio = TestStudio::on(&runpod).await;
        let style = studio.ready_style(2).await;
        studio.start_run(&style, "V1").await.expect(202);
        Self {
            runpod,
            studio,
            style,
        }
    }

    fn id(&self) -> String {
        self.runpod.job().0
    }

    async fn version(&self) -> Value {
        self.studio.version(&self.style).await
    }

    async fn round(&self) -> usize {
        reconcile_once(&self.studio.state).await
    }

    fn completes(&self) {
        let output = json!({"status": "success", "loraUrl": "s3://elsewhere/k.safetensors"});
        let answer = json!({"id": self.id(), "status": "COMPLETED", "output": output});
        self.runpod.set_status(&self.id(), answer);
    }

    async fn recheck(&self) -> Value {
        let id = self.version().await["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let path = format!("/api/styles/{}/training-versions/{id}/recheck", self.style);
        self.studio.post(&path, &json!({})).await.expect(200)["version"].clone()
    }
}

#[tokio::test]
async fn the_event_log_says_who_said_what_and_what_it_changed() {
    let run = Run::started().await;
    let progress = json!({"stage": "training", "step": 4, "total": 80});
    let running = json!({"id": run.id(), "status": "IN_PROGRESS", "output": progress});
    run.runpod.set_status(&run.id(), running);
    run.round().await;
    run.completes();
    run.round().await;
    let id = run.version().await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let style = &run.style;
    let path = format!("/api/styles/{style}/training-versions/{id}/events");
    let events = run.studio.get(&path).await.expect(200);
    let events = events["events"].as_array().expect("a list");
    let told = |event: &Value| {
        ["witness", "message", "said", "change"].map(|key| event[key].as_str().map(str::to_owned))
    };
    let expect = |words: [&str; 4]| words.map(|w| (!w.is_empty()).then(|| w.to_owned()));
    let job = format!("submitted as job {}", run.id());
    assert_eq!(
        events.iter().map(told).collect::<Vec<_>>(),
        [
            expect(["studio", "recorded", "", ""]),
            expect(["studio", &job, "", ""]),
            expect([
                "polling",
                "a worker took the job",
                "running: training, step 4 of 80",
                "pending → training"
            ]),
            expect([
                "polling",
                "completed",
                "success: model s3://elsewhere/k.safetensors",
                "training → completed"
            ]),
        ]
    );
    assert!(
        events
            .iter()
            .all(|e| e["time"].as_str().is_some_and(|t| t.ends_with('Z')))
    );
}

#[tokio::test]
async fn answers_that_are_no_verdict_leave_the_run_open_and_are_told_once() {
    let html = "<html><body>502 Bad Gateway</body></html>";
    let odd = [
        (Raw::answer(500, "{}"), "(500)"),
        (Raw::answer(502, html), "(502)"),
        (Raw::answer(503, ""), "(503)"),
        (Raw::answer(200, html), "(HTTP 200)"),
        (Raw::answer(401, "{}"), "(401)"),
        (Raw::Cut, "broke off"),
    ];
    for (raw, told) in odd {
        let run = Run::started().await;
        run.runpod.set_raw(&run.id(), Some(raw));
        for _ in 0..3 {
            assert_eq!(run.round().await, 1, "{told}");
            run.studio.pass(HOUR);
        }
        let events = run.studio.events(&run.style).await;
        let tellings = events.iter().filter(|e| e.contains(told)).count();
        assert_eq!(tellings, 1, "{events:?}");
        run.runpod.set_raw(&run.id(), None);
        run.completes();
        assert_eq!(run.round().await, 0, "{told}");
        assert_eq!(run.version().await["status"], "completed", "{told}");
        let events = run.studio.events(&run.style).await;
        assert!(
            events.iter().any(|e| e == "RunPod answers again."),
            "{events:?}"
        );
    }
}

#[tokio::test]
async fn a_429_is_waited_out_as_long_as_it_asks_and_with_patience_when_it_does_not() {
    for (header, seconds) in [(Some(40), 40), (None, 10), (Some(86_400), 300)] {
        let run = Run::started().await;
        run.completes();
        run.runpod
            .set_raw(&run.id(), Some(Raw::Answer(429, String::new(), header)));
        assert_eq!(run.round().await, 1);
        run.runpod.set_raw(&run.id(), None);
        run.studio.pass(Duration::from_secs(seconds - 2));
        assert_eq!(run.round().await, 1, "it is not asked yet");
        run.studio.pass(Duration::from_secs(4));
        assert_eq!(run.round().await, 0);
        assert_eq!(run.version().await["status"], "completed");
    }
}

#[tokio::test]
async fn a_submit_that_runpod_took_and_never_answered_is_found_and_not_sent_again() {
    let runpod = FakeRunpod::start().await;
    runpod.on_run(OnRun::TakeAndHang);
    let mut config = runpod.config();
    config.answer_within = Duration::from_millis(300);
    let setup = Setup {
        runpod: Some(config),
        ..Setup::default()
    };
    let studio = TestStudio::with(setup).await;
    let style = studio.ready_style(2).await;
    let started = studio.start_run(&style, "V1").await.expect(202);
    assert_eq!(started["version"]["status"], "pending");
    let run = Run {
        runpod,
        studio,
        style,
    };
    assert_eq!(run.round().await, 1);
    assert_eq!(run.version().await["jobId"], run.id().as_str());
    run.completes();
    assert_eq!(run.round().await, 0);
    assert_eq!(run.version().await["status"], "completed");
    assert_eq!(run.runpod.seen().len(), 1, "one submit");
}

#[tokio::test]
async fn a_deleted_endpoint_ends_the_run_and_one_that_comes_back_revives_it() {
    let run = Run::started().await;
    run.runpod.delete_endpoint(true);
    run.studio.pass(HOUR);
    assert_eq!(run.round().await, 0);
    let version = run.version().await;
    assert_eq!(version["status"], "failed");
    let error = version["error"].as_str().expect("a reason");
    assert!(
        error.contains("no such endpoint") && error.contains("ENDPOINT_ID"),
        "{error}"
    );
    // the id in .env was wrong and is mended: the run goes on by itself
    run.runpod.delete_endpoint(false);
    run.studio.pass(Duration::from_secs(301));
    run.round().await;
    assert_eq!(run.version().await["status"], "pending");
    run.completes();
    assert_eq!(run.round().await, 0);
    let version = run.version().await;
    assert_eq!(version["status"], "completed");
    assert!(version["error"].is_null() && version["lost"].is_null());
}

#[tokio::test]
async fn a_key_that_was_revoked_and_replaced_in_mid_run_costs_nothing() {
    let run = Run::started().await;
    run.runpod.set_key("rpa_the-new-key");
    assert_eq!(run.round().await, 1);
    assert_eq!(run.version().await["status"], "pending");
    run.completes();
    // the new key is in .env, the studio is started again; its tunnel has another address too
    let mut config = run.runpod.config();
    config.api_key = "rpa_the-new-key".into();
    let again = TestStudio::with(Setup {
        folder: Some(run.studio.folder().to_owned()),
        runpod: Some(config),
        variables: vec![("PUBLIC_URL", "https://other.example.com".into())],
        ..Setup::default()
    })
    .await;
    assert_eq!(reconcile_once(&again.state).await, 0);
    assert_eq!(run.version().await["status"], "completed");
}

#[tokio::test]
async fn a_tunnel_with_another_address_in_mid_run_costs_nothing() {
    let run = Run::started().await;
    let (id, sent) = run.runpod.job();
    let other = "https://other.example.com";
    let again = TestStudio::with(Setup {
        folder: Some(run.studio.folder().to_owned()),
        runpod: Some(run.runpod.config()),
        variables: vec![("PUBLIC_URL", other.into())],
        ..Setup::default()
    })
    .await;
    assert!(
        !sent["webhook"]
            .as_str()
            .expect("an address")
            .contains(other)
    );
    // the run still calls the old address: what reaches the new server by it is taken, what does not is asked for
    let running = json!({"id": id, "status": "IN_PROGRESS"});
    assert_eq!(again.deliver(&sent, &running).await.status, 200);
    assert_eq!(run.version().await["status"], "training");
    run.completes();
    assert_eq!(reconcile_once(&again.state).await, 0);
    assert_eq!(run.version().await["status"], "completed");
}

#[tokio::test]
async fn a_run_nobody_could_ask_about_is_given_up_when_its_time_is_over_and_not_before() {
    let run = Run::started().await;
    run.runpod.set_raw(&run.id(), Some(Raw::answer(401, "{}")));
    let ttl = run.version().await["ttlMs"].as_u64().expect("a ttl");
    run.studio.pass(Duration::from_millis(ttl));
    assert_eq!(run.round().await, 1);
    run.studio.pass(2 * HOUR);
    assert_eq!(run.round().await, 0);
    let version = run.version().await;
    assert_eq!(version["status"], "failed");
    let error = version["error"].as_str().expect("a reason");
    assert!(error.contains("dashboard"), "{error}");
}

#[tokio::test]
async fn a_machine_that_slept_finds_the_model_or_says_that_there_is_none() {
    for hours in [2, 26, 70] {
        for has_model in [true, false] {
            let run = Run::started().await;
            run.runpod.set_status(&run.id(), Value::Null);
            if has_model {
                upload_model(&run.studio, &run.style, "V1").await;
            }
            run.studio.pass(hours * HOUR);
            assert_eq!(run.round().await, 0, "{hours} h");
            let expected = if has_model { "completed" } else { "failed" };
            assert_eq!(run.version().await["status"], expected, "{hours} h");
        }
    }
}

#[tokio::test]
async fn a_model_that_turns_up_late_is_taken_by_itself_where_nobody_had_seen_the_end() {
    let run = Run::started().await;
    run.runpod.set_status(&run.id(), Value::Null);
    run.studio.pass(Duration::from_secs(200));
    assert_eq!(run.round().await, 0);
    assert_eq!(run.version().await["status"], "failed");
    upload_model(&run.studio, &run.style, "V1").await;
    run.studio.pass(Duration::from_secs(301));
    run.round().await;
    let version = run.version().await;
    assert_eq!(version["status"], "completed");
    assert!(version["sizeBytes"].as_u64() > Some(20));
}

#[tokio::test]
async fn a_success_without_an_address_and_without_a_model_is_a_lost_run_until_the_model_is_there() {
    let run = Run::started().await;
    // no run takes that long: what is added up must not overflow
    let answer = json!({"id": run.id(), "status": "COMPLETED", "output": null,
        "delayTime": i64::MAX, "executionTime": i64::MAX});
    run.runpod.set_status(&run.id(), answer);
    run.round().await;
    let version = run.version().await;
    assert_eq!(version["status"], "failed", "{version}");
    let reason = version["error"].as_str().expect("a reason");
    assert!(reason.contains("holds no model at"), "{reason}");
    let page = format!("/styles/{}/versions", run.style);
    assert_eq!(run.studio.get(&page).await.status, 200);
    upload_model(&run.studio, &run.style, "V1").await;
    let version = run.recheck().await;
    assert_eq!(version["status"], "completed", "{version}");
    assert!(version["sizeBytes"].as_u64() > Some(20));
}

#[tokio::test]
async fn what_is_no_model_at_the_models_place_is_no_success_until_the_model_is_there() {
    let xml: &[u8] = b"<?xml version=\"1.0\"?><Error><Code>SlowDown</Code></Error>";
    for instead in [xml, &[0; 4_096]] {
        let run = Run::started().await;
        let key = format!(
            "actor_maker_user/custom-styles-models/style_{}_V1.safetensors",
            run.style
        );
        let s3 = &run.studio.state.s3;
        let put = s3.put(&key, instead.to_vec(), "text/plain", Precondition::None);
        put.await.expect("the bucket takes it");
        let done = json!({"id": run.id(), "status": "COMPLETED", "output": {"status": "success"}});
        run.runpod.set_status(&run.id(), done);
        assert_eq!(run.round().await, 0);
        let version = run.version().await;
        assert_eq!(version["status"], "failed", "{version}");
        let reason = version["error"].as_str().expect("a reason");
        assert!(reason.contains("is no model"), "{reason}");
        upload_model(&run.studio, &run.style, "V1").await;
        assert_eq!(run.recheck().await["status"], "completed");
    }
}

#[tokio::test]
async fn a_worker_that_quotes_our_secrets_is_not_repeated() {
    let run = Run::started().await;
    let (_, sent) = run.runpod.job();
    let address = sent["webhook"].as_str().expect("an address");
    let (_, token) = address.split_once("token=").expect("a token");
    let key = run.runpod.config().api_key;
    let key = secrecy::ExposeSecret::expose_secret(&key);
    assert!(key.len() >= 8, "a key that is looked for");
    let error = format!(
        "401 for {key}; Max retries exceeded with url: /api/training-webhook?token={token} (no route)"
    );
    run.runpod.set_status(
        &run.id(),
        json!({"id": run.id(), "status": "FAILED", "error": error}),
    );
    run.round().await;
    let version = run.version().await;
    let told = version["error"].as_str().expect("a reason");
    assert!(
        told.contains("Max retries exceeded") && told.contains("token=[…]"),
        "{told}"
    );
    let id = version["id"].as_str().expect("an id");
    let base = format!("/api/styles/{}/training-versions/{id}", run.style);
    let pages = [
        format!("/styles/{}/versions/{id}", run.style),
        format!("{base}/events"),
        format!("{base}/export"),
    ];
    let mut all = version.to_string();
    for page in pages {
        all += &run.studio.get(&page).await.text;
    }
    assert!(!all.contains(token) && !all.contains(key), "{all}");
}

#[tokio::test]
async fn a_recheck_asks_every_witness_again_also_after_a_verdict() {
    let run = Run::started().await;
    let failed = json!({"id": run.id(), "status": "FAILED", "error": "out of disk"});
    run.runpod.set_status(&run.id(), failed);
    assert_eq!(run.round().await, 0);
    assert_eq!(run.recheck().await["status"], "failed");
    let events = run.studio.events(&run.style).await;
    assert!(events.last().expect("events").contains("checked again"));
    upload_model(&run.studio, &run.style, "V1").await;
    run.studio.pass(HOUR);
    run.round().await;
    assert_eq!(
        run.version().await["status"],
        "failed",
        "a verdict stands unless a person asks"
    );
    let version = run.recheck().await;
    assert_eq!(version["status"], "completed");
    assert!(version["error"].is_null() && version["failedAt"].is_null());
    assert!(
        version["loraUrl"]
            .as_str()
            .expect("an address")
            .contains("_V1.safetensors")
    );
}

#[tokio::test]
async fn a_recheck_is_not_undone_by_who_still_hears_of_the_failure() {
    let run = Run::started().await;
    let failed = json!({"id": run.id(), "status": "FAILED", "error": "out of disk"});
    run.runpod.set_status(&run.id(), failed);
    run.round().await;
    upload_model(&run.studio, &run.style, "V1").await;
    // asks at once when something is settled, as in a real studio
    let polling = tokio::spawn(reconcile::run(run.studio.state.clone()));
    assert_eq!(run.recheck().await["status"], "completed");
    let events = run.studio.events(&run.style).await;
    let last = events.last().expect("events");
    assert!(
        last.starts_with("the verdict was taken back: completed"),
        "{events:?}"
    );
    polling.abort();
}

#[tokio::test]
async fn a_recheck_follows_a_job_that_was_started_again_at_runpod() {
    let run = Run::started().await;
    let failed =
        json!({"id": run.id(), "status": "FAILED", "error": "job timed out after 1 retries"});
    run.runpod.set_status(&run.id(), failed);
    run.round().await;
    let running = json!({"id": run.id(), "status": "IN_PROGRESS"});
    run.runpod.set_status(&run.id(), running.clone());
    assert_eq!(run.recheck().await["status"], "training");
    run.completes();
    assert_eq!(run.round().await, 0);
    assert_eq!(run.version().await["status"], "completed");
    // what was cancelled is not taken up again because RunPod has not stopped it yet
    let cancelled = Run::started().await;
    let state = json!({"id": cancelled.id(), "status": "CANCELLED"});
    cancelled.runpod.set_status(&cancelled.id(), state);
    cancelled.round().await;
    let running = json!({"id": cancelled.id(), "status": "IN_PROGRESS"});
    cancelled.runpod.set_status(&cancelled.id(), running);
    assert_eq!(cancelled.recheck().await["status"], "cancelled");
}

#[tokio::test]
async fn a_name_used_again_does_not_give_its_model_to_the_run_that_never_was() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    runpod.on_run(OnRun::Refuse(400));
    studio.start_run(&style, "V1").await.refused(502);
    runpod.on_run(OnRun::Take);
    studio.start_run(&style, "V1").await.expect(202);
    upload_model(&studio, &style, "V1").await;
    let versions = studio.versions(&style).await;
    let never_ran = versions[1]["id"].as_str().expect("an id");
    let path = format!("/api/styles/{style}/training-versions/{never_ran}/recheck");
    let version = studio.post(&path, &json!({})).await.expect(200);
    assert_eq!(version["version"]["status"], "failed");
    runpod.set_status(&runpod.job().0, Value::Null);
    studio.pass(HOUR);
    assert_eq!(reconcile_once(&studio.state).await, 0);
    assert_eq!(studio.versions(&style).await[0]["status"], "completed");
}
