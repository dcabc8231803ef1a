//! The end of a run is told once, also when the receiver stumbles, and its address is told nobody.

use super::fake_runpod::FakeRunpod;
use super::studio::{Setup, TestStudio};
use crate::training::server::notices::send_due;
use crate::training::server::reconcile::reconcile_once;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "s3cr3t-path";

/// Keeps what it was sent; refuses with the statuses it was given first.
#[derive(Clone, Default)]
struct Receiver {
    heard: Arc<Mutex<Vec<Value>>>,
    refusals: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    /// Its address, with the secret in it.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let at = listener.local_addr().expect("an address");
        let router = axum::Router::new()
            .route(&format!("/{SECRET}"), axum::routing::post(receive))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{at}/{SECRET}")
    }

    fn heard(&self) -> Vec<Value> {
        self.heard.lock().expect("not poisoned").clone()
    }

    fn refuse(&self, statuses: &[u16]) {
        *self.refusals.lock().expect("not poisoned") = statuses.to_vec();
    }
}

async fn receive(State(receiver): State<Receiver>, Json(body): Json<Value>) -> StatusCode {
    let mut refusals = receiver.refusals.lock().expect("not poisoned");
    if !refusals.is_empty() {
        return StatusCode::from_u16(refusals.remove(0)).expect("a status");
    }
    receiver.heard.lock().expect("not poisoned").push(body);
    StatusCode::NO_CONTENT
}

/// A run that has failed at RunPod, not yet told of.
async fn failed(receiver: &Receiver) -> (FakeRunpod, TestStudio, String) {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::with(Setup {
        runpod: Some(runpod.config()),
        variables: vec![("NOTIFY_WEBHOOK_URL", receiver.start().await)],
        ..Setup::default()
    })
    .await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (id, _) = runpod.job();
    runpod.set_status(
        &id,
        json!({"id": id, "status": "FAILED", "error": "out of memory"}),
    );
    reconcile_once(&studio.state).await;
    (runpod, studio, style)
}

#[tokio::test]
async fn the_end_of_a_run_is_told_once_with_its_reason() {
    let receiver = Receiver::default();
    let (_runpod, studio, style) = failed(&receiver).await;
    assert_eq!(send_due(&studio.state).await, 0);
    reconcile_once(&studio.state).await;
    assert_eq!(send_due(&studio.state).await, 0);
    let heard = receiver.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    let text = heard[0]["text"].as_str().expect("text");
    assert!(
        text.contains("V1 failed") && text.contains("out of memory"),
        "{text}"
    );
    assert_eq!(
        (&heard[0]["status"], &heard[0]["styleId"]),
        (&json!("failed"), &json!(style))
    );
    assert_eq!(heard[0]["versionId"], studio.version(&style).await["id"]);
}

#[tokio::test]
async fn a_receiver_that_stumbles_is_tried_again_and_one_that_refuses_is_not() {
    let receiver = Receiver::default();
    let (_runpod, studio, _) = failed(&receiver).await;
    receiver.refuse(&[503, 429]);
    assert_eq!(send_due(&studio.state).await, 1);
    assert_eq!(
        send_due(&studio.state).await,
        1,
        "it is left alone for a while"
    );
    studio.pass(Duration::from_secs(6));
    assert_eq!(send_due(&studio.state).await, 1);
    studio.pass(Duration::from_secs(11));
    assert_eq!(send_due(&studio.state).await, 0);
    assert_eq!(receiver.heard().len(), 1);

    let receiver = Receiver::default();
    let (_runpod, studio, style) = failed(&receiver).await;
    receiver.refuse(&[404]);
    assert_eq!(send_due(&studio.state).await, 0);
    let events = studio.events(&style).await;
    assert!(
        events
            .iter()
            .any(|e| e.contains("nobody was notified") && e.contains("404")),
        "{events:?}"
    );
}

#[tokio::test]
async fn nobody_answers_for_ever_and_it_is_given_up_in_bounded_time() {
    let receiver = Receiver::default();
    let (_runpod, studio, style) = failed(&receiver).await;
    receiver.refuse(&[500; 100]);
    let mut tries = 0;
    while send_due(&studio.state).await > 0 {
        tries += 1;
        assert!(tries < 20);
        studio.pass(Duration::from_secs(3600));
    }
    let events = studio.events(&style).await;
    assert!(
        events.iter().any(|e| e.contains("nobody was notified")),
        "{events:?}"
    );
}

#[tokio::test]
async fn the_receivers_address_is_told_nobody() {
    let receiver = Receiver::default();
    let (_runpod, studio, style) = failed(&receiver).await;
    receiver.refuse(&[404]);
    send_due(&studio.state).await;
    let id = studio.version(&style).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for path in [
        format!("/api/styles/{style}/training-versions/{id}/events"),
        format!("/styles/{style}/versions/{id}"),
        "/api/health".to_owned(),
        "/setup".to_owned(),
    ] {
        let answer = studio.get(&path).await;
        assert!(!answer.text.contains(SECRET), "{path}");
    }
    let kept = std::fs::read_to_string(studio.state_dir().join("notices.json")).expect("text");
    assert!(!kept.contains(SECRET));
}

#[tokio::test]
async fn a_failed_run_is_retried_as_a_new_version_once() {
    let receiver = Receiver::default();
    let (runpod, studio, style) = failed(&receiver).await;
    let id = studio.version(&style).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let retry = format!("/api/styles/{style}/training-versions/{id}/retry");
    let body = json!({});
    let pair = tokio::join!(studio.post(&retry, &body), studio.post(&retry, &body));
    let (one, two) = (pair.0.expect(202), pair.1.expect(202));
    assert_eq!(one["version"]["id"], two["version"]["id"]);
    assert_eq!(one["version"]["name"], "V2");
    assert_eq!(runpod.jobs().len(), 2);
    let (_, first) = runpod.jobs()[0].clone();
    let (_, second) = runpod.jobs()[1].clone();
    let init = |body: &Value| body["input"]["workflow"]["107"]["inputs"]["learning_rate"].clone();
    assert_eq!(init(&first), init(&second));
    assert_eq!(
        first["input"]["training_data"],
        second["input"]["training_data"]
    );
    let running = one["version"]["id"].as_str().expect("an id");
    let path = format!("/api/styles/{style}/training-versions/{running}/retry");
    studio.post(&path, &body).await.refused(409);
}

#[test]
fn an_address_that_is_none_is_refused_and_not_repeated() {
    use crate::server::config::Config;
    let find = |name: &str| (name == "NOTIFY_WEBHOOK_URL").then(|| format!("ftp://x/{SECRET}"));
    let error = Config::from_lookup(&find)
        .expect_err("no such scheme")
        .to_string();
    assert!(
        error.contains("NOTIFY_WEBHOOK_URL") && error.contains("https://"),
        "{error}"
    );
    assert!(!error.contains(SECRET));
}
