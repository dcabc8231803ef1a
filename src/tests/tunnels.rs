//! Which tunnel is used, and that the studio's own pages and REST start, test and stop it; the programs are stand-ins.

use super::studio::{Setup, TestStudio};
use crate::server::agent::tests::fake;
use serde_json::{Value, json};

/// A studio with both programs installed, in these modes; the folder holds their notes.
async fn with_both(ngrok: &str, cloudflared: &str) -> (TestStudio, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let variables = vec![
        ("NGROK_BIN", fake("ngrok", folder.path(), ngrok)),
        (
            "CLOUDFLARED_BIN",
            fake("cloudflared", folder.path(), cloudflared),
        ),
    ];
    let studio = TestStudio::with(Setup {
        variables,
        ..Setup::default()
    })
    .await;
    (studio, folder)
}

async fn status(studio: &TestStudio) -> Value {
    studio.get("/api/ngrok/status").await.expect(200)
}

#[tokio::test]
async fn a_webhook_comes_back_through_the_tunnel_and_only_through_it() {
    let (studio, _folder) = with_both("ok", "ok").await;
    let up = studio
        .post("/api/ngrok/start", &json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&up["running"], &up["provider"]),
        (&json!(true), &json!("ngrok"))
    );
    let trip = studio.post("/api/ngrok/test", &json!({})).await.expect(200)["roundTrip"].clone();
    assert_eq!((&trip["ok"], &trip["error"]), (&json!(true), &Value::Null));
    assert!(trip["tookMs"].is_u64());
    // what is public is the webhook and nothing else
    let public = up["url"].as_str().expect("an address");
    for path in ["/", "/api/styles", "/api/ngrok/status", "/setup"] {
        let answer = reqwest::get(format!("{public}{path}"))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 404, "{path}");
    }
    let off = studio.post("/api/ngrok/stop", &json!({})).await.expect(200);
    assert_eq!(
        (&off["running"], &off["url"]),
        (&json!(false), &Value::Null)
    );
}

#[tokio::test]
async fn the_program_chosen_on_the_page_is_used_and_takes_the_others_place() {
    let (studio, _folder) = with_both("ok", "ok").await;
    assert_eq!(
        status(&studio).await["choices"],
        json!(["ngrok", "cloudflared"])
    );
    studio
        .post("/api/ngrok/start", &json!({}))
        .await
        .expect(200);
    let wanted = json!({"provider": "cloudflared"});
    let up = studio.post("/api/ngrok/start", &wanted).await.expect(200);
    assert_eq!(
        (&up["running"], &up["provider"]),
        (&json!(true), &wanted["provider"])
    );
    assert!(
        up["url"]
            .as_str()
            .is_some_and(|url| url.starts_with("https://"))
    );
    let page = studio.get("/setup").await.text;
    assert!(page.contains("Cloudflare quick tunnel") || page.contains("Stop tunnel"));
    // it stays chosen after a stop, also for a start that names none
    studio.post("/api/ngrok/stop", &json!({})).await.expect(200);
    let off = status(&studio).await;
    assert_eq!(
        (&off["state"], &off["provider"]),
        (&json!("none"), &wanted["provider"])
    );
    let fields = studio
        .post("/api/ngrok/start", &json!({"provider": "publicUrl"}))
        .await
        .refused(400);
    assert_eq!(fields, ["provider"]);
    studio
        .post("/api/ngrok/start", &json!({"provider": "frp"}))
        .await
        .refused(400);
}

