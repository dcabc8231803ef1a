//! Finding images and grouping them: filters and orders over `/api`, smart sets that a run freezes, sets made of sets.

use super::fake_runpod::FakeRunpod;
use super::plain_form::PlainForm;
use super::studio::{TestStudio, picture};
use reqwest::Method;
use serde_json::{Value, json};

/// Names of the images that a query finds, in its order.
async fn found(studio: &TestStudio, style: &str, query: &str) -> Vec<String> {
    let path = format!("/api/styles/{style}/images?{query}");
    names(&studio.get(&path).await.expect(200)["images"], "filename")
}

fn names(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|i| i[key].as_str().expect("text").to_owned())
        .collect()
}

async fn sets(studio: &TestStudio, style: &str) -> Vec<Value> {
    let path = format!("/api/styles/{style}/selection-sets");
    let list = studio.get(&path).await.expect(200);
    list["sets"].as_array().expect("a list").clone()
}

async fn smart_set(studio: &TestStudio, style: &str, filter: &str) -> u64 {
    let path = format!("/api/styles/{style}/selection-sets");
    let draft = json!({"name": "Smart", "filter": filter});
    let made = studio.post(&path, &draft).await.expect(201);
    made["set"]["id"].as_u64().expect("an id")
}

#[tokio::test]
async fn words_narrow_the_list_and_an_order_turns_it() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(3).await;
    studio.put_object(&style, "bare.png", &picture()).await;
    studio.put_object(&style, "odd.gif", b"GIF89a").await;
    studio
        .put_object(&style, "boat 2.txt", b"a heron at dawn, far away")
        .await;
    let cases = [
        ("", "bare.png boat 0.png boat 1.png boat 2.png odd.gif"),
        ("filter=set:1", "boat 0.png boat 1.png boat 2.png"),
        ("filter=-set:1", "bare.png odd.gif"),
        ("filter=set:none%20w%3E%3D512", "bare.png"),
        ("filter=missing:caption", "bare.png odd.gif"),
        ("filter=problem:unreadable", "odd.gif"),
        ("q=%22heron%20at%22", "boat 2.png"),
        ("q=dawn%20heron&sort=-name", "boat 2.png"),
        ("q=-heron&filter=set:1&sort=-name", "boat 1.png boat 0.png"),
        (
            "filter=set:1&sort=-caption",
            "boat 2.png boat 0.png boat 1.png",
        ),
        ("sort=-resolution&filter=-set:1", "bare.png odd.gif"),
    ];
    for (query, expected) in cases {
        assert_eq!(
            found(&studio, &style, query).await.join(" "),
            expected,
            "{query}"
        );
    }
    let page = studio
        .get(&format!("/api/styles/{style}/images?sort=-name&limit=2"))
        .await
        .expect(200);
    let cursor = page["nextCursor"]
        .as_str()
        .expect("more")
        .replace(' ', "%20");
    assert_eq!(
        (page["total"].as_u64(), page["offset"].as_u64()),
        (Some(5), Some(0))
    );
    let next = format!("sort=-name&limit=2&cursor={cursor}");
    assert_eq!(
        found(&studio, &style, &next).await,
        ["boat 1.png", "boat 0.png"]
    );
}

#[tokio::test]
async fn an_unknown_word_or_order_is_refused_by_name_with_what_is_allowed() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    for (query, field, named) in [
        ("filter=near:x", "filter", "near:x"),
        ("filter=fog", "filter", "fog"),
        ("sort=colour", "sort", "colour"),
    ] {
        let path = format!("/api/styles/{style}/images?{query}");
        let answer = studio.get(&path).await;
        assert!(answer.text.contains(named), "{}", answer.text);
        assert_eq!(answer.refused(400), [field]);
    }
    let page = studio
        .get(&format!("/styles/{style}/data?filter=near:x"))
        .await;
    assert!(
        page.text.contains("missing:caption, set:2"),
        "the page says it too"
    );
    assert!(
        page.text.contains("value=\"near:x\""),
        "what was typed stays"
    );
}

#[tokio::test]
async fn the_page_counts_captions_by_one_rule_and_the_grid_passes_over_empty_ones() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(4).await;
    studio.put_object(&style, "boat 0.txt", b"").await;
    studio.put_object(&style, "boat 1.txt", b" \n").await;
    studio.put_object(&style, "boat 2.txt", b"caf\xe9").await;
    let cards = studio.get("/").await.text;
    assert!(
        cards.contains("3 captions"),
        "what is empty is known by its size"
    );
    let page = studio.get(&format!("/styles/{style}/data")).await.text;
    assert!(page.contains("3 without caption"));
    assert!(page.contains("3 images lack a caption"), "{page}");
}

