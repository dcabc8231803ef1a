//! The same supervision with cloudflared's quick tunnel.

use super::*;
use crate::server::cloudflared::Cloudflared;

async fn stage(mode: &str, care: Care) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let bin = fake("cloudflared", folder.path(), mode);
    Stage::of(folder, Cloudflared { bin }, care).await
}

#[tokio::test]
async fn a_webhook_sent_to_the_quick_tunnel_reaches_the_upstream() {
    // the second tells its address only on its own page
    for mode in ["ok", "page-only"] {
        let stage = stage(mode, hasty()).await;
        let url = stage
            .start()
            .await
            .unwrap_or_else(|e| panic!("{mode}: {e}"));
        assert!(url.starts_with("https://"), "{url}");
        // the stand-in's address is a loopback one and speaks no TLS
        let reached = url.replacen("https://", "http://", 1);
        assert_eq!(post_webhook(&reached).await, "got hello", "{mode}");
        stage.agent.stop().await;
        gone(stage.last_pid()).await;
    }
}

#[tokio::test]
async fn nothing_of_a_persons_own_configuration_and_no_secret_is_handed_over() {
    let stage = stage("ok", hasty()).await;
    stage.start().await.unwrap();
    let call = &stage.calls()[0];
    let argv = call["argv"].to_string();
    assert!(argv.contains(r#""--config","/dev/null""#), "{argv}");
    assert_eq!(call["secrets"], serde_json::json!([]));
}

#[tokio::test]
async fn a_refusal_is_told_with_what_to_do() {
    for (mode, said, to_do) in [
        ("too-many", "429 Too Many Requests", "wait some minutes"),
        ("no-network", "no such host", "reaches the internet"),
    ] {
        let stage = stage(mode, hasty()).await;
        let error = stage.start().await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        let remedy = error.remedy();
        assert!(remedy.contains(to_do), "{remedy}");
        // asking from a terminal would prolong the refusal
        assert!(!remedy.contains("in a terminal"), "{remedy}");
    }
    let missing = Cloudflared {
        bin: "/no/such/cloudflared".into(),
    };
    let stage = Stage::of(tempfile::tempdir().unwrap(), missing, hasty()).await;
    let error = stage.start().await.unwrap_err();
    assert!(
        error.remedy().contains("CLOUDFLARED_BIN"),
        "{}",
        error.remedy()
    );
}

#[tokio::test]
async fn an_address_without_a_connection_is_not_up() {
    let impatient = Care {
        start_timeout: Duration::from_secs(4),
        ..hasty()
    };
    let stage = stage("never-registers", impatient).await;
    let error = stage.start().await.unwrap_err();
    assert!(matches!(error.cause, Cause::Timeout { .. }), "{error:?}");
    assert!(error.to_string().contains("failed to dial"), "{error}");
    gone(stage.last_pid()).await;
}

#[tokio::test]
async fn a_lost_connection_is_shown_and_one_that_gave_up_is_started_again_under_a_new_address() {
    let stage = stage("loses-connection", hasty()).await;
    let url = stage.start().await.unwrap();
    let reached = url.replacen("https://", "http://", 1);
    post_webhook(&reached).await;
    let in_trouble = |status: &AgentStatus| {
        matches!(
            status,
            AgentStatus::Up {
                trouble: Some(_),
                ..
            }
        )
    };
    stage.status_becomes(in_trouble).await;
    post_webhook(&reached).await;
    let is_new =
        |status: &AgentStatus| matches!(status, AgentStatus::Up { url: new, .. } if *new != url);
    stage.status_becomes(is_new).await;
    assert_eq!(stage.calls().len(), 2);
}

#[tokio::test]
async fn one_left_behind_by_a_killed_studio_is_ended_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let pid_file = folder.path().join("state/cloudflared.pid");
    let program = Cloudflared {
        bin: fake("cloudflared", folder.path(), "ok"),
    };
    let mut left = Command::new(&program.bin)
        .args(program.arguments(([127, 0, 0, 1], 9).into()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    until("the old one to run", || calls(folder.path()).pop()).await;
    let dead_owner = Process {
        pid: std::process::id(),
        started: 1,
    };
    let noted = Process::find(left.id()).unwrap();
    orphan::write(&pid_file, noted, dead_owner).await.unwrap();
    let care = Care {
        pid_file: Some(pid_file),
        ..hasty()
    };
    Agent::new(program, care).end_left_behind().await;
    // a process of several threads is seen to be gone a moment before it can be waited for
    until("the old one to end", || left.try_wait().unwrap()).await;
}
