//! The webhook's door, which strangers reach: who dawdles is hung up on, who floods is not listened to, and the log stays short.

use super::fake_runpod::FakeRunpod;
use super::studio::TestStudio;
use crate::server::listen::{self, Limits};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PATH: &str = "/api/training-webhook";

/// What comes back until the other side hangs up.
async fn until_hung_up(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut said)).await;
    let _ = end.expect("it hangs up");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn who_never_ends_the_head_of_a_request_is_hung_up_on_and_gives_its_place_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let router = axum::Router::new().route("/", axum::routing::get(|| async { "here" }));
    let limits = Limits {
        head_within: Duration::from_millis(300),
        connections: 1,
    };
    tokio::spawn(listen::serve(listener, router, limits));
    let mut slow = TcpStream::connect(address).await.expect("connected");
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n")
        .await
        .expect("sent");
    let said = until_hung_up(&mut slow).await;
    assert!(!said.contains("here"), "{said}");
    // the only place is free again
    let mut silent = TcpStream::connect(address).await.expect("connected");
    until_hung_up(&mut silent).await;
    let answer = reqwest::get(format!("http://{address}/"))
        .await
        .expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "here");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let studio = TestStudio::start().await;
    let address = studio.hook.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let head = format!(
        "POST {PATH}?token={} HTTP/1.1\r\nhost: x\r\n",
        "x".repeat(60_000)
    );
    let more = format!("x-more: {}\r\n\r\n", "x".repeat(60_000));
    // it may hang up before all of it is sent
    let _ = stream.write_all((head + &more).as_bytes()).await;
    let said = until_hung_up(&mut stream).await;
    assert!(
        !said.contains("200 OK"),
        "{}",
        said.chars().take(200).collect::<String>()
    );
}

/// A POST to the webhook that announces megabytes and sends only so much.
async fn begin_a_body(studio: &TestStudio, path: &str) -> TcpStream {
    let address = studio.hook.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("connected");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

#[tokio::test]
async fn a_strangers_body_is_not_waited_for_and_a_runs_own_not_for_ever() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (_, sent) = runpod.job();
    let (_, token) = sent["webhook"].as_str().unwrap().split_once('?').unwrap();

    let mut stranger = begin_a_body(&studio, &format!("{PATH}?token=forged")).await;
    let began = std::time::Instant::now();
    let said = until_hung_up(&mut stranger).await;
    assert!(said.starts_with("HTTP/1.1 401"), "{said}");
    let longest = Duration::from_secs(5);
    assert!(began.elapsed() < longest, "its body was waited for");

    let mut dawdler = begin_a_body(&studio, &format!("{PATH}?{token}")).await;
    let said = until_hung_up(&mut dawdler).await;
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
    assert_eq!(studio.version(&style).await["status"], "pending");
}

#[tokio::test]
async fn a_flood_is_turned_away_unread_while_the_runs_own_webhook_is_taken_in() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (id, sent) = runpod.job();
    let forged = format!("{PATH}?token=forged");
    let body = json!({"id": id, "status": "FAILED"}).to_string();
    for _ in 0..60 {
        let answer = studio
            .through_the_tunnel(Method::POST, &forged, body.clone())
            .await;
        assert_eq!(answer.status, 401);
    }
    let answer = studio
        .through_the_tunnel(Method::POST, &forged, body.clone())
        .await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, "60"));
    let other = studio
        .through_the_tunnel(Method::GET, "/api/styles", String::new())
        .await;
    assert_eq!(other.status, 429);
    let own = json!({"id": id, "status": "COMPLETED", "output": {"loraUrl": "s3://elsewhere/k"}});
    assert_eq!(studio.deliver(&sent, &own).await.status, 200);
    assert_eq!(studio.version(&style).await["status"], "completed");
    studio.pass(Duration::from_secs(61));
    let answer = studio.through_the_tunnel(Method::POST, &forged, body).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn five_megabytes_are_taken_in_and_what_echoes_too_long_an_id_is_not() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let (id, sent) = runpod.job();
    let endless = json!({"id": "x".repeat(5_000), "status": "COMPLETED"});
    studio.deliver(&sent, &endless).await.refused(400);
    let mut large = json!({"id": id, "status": "COMPLETED", "input": sent["input"], "output": {"loraUrl": "s3://elsewhere/k"}});
    large["input"]["padding"] = json!("x".repeat(5 << 20));
    assert_eq!(studio.deliver(&sent, &large).await.status, 200);
    assert_eq!(studio.version(&style).await["status"], "completed");
}