#[tokio::test]
async fn a_tile_names_three_of_its_sets_and_shows_a_sign_for_what_is_no_picture() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    studio.put_object(&style, "odd.gif", b"GIF89a").await;
    for _ in 0..4 {
        studio.save_set(&style, &["boat 0.png"]).await;
    }
    let page = studio.get(&format!("/styles/{style}/data")).await.text;
    assert_eq!(page.matches("class=\"set-chip set-chip--").count(), 3);
    assert!(page.contains("title=\"Also in set 4, 5\""));
    assert_eq!(page.matches("tile__none").count(), 1);
    assert!(page.contains("Not a readable picture"));
    assert_eq!(
        page.matches("class=\"tile__image\"").count(),
        1,
        "no broken image"
    );
}

#[tokio::test]
async fn a_smart_set_follows_its_filter_until_a_run_freezes_it() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    let id = smart_set(&studio, &style, "boat -missing:caption").await;
    assert_eq!(
        sets(&studio, &style).await[1]["filenames"],
        json!(["boat 0.png", "boat 1.png"])
    );
    studio.put_object(&style, "boat 9.png", &picture()).await;
    studio.put_object(&style, "boat 9.txt", b"a boat").await;
    let now = sets(&studio, &style).await[1].clone();
    assert_eq!(now["filter"], "boat -missing:caption");
    assert_eq!(names_of(&now), ["boat 0.png", "boat 1.png", "boat 9.png"]);
    let query = format!("filter=set:{id}");
    assert_eq!(found(&studio, &style, &query).await.len(), 3);

    let run = json!({"styleId": style, "selectionSetId": id, "name": "V1", "parameters": {}});
    let started = studio.post("/api/training/start", &run).await.expect(202);
    studio.put_object(&style, "boat 91.png", &picture()).await;
    studio.put_object(&style, "boat 91.txt", b"late").await;
    let version = started["version"]["id"].as_str().expect("an id");
    let path = format!("/api/styles/{style}/training-versions/{version}/snapshot");
    let snapshot = studio.get(&path).await.expect(200);
    assert_eq!(
        names(&snapshot["images"], "filename"),
        ["boat 0.png", "boat 1.png", "boat 9.png"]
    );
    assert_eq!(names_of(&sets(&studio, &style).await[1]).len(), 4);
}

fn names_of(set: &Value) -> Vec<&str> {
    let list = set["filenames"].as_array().expect("a list").iter();
    list.map(|n| n.as_str().expect("text")).collect()
}

#[tokio::test]
async fn a_smart_set_is_refused_when_its_filter_cannot_be_read_or_leads_in_a_circle() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let path = format!("/api/styles/{style}/selection-sets");
    let id = smart_set(&studio, &style, "set:1").await;
    for filter in [
        "near:x".to_owned(),
        format!("-set:{id}"),
        "boat -set:999".to_owned(),
        "x".repeat(501),
    ] {
        let draft = json!({ "filter": filter });
        assert_eq!(
            studio.post(&path, &draft).await.refused(400),
            ["filter"],
            "{filter}"
        );
    }
    let own = studio
        .request(Method::PUT, &format!("{path}/{id}"))
        .json(&json!({"filter": format!("boat set:{id}")}));
    assert_eq!(studio.send(own).await.refused(400), ["filter"]);
    let under_it = studio
        .request(Method::PUT, &format!("{path}/1"))
        .json(&json!({"filter": "boat"}));
    assert_eq!(studio.send(under_it).await.refused(400), ["filter"]);
    let file = studio.style_folder(&style).join("selection_sets.json");
    let text = std::fs::read_to_string(&file).expect("a file");
    let mut document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["sets"][1]["filter"], "set:1");
    assert_eq!(document["sets"][1]["filenames"], json!(["boat 0.png"]));
    // what somebody else wrote there stays
    document["sets"][1]["colour"] = json!("red");
    std::fs::write(&file, document.to_string()).expect("written");
    let plain = studio
        .request(Method::PUT, &format!("{path}/{id}"))
        .json(&json!({"filter": ""}));
    let saved = studio.send(plain).await.expect(200);
    assert_eq!(saved["set"]["filenames"], json!(["boat 0.png"]));
    assert!(saved["set"]["filter"].is_null());
    let text = std::fs::read_to_string(&file).expect("a file");
    assert!(text.contains("\"colour\""), "{text}");
}