#[tokio::test]
async fn without_a_choice_it_is_what_is_configured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bin = fake("cloudflared", folder.path(), "ok");
    let only = |variables| Setup {
        variables,
        ..Setup::default()
    };
    let studio = TestStudio::with(only(vec![("CLOUDFLARED_BIN", bin)])).await;
    assert_eq!(status(&studio).await["provider"], "cloudflared");
    // a page that was loaded without scripts sends an empty form
    let form = studio.request(reqwest::Method::POST, "/api/ngrok/start");
    let up = studio.send(form).await.expect(200);
    assert_eq!(up["provider"], "cloudflared");
    let both = vec![
        ("CLOUDFLARED_BIN", "cloudflared".to_owned()),
        ("NGROK_AUTHTOKEN", "t0ken".to_owned()),
    ];
    let studio = TestStudio::with(only(both)).await;
    assert_eq!(status(&studio).await["provider"], "ngrok");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_this_machines_state_and_no_failure_of_a_server() {
    let variables = vec![("NGROK_BIN", "/nowhere/ngrok".to_owned())];
    let studio = TestStudio::with(Setup {
        variables,
        ..Setup::default()
    })
    .await;
    let answer = studio.post("/api/ngrok/start", &json!({})).await;
    assert!(answer.text.contains("was not found"), "{}", answer.text);
    answer.refused(409);
}

#[tokio::test]
async fn what_keeps_a_tunnel_down_is_told_with_a_remedy_on_the_page_and_over_rest() {
    let (studio, _folder) = with_both("already-online", "too-many").await;
    for (provider, said, remedy) in [
        ("ngrok", "ERR_NGROK_334", "dashboard.ngrok.com"),
        ("cloudflared", "429 Too Many Requests", "wait some minutes"),
    ] {
        let wanted = json!({ "provider": provider });
        let answer = studio.post("/api/ngrok/start", &wanted).await.expect(502);
        assert!(
            answer["detail"].as_str().unwrap().contains(said),
            "{answer}"
        );
        assert!(
            answer["remedy"].as_str().unwrap().contains(remedy),
            "{answer}"
        );
        let shown = status(&studio).await;
        assert_eq!(shown["state"], "failed");
        let page = studio.get("/setup").await.text;
        assert!(page.contains(said), "{provider}");
    }
}

#[tokio::test]
async fn an_agent_that_crashed_is_started_again_and_the_page_says_so_meanwhile() {
    let (studio, folder) = with_both("crashes-later", "ok").await;
    studio
        .post("/api/ngrok/start", &json!({}))
        .await
        .expect(200);
    // the first request through it makes it end
    studio.post("/api/ngrok/test", &json!({})).await.expect(200);
    let mut seen = Vec::new();
    let calls = folder.path().join("calls.jsonl");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let again = loop {
        let now = status(&studio).await;
        seen.push((now["state"].to_string(), now["remedy"].to_string()));
        let starts = std::fs::read_to_string(&calls)
            .unwrap_or_default()
            .lines()
            .count();
        if starts == 2 && now["running"] == true {
            break now;
        }
        assert!(std::time::Instant::now() < deadline, "{seen:?}");
        tokio::task::yield_now().await;
    };
    assert_eq!(again["error"], Value::Null);
    let waited = |(state, remedy): &(String, String)| {
        state == "\"starting\"" && remedy.contains("started again within")
    };
    assert!(seen.iter().any(waited), "{seen:?}");
}

#[tokio::test]
async fn a_public_url_out_of_reach_is_nobodys_tunnel() {
    let nobody = "http://127.0.0.1:9";
    let studio = TestStudio::with(Setup {
        variables: vec![("PUBLIC_URL", nobody.to_owned())],
        ..Setup::default()
    })
    .await;
    let style = studio.ready_style(1).await;
    let path = format!("/api/styles/{style}/preflight?set=1");
    let checks = studio.get(&path).await.expect(200);
    let found = checks["checks"].as_array().expect("a list").iter();
    let webhook = found.clone().find(|c| c["id"] == "webhook").expect("it");
    let remedy = webhook["remedy"].as_str().expect("a remedy");
    assert!(
        remedy.contains("PUBLIC_URL") && remedy.contains("WEBHOOK_PORT"),
        "{remedy}"
    );
    assert!(!remedy.contains("tunnel"), "{remedy}");
    for page in ["/setup".to_owned(), format!("/styles/{style}/train?set=1")] {
        let text = studio.get(&page).await.text;
        assert!(
            text.contains(&format!("Webhooks are sent to {nobody}")),
            "{page}"
        );
        assert!(!text.contains("Tunnel up"), "{page}");
    }
}
