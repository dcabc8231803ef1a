//! Captions of a style through the real router: checks in the list, rules, edits of many with preview, conditions and undo.

use super::plain_form::PlainForm;
use super::studio::{TestStudio, picture};
use reqwest::Method;
use serde_json::{Value, json};

const SCENE: &str = "a red fishing boat lying on a quiet lake at dusk";

/// A style with trigger `style_16` and these captions, of `0.png`, `1.png`, …
async fn captioned(studio: &TestStudio, captions: &[&[u8]]) -> String {
    let draft =
        json!({"title": format!("Ink {}", uuid::Uuid::new_v4()), "triggerWords": "style_16"});
    let made = studio.post("/api/styles", &draft).await.expect(201);
    let style = made["style"]["id"].as_str().expect("an id").to_owned();
    for (n, caption) in captions.iter().enumerate() {
        let name = format!("{n}.png");
        studio.put_object(&style, &name, &picture()).await;
        studio
            .put_object(&style, &format!("{n}.txt"), caption)
            .await;
    }
    style
}

async fn images(studio: &TestStudio, style: &str, filter: &str) -> Value {
    let path = format!("/api/styles/{style}/images?filter={filter}");
    studio.get(&path).await.expect(200)
}

/// Names with the codes of their captions' problems.
fn problems(page: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let images = page["images"].as_array().expect("a list").iter();
    let codes = |image: &Value| {
        let found = image["captionProblems"].as_array().expect("a list").iter();
        found.map(|p| text(&p["code"])).collect()
    };
    images.map(|i| (text(&i["filename"]), codes(i))).collect()
}

async fn caption(studio: &TestStudio, style: &str, name: &str) -> String {
    let path = format!("/api/styles/{style}/images/{name}/caption");
    studio.get(&path).await.text
}

async fn write(studio: &TestStudio, style: &str, name: &str, text: &str) {
    let path = format!("/api/styles/{style}/images/{name}/caption");
    let request = studio.request(Method::PUT, &path).body(text.to_owned());
    assert_eq!(studio.send(request).await.status, 204);
}

async fn preview(studio: &TestStudio, style: &str, edit: Value, filter: &str) -> Value {
    let path = format!("/api/styles/{style}/caption-edits/preview");
    let wanted = json!({"edit": edit, "filter": filter});
    studio.post(&path, &wanted).await.expect(200)
}

async fn apply(studio: &TestStudio, style: &str, preview: &Value) -> Value {
    let path = format!("/api/styles/{style}/caption-edits");
    let plan = json!({"plan": preview["plan"]});
    studio.post(&path, &plan).await.expect(200)
}

fn names(left: &Value) -> Vec<(&str, &str)> {
    let left = left.as_array().expect("a list").iter();
    left.map(|l| {
        (
            l["filename"].as_str().expect("a name"),
            l["reason"].as_str().expect("a reason"),
        )
    })
    .collect()
}

#[tokio::test]
async fn a_list_says_what_is_wrong_with_each_caption_and_finds_it_by_its_word() {
    let studio = TestStudio::start().await;
    let twice = format!("{SCENE}, style_16");
    let other = "two herons walking in the shallow water by the reeds";
    let style = captioned(
        &studio,
        &[
            other.as_bytes(),
            twice.as_bytes(),
            b"caf\xe9",
            SCENE.as_bytes(),
        ],
    )
    .await;
    studio.put_object(&style, "bare.png", &picture()).await;
    let page = images(&studio, &style, "").await;
    let codes = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
    let expected = [
        ("0.png", codes(&[])),
        ("1.png", codes(&["trigger_twice", "same_caption"])),
        ("2.png", codes(&["caption_not_utf8"])),
        ("3.png", codes(&["same_caption"])),
        ("bare.png", codes(&["missing_caption"])),
    ];
    assert_eq!(problems(&page), expected.map(|(n, c)| (n.to_owned(), c)));
    assert_eq!(
        (page["captionProblems"].clone(), page["total"].clone()),
        (json!(4), json!(5))
    );
    let found = |page: Value| problems(&page).into_iter().map(|p| p.0).collect::<Vec<_>>();
    assert_eq!(
        found(images(&studio, &style, "problem:caption").await),
        ["1.png", "2.png", "3.png", "bare.png"]
    );
    assert_eq!(
        found(images(&studio, &style, "problem:same_caption").await),
        ["1.png", "3.png"]
    );
    assert_eq!(
        found(images(&studio, &style, "word:herons").await),
        ["0.png"]
    );
    // the fix is the file's whole new text
    let fix = page["images"][1]["captionProblems"][0]["fix"]
        .as_str()
        .expect("certain");
    write(&studio, &style, "1.png", &format!("{fix} with a dog")).await;
    let page = images(&studio, &style, "").await;
    assert_eq!(problems(&page)[1].1, codes(&[]));
    assert_eq!(
        problems(&page)[3].1,
        codes(&[]),
        "its double is none any more"
    );
}