#[tokio::test]
async fn a_set_that_a_smart_set_is_made_of_is_not_deleted_and_the_smart_set_is_named() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let smart = smart_set(&studio, &style, "boat -set:1").await;
    let path = |set: u64| format!("/api/styles/{style}/selection-sets/{set}");
    let delete = |set: u64| studio.send(studio.request(Method::DELETE, &path(set)));
    let refused = delete(1).await;
    assert!(refused.text.contains("the smart set Smart"), "{refused:?}");
    refused.refused(409);
    let page = format!("/styles/{style}/data?set=1");
    let form = PlainForm::on(&studio, &page, "delete_selection_set").await;
    let (_, answer) = form.submit(&studio).await;
    assert!(answer.text.contains("the smart set Smart would hold other"));
    assert_eq!(sets(&studio, &style).await.len(), 2);
    delete(smart).await.expect(204);
    delete(1).await.expect(204);
}

#[tokio::test]
async fn sets_are_copied_combined_and_rid_of_lost_names_by_plain_forms() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(3).await;
    studio.save_set(&style, &["boat 2.png", "gone.png"]).await;
    let page = format!("/styles/{style}/data?set=2");
    let html = studio.get(&page).await.text;
    let notice = html.split_once("notice--warning").expect("a notice").1;
    let told = "Set 2 holds 1 name whose image is no longer in the bucket: gone.png.";
    let (before_menus, _) = notice.split_once("<details").expect("a menu");
    assert!(
        before_menus.contains(told),
        "the lost name is said on the page"
    );
    let (to, _) = PlainForm::on(&studio, &page, "drop_gone_names")
        .await
        .submit(&studio)
        .await;
    assert!(to.contains("saved=2"), "{to}");
    assert_eq!(names_of(&sets(&studio, &style).await[1]), ["boat 2.png"]);
    let post = |body: &'static str| {
        let request = studio
            .request(Method::POST, "/rpc/derive_selection_set")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "text/html");
        studio.send(request.body(format!("style={style}&{body}")))
    };
    for body in [
        "set=1",
        "set=1&how=union&other=2",
        "set=1&how=intersect&other=2",
        "set=1&how=subtract&other=2",
    ] {
        assert_eq!(post(body).await.status, 302, "{body}");
    }
    let made = sets(&studio, &style).await;
    assert_eq!(made[2]["name"], "Set 1 copy");
    assert_eq!(made[2]["filenames"], made[0]["filenames"]);
    assert_eq!(made[3]["filenames"], made[0]["filenames"]);
    assert_eq!(made[3]["name"], "Set 1 together with Set 2");
    assert_eq!(names_of(&made[4]), ["boat 2.png"]);
    assert_eq!(names_of(&made[5]), ["boat 0.png", "boat 1.png"]);
    post("set=2&how=subtract&other=1").await;
    assert_eq!(sets(&studio, &style).await.len(), 6, "nothing to save");
    let chosen = studio
        .get(&format!("/styles/{style}/data?set=1&how=subtract&other=2"))
        .await;
    let ticked = chosen.text.matches("aria-label=\"Select boat").count();
    assert_eq!(ticked, 3);
    assert!(chosen.text.contains("boat 0.png"));
}

#[tokio::test]
async fn a_set_says_which_versions_were_trained_on_it() {
    let runpod = FakeRunpod::start().await;
    let studio = TestStudio::on(&runpod).await;
    let style = studio.ready_style(2).await;
    studio.start_run(&style, "V1").await.expect(202);
    let version = studio.version(&style).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let page = studio
        .get(&format!("/styles/{style}/data?set=1"))
        .await
        .text;
    assert!(page.contains("Used by versions"));
    assert!(page.contains(&format!("/styles/{style}/versions/{version}")));
    studio.save_set(&style, &["boat 0.png"]).await;
    let other = studio
        .get(&format!("/styles/{style}/data?set=2"))
        .await
        .text;
    assert!(!other.contains("Used by versions"));
}

