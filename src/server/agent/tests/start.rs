//! Coming up, or saying why not.

use super::*;

#[tokio::test]
async fn a_webhook_sent_to_the_public_address_reaches_the_upstream() {
    let stage = Stage::new("ok").await;
    assert_eq!(stage.agent.status(), AgentStatus::Off);
    let url = stage.start().await.unwrap();
    assert_eq!(post_webhook(&url).await, "got hello");
    assert_eq!(stage.agent.status(), AgentStatus::Up { url, trouble: None });
}

#[tokio::test]
async fn the_address_is_found_however_the_agent_tells_it() {
    for mode in ["object-addr", "logfmt", "noise", "api-only"] {
        let stage = Stage::new(mode).await;
        let url = stage
            .start()
            .await
            .unwrap_or_else(|e| panic!("{mode}: {e}"));
        assert_eq!(post_webhook(&url).await, "got hello", "{mode}");
    }
}

#[tokio::test]
async fn a_fixed_domain_is_asked_for_and_reported() {
    let domain = "https://studio.ngrok-free.app";
    let stage = Stage::with("ok", |_, ngrok, care| {
        let url = Some(domain.into());
        (Ngrok { url, ..ngrok }, care)
    })
    .await;
    assert_eq!(stage.start().await.as_deref(), Ok(domain));
    let argv = stage.calls()[0]["argv"].to_string();
    assert!(
        argv.contains(r#""--url","https://studio.ngrok-free.app""#),
        "{argv}"
    );
}

#[tokio::test]
async fn an_agent_that_is_not_installed_is_named_with_the_way_to_get_it() {
    for bin in ["no-such-ngrok", "/no/such/ngrok"] {
        let stage = Stage::with("ok", |_, ngrok, care| {
            let bin = bin.into();
            (Ngrok { bin, ..ngrok }, care)
        })
        .await;
        assert!(!stage.agent.is_installed());
        let error = stage.start().await.unwrap_err();
        assert_eq!(error.cause, Cause::NotInstalled { bin: bin.into() });
        assert!(
            error.to_string().contains(bin)
                && error.remedy().contains("https://ngrok.com/download"),
            "{error}"
        );
        assert_eq!(stage.agent.status(), AgentStatus::Failed(error));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_run_is_told_from_one_that_is_missing() {
    use std::os::unix::fs::PermissionsExt;
    let broken = |folder: &Path, ngrok, care| {
        let bin = folder.join("broken");
        std::fs::write(&bin, "#!/no/such/interpreter\n").unwrap();
        std::fs::set_permissions(&bin, std::fs::Permissions::from_mode(0o755)).unwrap();
        let bin = bin.to_str().unwrap().into();
        (Ngrok { bin, ..ngrok }, care)
    };
    let error = Stage::with("ok", broken).await.start().await.unwrap_err();
    assert!(
        matches!(error.cause, Cause::NotRunnable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn each_refusal_carries_its_code() {
    for (mode, code) in [
        ("no-token", "ERR_NGROK_4018"),
        ("old-agent", "ERR_NGROK_121"),
        ("already-online", "ERR_NGROK_334"),
    ] {
        let stage = Stage::new(mode).await;
        let error = stage.start().await.unwrap_err();
        assert!(matches!(error.cause, Cause::Exited { .. }), "{error:?}");
        assert_eq!(error.code(), Some(code));
        assert_eq!(stage.agent.status(), AgentStatus::Failed(error));
    }
}

#[tokio::test]
async fn an_agent_that_never_comes_up_is_given_up_and_ended() {
    let impatient = |_: &Path, ngrok, care| {
        let start_timeout = Duration::from_secs(4);
        (
            ngrok,
            Care {
                start_timeout,
                ..care
            },
        )
    };
    let stage = Stage::with("never-up", impatient).await;
    let error = stage.start().await.unwrap_err();
    let Cause::Timeout {
        seconds: 4,
        code: None,
        detail,
    } = &error.cause
    else {
        panic!("{error:?}")
    };
    assert!(
        detail
            .as_ref()
            .is_some_and(|said| said.contains("no such host")),
        "{detail:?}"
    );
    gone(stage.last_pid()).await;
}

#[tokio::test]
async fn two_starts_at_once_share_one_agent_and_a_later_one_too() {
    let stage = Stage::new("ok").await;
    let other = stage.agent.clone();
    let (first, second) = tokio::join!(stage.start(), other.start(stage.upstream));
    assert_eq!(first, second);
    assert_eq!(stage.start().await, first);
    assert!(first.is_ok());
    assert_eq!(stage.calls().len(), 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_interrupt_the_start() {
    let stage = Stage::new("ok").await;
    let (agent, upstream) = (stage.agent.clone(), stage.upstream);
    let caller = tokio::spawn(async move { agent.start(upstream).await });
    stage
        .status_becomes(|status| *status != AgentStatus::Off)
        .await;
    caller.abort();
    stage
        .status_becomes(|status| matches!(status, AgentStatus::Up { .. }))
        .await;
}

#[tokio::test]
async fn the_token_is_in_the_agents_environment_and_nowhere_else() {
    let stage = Stage::new("ok").await;
    stage.start().await.unwrap();
    assert_eq!(stage.calls()[0]["has_token"], true);
    if let Ok(cmdline) = std::fs::read(format!("/proc/{}/cmdline", stage.last_pid())) {
        assert!(!String::from_utf8_lossy(&cmdline).contains(TOKEN));
    }
    assert!(!format!("{:?} {:?}", stage.agent, stage.agent.status()).contains(TOKEN));

    let refused = Stage::new("bad-token").await;
    let error = refused.start().await.unwrap_err();
    assert_eq!(error.code(), Some("ERR_NGROK_107"));
    assert!(!format!("{error} {error:?} {}", error.remedy()).contains(TOKEN));
}

#[tokio::test]
async fn another_agent_on_the_usual_port_is_neither_asked_nor_taken_for_ours() {
    // whoever holds it, a test beside this one or this: the agent's page is elsewhere then
    let held = tokio::net::TcpListener::bind("127.0.0.1:4040").await;
    let stage = Stage::new("api-only").await;
    let url = stage.start().await.unwrap();
    assert_eq!(post_webhook(&url).await, "got hello");
    drop(held);
}