#[tokio::test]
async fn a_smart_set_of_sound_captions_takes_in_what_was_mended() {
    let studio = TestStudio::start().await;
    let style = captioned(&studio, &[SCENE.as_bytes(), b"a boat"]).await;
    let sets = format!("/api/styles/{style}/selection-sets");
    let draft = json!({"filter": "-problem:caption"});
    let made = studio.post(&sets, &draft).await.expect(201);
    assert_eq!(made["set"]["filenames"], json!(["0.png"]));
    write(
        &studio,
        &style,
        "1.png",
        "two herons walking in the shallow water by the reeds",
    )
    .await;
    let list = studio.get(&sets).await.expect(200);
    assert_eq!(list["sets"][0]["filenames"], json!(["0.png", "1.png"]));
}

#[tokio::test]
async fn the_rules_of_a_style_are_its_own_and_are_kept() {
    let studio = TestStudio::start().await;
    let with = format!("{SCENE}, style_16");
    let style = captioned(&studio, &[with.as_bytes(), SCENE.as_bytes()]).await;
    let checks = format!("/api/styles/{style}/caption-checks");
    let report = studio.get(&checks).await.expect(200);
    assert_eq!(
        (&report["trigger"], &report["triggerPlace"]),
        (&json!("style_16"), &json!("trainer"))
    );
    assert_eq!(report["rulesAreOwn"], false);
    let put = |body: Value| studio.send(studio.request(Method::PUT, &checks).json(&body));
    let rules = json!({"styleWords": ["fishing", "fishing", " "], "triggerPlace": "caption"});
    let set = put(rules).await.expect(200);
    assert_eq!(set["styleWords"], json!(["fishing"]));
    let report = studio.get(&checks).await.expect(200);
    let counted = json!([
        {"code": "trigger_missing", "images": 1, "fixable": 1},
        {"code": "style_words", "images": 2, "fixable": 2},
        {"code": "same_caption", "images": 2, "fixable": 0},
    ]);
    assert_eq!(report["problems"], counted);
    let kept = std::fs::read_to_string(studio.state_dir().join(format!("captions/{style}.json")));
    assert!(kept.expect("a file").contains("fishing"));
    // one field alone leaves the other
    let set = put(json!({"triggerPlace": "trainer"})).await.expect(200);
    assert_eq!(set["styleWords"], json!(["fishing"]));
    assert_eq!(
        put(json!({"styleWords": ["x".repeat(61)]}))
            .await
            .refused(400),
        ["styleWords"]
    );
    assert_eq!(put(json!({"triggerPlace": "nowhere"})).await.status, 400);
    let other = captioned(&studio, &[]).await;
    let report = studio
        .get(&format!("/api/styles/{other}/caption-checks"))
        .await
        .expect(200);
    assert_eq!(report["rulesAreOwn"], false, "another style has its own");
    assert_eq!(
        studio.get("/api/styles/none/caption-checks").await.status,
        404
    );
}