#[tokio::test]
async fn sets_made_and_deleted_at_once_never_share_an_id() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let made_and_deleted = (0..25).map(|_| async {
        let id = studio.save_set(&style, &["boat 0.png"]).await;
        let path = format!("/api/styles/{style}/selection-sets/{id}");
        let gone = studio.send(studio.request(Method::DELETE, &path)).await;
        assert_eq!(gone.status, 204);
        id
    });
    let kept = (0..50).map(|_| studio.save_set(&style, &["boat 0.png"]));
    let (gone, kept) = futures::join!(
        futures::future::join_all(made_and_deleted),
        futures::future::join_all(kept)
    );
    let distinct: std::collections::HashSet<u64> = gone.iter().chain(&kept).copied().collect();
    assert_eq!(distinct.len(), 75);
    let ids: Vec<u64> = sets(&studio, &style)
        .await
        .iter()
        .map(|s| s["id"].as_u64().expect("an id"))
        .collect();
    assert_eq!(ids.len(), 51);
    assert!(kept.iter().all(|id| ids.contains(id)));
}

#[tokio::test]
async fn a_set_that_another_window_changed_is_not_written_over_and_the_selection_stays() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(3).await;
    let set = studio.save_set(&style, &["boat 0.png"]).await;
    let path = format!("/api/styles/{style}/selection-sets/{set}");
    let held = async || {
        let list = format!("/api/styles/{style}/selection-sets");
        let list = studio.get(&list).await.expect(200)["sets"].clone();
        let sets = list.as_array().expect("a list").iter();
        let mut found = sets.filter(|s| s["id"] == set);
        found.next().expect("listed").clone()
    };
    let put = |etag: Option<&str>, names: &[&str]| {
        let mut request = studio.request(Method::PUT, &path);
        if let Some(etag) = etag {
            request = request.header("if-match", format!("\"{etag}\""));
        }
        studio.send(request.json(&json!({ "filenames": names })))
    };
    let page = format!("/styles/{style}/data?set={set}");
    let stale = PlainForm::on(&studio, &page, "save_selection_set").await;
    let read = held().await["etag"].as_str().expect("an ETag").to_owned();
    assert_eq!(stale.value("etag"), Some(read.as_str()));
    // another window adds one
    let both = ["boat 0.png", "boat 1.png"];
    let saved = put(Some(&read), &both).await.expect(200);
    assert_ne!(saved["set"]["etag"], read);
    assert_eq!(saved["set"]["etag"], held().await["etag"]);
    put(Some(&read), &["boat 2.png"]).await.refused(412);
    // the other goes on from what it had read
    let mine = stale.press("filenames[]", "boat 2.png");
    let update = mine.press("set", &set.to_string());
    let (to, refused) = update.submit(&studio).await;
    assert_eq!(held().await["filenames"], json!(both));
    for words in [
        "was changed by somebody else",
        "Update anyway",
        "Save as new set",
    ] {
        assert!(refused.text.contains(words), "{words}");
    }
    let is_ticked = |name: &str| {
        let boxes = refused.text.split("<input").filter(|i| i.contains(name));
        boxes
            .map(|i| i.split('>').next().unwrap_or_default())
            .any(|i| i.contains("checked"))
    };
    assert!(is_ticked("boat 2.png") && !is_ticked("boat 1.png"));
    let anyway = PlainForm::on(&studio, &to, "save_selection_set").await;
    assert_eq!(anyway.value("etag"), Some(read.as_str()), "as it was read");
    anyway.press("over", &set.to_string()).submit(&studio).await;
    assert_eq!(
        held().await["filenames"],
        json!(["boat 0.png", "boat 2.png"])
    );
    // a program that names no version is believed
    put(None, &["boat 1.png"]).await.expect(200);
    let file = studio.style_folder(&style).join("selection_sets.json");
    let text = std::fs::read_to_string(file).expect("a file");
    assert!(!text.contains("etag"), "{text}");
}

#[tokio::test]
async fn ten_thousand_images_are_saved_as_a_set_by_the_page_and_by_a_script() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let long = "a".repeat(200);
    let names: Vec<String> = (0..10_000).map(|n| format!("{long} {n}.png")).collect();
    assert_eq!(studio.save_set(&style, &names).await, 1);
    let fields = names.iter().map(|name| ("filenames[]", name.as_str()));
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("style", &style)
        .extend_pairs(fields)
        .finish();
    let request = studio
        .request(Method::POST, "/rpc/save_selection_set")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let saved = studio.send(request).await.expect(200);
    assert_eq!(saved["filenames"].as_array().map(Vec::len), Some(10_000));
}
