//! The supervision against the stand-in agents `src/tests/fake_ngrok.py` and `fake_cloudflared.py`: real processes, real HTTP.
//!
//! A mode is chosen by the name of a symlink to the stand-in, so tests run side by side without touching the environment.

mod cloudflared;
mod end;
mod left_behind;
mod restart;
mod start;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use axum::routing::post;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use super::orphan::{self, Process};
use super::*;
use crate::server::ngrok::Ngrok;

const TOKEN: &str = "2abcDEFghiJKLmnoPQRstuVWXyz_4Kq7fakeTokenForTests1";
/// Names the folder of [`studio_to_be_killed`].
const VICTIM_FOLDER: &str = "NGROK_TEST_VICTIM_FOLDER";

/// Puts a stand-in into `folder` so that it behaves as `mode` says, and returns the path to run (`NGROK_BIN`).
pub(crate) fn fake(program: &str, folder: &Path, mode: &str) -> String {
    let link = folder.join(format!("{program}-{mode}"));
    if !link.is_symlink() {
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests");
        std::os::unix::fs::symlink(format!("{tests}/fake_{program}.py"), &link).unwrap();
    }
    link.to_str().unwrap().to_owned()
}

fn ngrok(folder: &Path, mode: &str) -> Ngrok {
    Ngrok {
        bin: fake("ngrok", folder, mode),
        authtoken: Some(TOKEN.into()),
        url: None,
    }
}

/// An agent in `mode`, an upstream that answers, and the folder where every start is noted.
struct Stage {
    folder: TempDir,
    agent: Agent,
    upstream: SocketAddr,
}

impl Stage {
    /// ngrok in this mode.
    async fn new(mode: &str) -> Self {
        Self::with(mode, |_, ngrok, care| (ngrok, care)).await
    }

    async fn with(mode: &str, adjust: impl FnOnce(&Path, Ngrok, Care) -> (Ngrok, Care)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (program, care) = adjust(folder.path(), ngrok(folder.path(), mode), hasty());
        Self::of(folder, program, care).await
    }

    async fn of(folder: TempDir, program: impl Program, care: Care) -> Self {
        Self {
            agent: Agent::new(program, care),
            upstream: echo_upstream().await,
            folder,
        }
    }

    async fn start(&self) -> Result<String, AgentError> {
        self.agent.start(self.upstream).await
    }

    /// What each started agent saw, oldest first.
    fn calls(&self) -> Vec<Value> {
        calls(self.folder.path())
    }

    fn last_pid(&self) -> u32 {
        pid_of(self.calls().last().expect("the agent was started"))
    }

    async fn status_becomes(&self, fits: impl Fn(&AgentStatus) -> bool) -> AgentStatus {
        until("the status", || Some(self.agent.status()).filter(&fits)).await
    }
}

/// With pauses a test can wait for.
fn hasty() -> Care {
    Care {
        first_pause: Duration::from_millis(20),
        ..Care::default()
    }
}

fn calls(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("calls.jsonl")).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn pid_of(call: &Value) -> u32 {
    call["pid"]
        .as_u64()
        .and_then(|pid| pid.try_into().ok())
        .expect("a pid")
}

async fn echo_upstream() -> SocketAddr {
    let app = Router::new().route(
        "/api/training-webhook",
        post(|body: String| async move { format!("got {body}") }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn post_webhook(url: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .post(format!("{url}/api/training-webhook"))
        .body("hello")
        .send()
        .await
        .unwrap();
    answer.text().await.unwrap()
}

/// Looks until `probe` has something.
async fn until<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited 20 s for {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn gone(pid: u32) {
    until("the agent to be gone", || {
        Process::find(pid).is_none().then_some(())
    })
    .await;
}

/// An agent that this adapter did not start; ended with the test, whatever becomes of it.
struct Stranger {
    process: std::process::Child,
    folder: TempDir,
}

impl Stranger {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(fake("ngrok", folder.path(), "ok"));
        command.args([
            "http",
            "http://127.0.0.1:9",
            "--log",
            "stdout",
            "--log-format",
            "json",
        ]);
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { process, folder }
    }

    fn still_runs(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
