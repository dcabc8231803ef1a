//! The webhook: believed only with the run's token, understood in every form, and a second delivery changes nothing.

use super::fake_runpod::FakeRunpod;
use super::studio::{TestStudio, upload_model};
use crate::training::server::reconcile::reconcile_once;
use reqwest::Method;
use serde_json::{Value, json};

/// A started run: the studio, the style, RunPod's id and the body RunPod was sent.
struct Started {
    studio: TestStudio,
    style: String,
    job_id: String,
    sent: Value,
}

impl Started {
    async fn new() -> Self {
        let runpod = FakeRunpod::start().await;
        let studio = TestStudio::on(&runpod).await;
        let style = studio.ready_style(2).await;
        studio.start_run(&style, "V1").await.expect(202);
        let (job_id, sent) = runpod.job();
        Self {
            studio,
            style,
            job_id,
            sent,
        }
    }

    fn request_id(&self) -> &Value {
        &self.sent["input"]["training_config"]["request_id"]
    }

    /// RunPod's envelope.
    fn envelope(&self, status: &str, output: Value) -> Value {
        json!({"id": self.job_id, "status": status, "input": self.sent["input"], "webhook": self.sent["webhook"],
            "delayTime": 1500, "executionTime": 60_000, "output": output})
    }

    fn success(&self) -> Value {
        let style = &self.style;
        json!({"status": "success", "job_id": self.request_id(), "loraName": format!("style_{style}_V1.safetensors"),
            "loraUrl": format!("https://s3-accelerate.amazonaws.com/files/u/custom-styles-models/style_{style}_V1.safetensors")})
    }

    async fn deliver(&self, body: &Value) -> u16 {
        self.studio.deliver(&self.sent, body).await.status
    }

    async fn version(&self) -> Value {
        self.studio.version(&self.style).await
    }
}

#[tokio::test]
async fn runpods_envelope_completes_the_version_with_an_address_that_exists() {
    let run = Started::new().await;
    assert_eq!(
        run.deliver(&run.envelope("COMPLETED", run.success())).await,
        200
    );
    let version = run.version().await;
    assert_eq!(version["status"], "completed");
    let url = format!(
        "https://files.s3-accelerate.amazonaws.com/u/custom-styles-models/style_{}_V1.safetensors",
        run.style
    );
    assert_eq!(version["loraUrl"], url);
    assert_eq!(
        (&version["delayTimeMs"], &version["executionTimeMs"]),
        (&json!(1500), &json!(60_000))
    );
}

#[tokio::test]
async fn the_containers_flat_body_completes_it_too() {
    let run = Started::new().await;
    assert_eq!(run.deliver(&run.success()).await, 200);
    assert_eq!(run.version().await["status"], "completed");
}