#[tokio::test]
async fn an_edit_is_shown_applied_where_nothing_changed_meanwhile_and_undone_where_nothing_changed_since()
 {
    let studio = TestStudio::start().await;
    let style = captioned(
        &studio,
        &[
            b"a red boat",
            b"a boat\r\nby the sea",
            b"a heron",
            b"one more boat",
        ],
    )
    .await;
    let edit =
        json!({"operation": "replace", "find": "boat", "replace": "ship", "whole_words": true});
    let shown = preview(&studio, &style, edit.clone(), "").await;
    assert_eq!(
        (&shown["total"], &shown["unchanged"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(shown["changes"][0]["after"], "a red ship");
    assert_eq!(shown["changes"][1]["after"], "a ship\r\nby the sea");
    assert_eq!(
        caption(&studio, &style, "0.png").await,
        "a red boat",
        "nothing is written yet"
    );
    write(&studio, &style, "3.png", "somebody else's boat").await;
    let applied = apply(&studio, &style, &shown).await;
    assert_eq!(
        (&applied["changed"], &applied["what"]),
        (&json!(2), &json!("Replaced “boat” by “ship”"))
    );
    assert_eq!(
        names(&applied["left"]),
        [("3.png", "was changed meanwhile")]
    );
    assert_eq!(caption(&studio, &style, "0.png").await, "a red ship");
    assert_eq!(
        caption(&studio, &style, "3.png").await,
        "somebody else's boat"
    );
    // a plan is applied once
    let again = json!({"plan": shown["plan"]});
    assert_eq!(
        studio
            .post(&format!("/api/styles/{style}/caption-edits"), &again)
            .await
            .status,
        404
    );
    write(&studio, &style, "0.png", "a red ship with a dog").await;
    let undo = format!("/api/styles/{style}/caption-edits/1/undo");
    let undone = studio.post(&undo, &json!({})).await.expect(200);
    assert_eq!(
        (&undone["undone"]["restored"], &undone["undoable"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(
        names(&undone["undone"]["left"]),
        [("0.png", "was edited since")]
    );
    assert_eq!(
        caption(&studio, &style, "0.png").await,
        "a red ship with a dog"
    );
    assert_eq!(
        caption(&studio, &style, "1.png").await,
        "a boat\r\nby the sea",
        "to the byte"
    );
    assert_eq!(studio.post(&undo, &json!({})).await.status, 409);
    let missing = format!("/api/styles/{style}/caption-edits/9/undo");
    assert_eq!(studio.post(&missing, &json!({})).await.status, 404);
    let list = studio
        .get(&format!("/api/styles/{style}/caption-edits"))
        .await
        .expect(200);
    assert_eq!(list["edits"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn bytes_that_were_no_text_come_back_with_an_undo() {
    let studio = TestStudio::start().await;
    let style = captioned(&studio, &[b"caf\xe9, style_16"]).await;
    let shown = preview(&studio, &style, json!({"operation": "fix"}), "").await;
    assert_eq!(shown["changes"][0]["after"], "café");
    apply(&studio, &style, &shown).await;
    assert_eq!(caption(&studio, &style, "0.png").await, "café");
    let undo = format!("/api/styles/{style}/caption-edits/1/undo");
    studio.post(&undo, &json!({})).await.expect(200);
    let key = format!("styles/{style}/0.txt");
    let (bytes, _) = studio.state.s3.get(&key, 100).await.expect("it is there");
    assert_eq!(bytes.as_ref(), b"caf\xe9, style_16");
}

#[tokio::test]
async fn an_edit_leaves_and_names_what_it_may_not_touch() {
    let studio = TestStudio::start().await;
    let style = captioned(&studio, &[b"boat", b"caf\xe9", b"a boat"]).await;
    studio.put_object(&style, "bare.png", &picture()).await;
    // one caption of two images is edited once
    studio.put_object(&style, "2.jpg", &picture()).await;
    let strip = json!({"operation": "strip", "words": "boat"});
    let names_of_all = json!(["0.png", "1.png", "2.jpg", "2.png", "bare.png", "gone.png"]);
    let path = format!("/api/styles/{style}/caption-edits/preview");
    let wanted = json!({"edit": strip, "filenames": names_of_all});
    let shown = studio.post(&path, &wanted).await.expect(200);
    assert_eq!(
        names(&shown["left"]),
        [
            (
                "0.png",
                "would be left without text, on which the trainer stops"
            ),
            ("1.png", "is not UTF-8"),
            ("bare.png", "has no caption"),
            ("gone.png", "is not in the bucket"),
        ]
    );
    assert_eq!(shown["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (
            &shown["changes"][0]["filename"],
            &shown["changes"][0]["after"]
        ),
        (&json!("2.jpg"), &json!("a"))
    );
}

#[tokio::test]
async fn a_pattern_or_a_scope_that_cannot_be_read_is_refused_by_its_field() {
    let studio = TestStudio::start().await;
    let style = captioned(&studio, &[b"a boat 12, a boat 13"]).await;
    let path = format!("/api/styles/{style}/caption-edits/preview");
    let ask = |edit: Value, filter: &'static str| {
        let wanted = json!({"edit": edit, "filter": filter});
        let (studio, path) = (&studio, &path);
        async move { studio.post(path, &wanted).await }
    };
    let regex = |find: &str| json!({"operation": "regex", "find": find, "replace": "no. $1"});
    assert_eq!(ask(regex("(boat"), "").await.refused(400), ["find"]);
    assert_eq!(
        ask(regex(r"(\w{500}){500}"), "").await.refused(400),
        ["find"]
    );
    assert_eq!(
        ask(json!({"operation": "append"}), "").await.refused(400),
        ["text"]
    );
    assert_eq!(
        ask(json!({"operation": "fix"}), "near:x")
            .await
            .refused(400),
        ["filter"]
    );
    assert_eq!(ask(json!({"operation": "burn"}), "").await.status, 400);
    let shown = ask(regex(r"boat (\d+)"), "").await.expect(200);
    assert_eq!(shown["changes"][0]["after"], "a no. 12, a no. 13");
}

#[tokio::test]
async fn a_preview_of_many_is_read_page_by_page_and_words_too() {
    let studio = TestStudio::start().await;
    let texts: Vec<String> = (0..60)
        .map(|n| format!("a boat numbered {n}, style_16"))
        .collect();
    let bytes: Vec<&[u8]> = texts.iter().map(|t| t.as_bytes()).collect();
    let style = captioned(&studio, &bytes).await;
    let shown = preview(
        &studio,
        &style,
        json!({"operation": "append", "text": "at dusk"}),
        "",
    )
    .await;
    assert_eq!(
        (&shown["total"], shown["changes"].as_array().map(Vec::len)),
        (&json!(60), Some(50))
    );
    let plan = shown["plan"].as_str().expect("a plan");
    let path = format!("/api/styles/{style}/caption-edits/preview/{plan}?offset=50");
    let rest = studio.get(&path).await.expect(200);
    assert_eq!(
        (&rest["offset"], rest["changes"].as_array().map(Vec::len)),
        (&json!(50), Some(10))
    );
    assert_eq!(apply(&studio, &style, &shown).await["changed"], 60);
    let words = studio
        .get(&format!("/api/styles/{style}/caption-words?limit=2"))
        .await
        .expect(200);
    assert_eq!(
        (&words["captions"], &words["words"][0]["captions"]),
        (&json!(60), &json!(60))
    );
    let listed: Vec<&str> = words["words"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|w| w["word"].as_str().expect("text"))
        .collect();
    assert_eq!(listed, ["boat", "dusk"], "neither the trigger nor articles");
}

#[tokio::test]
async fn an_edit_goes_from_form_to_preview_to_undo_without_script() {
    let studio = TestStudio::start().await;
    let style = captioned(&studio, &[b"a red boat", b"a blue boat"]).await;
    let page = format!("/styles/{style}/data?view=captions&filenames%5B%5D=1.png");
    let form = PlainForm::on(&studio, &page, "preview_caption_edit").await;
    let (refused, shown) = form.submit(&studio).await;
    assert!(shown.text.contains("Say what to look for."), "{refused}");
    let form = PlainForm::on(&studio, &page, "preview_caption_edit").await;
    let form = form
        .fill("edit[find]", "boat")
        .fill("edit[replace]", "ship & co");
    let (to, shown) = form.submit(&studio).await;
    assert!(
        shown.text.contains("1 caption changes") && shown.text.contains("ship &amp; co"),
        "{to}"
    );
    let (to, shown) = PlainForm::on(&studio, &to, "apply_caption_edit")
        .await
        .submit(&studio)
        .await;
    assert!(shown.text.contains("1 caption changed."), "{to}");
    assert_eq!(caption(&studio, &style, "1.png").await, "a blue ship & co");
    assert_eq!(
        caption(&studio, &style, "0.png").await,
        "a red boat",
        "it was not selected"
    );
    let (to, shown) = PlainForm::on(&studio, &to, "undo_caption_edit")
        .await
        .submit(&studio)
        .await;
    assert!(
        shown.text.contains("Undone: 1 caption brought back."),
        "{to}"
    );
    assert_eq!(caption(&studio, &style, "1.png").await, "a blue boat");
    let rules = PlainForm::on(&studio, &to, "set_caption_rules").await;
    let rules = rules
        .fill("style_words", "blue, red")
        .fill("trigger_place", "caption");
    let (_, shown) = rules.submit(&studio).await;
    assert!(
        shown.text.contains("Captions of this style end with"),
        "the new rule is at work"
    );
}

#[tokio::test]
async fn a_certain_fix_is_a_button_beside_the_caption_without_script() {
    let studio = TestStudio::start().await;
    let style = captioned(&studio, &[format!("{SCENE}, style_16\n").as_bytes()]).await;
    let page = format!("/styles/{style}/data?image=0.png");
    let fix = PlainForm::on(&studio, &page, "save_caption").await;
    assert_eq!(fix.value("caption"), Some(format!("{SCENE}\n").as_str()));
    let (_, shown) = fix.submit(&studio).await;
    assert!(shown.text.contains("Nothing to mend in this caption."));
    assert_eq!(
        caption(&studio, &style, "0.png").await,
        format!("{SCENE}\n")
    );
}

#[tokio::test]
async fn a_caption_file_that_is_far_too_long_hides_no_image_and_is_left_as_it_is() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    studio.put_object(&style, "a.png", &picture()).await;
    studio.put_object(&style, "b.png", &picture()).await;
    studio.put_object(&style, "b.txt", b"a boat at dawn").await;
    let long = "boat ".repeat(40_000);
    studio.put_object(&style, "a.txt", long.as_bytes()).await;
    let page = images(&studio, &style, "").await;
    let first = &page["images"][0];
    assert_eq!(first["captionState"], "too_long");
    assert!(first["caption"].is_null());
    assert_eq!(problems(&page)[0].1, ["caption_too_long"]);
    assert_eq!(
        problems(&images(&studio, &style, "problem:caption_too_long").await).len(),
        1
    );
    let html = studio
        .get(&format!("/styles/{style}/data?image=a.png"))
        .await;
    assert!(html.text.contains("too long to be a caption"));

    let edit = json!({"edit": {"operation": "replace", "find": "boat", "replace": "ship"}, "filenames": ["a.png", "b.png"]});
    let path = format!("/api/styles/{style}/caption-edits/preview");
    let plan = studio.post(&path, &edit).await.expect(200);
    assert_eq!(plan["changes"].as_array().expect("a list").len(), 1);
    assert_eq!(plan["left"][0]["filename"], "a.png");

    let set = studio.save_set(&style, &["a.png", "b.png"]).await;
    let mut body = super::studio::run(&style, "V1");
    body["selectionSetId"] = json!(set);
    let refused = studio.post("/api/training/start", &body).await;
    assert!(refused.text.contains("more than 64 kB"), "{}", refused.text);
    refused.refused(400);
}
