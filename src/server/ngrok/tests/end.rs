//! Ending: asked to, by itself, for another upstream.

use super::*;

#[tokio::test]
async fn another_upstream_replaces_the_agent() {
    let stage = Stage::new("ok").await;
    stage.start().await.unwrap();
    let first = stage.last_pid();
    let url = stage.ngrok.start(echo_upstream().await).await.unwrap();
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
    stage.ngrok.stop().await;
    assert_eq!(stage.ngrok.status(), NgrokStatus::Off);
    assert_eq!(Process::find(stage.last_pid()), None);
    assert!(stranger.still_runs());
    stage.start().await.expect("it can be started again");
}

#[tokio::test]
async fn stopping_a_start_that_hangs_ends_it_at_once() {
    let stage = Stage::new("never-up").await;
    let stop = async {
        until("the agent to run", || stage.calls().pop()).await;
        stage.ngrok.stop().await;
    };
    let (started, ()) = tokio::join!(stage.start(), stop);
    assert_eq!(started, Err(NgrokError::Stopped));
    assert_eq!(Process::find(stage.last_pid()), None);
}

#[tokio::test]
async fn an_agent_that_does_not_listen_is_killed() {
    let stage = Stage::new("stubborn").await;
    stage.start().await.unwrap();
    stage.ngrok.stop().await;
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
    stage.ngrok.stop().await;
    gone(inner).await;
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_agent() {
    let stage = Stage::new("ok").await;
    stage.start().await.unwrap();
    let pid = stage.last_pid();
    let Stage {
        ngrok,
        folder: _folder,
        ..
    } = stage;
    let clone = ngrok.clone();
    drop(ngrok);
    assert!(matches!(clone.status(), NgrokStatus::Up { .. }));
    drop(clone);
    gone(pid).await;
}

#[tokio::test]
async fn an_agent_that_dies_later_is_reported_and_can_be_started_again() {
    let stage = Stage::new("dies-later").await;
    let url = stage.start().await.unwrap();
    assert_eq!(post_webhook(&url).await, "got hello");
    let failed = stage
        .status_becomes(|status| matches!(status, NgrokStatus::Failed(_)))
        .await;
    let NgrokStatus::Failed(error) = failed else {
        unreachable!("just matched")
    };
    assert_eq!(error.code(), Some("ERR_NGROK_108"));
    stage.start().await.expect("it can be started again");
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
                NgrokStatus::Up {
                    trouble: Some(_),
                    ..
                }
            )
        })
        .await;
    post_webhook(&url).await;
    stage
        .status_becomes(|status| matches!(status, NgrokStatus::Up { trouble: None, .. }))
        .await;
}