#[tokio::test]
async fn a_second_webhook_changes_nothing() {
    let run = Started::new().await;
    let body = run.envelope("COMPLETED", run.success());
    assert_eq!(run.deliver(&body).await, 200);
    let file = run
        .studio
        .style_folder(&run.style)
        .join("training_versions.json");
    let before = (
        std::fs::read(&file).unwrap(),
        run.studio.events(&run.style).await,
    );
    let failed = run.envelope("FAILED", Value::Null);
    let older = run.envelope("IN_PROGRESS", json!({"step": 1, "total": 10}));
    for late in [body, failed, older, run.success()] {
        assert_eq!(
            run.deliver(&late).await,
            200,
            "taken in, so that RunPod stops sending it"
        );
    }
    reconcile_once(&run.studio.state).await;
    let after = (
        std::fs::read(&file).unwrap(),
        run.studio.events(&run.style).await,
    );
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_401_and_changes_nothing() {
    let mut run = Started::new().await;
    let body = run.envelope("COMPLETED", run.success());
    let address = run.sent["webhook"]
        .as_str()
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    for query in ["", "?token=", "?token=wrong", "?Token=x", "?token=%00"] {
        run.sent["webhook"] = json!(format!("{address}{query}"));
        run.studio.deliver(&run.sent, &body).await.refused(401);
    }
    assert_eq!(run.version().await["status"], "pending");
}

#[tokio::test]
async fn one_runs_token_opens_no_other_run() {
    let run = Started::new().await;
    let other = Started::new().await;
    let body = run.envelope("COMPLETED", run.success());
    run.studio.deliver(&other.sent, &body).await.refused(401);
}

#[tokio::test]
async fn every_suffix_of_the_job_id_is_the_job_and_another_request_id_is_not() {
    let bare = |id: &str| id.trim_end_matches("-u1").to_owned();
    for suffix in ["-u1", "", "-e1", "-e2"] {
        let run = Started::new().await;
        upload_model(&run.studio, &run.style, "V1").await;
        let id = format!("{}{suffix}", bare(&run.job_id));
        // no echo of the input: the id alone must do
        let body = json!({"id": id, "status": "COMPLETED", "output": {"status": "success"}});
        assert_eq!(run.deliver(&body).await, 200, "{suffix}");
        assert_eq!(run.version().await["status"], "completed", "{suffix}");
        assert_eq!(
            run.version().await["jobId"],
            run.job_id.as_str(),
            "RunPod's first word stays"
        );
    }
    let run = Started::new().await;
    let mut foreign = run.envelope("COMPLETED", run.success());
    foreign["input"]["training_config"]["request_id"] = json!("1_1234567890123");
    assert_eq!(run.deliver(&foreign).await, 404);
    assert_eq!(run.version().await["status"], "pending");
}

#[tokio::test]
async fn in_progress_is_no_failure_and_completed_may_hold_one() {
    let run = Started::new().await;
    let progress = json!({"stage": "training", "step": 3, "total": 10});
    assert_eq!(
        run.deliver(&run.envelope("IN_PROGRESS", progress)).await,
        200
    );
    let version = run.version().await;
    assert_eq!(version["status"], "training");
    assert_eq!(
        version["progress"],
        json!({"stage": "training", "step": 3, "total": 10})
    );
    let inner = json!({"status": "failed", "error": "CUDA out of memory"});
    assert_eq!(run.deliver(&run.envelope("COMPLETED", inner)).await, 200);
    let version = run.version().await;
    assert_eq!(version["status"], "failed");
    assert_eq!(version["error"], "CUDA out of memory");
}

#[tokio::test]
async fn a_state_we_do_not_know_is_still_running() {
    let run = Started::new().await;
    assert_eq!(
        run.deliver(&run.envelope("PAUSED_BY_FATE", Value::Null))
            .await,
        200
    );
    assert_eq!(run.version().await["status"], "training");
}

#[tokio::test]
async fn what_is_no_report_of_a_run_of_ours_is_refused() {
    let run = Started::new().await;
    run.studio
        .deliver(&run.sent, &json!({"hello": 1}))
        .await
        .refused(400);
    run.studio
        .deliver(
            &run.sent,
            &json!({"id": "unknown-u1", "status": "COMPLETED"}),
        )
        .await
        .refused(404);
    let (_, token) = run.sent["webhook"]
        .as_str()
        .unwrap()
        .split_once('?')
        .unwrap();
    let path = &format!("/api/training-webhook?{token}");
    let post = |body: String| run.studio.through_the_tunnel(Method::POST, path, body);
    post("{\"id\":".into()).await.refused(400);
    post(String::new()).await.refused(400);
    post(" ".repeat((16 << 20) + 1)).await.refused(413);
    assert_eq!(run.version().await["status"], "pending");
}

#[tokio::test]
async fn through_the_tunnel_only_the_webhook_answers() {
    let run = Started::new().await;
    let id = run.version().await["id"].as_str().unwrap().to_owned();
    let style = &run.style;
    let paths = [
        "/".to_owned(),
        "/setup".into(),
        "/api/styles".into(),
        "/api/health".into(),
        "/api/openapi.json".into(),
        "/api/training/start".into(),
        "/rpc/versions".into(),
        "/pkg/actor_maker.css".into(),
        format!("/styles/{style}/data"),
        format!("/api/styles/{style}/training-versions/{id}/cancel"),
        format!("/api/styles/{style}/images/boat%200.png"),
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let answer = run
                .studio
                .through_the_tunnel(method, &path, "{}".into())
                .await;
            assert!(!answer.text.contains("Ink"), "{path}");
            answer.refused(404);
        }
    }
    let path = "/api/training-webhook";
    run.studio
        .through_the_tunnel(Method::GET, path, String::new())
        .await
        .refused(405);
}

#[tokio::test]
async fn the_webhook_of_a_submit_whose_answer_was_lost_names_its_job() {
    use super::fake_runpod::OnRun;
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    runpod.on_run(OnRun::TakeAndBreak);
    studio.start_run(&style, "V1").await.expect(202);
    let (job_id, sent) = runpod.job();
    let run = Started {
        studio,
        style,
        job_id,
        sent,
    };
    assert_eq!(
        run.deliver(&run.envelope("IN_PROGRESS", Value::Null)).await,
        200
    );
    let version = run.version().await;
    assert_eq!(
        (&version["jobId"], &version["status"]),
        (&json!(run.job_id), &json!("training"))
    );
}
