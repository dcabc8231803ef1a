//! One that was up and ended by itself: started again, unless only a person can mend the reason.

use super::*;

/// Brings it up and makes it end.
async fn up_and_down(stage: &Stage) -> u32 {
    let url = stage.start().await.unwrap();
    assert_eq!(post_webhook(&url).await, "got hello");
    stage.last_pid()
}

#[tokio::test]
async fn an_agent_that_ends_for_no_lasting_reason_is_started_again() {
    let stage = Stage::new("crashes-later").await;
    let first = up_and_down(&stage).await;
    let again = |status: &AgentStatus| matches!(status, AgentStatus::Up { .. });
    until("another agent", || {
        (stage.last_pid() != first).then_some(())
    })
    .await;
    let AgentStatus::Up { url, .. } = stage.status_becomes(again).await else {
        unreachable!("just matched")
    };
    assert_eq!(post_webhook(&url).await, "got hello");
    gone(first).await;
}

#[tokio::test]
async fn a_refusal_that_a_person_must_mend_is_reported_and_it_can_be_started_again() {
    let stage = Stage::new("dies-later").await;
    up_and_down(&stage).await;
    let failed = stage
        .status_becomes(|status| matches!(status, AgentStatus::Failed(_)))
        .await;
    let AgentStatus::Failed(error) = failed else {
        unreachable!("just matched")
    };
    assert_eq!(error.code(), Some("ERR_NGROK_108"));
    stage.start().await.expect("it can be started again");
}

/// Waits an hour between two tries: what happens meanwhile is somebody's doing.
async fn waiting() -> (Stage, u32) {
    let patient = |_: &Path, ngrok, care| {
        let first_pause = Duration::from_secs(3_600);
        (
            ngrok,
            Care {
                first_pause,
                ..care
            },
        )
    };
    let stage = Stage::with("crashes-later", patient).await;
    let first = up_and_down(&stage).await;
    let is_waiting = |status: &AgentStatus| matches!(status, AgentStatus::Waiting { .. });
    let AgentStatus::Waiting { error, pause } = stage.status_becomes(is_waiting).await else {
        unreachable!("just matched")
    };
    assert!(error.to_string().contains("ended by itself"), "{error}");
    // the longest pause is a minute
    assert_eq!(pause, Duration::from_secs(60));
    (stage, first)
}

#[tokio::test]
async fn between_two_tries_a_start_tries_at_once() {
    let (stage, first) = waiting().await;
    let url = stage.start().await.unwrap();
    assert_ne!(stage.last_pid(), first);
    assert_eq!(post_webhook(&url).await, "got hello");
}

#[tokio::test]
async fn between_two_tries_a_stop_ends_it_and_another_upstream_is_taken() {
    let (stage, first) = waiting().await;
    stage.agent.stop().await;
    assert_eq!(stage.agent.status(), AgentStatus::Off);
    assert_eq!(stage.last_pid(), first);
    let (stage, _) = waiting().await;
    let url = stage.agent.start(echo_upstream().await).await.unwrap();
    assert_eq!(post_webhook(&url).await, "got hello");
}
