//! Captions drafted by a vision model, against an endpoint that speaks the real interface.

use super::fake_vision::{API_KEY, Does, FakeVision, MODEL, picture_of, prompt_of, refusal};
use super::plain_form::PlainForm;
use super::studio::{Answer, Setup, TestStudio, picture};
use super::uploads::turned;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

struct Story {
    studio: TestStudio,
    vision: FakeVision,
    style: String,
}

impl Story {
    /// A style with `count` images that have no captions (`a0.png`, …).
    async fn begin(count: usize) -> Self {
        let vision = FakeVision::start().await;
        let studio = TestStudio::with(Setup {
            variables: vision.variables(Some(API_KEY)),
            ..Setup::default()
        });
        let studio = studio.await;
        let style = studio.ready_style(0).await;
        for n in 0..count {
            let name = format!("a{n}.png");
            studio.put_object(&style, &name, &picture()).await;
        }
        Self {
            studio,
            vision,
            style,
        }
    }

    fn path(&self, what: &str) -> String {
        format!("/api/styles/{}{what}", self.style)
    }

    async fn view(&self) -> Value {
        self.studio.get(&self.path("/drafts")).await.expect(200)
    }

    async fn post(&self, what: &str, body: &Value) -> Answer {
        self.studio.post(&self.path(what), body).await
    }

    /// Waits until the run says so; every look is a request.
    async fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let poll = async {
            loop {
                let view = self.view().await;
                if is_so(&view["run"]) {
                    return view;
                }
                tokio::task::yield_now().await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(60), poll).await;
        found.expect("the run comes that far")
    }

    async fn ended(&self) -> Value {
        self.until(|run| run["stage"] != "running").await
    }

    /// Drafts what is missing, to the end.
    async fn drafts(&self) -> Value {
        self.post("/drafts", &json!({})).await.expect(202);
        self.ended().await
    }

    async fn caption(&self, name: &str) -> Option<String> {
        let path = self.path(&format!("/images/{name}/caption"));
        let answer = self.studio.get(&path).await;
        (answer.status == 200).then_some(answer.text)
    }

    async fn send(&self, method: Method, what: &str) -> Answer {
        let request = self.studio.request(method, &self.path(what));
        self.studio.send(request).await
    }
}

fn texts(view: &Value) -> Vec<(&str, &str)> {
    let drafts = view["drafts"].as_array().expect("a list").iter();
    drafts
        .map(|d| {
            let text = |key: &str| d[key].as_str().expect("text");
            (text("filename"), text("text"))
        })
        .collect()
}

fn failures(view: &Value) -> Vec<String> {
    let failed = view["run"]["failed"].as_array().expect("a list").iter();
    failed
        .map(|f| f["message"].as_str().expect("text").to_owned())
        .collect()
}

#[tokio::test]
async fn missing_captions_are_drafted_from_small_pictures_and_become_captions_when_accepted() {
    let story = Story::begin(7).await;
    let (studio, style) = (&story.studio, &story.style);
    let wide = image::RgbImage::from_pixel(2000, 1000, image::Rgb([9, 90, 200]));
    let mut file = std::io::Cursor::new(Vec::new());
    wide.write_to(&mut file, image::ImageFormat::Png)
        .expect("a picture");
    studio.put_object(style, "a0.png", &file.into_inner()).await;
    studio.put_object(style, "a6.txt", b"written by hand").await;
    story
        .vision
        .then([Does::Say("\"Caption: a boat\non a lake\"")]);
    let view = story.drafts().await;
    assert_eq!(view["drafter"]["model"], MODEL);
    let run = &view["run"];
    assert_eq!(
        (&run["stage"], &run["drafted"]),
        (&json!("done"), &json!(6))
    );
    assert_eq!(run["promptTokens"], 5400);
    assert_eq!(run["completionTokens"], 72);
    assert!((run["costUsd"].as_f64().expect("a cost") - 0.003).abs() < 1e-9);
    assert_eq!(texts(&view).len(), 6);
    assert!(texts(&view).iter().any(|(_, t)| *t == "a boat on a lake"));
    let asked = story.vision.asked();
    assert_eq!(asked.len(), 6, "what has a caption is not asked about");
    assert!(story.vision.most_at_once() <= 3);
    let sizes: Vec<_> = asked.iter().map(picture_of).collect();
    assert!(sizes.iter().any(|p| (p.width(), p.height()) == (768, 384)));
    assert!(sizes.iter().all(|p| p.width() <= 768));
    assert_eq!(asked[0]["model"], MODEL);
    assert!(prompt_of(&asked[0]).contains("leave out the trigger token ink."));

    assert_eq!(story.caption("a1.png").await, None, "a draft is no caption");
    let edited = json!({"caption": "my own words"});
    story
        .post("/images/a1.png/draft", &edited)
        .await
        .expect(200);
    assert_eq!(
        story.caption("a1.png").await.as_deref(),
        Some("my own words")
    );
    let gone = story.send(Method::DELETE, "/images/a2.png/draft").await;
    assert_eq!(gone.status, 204);
    let all = story.post("/drafts/accept", &json!({})).await.expect(200);
    assert_eq!(all["accepted"].as_array().expect("a list").len(), 4);
    assert_eq!(
        story.caption("a3.png").await.as_deref(),
        Some("a quiet boat at dawn")
    );
    assert_eq!(story.caption("a2.png").await, None);
    assert!(texts(&story.view().await).is_empty());
    story
        .post("/images/a3.png/draft", &json!({}))
        .await
        .refused(404);
}

