//! Every page works with JavaScript off: whole pages from the server, forms that post, what was typed comes back when refused.

use super::fake_runpod::FakeRunpod;
use super::plain_form::PlainForm;
use super::studio::TestStudio;
use serde_json::json;

#[tokio::test]
async fn every_page_comes_whole_from_the_server_with_one_heading_and_the_rehearsals_label() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let id = studio.version(&style).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut pages = vec![
        "/".to_owned(),
        "/new".into(),
        "/setup".into(),
        "/guide".into(),
    ];
    for page in ["data", "train", "versions"] {
        pages.push(format!("/styles/{style}/{page}"));
    }
    pages.push(format!("/styles/{style}/versions/{id}"));
    for path in pages {
        let page = studio.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(
            page.text.matches("<h1").count(),
            1,
            "{path} has no heading of its own"
        );
        assert!(
            page.text.contains("Rehearsal"),
            "{path} does not say that it rehearses"
        );
        assert!(page.text.contains("</html>"), "{path}");
    }
    let unknown = studio.get("/styles/4711/data").await;
    assert!(
        unknown.text.contains("4711"),
        "the page names what is not there"
    );
    assert_eq!(studio.get("/no-such-page").await.status, 404);
}

#[tokio::test]
async fn a_style_is_made_by_a_plain_form_and_leads_to_its_training_data() {
    let studio = TestStudio::start().await;
    let form = PlainForm::on(&studio, "/new", "create_style").await;
    let (to, page) = form
        .fill("title", "Ink & \"Storm\"")
        .fill("trigger_words", "ink")
        .submit(&studio)
        .await;
    assert_eq!((to.as_str(), page.status), ("/styles/1/data", 200));
    let style = studio.get("/api/styles/1").await.expect(200);
    assert_eq!(style["style"]["title"], "Ink & \"Storm\"");
}

#[tokio::test]
async fn a_refused_plain_form_says_why_and_keeps_what_was_typed() {
    let studio = TestStudio::start().await;
    let form = PlainForm::on(&studio, "/new", "create_style").await;
    let (to, page) = form
        .fill("title", " ")
        .fill("trigger_words", "kept & 'so'")
        .submit(&studio)
        .await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("Give the style a title."),
        "{}",
        page.text
    );
    let again = PlainForm::on(&studio, &to, "create_style").await;
    assert_eq!(again.value("trigger_words"), Some("kept & 'so'"));
    let (to, page) = again.fill("title", &"x".repeat(81)).submit(&studio).await;
    assert!(
        page.text.contains("81 characters") && !page.text.contains("Give the style a title."),
        "only the last refusal shows"
    );
    let again = PlainForm::on(&studio, &to, "create_style").await;
    let (to, _) = again.fill("title", "Ink").submit(&studio).await;
    assert_eq!(
        to, "/styles/1/data",
        "nothing of the error stays in the address"
    );
}

#[tokio::test]
async fn a_run_is_started_by_the_plain_form_with_the_values_typed_into_it() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let form = PlainForm::on(&studio, &format!("/styles/{style}/train"), "start_training").await;
    let form = form
        .fill("form[selectionSetId]", "1")
        .fill("form[name]", "V7")
        .fill("form[parameters][max_train_steps]", "250");
    let (to, page) = form.submit(&studio).await;
    let version = studio.version(&style).await;
    assert_eq!(
        (&version["name"], &version["status"]),
        (&json!("V7"), &json!("pending"))
    );
    assert_eq!(
        to,
        format!(
            "/styles/{style}/versions/{}",
            version["id"].as_str().unwrap()
        )
    );
    assert!(page.text.contains("V7"));
    let (_, sent) = runpod.job();
    assert_eq!(sent["input"]["training_config"]["max_train_steps"], 250);
}

#[tokio::test]
async fn a_plain_form_sent_twice_starts_one_run() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let page = format!("/styles/{style}/train");
    let first = PlainForm::on(&studio, &page, "start_training").await;
    // the same page, submitted again by an impatient finger
    let mut second = PlainForm::on(&studio, &page, "start_training").await;
    let key = first.value("idempotency_key").expect("a key").to_owned();
    assert_ne!(
        second.value("idempotency_key"),
        Some(key.as_str()),
        "each page has a key of its own"
    );
    second = second
        .fill("idempotency_key", &key)
        .fill("form[selectionSetId]", "1");
    let (there, _) = first
        .fill("form[selectionSetId]", "1")
        .submit(&studio)
        .await;
    let (again, _) = second.submit(&studio).await;
    assert_eq!(there, again);
    runpod.job();
}

#[tokio::test]
async fn a_refused_start_names_the_field_and_keeps_what_was_typed() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let form = PlainForm::on(&studio, &format!("/styles/{style}/train"), "start_training").await;
    let form = form
        .fill("form[name]", "V7")
        .fill("form[parameters][batch_size]", "0");
    let (to, page) = form.submit(&studio).await;
    assert!(to.starts_with(&format!("/styles/{style}/train")), "{to}");
    assert_eq!(page.status, 200);
    let again = PlainForm::on(&studio, &to, "start_training").await;
    assert_eq!(again.value("form[name]"), Some("V7"));
    assert_eq!(again.value("form[parameters][batch_size]"), Some("0"));
    assert!(
        page.text.contains("Choose a selection set."),
        "every problem comes at once"
    );
    assert_eq!(runpod.seen().len(), 0);
}
