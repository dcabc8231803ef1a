//! What becomes of the agent when the studio is killed, and of agents that are not ours.

use super::*;

fn with_pid_file(folder: &Path, ngrok: Ngrok, care: Care) -> (Ngrok, Care) {
    let pid_file = Some(folder.join("state/ngrok.pid"));
    (ngrok, Care { pid_file, ..care })
}

/// Notes a running stranger in the pid file as if `owner` had started it, runs our own start, and tells whether the
/// stranger was ended by it.
async fn is_ended_by_our_start(owner: Process, adjust: impl FnOnce(Process) -> Process) -> bool {
    let stage = Stage::with("ok", with_pid_file).await;
    let pid_file = stage.folder.path().join("state/ngrok.pid");
    let mut left = Stranger::new();
    until("the old agent to run", || calls(left.folder.path()).pop()).await;
    let noted = adjust(Process::find(left.process.id()).unwrap());
    orphan::write(&pid_file, noted, owner).await.unwrap();
    stage.start().await.unwrap();
    let ended = !left.still_runs();

    let noted = std::fs::read_to_string(&pid_file).unwrap();
    assert!(
        noted.starts_with(&format!("{} ", stage.last_pid())),
        "the new agent is noted: {noted}"
    );
    stage.agent.stop().await;
    assert!(!pid_file.exists(), "a stopped agent is not noted any more");
    ended
}

#[tokio::test]
async fn an_agent_left_behind_by_a_killed_studio_is_ended_at_the_next_start() {
    let dead_owner = Process {
        pid: std::process::id(),
        started: 1,
    };
    assert!(is_ended_by_our_start(dead_owner, |agent| agent).await);
}

#[tokio::test]
async fn an_agent_left_behind_is_ended_when_a_studio_starts_before_any_tunnel_is_wanted() {
    let stage = Stage::with("ok", with_pid_file).await;
    let pid_file = stage.folder.path().join("state/ngrok.pid");
    let mut left = Stranger::new();
    until("the old agent to run", || calls(left.folder.path()).pop()).await;
    let dead_owner = Process {
        pid: std::process::id(),
        started: 1,
    };
    let noted = Process::find(left.process.id()).unwrap();
    orphan::write(&pid_file, noted, dead_owner).await.unwrap();
    stage.agent.end_left_behind().await;
    // a process of several threads is seen to be gone a moment before it can be waited for
    until("the old agent to end", || {
        (!left.still_runs()).then_some(())
    })
    .await;
    assert_eq!(stage.calls().len(), 0);
}

#[tokio::test]
async fn a_noted_agent_is_spared_if_its_studio_lives_or_it_is_another_process_by_now() {
    let alive = Process::find(std::process::id()).unwrap();
    assert!(!is_ended_by_our_start(alive, |agent| agent).await);
    let dead_owner = Process {
        started: 1,
        ..alive
    };
    assert!(
        !is_ended_by_our_start(dead_owner, |agent| Process {
            started: agent.started + 1,
            ..agent
        })
        .await
    );
}

#[tokio::test]
#[ignore = "not a test: the process that the next one starts and kills"]
async fn studio_to_be_killed() {
    let Some(folder) = std::env::var_os(VICTIM_FOLDER).map(PathBuf::from) else {
        return;
    };
    let program = Ngrok {
        authtoken: None,
        ..ngrok(&folder, "ok")
    };
    let agent = Agent::new(program, Care::default());
    agent.start(([127, 0, 0, 1], 9).into()).await.unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_studio_takes_its_agent_along_and_the_agent_never_saw_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut studio = Command::new(std::env::current_exe().unwrap());
    studio.args([
        &format!("{module}::studio_to_be_killed"),
        "--exact",
        "--ignored",
    ]);
    studio
        .env(VICTIM_FOLDER, folder.path())
        .env("ADMIN_PASSWORD", "hunter2");
    let mut studio = studio
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let call = until("the agent to run", || calls(folder.path()).pop()).await;
    assert_eq!(call["secrets"], serde_json::json!([]));
    studio.kill().unwrap();
    studio.wait().unwrap();
    if has_death_signals() {
        gone(pid_of(&call)).await;
    }
}

/// Asked anew, not of the adapter: a test that skips when the adapter looks in the wrong place proves nothing.
fn has_death_signals() -> bool {
    let mut probe = Command::new("setpriv");
    probe
        .args(["--pdeathsig", "TERM", "true"])
        .stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
