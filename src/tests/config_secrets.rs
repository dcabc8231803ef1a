//! The browser never sees a key, a token or a stored record, and neither does the log or a folder meant for others.

use super::fake_runpod::{API_KEY, FakeRunpod, OnRun};
use super::studio::TestStudio;
use crate::training::server::reconcile::reconcile_once;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};

/// A log kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes in everything our own code says on this thread, down to the smallest level.
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("actor_maker=trace")
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("UTF-8")
    }
}

/// Keys of the embedded parts, the token of the run and what is stored of it.
fn secrets(studio: &TestStudio, sent: &Value) -> Vec<String> {
    let env =
        std::fs::read_to_string(studio.state_dir().join("rehearsal.env")).expect("it was written");
    let value = |line: &str| line.split('\'').nth(1).map(str::to_owned);
    let secret_key = env
        .lines()
        .find(|l| l.contains("AWS_SECRET_ACCESS_KEY"))
        .and_then(value);
    let webhook = sent["webhook"].as_str().expect("an address");
    let token = webhook.split("token=").nth(1).expect("a token").to_owned();
    let hash = crate::training::server::versions::FILE;
    let record = std::fs::read_to_string(find(studio.folder(), hash)).expect("a record");
    let record: Value = serde_json::from_str(&record).expect("JSON");
    let stored = record["versions"][0]["webhookTokenSha256"]
        .as_str()
        .expect("a hash")
        .to_owned();
    assert!(
        !record.to_string().contains(&token),
        "the token itself is stored nowhere"
    );
    vec![
        secret_key.expect("a key"),
        API_KEY.into(),
        token,
        stored,
        "webhookTokenSha256".into(),
        "idempotencyKeySha256".into(),
    ]
}

fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.file_name() == name {
                return entry.path();
            }
            if entry.path().is_dir() {
                open.push(entry.path());
            }
        }
    }
    panic!("there is no {name}");
}

#[track_caller]
fn holds_none(what: &str, text: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!text.contains(secret.as_str()), "{what} holds {secret}");
    }
}

#[tokio::test]
async fn no_page_no_answer_and_no_line_of_the_log_holds_a_secret() {
    let (log, _guard) = Log::begin();
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let started = studio.start_run(&style, "V1").await;
    let (job_id, sent) = runpod.job();
    let secrets = secrets(&studio, &sent);
    holds_none("the answer to the start", &started.text, &secrets);
    let id = studio.version(&style).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let version = format!("/api/styles/{style}/training-versions/{id}");
    let mut paths = vec![
        "/api/styles".to_owned(),
        "/api/health".into(),
        "/api/ngrok/status".into(),
        "/api/openapi.json".into(),
    ];
    for list in ["images", "selection-sets", "training-versions"] {
        paths.push(format!("/api/styles/{style}/{list}"));
    }
    paths.extend([
        format!("{version}/events"),
        format!("{version}/snapshot"),
        format!("/rpc/versions?style={style}"),
    ]);
    paths.extend([
        format!("/rpc/version?style={style}&id={id}"),
        "/".into(),
        "/setup".into(),
        "/guide".into(),
    ]);
    for page in ["data", "train", "versions"] {
        paths.push(format!("/styles/{style}/{page}"));
    }
    paths.push(format!("/styles/{style}/versions/{id}"));
    for path in paths {
        let answer = studio.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        holds_none(&path, &answer.text, &secrets);
    }
    let preview = studio
        .post("/api/training/preview", &super::studio::run(&style, "V2"))
        .await;
    holds_none("the preview", &preview.text, &secrets);
    // refusals speak of what was refused, without repeating it
    let mut wrong = sent.clone();
    wrong["webhook"] = json!(
        sent["webhook"]
            .as_str()
            .unwrap()
            .replace("token=", "token=x")
    );
    let body = json!({"id": job_id, "status": "COMPLETED"});
    holds_none(
        "a refused webhook",
        &studio.deliver(&wrong, &body).await.text,
        &secrets,
    );
    holds_none(
        "a webhook's answer",
        &studio.deliver(&sent, &body).await.text,
        &secrets,
    );
    reconcile_once(&studio.state).await;
    assert!(log.text().contains("recorded"), "the log was listened to");
    holds_none("the log", &log.text(), &secrets);
}

#[tokio::test]
async fn a_failed_submit_tells_the_reason_and_no_key() {
    let (log, _guard) = Log::begin();
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    for fails in [OnRun::Refuse(401), OnRun::Refuse(500), OnRun::Break] {
        runpod.on_run(fails);
        let name = format!("{fails:?}").replace(['(', ')'], "");
        let answer = studio.start_run(&style, &name).await;
        holds_none("the answer", &answer.text, &[API_KEY.into()]);
    }
    holds_none("the log", &log.text(), &[API_KEY.into()]);
}

#[tokio::test]
async fn keys_are_kept_from_other_users_of_the_machine_and_from_debug_output() {
    use std::os::unix::fs::PermissionsExt;
    let studio = TestStudio::start().await;
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path)
            .expect("it exists")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&studio.state_dir().join("rehearsal.env")), 0o600);
    assert_eq!(mode(&studio.state_dir()), 0o700);
    let config = FakeRunpod::start().await.config();
    assert_eq!(config.api_key.expose_secret(), API_KEY);
    assert!(!format!("{config:?}").contains(API_KEY));
}
