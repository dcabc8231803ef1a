//! The self-test of the webhook's way: what goes out to the public address must come in at the webhook's own door.

use super::line::Line;
use super::studio::{Setup, TestStudio};
use serde_json::{Value, json};

/// A studio whose public address is a line to its own webhook port, as a tunnel would be.
async fn with_tunnel() -> (TestStudio, Line) {
    let line = Line::unconnected().await;
    let studio = TestStudio::with(Setup {
        variables: vec![("PUBLIC_URL", line.address())],
        ..Setup::default()
    })
    .await;
    line.connect(&studio.hook);
    (studio, line)
}

async fn test(studio: &TestStudio) -> Value {
    let answer = studio.post("/api/ngrok/test", &json!({})).await;
    answer.expect(200)["roundTrip"].clone()
}

#[tokio::test]
async fn a_webhook_to_ourselves_comes_back_and_its_time_is_shown() {
    let (studio, _line) = with_tunnel().await;
    let trip = test(&studio).await;
    assert_eq!((&trip["ok"], &trip["error"]), (&json!(true), &Value::Null));
    assert!(trip["tookMs"].as_u64() < Some(15_000));
    let page = studio.get("/setup").await;
    assert!(page.text.contains("A webhook came back in"));
}

#[tokio::test]
async fn an_address_that_leads_nowhere_or_elsewhere_is_told_with_a_remedy() {
    let (studio, line) = with_tunnel().await;
    line.cut();
    let trip = test(&studio).await;
    assert_eq!(trip["ok"], false);
    assert!(trip["remedy"].as_str().is_some_and(|r| !r.is_empty()));
    // another studio answers there
    let other = TestStudio::start().await;
    line.mend();
    line.connect(&other.hook);
    let trip = test(&studio).await;
    assert_eq!(
        trip["error"],
        "Something else answers at this address (401)."
    );
    let without = TestStudio::start().await;
    without
        .post("/api/ngrok/test", &json!({}))
        .await
        .refused(409);
}
