//! `/api` as scripts see it: problems, ETags, preconditions, ids that are never given twice, lists longer than one page.

use super::studio::TestStudio;
use reqwest::Method;
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn what_a_page_is_refused_is_no_failure_of_the_studio() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    for (asked, status) in [
        (format!("images?style={style}&filter=foo%3Abar"), 400),
        (format!("image_names?style={style}&filter=foo%3Abar"), 400),
        (format!("images?style={style}&offset=x"), 400),
        ("images?style=4711".to_owned(), 404),
        (format!("selection_sets?style={style}"), 200),
    ] {
        let answer = studio.get(&format!("/rpc/{asked}")).await;
        assert_eq!(answer.status, status, "{asked}: {}", answer.text);
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_never_a_page() {
    let studio = TestStudio::start().await;
    for path in [
        "/api",
        "/api/",
        "/api/x",
        "/api/styles/4711",
        "/api/styles/..%2f..%2fx",
        "/api/styles/1/images/a.png/nothing",
    ] {
        studio.get(path).await.refused(404);
        studio.post("/api/x", &json!({})).await.refused(404);
    }
    let wrong = [
        (Method::PUT, "/api/styles"),
        (Method::POST, "/api/health"),
        (Method::GET, "/api/training/start"),
        (Method::GET, "/api/training-webhook"),
        (Method::DELETE, "/api/openapi.json"),
    ];
    for (method, path) in wrong {
        studio.send(studio.request(method, path)).await.refused(405);
    }
}

#[tokio::test]
async fn half_a_json_and_a_wrong_shape_are_400_and_write_nothing() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let file = studio.style_folder(&style).join("training_versions.json");
    std::fs::write(&file, "{\"versions\":[{\"id\":\"a\",\"name\":\"V1\"}]}").unwrap();
    let before = std::fs::read(&file).unwrap();
    let path = format!("/api/styles/{style}/training-versions");
    for body in [
        "{}",
        "{\"versions\":",
        "[]",
        "",
        "{\"versions\":7}",
        "{\"versions\":[{}]}",
        "{\"versions\":[{\"id\":\"../x\"}]}",
    ] {
        let request = studio
            .request(Method::POST, &path)
            .header("content-type", "application/json");
        studio.send(request.body(body)).await.refused(400);
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
    studio
        .post("/api/styles", &json!({"title": 7}))
        .await
        .refused(400);
    assert_eq!(
        studio
            .post("/api/styles", &json!({"title": " "}))
            .await
            .refused(400),
        ["title"]
    );
}

#[tokio::test]
async fn lists_carry_an_etag_and_an_unchanged_one_is_304() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    for path in [
        "/api/styles".to_owned(),
        format!("/api/styles/{style}/images"),
        format!("/api/styles/{style}/selection-sets"),
        format!("/api/styles/{style}/training-versions"),
    ] {
        let etag = studio.get(&path).await.header("etag").to_owned();
        assert!(etag.len() > 2, "{path} has no ETag");
        let again = |etag: &str| {
            studio.send(
                studio
                    .request(Method::GET, &path)
                    .header("if-none-match", etag),
            )
        };
        let unchanged = again(&etag).await;
        assert_eq!(
            (unchanged.status, unchanged.text.as_str()),
            (304, ""),
            "{path}"
        );
        assert_eq!(again("\"other\"").await.status, 200);
    }
    let path = format!("/api/styles/{style}/selection-sets");
    let etag = studio.get(&path).await.header("etag").to_owned();
    studio.save_set(&style, &["boat 0.png"]).await;
    let changed = studio
        .send(
            studio
                .request(Method::GET, &path)
                .header("if-none-match", etag),
        )
        .await;
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn a_caption_somebody_else_changed_is_412_and_stays_theirs() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let path = format!("/api/styles/{style}/images/boat%200.png/caption");
    let etag = studio.get(&path).await.header("etag").to_owned();
    let put = |name: &'static str, value: String, text: &'static str| {
        studio.send(
            studio
                .request(Method::PUT, &path)
                .header(name, value)
                .body(text),
        )
    };
    assert_eq!(put("if-match", etag.clone(), "mine").await.status, 204);
    put("if-match", etag, "late").await.refused(412);
    put("if-none-match", "*".into(), "first").await.refused(412);
    assert_eq!(studio.get(&path).await.text, "mine");
    assert_eq!(put("if-match", "*".into(), "over it").await.status, 204);
    for empty in ["", " \n"] {
        assert_eq!(
            put("if-match", "*".into(), empty).await.refused(400),
            ["caption"]
        );
    }
    let absent = format!("/api/styles/{style}/images/none.png/caption");
    studio
        .send(studio.request(Method::PUT, &absent).body("x"))
        .await
        .refused(404);
}

#[tokio::test]
async fn fifty_sets_made_at_once_are_fifty_sets_with_ids_of_their_own() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let made = (0..50).map(|_| studio.save_set(&style, &["boat 0.png"]));
    let ids: HashSet<u64> = futures::future::join_all(made).await.into_iter().collect();
    assert_eq!(ids, (2..=51).collect());
    let sets = studio
        .get(&format!("/api/styles/{style}/selection-sets"))
        .await
        .expect(200);
    assert_eq!(sets["sets"].as_array().unwrap().len(), 51);
}