#[tokio::test]
async fn a_picture_stored_turned_is_shown_to_the_model_upright() {
    let story = Story::begin(0).await;
    let stored = turned(6);
    story
        .studio
        .put_object(&story.style, "turned.jpg", &stored)
        .await;
    story.drafts().await;
    let shown = picture_of(&story.vision.asked()[0]);
    let stored = image::load_from_memory(&stored).expect("a picture");
    assert_ne!(stored.width(), stored.height());
    assert_eq!(
        (shown.width(), shown.height()),
        (stored.height(), stored.width())
    );
}

#[tokio::test]
async fn a_caption_that_changed_since_the_draft_is_never_overwritten_unseen() {
    let story = Story::begin(2).await;
    let (studio, style) = (&story.studio, &story.style);
    studio.put_object(style, "a0.txt", b"old words").await;
    let named = json!({"filenames": ["a0.png", "a1.png"]});
    story.post("/drafts", &named).await.expect(202);
    let view = story.ended().await;
    assert_eq!(view["drafts"][0]["before"], "old words");
    assert_eq!(view["drafts"][1]["before"], Value::Null);
    studio.put_object(style, "a0.txt", b"newer words").await;
    studio.put_object(style, "a1.txt", b"somebody's").await;
    for name in ["a0", "a1"] {
        let path = format!("/images/{name}.png/draft");
        story.post(&path, &json!({})).await.refused(412);
    }
    let all = story.post("/drafts/accept", &json!({})).await.expect(200);
    assert_eq!(all["problems"].as_array().expect("a list").len(), 2);
    assert_eq!(
        story.caption("a0.png").await.as_deref(),
        Some("newer words")
    );
    assert_eq!(story.caption("a1.png").await.as_deref(), Some("somebody's"));
    assert_eq!(texts(&story.view().await).len(), 2, "the drafts stay");
    // having looked at it, a person may
    let image = studio.get(&story.path("/images?q=a0")).await.expect(200);
    let over = json!({"etag": image["images"][0]["captionEtag"]});
    story.post("/images/a0.png/draft", &over).await.expect(200);
    assert_eq!(
        story.caption("a0.png").await.as_deref(),
        Some("a quiet boat at dawn")
    );
}

#[tokio::test]
async fn the_prompt_is_kept_per_style_and_the_trigger_filled_in() {
    let story = Story::begin(1).await;
    let body = json!({"prompt": "One line. End with \", [TRIGGER]\"."});
    story.post("/drafts", &body).await.expect(202);
    story.ended().await;
    let asked = story.vision.asked();
    assert_eq!(prompt_of(&asked[0]), "One line. End with \", ink\".");
    assert_eq!(story.view().await["prompt"], body["prompt"]);
    let other = story.studio.ready_style(0).await;
    let path = format!("/api/styles/{other}/drafts");
    let theirs = story.studio.get(&path).await.expect(200);
    assert_ne!(theirs["prompt"], body["prompt"]);
    let put = |prompt: String| {
        let path = story.path("/drafts/prompt");
        let request = story.studio.request(Method::PUT, &path);
        story.studio.send(request.json(&json!({"prompt": prompt})))
    };
    let default = put(String::new()).await.expect(200);
    assert_eq!(default["prompt"], theirs["prompt"]);
    assert_eq!(put("x".repeat(4_001)).await.refused(400), ["prompt"]);
}

