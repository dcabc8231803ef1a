//! Ending: asked to, by itself, for another upstream.

use super::*;

#[tokio::test]
async fn another_upstream_replaces_the_agent() {
    let stage = Stage::new("ok").await;
    stage.start().await.unwrap();
    let first = stage.last_pid();
    let url = stage.agent.start(echo_upstream().await).await.unwrap();
    gone(first).await;
    assert_eq!(
        (post_webhook(&url).await.as_str(), stage.calls().len()),
        ("got hello", 2)
    );
}

#[tokio::test]
async fn stopping_ends_our_agent_and_nobody_elses() {
    let stage = Stage::new("ok").await;
    let mut stranger = Stranger::new();
    stage.start().await.unwrap();
    stage.agent.stop().await;
    assert_eq!(stage.agent.status(), AgentStatus::Off);
    assert_eq!(Process::find(stage.last_pid()), None);
    assert!(stranger.still_runs());
    stage.start().await.expect("it can be started again");
}

#[tokio::test]
async fn stopping_a_start_that_hangs_ends_it_at_once() {
    let stage = Stage::new("never-up").await;
    let stop = async {
        until("the agent to run", || stage.calls().pop()).await;
        stage.agent.stop().await;
    };
    let (started, ()) = tokio::join!(stage.start(), stop);
    assert_eq!(started.unwrap_err().cause, Cause::Stopped);
    assert_eq!(Process::find(stage.last_pid()), None);
}

#[tokio::test]
async fn an_agent_that_does_not_listen_is_killed() {
    let stage = Stage::new("stubborn").await;
    stage.start().await.unwrap();
    stage.agent.stop().await;
    assert_eq!(Process::find(stage.last_pid()), None);
}

#[tokio::test]
async fn an_agent_behind_a_script_ends_with_the_script() {
    let stage = Stage::new("wrapped").await;
    stage.start().await.unwrap();
    let inner = std::fs::read_to_string(stage.folder.path().join("inner.pid"))
        .unwrap()
        .parse()
        .unwrap();
    assert!(Process::find(inner).is_some());
    stage.agent.stop().await;
    gone(inner).await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_agent() {
    let stage = Stage::new("ok").await;
    stage.start().await.unwrap();
    let pid = stage.last_pid();
    let Stage {
        agent,
        folder: _folder,
        ..
    } = stage;
    let clone = agent.clone();
    drop(agent);
    assert!(matches!(clone.status(), AgentStatus::Up { .. }));
    drop(clone);
    gone(pid).await;
}

#[tokio::test]
async fn a_lost_session_is_a_trouble_until_it_is_back() {
    let stage = Stage::new("loses-session").await;
    let url = stage.start().await.unwrap();
    post_webhook(&url).await;
    stage
        .status_becomes(|status| {
            matches!(
                status,
                AgentStatus::Up {
                    trouble: Some(_),
                    ..
                }
            )
        })
        .await;
    post_webhook(&url).await;
    stage
        .status_becomes(|status| matches!(status, AgentStatus::Up { trouble: None, .. }))
        .await;
}