#[tokio::test]
async fn a_deleted_sets_id_is_never_given_again() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(2).await;
    let set = studio.save_set(&style, &["boat 0.png", "boat 1.png"]).await;
    let path = format!("/api/styles/{style}/selection-sets/{set}");
    let update = studio
        .request(Method::PUT, &path)
        .json(&json!({"filenames": ["boat 1.png"]}));
    let updated = studio.send(update).await.expect(200);
    assert_eq!(
        updated["set"],
        json!({"id": set, "filenames": ["boat 1.png"], "etag": updated["set"]["etag"]})
    );
    assert_eq!(
        studio
            .send(studio.request(Method::DELETE, &path))
            .await
            .status,
        204
    );
    studio
        .send(studio.request(Method::DELETE, &path))
        .await
        .refused(404);
    assert!(studio.save_set(&style, &["boat 0.png"]).await > set);
}

#[tokio::test]
async fn more_objects_than_one_s3_answer_holds_are_all_seen() {
    use futures::stream::{self, StreamExt};
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let picture = super::studio::picture();
    let names: Vec<String> = (0..630).map(|n| format!("boat {n:04}.png")).collect();
    let captions = names
        .iter()
        .take(620)
        .map(|name| name.replace(".png", ".txt"));
    let files: Vec<String> = names.iter().cloned().chain(captions).collect();
    let puts = files
        .iter()
        .map(|name| studio.put_object(&style, name, &picture));
    stream::iter(puts)
        .buffer_unordered(32)
        .collect::<Vec<()>>()
        .await;
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!(
            "/api/styles/{style}/images?limit=250&cursor={}",
            cursor.replace(' ', "%20")
        );
        let page = studio.get(&path).await.expect(200);
        assert_eq!(page["total"], 630);
        let images = page["images"].as_array().unwrap().iter();
        found.extend(images.map(|i| i["filename"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, names);
}

#[tokio::test]
async fn of_twenty_files_the_three_that_cannot_be_trained_are_refused_by_name_and_the_rest_get_tickets()
 {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(0).await;
    let mut names: Vec<String> = (0..17)
        .map(|n| format!("A Boy and a Girl ({n}).jpg"))
        .collect();
    names.extend(["moving.gif".into(), "../climb.png".into(), "odd.Jpg".into()]);
    let files: Vec<_> = names
        .iter()
        .map(|name| json!({"filename": name, "sizeBytes": 9, "contentType": "image/jpeg"}))
        .collect();
    let path = format!("/api/styles/{style}/uploads");
    let answer = studio
        .post(&path, &json!({ "files": files }))
        .await
        .expect(200);
    let listed = |key: &str| -> Vec<String> {
        let list = answer[key].as_array().unwrap().iter();
        list.map(|file| file["filename"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (listed("uploads"), listed("rejected")),
        (names[..17].to_vec(), names[17..].to_vec())
    );
    let rejected = answer["rejected"].as_array().unwrap();
    assert!(
        rejected
            .iter()
            .all(|file| file["message"].as_str().unwrap().len() > 20)
    );
    let ticket = &answer["uploads"][3];
    let mut put = reqwest::Client::new().put(ticket["url"].as_str().unwrap());
    for (name, value) in ticket["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    assert_eq!(put.body("nine byte").send().await.unwrap().status(), 200);
    let objects = studio
        .state
        .s3
        .list(&format!("styles/{style}/"))
        .await
        .unwrap();
    assert_eq!(
        objects[0].key,
        format!("styles/{style}/A Boy and a Girl (3).jpg")
    );
}

#[tokio::test]
async fn a_style_is_removed_only_when_its_title_is_repeated_and_its_images_stay() {
    let studio = TestStudio::start().await;
    let style = studio.ready_style(1).await;
    let path = format!("/api/styles/{style}");
    let title = studio.get(&path).await.expect(200)["style"]["title"]
        .as_str()
        .unwrap()
        .to_owned();
    for wrong in [json!({}), json!({"title": "ink"}), json!({"title": ""})] {
        studio
            .send(studio.request(Method::DELETE, &path).json(&wrong))
            .await
            .refused(400);
    }
    let right = studio
        .request(Method::DELETE, &path)
        .json(&json!({ "title": title }));
    assert_eq!(studio.send(right).await.status, 204);
    studio.get(&path).await.refused(404);
    assert_eq!(
        studio
            .state
            .s3
            .list(&format!("styles/{style}/"))
            .await
            .unwrap()
            .len(),
        2
    );
    assert_ne!(
        studio.ready_style(1).await,
        style,
        "an id is never given again"
    );
}

#[tokio::test]
async fn other_sites_and_other_names_of_this_machine_are_refused() {
    let studio = TestStudio::start().await;
    let read = studio
        .request(Method::GET, "/api/styles")
        .header("host", "evil.example");
    studio.send(read).await.refused(403);
    let write = studio
        .request(Method::POST, "/api/styles")
        .header("origin", "https://evil.example");
    studio
        .send(write.json(&json!({"title": "x"})))
        .await
        .refused(403);
    let none = studio.get("/api/styles").await.expect(200);
    assert_eq!(none["styles"], json!([]));
}
