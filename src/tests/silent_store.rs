//! A store that takes connections and never answers: a page waits for it once, and says so.

use super::line::Line;
use super::studio::{Setup, TestStudio, run};
use crate::server::config::Config;
use crate::server::s3::{Precondition, S3};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// How long the studio waits for a small answer here.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);
/// One such wait, and time for a page on a machine that has other things to do.
const ONE_WAIT: Duration = Duration::from_secs(4);

/// Takes connections and keeps them; its address.
async fn silence() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            kept.push(connection);
        }
    });
    address
}

async fn studio() -> TestStudio {
    let variables = vec![
        ("S3_USER_BUCKET", "b".to_owned()),
        ("AWS_ACCESS_KEY_ID", "k".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "s".to_owned()),
        ("AWS_ENDPOINT_URL_S3", silence().await),
    ];
    TestStudio::with(Setup {
        variables,
        s3_answers_within: Some(ANSWERS_WITHIN),
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn a_store_that_says_nothing_is_waited_for_once() {
    // each from the beginning: what one found out, the next one would know
    for path in [
        "/styles/1/data",
        "/styles/1/train?set=1",
        "/api/styles/1/images",
        "/api/styles/1/images/boat.png",
        "/api/styles/1/images/boat.png/caption",
    ] {
        let studio = studio().await;
        let style = json!({"title": "Ink"});
        studio.post("/api/styles", &style).await.expect(201);
        studio.save_set("1", &["boat.png"]).await;
        let asked = Instant::now();
        let answer = studio.get(path).await;
        let took = asked.elapsed();
        assert!(took < ONE_WAIT, "{path} took {took:?}");
        assert!(
            answer.text.contains("S3 does not answer"),
            "{path} {} {}",
            answer.status,
            answer.text
        );
    }
}

#[tokio::test]
async fn a_start_without_a_store_is_refused_after_one_wait_and_the_next_one_at_once() {
    let studio = studio().await;
    let style = json!({"title": "Ink"});
    studio.post("/api/styles", &style).await.expect(201);
    studio.save_set("1", &["boat.png"]).await;
    for _ in 0..2 {
        let asked = Instant::now();
        studio
            .post("/api/training/start", &run("1", "V1"))
            .await
            .refused(502);
        let took = asked.elapsed();
        assert!(took < ONE_WAIT, "{took:?}");
    }
    assert!(studio.versions("1").await.is_empty());
}

#[tokio::test]
async fn a_large_file_may_take_longer_than_a_small_one() {
    let home = TestStudio::start().await;
    let line = Line::to(&home.state.s3.address()).await;
    line.slow_down(ANSWERS_WITHIN * 2);
    let mut variables = home.s3_variables();
    variables.retain(|(name, _)| *name != "AWS_ENDPOINT_URL_S3");
    variables.push(("AWS_ENDPOINT_URL_S3", line.address()));
    let find = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    };
    let config = Config::from_lookup(&find).expect("a sound configuration");
    let mut config = config.s3.expect("a bucket");
    config.answer_within = ANSWERS_WITHIN;
    for (bytes, is_written) in [(1_000, false), (3 << 20, true)] {
        let s3 = S3::new(&config);
        let put = s3.put(
            "styles/1/a.bin",
            vec![7; bytes],
            "image/png",
            Precondition::None,
        );
        assert_eq!(put.await.is_ok(), is_written, "{bytes} bytes");
    }
}