#[tokio::test]
async fn what_fails_on_one_image_is_said_of_it_and_tried_again_when_asked() {
    let story = Story::begin(6).await;
    let (studio, style) = (&story.studio, &story.style);
    studio
        .put_object(style, "broken.png", b"not a picture")
        .await;
    story.vision.then([
        Does::Refuse(500, refusal("server_error"), None),
        Does::Say("I'm sorry, but I can't assist with that."),
        Does::Body("<html>busy</html>".into()),
        Does::Say("  "),
        Does::Body(
            json!({"choices": [{"message": {"content": null, "refusal": "no"}}]}).to_string(),
        ),
    ]);
    let view = story.drafts().await;
    let run = &view["run"];
    assert_eq!(
        (&run["stage"], &run["drafted"]),
        (&json!("done"), &json!(1))
    );
    assert_eq!(run["left"], 6);
    let told = failures(&view).join("\n");
    for expected in [
        "answered with an error (500)",
        "was declined by the model",
        "answer could not be read",
        "got an empty answer",
        "broken.png",
    ] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
    assert_eq!(told.matches("declined").count(), 2);
    assert!(
        !told.contains(API_KEY) && !told.contains("<html>"),
        "{told}"
    );
    let again = story.post("/drafts/resume", &json!({})).await;
    again.expect(202);
    let view = story.ended().await;
    assert_eq!(view["run"]["drafted"], 6);
    assert_eq!(failures(&view).len(), 1, "the broken picture stays one");
    assert_eq!(view["run"]["total"], 7);
}

#[tokio::test]
async fn an_endpoint_that_asks_to_wait_is_waited_for_but_not_for_an_hour() {
    let story = Story::begin(4).await;
    story.vision.then([
        Does::Refuse(429, refusal("rate_limit_exceeded"), Some(0)),
        Does::Refuse(429, refusal("rate_limit_exceeded"), Some(0)),
    ]);
    let view = story.drafts().await;
    assert_eq!(
        (view["run"]["drafted"].as_u64(), failures(&view).len()),
        (Some(4), 0)
    );
    assert_eq!(story.vision.asked().len(), 6);
    let named = json!({"filenames": ["a0.png", "a1.png", "a2.png", "a3.png"]});
    story.vision.then([Does::Refuse(
        429,
        refusal("rate_limit_exceeded"),
        Some(3600),
    )]);
    story.post("/drafts", &named).await.expect(202);
    let view = story.ended().await;
    assert_eq!(view["run"]["stage"], "failed");
    let error = view["run"]["error"].as_str().expect("text");
    assert!(error.contains("wait 3600 s"), "{error}");
    assert!(view["run"]["left"].as_u64() >= Some(1), "it can go on");
    assert_eq!(texts(&view).len(), 4, "drafts of before stay");
}

#[tokio::test]
async fn a_refused_key_an_unknown_model_and_an_empty_account_end_the_run_with_the_remedy() {
    let story = Story::begin(5).await;
    for (does, remedy) in [
        (
            Does::Refuse(401, refusal("invalid_api_key"), None),
            "Check CAPTION_API_KEY",
        ),
        (
            Does::Refuse(404, refusal("model_not_found"), None),
            "Check CAPTION_MODEL",
        ),
        (
            Does::Refuse(429, refusal("insufficient_quota"), None),
            "no credit left",
        ),
    ] {
        story.vision.then([does]);
        let view = story.drafts().await;
        assert_eq!(view["run"]["stage"], "failed");
        let error = view["run"]["error"].as_str().expect("text");
        assert!(error.contains(remedy), "{error}");
        let page = format!("/styles/{}/data?drafts=1", story.style);
        let html = story.studio.get(&page).await.text;
        assert!(html.contains(remedy), "the page says it");
        assert!(!html.contains(API_KEY) && !view.to_string().contains(API_KEY));
        let gone = story.send(Method::DELETE, "/drafts").await;
        assert_eq!(gone.status, 204);
    }
}

