//! Deleting many images at once: few requests, whole pairs, and the page says how many are gone.

use super::studio::TestStudio;
use reqwest::Method;
use std::time::{Duration, Instant};

/// A deletion by form, as the page without script sends it.
async fn delete(studio: &TestStudio, style: &str, names: &[String]) -> super::studio::Answer {
    let fields = names.iter().map(|name| ("filenames[]", name.as_str()));
    let fields = [("style", style), ("confirmed", "true")]
        .into_iter()
        .chain(fields);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = studio
        .request(Method::POST, "/rpc/delete_images")
        .header("accept", "text/html")
        .header("origin", &studio.page)
        .header("referer", format!("{}/styles/{style}/data", studio.page))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    studio.send(request).await
}

async fn in_bucket(studio: &TestStudio, style: &str) -> Vec<String> {
    let prefix = format!("styles/{style}/");
    let objects = studio.state.s3.list(&prefix).await.expect("a list");
    let name = |key: &str| key[prefix.len()..].to_owned();
    objects.iter().map(|o| name(&o.key)).collect()
}

#[tokio::test]
async fn hundreds_of_images_go_with_their_captions_in_a_few_requests() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let names: Vec<String> = (0..600).map(|n| format!("boat {n}.png")).collect();
    for name in &names {
        studio.put_object(&style, name, b"a picture").await;
        let caption = name.replace(".png", ".txt");
        studio.put_object(&style, &caption, b"a quiet boat").await;
    }
    // the caption of two images stays with the one that stays
    studio.put_object(&style, "boat 7.jpg", b"a picture").await;
    let began = Instant::now();
    let answer = delete(&studio, &style, &names[..599]).await;
    assert!(
        began.elapsed() < Duration::from_secs(12),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(answer.status, 302, "{}", answer.text);
    assert_eq!(
        answer.header("location"),
        format!("/styles/{style}/data?deleted=599")
    );
    assert_eq!(
        in_bucket(&studio, &style).await,
        ["boat 599.png", "boat 599.txt", "boat 7.jpg", "boat 7.txt"]
    );
    let told = studio.get(answer.header("location")).await;
    assert!(told.text.contains("599 images deleted."));
}

#[tokio::test]
async fn images_that_are_gone_already_are_passed_over_and_not_counted() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let names = ["boat 0.png", "gone.png"].map(String::from);
    let answer = delete(&studio, &style, &names).await;
    assert!(answer.header("location").ends_with("?deleted=1"));
    let again = delete(&studio, &style, &names).await;
    assert!(
        again.header("location").contains("__err"),
        "none of them is there"
    );
    assert_eq!(
        in_bucket(&studio, &style).await,
        ["boat 1.png", "boat 1.txt"]
    );
}

#[tokio::test]
async fn a_stopped_deletion_says_what_is_gone_and_what_is_kept() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let page = studio
        .get(&format!("/styles/{style}/data?deleted=200&of=1000"))
        .await;
    assert!(page.text.contains("Stopped: 200 images deleted, 800 kept."));
}

#[tokio::test]
async fn images_beyond_the_page_are_not_counted_as_captioned() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let page = format!(
        "/styles/{style}/data?confirm=delete&filter=nothing&filenames%5B%5D=boat%200.png&filenames%5B%5D=boat%201.png"
    );
    let text = studio.get(&page).await.text;
    assert!(
        text.contains("Delete 2 images and their captions?"),
        "{text}"
    );
}