#[tokio::test]
async fn without_a_key_one_is_asked_for_only_where_it_is_needed() {
    for (asks, expected) in [(None, "done"), (Some(API_KEY), "failed")] {
        let vision = FakeVision::with_key(asks).await;
        let studio = TestStudio::with(Setup {
            variables: vision.variables(None),
            ..Setup::default()
        });
        let studio = studio.await;
        let style = studio.ready_style(0).await;
        studio.put_object(&style, "a0.png", &picture()).await;
        let story = Story {
            studio,
            vision,
            style,
        };
        let view = story.drafts().await;
        assert_eq!(view["run"]["stage"], expected);
        let error = view["run"]["error"].as_str().unwrap_or_default();
        assert_eq!(
            error.contains("set CAPTION_API_KEY"),
            asks.is_some(),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_dead_endpoint_is_not_asked_about_every_image() {
    let story = Story::begin(12).await;
    let error = || Does::Refuse(503, refusal("overloaded"), None);
    story.vision.then((0..12).map(|_| error()));
    let view = story.drafts().await;
    assert_eq!(view["run"]["stage"], "failed");
    assert!(story.vision.asked().len() <= 8);
    let told = view["run"]["error"].as_str().expect("text");
    assert!(told.contains("5 images in a row"), "{told}");
    // nothing listens there
    let studio = TestStudio::with(Setup {
        variables: vec![
            ("CAPTION_API_BASE", "http://127.0.0.1:9/v1".into()),
            ("CAPTION_MODEL", MODEL.into()),
        ],
        ..Setup::default()
    });
    let studio = studio.await;
    let style = studio.ready_style(0).await;
    studio.put_object(&style, "a0.png", &picture()).await;
    let story = Story {
        studio,
        vision: story.vision,
        style,
    };
    let view = story.drafts().await;
    let told = view["run"]["error"].as_str().expect("text");
    assert!(told.contains("127.0.0.1:9 cannot be reached"), "{told}");
}

#[tokio::test]
async fn a_model_that_knows_the_limit_by_its_other_name_is_asked_so_from_then_on() {
    let story = Story::begin(3).await;
    let named = json!({"filenames": ["a0.png"]});
    let other = json!({"error": {"code": "unsupported_parameter", "param": "max_tokens"}});
    story.vision.then([Does::Refuse(400, other, None)]);
    story.post("/drafts", &named).await.expect(202);
    assert_eq!(story.ended().await["run"]["drafted"], 1);
    story.drafts().await;
    let asked = story.vision.asked();
    let renamed: Vec<bool> = asked
        .iter()
        .map(|q| q["max_tokens"].is_null() && q["max_completion_tokens"].is_u64())
        .collect();
    assert_eq!(renamed, [false, true, true, true]);
}

#[tokio::test]
async fn a_run_is_stopped_and_gone_on_with_and_a_second_one_waits_its_turn() {
    let story = Story::begin(5).await;
    story.vision.then([
        Does::Say("a first boat"),
        Does::Hang,
        Does::Hang,
        Does::Hang,
    ]);
    story.post("/drafts", &json!({})).await.expect(202);
    let view = story.until(|run| run["drafted"] == 1).await;
    assert_eq!(view["run"]["stage"], "running");
    story.post("/drafts", &json!({})).await.refused(409);
    story.post("/drafts/stop", &json!({})).await.expect(202);
    let view = story.ended().await;
    assert_eq!(view["run"]["stage"], "stopped");
    assert_eq!(
        (view["run"]["left"].as_u64(), texts(&view).len()),
        (Some(4), 1)
    );
    story.post("/drafts/stop", &json!({})).await.refused(409);
    story.vision.comes_to();
    story.post("/drafts/resume", &json!({})).await.expect(202);
    let view = story.ended().await;
    assert_eq!(view["run"]["stage"], "done");
    assert_eq!(
        (view["run"]["drafted"].as_u64(), texts(&view).len()),
        (Some(5), 5)
    );
    story.post("/drafts/resume", &json!({})).await.refused(409);
}

#[test]
fn drafts_survive_a_studio_that_is_killed_and_the_run_goes_on() {
    let state = tempfile::tempdir().expect("a folder");
    let dir = |name: &str| state.path().join(name).display().to_string();
    let variables = vec![
        ("STATE_DIR", dir("state")),
        ("ACTOR_MAKER_DIR", dir("folder")),
    ];
    let runtime = || tokio::runtime::Runtime::new().expect("a runtime");
    // the endpoint lives on while studios come and go
    let outside = runtime();
    let vision = outside.block_on(FakeVision::start());
    let begin = |vision: &FakeVision| {
        let mut variables = variables.clone();
        variables.extend(vision.variables(Some(API_KEY)));
        let (vision, setup) = (
            vision.clone(),
            Setup {
                variables,
                ..Setup::default()
            },
        );
        async move {
            let studio = TestStudio::with(setup).await;
            (studio, vision)
        }
    };
    vision.then([
        Does::Say("a first boat"),
        Does::Hang,
        Does::Hang,
        Does::Hang,
    ]);
    let first = runtime();
    let style = first.block_on(async {
        let (studio, vision) = begin(&vision).await;
        let style = studio.ready_style(0).await;
        for n in 0..4 {
            let name = format!("a{n}.png");
            studio.put_object(&style, &name, &picture()).await;
        }
        let story = Story {
            studio,
            vision,
            style: style.clone(),
        };
        story.post("/drafts", &json!({})).await.expect(202);
        story.until(|run| run["drafted"] == 1).await;
        style
    });
    // everything that ran is gone in this moment
    drop(first);
    vision.comes_to();
    runtime().block_on(async {
        let (studio, vision) = begin(&vision).await;
        let story = Story {
            studio,
            vision,
            style,
        };
        let view = story.view().await;
        assert_eq!(view["run"]["stage"], "interrupted");
        assert_eq!(texts(&view).len(), 1);
        let page = format!("/styles/{}/data?drafts=1", story.style);
        let html = story.studio.get(&page).await.text;
        assert!(html.contains("The studio ended in the middle of a run"));
        let form = PlainForm::on(&story.studio, &page, "steer_drafts").await;
        let (to, _) = form.press("what", "resume").submit(&story.studio).await;
        assert!(to.contains("drafts=1"), "{to}");
        let view = story.ended().await;
        assert_eq!(texts(&view).len(), 4);
    });
}

#[tokio::test]
async fn without_an_endpoint_the_page_says_how_to_configure_one_and_nothing_begins() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let html = studio
        .get(&format!("/styles/{style}/data?drafts=1"))
        .await
        .text;
    assert!(html.contains("CAPTION_API_BASE=") && html.contains("CAPTION_MODEL="));
    let path = format!("/api/styles/{style}/drafts");
    let answer = studio.post(&path, &json!({})).await;
    assert!(answer.text.contains("CAPTION_MODEL"), "{}", answer.text);
    answer.refused(409);
    let view = studio.get(&path).await.expect(200);
    assert_eq!(view["drafter"], Value::Null);
}

#[tokio::test]
async fn the_whole_way_goes_without_script() {
    let story = Story::begin(3).await;
    let studio = &story.studio;
    let page = format!(
        "/styles/{}/data?drafts=1&filenames%5B%5D=a1.png",
        story.style
    );
    let form = PlainForm::on(studio, &page, "draft_captions").await;
    let form = form.fill("prompt", "One line, please.");
    let (to, _) = form.press("what", "selected").submit(studio).await;
    assert!(to.contains("drafts=1"), "{to}");
    let view = story.ended().await;
    assert_eq!(texts(&view), [("a1.png", "a quiet boat at dawn")]);
    assert_eq!(view["prompt"], "One line, please.");
    let html = studio.get(&to).await.text;
    assert!(html.contains("Draft for a1.png"));
    let row = PlainForm::on(studio, &to, "decide_draft").await;
    let row = row.fill("text", "a boat, by hand").press("what", "accept");
    row.submit(studio).await;
    assert_eq!(
        story.caption("a1.png").await.as_deref(),
        Some("a boat, by hand")
    );
    let rest = PlainForm::on(studio, &to, "draft_captions").await;
    rest.press("what", "missing").submit(studio).await;
    story.ended().await;
    studio.put_object(&story.style, "a0.txt", b"theirs").await;
    let all = PlainForm::on(studio, &to, "decide_drafts").await;
    let (_, answer) = all.press("what", "accept").submit(studio).await;
    assert!(answer.text.contains("1 draft accepted; 1 draft not."));
    assert_eq!(story.caption("a0.png").await.as_deref(), Some("theirs"));
}

#[tokio::test]
async fn a_draft_whose_box_was_emptied_is_refused_and_stays_a_draft() {
    let story = Story::begin(1).await;
    story.drafts().await;
    let to = format!("/styles/{}/data?drafts=1", story.style);
    let row = PlainForm::on(&story.studio, &to, "decide_draft").await;
    let row = row.fill("text", "").press("what", "accept");
    let (_, answer) = row.submit(&story.studio).await;
    let told = "The caption is empty, on which the trainer stops.";
    assert!(answer.text.contains(told), "{}", answer.text);
    assert_eq!(story.caption("a0.png").await, None);
    let drafted = [("a0.png", "a quiet boat at dawn")];
    assert_eq!(texts(&story.view().await), drafted);
}

#[tokio::test]
async fn a_draft_over_a_caption_that_was_deleted_meanwhile_is_accepted_by_who_sees_none() {
    let story = Story::begin(1).await;
    let studio = &story.studio;
    studio
        .put_object(&story.style, "a0.txt", b"of before")
        .await;
    let wanted = json!({"filenames": ["a0.png"]});
    story.post("/drafts", &wanted).await.expect(202);
    story.ended().await;
    let caption = [format!("styles/{}/a0.txt", story.style)];
    studio.state.s3.delete(&caption).await.expect("deleted");
    let to = format!("/styles/{}/data?drafts=1", story.style);
    let row = PlainForm::on(studio, &to, "decide_draft").await;
    assert_eq!(row.value("etag"), Some(""));
    row.press("what", "accept").submit(studio).await;
    assert_eq!(
        story.caption("a0.png").await.as_deref(),
        Some("a quiet boat at dawn")
    );
}

#[tokio::test]
async fn a_deleted_image_takes_its_draft_along() {
    let story = Story::begin(2).await;
    story.drafts().await;
    story
        .send(Method::DELETE, "/images/a0.png")
        .await
        .expect(200);
    assert_eq!(
        texts(&story.view().await),
        [("a1.png", "a quiet boat at dawn")]
    );
}

#[tokio::test]
async fn a_draft_keeps_what_a_person_wrote_and_is_not_accepted_for_another_picture() {
    let story = Story::begin(3).await;
    story.drafts().await;
    let edit = |text: &str| {
        let path = story.path("/images/a0.png/draft");
        let request = story.studio.request(Method::PUT, &path);
        story.studio.send(request.json(&json!({"caption": text})))
    };
    assert_eq!(edit("my own words").await.status, 204);
    edit(" ").await.refused(400);
    assert!(texts(&story.view().await).contains(&("a0.png", "my own words")));
    let other = crate::tests::studio::picture();
    let other = [other, vec![0]].concat();
    story
        .studio
        .put_object(&story.style, "a1.png", &other)
        .await;
    let answer = story.post("/images/a1.png/draft", &json!({})).await;
    assert!(answer.text.contains("another picture"), "{}", answer.text);
    answer.refused(412);
    // what stands in a box counts, saved or not
    let path = "/rpc/decide_drafts";
    let form = [
        ("style", story.style.as_str()),
        ("what", "accept"),
        ("edits[0][filename]", "a2.png"),
        ("edits[0][text]", "typed a moment ago"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = story.studio.request(Method::POST, path).body(body);
    let kind = "application/x-www-form-urlencoded";
    let request = request.header("content-type", kind);
    let answer = story.studio.send(request).await;
    assert!((200..400).contains(&answer.status), "{}", answer.text);
    assert_eq!(
        story.caption("a0.png").await.as_deref(),
        Some("my own words")
    );
    assert_eq!(story.caption("a1.png").await, None);
    assert_eq!(
        story.caption("a2.png").await.as_deref(),
        Some("typed a moment ago")
    );
    let image = story
        .studio
        .get(&story.path("/images?q=a1"))
        .await
        .expect(200);
    let seen = json!({"imageEtag": image["images"][0]["etag"]});
    story.post("/images/a1.png/draft", &seen).await.expect(200);
}

#[tokio::test]
async fn paid_drafts_are_discarded_only_after_a_question() {
    let story = Story::begin(2).await;
    story.drafts().await;
    let to = format!("/styles/{}/data?drafts=1", story.style);
    let page = story.studio.get(&to).await.text;
    let (before, folded) = page.split_once("Discard all 2…").expect("the question");
    assert!(
        before.ends_with("disclosure__summary\">")
            && !before.contains("value=\"discard\" class=\"button button--ghost\"")
    );
    assert!(folded.contains("They were paid for and cannot be brought back."));
    let form = PlainForm::on(&story.studio, &to, "decide_drafts").await;
    let (_, answer) = form.press("what", "discard").submit(&story.studio).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("2 drafts discarded."));
    assert_eq!(texts(&story.view().await), [("", ""); 0]);
}
