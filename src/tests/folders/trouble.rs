//! What cannot be read, what cannot be trained, what was cut off, and what a person needs to see to decide.

use super::*;
use std::os::unix::fs::PermissionsExt;
use std::time::SystemTime;

#[tokio::test]
async fn a_folder_that_cannot_be_listed_ends_the_comparison_and_nothing_is_removed() {
    let story = Story::begin().await;
    story.here("a.txt", "a");
    story.moves("/send", &json!({})).await;
    story.look().await;
    // root reads every folder, but no link that leads to itself
    let folder = story.folder("ink");
    fs::rename(&folder, story.folder("away")).unwrap();
    fs::remove_dir_all(story.folder("away")).unwrap();
    symlink(&folder, &folder).unwrap();
    let refused = story.studio.get(&story.path("")).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(refused.text.contains("cannot be read"), "{}", refused.text);
    let files = json!([{"filename": "a.txt"}]);
    let removal = json!({"side": "s3", "files": files, "confirmed": true});
    story.post("/remove", &removal).await.refused(409);
    assert_eq!(story.read_there("a.txt").await.as_deref(), Some("a"));
    for query in ["", "?folder=1", "?folder=remove-s3"] {
        let page = format!("/styles/{}/data{query}", story.style);
        let page = story.studio.get(&page).await;
        assert!(page.text.contains("is there but cannot be read"), "{query}");
        assert!(!page.text.contains("Remove from S3"), "{query}");
    }
    let stopped = story.moves("/send", &json!({})).await;
    assert_eq!(stopped["stage"], "stopped");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_takes_no_part_on_either_side() {
    let story = Story::begin().await;
    for name in ["p1.txt", "p2.txt"] {
        story.here(name, "a");
    }
    story.there("p2.txt", "b").await;
    for name in ["p1.txt", "p2.txt"] {
        let at = story.folder("ink").join(name);
        fs::set_permissions(&at, fs::Permissions::from_mode(0o0)).unwrap();
        if fs::read(&at).is_ok() {
            eprintln!("skipped: nothing is forbidden to root");
            return;
        }
    }
    let view = story.look().await;
    assert_eq!(
        (&view["files"], &view["counts"]["there"]),
        (&json!([]), &json!(0))
    );
    let named = view["leftOut"][0]["message"].as_str().unwrap();
    assert!(named.contains("p1.txt: cannot be read"), "{named}");
    let files = json!([{"filename": "p2.txt"}]);
    let removal = json!({"side": "s3", "files": files, "confirmed": true});
    let done = story.post("/remove", &removal).await.expect(200);
    assert_eq!(done["removed"], json!([]));
}

#[tokio::test]
async fn what_was_refused_for_its_content_is_named_and_not_offered_again_until_it_changes() {
    let story = Story::begin().await;
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    for (name, content) in [
        ("page.jpg", &b"<html><script>alert(1)</script></html>"[..]),
        ("page.txt", b"a page"),
        ("zero.jpg", b""),
        ("alone.txt", b"a caption"),
    ] {
        story.here(name, content);
        let file = fs::File::options()
            .write(true)
            .open(story.folder("ink").join(name));
        file.unwrap().set_modified(an_hour_ago).unwrap();
    }
    // an empty file is told by its size, the others by what is in them
    let first = &story.look().await["counts"];
    assert_eq!((&first["toSend"], &first["unfit"]), (&json!(3), &json!(1)));
    let done = story.moves("/send", &json!({})).await;
    assert_eq!((&done["sent"], &done["filesDone"]), (&json!(1), &json!(3)));
    let failed: Vec<_> = done["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["filename"])
        .collect();
    assert_eq!(failed, ["page.jpg", "page.txt"]);
    assert_eq!(
        story.read_there("page.txt").await,
        None,
        "a caption without its image"
    );

    let view = story.look().await;
    assert_eq!(
        (&view["counts"]["toSend"], &view["counts"]["unfit"]),
        (&json!(0), &json!(3))
    );
    let problem = view["files"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("not a picture"), "{problem}");
    let page = format!("/styles/{}/data?folder=1", story.style);
    let page = story.studio.get(&page).await.text;
    assert!(
        page.contains("Cannot be trained")
            && page.contains("not a picture: the trainer cannot identify it")
    );
    assert!(page.contains("page.txt is not sent alone"));
    let again = story.moves("/send", &json!({})).await;
    assert_eq!(
        (&again["filesTotal"], &again["failed"]),
        (&json!(0), &json!([]))
    );

    story.here("page.jpg", turned(1));
    assert_eq!(story.look().await["counts"]["toSend"], 2);
    assert_eq!(story.moves("/send", &json!({})).await["sent"], 2);
}

#[tokio::test]
async fn a_killed_transfer_that_is_gone_on_with_counts_what_it_had_sent() {
    let story = Story::begin().await;
    for n in 0..8 {
        story.here(&format!("{n}.txt"), format!("caption {n}"));
        if n < 5 {
            story
                .there(&format!("{n}.txt"), format!("caption {n}"))
                .await;
        }
    }
    // written down a second before the end: two more were across by then
    let journal = json!({"wish": {"all": "send"}, "transfer": {"stage": "moving", "started": "2025-10-13T19:36:17Z",
        "filesTotal": 8, "filesDone": 3, "bytesTotal": 72, "bytesDone": 27, "sent": 3}});
    let notes = story
        .studio
        .state
        .config
        .state_dir
        .join("folders")
        .join(&story.style);
    fs::create_dir_all(&notes).unwrap();
    fs::write(notes.join("transfer.json"), journal.to_string()).unwrap();
    let begun = story.post("/resume", &json!({})).await.expect(202);
    // a cancel while both sides are compared keeps it so
    assert_eq!(
        (
            &begun["transfer"]["filesDone"],
            &begun["transfer"]["bytesDone"]
        ),
        (&json!(3), &json!(27))
    );
    let done = story.ended().await;
    assert_eq!(
        (
            &done["stage"],
            &done["sent"],
            &done["filesDone"],
            &done["filesTotal"]
        ),
        (&json!("done"), &json!(8), &json!(8), &json!(8))
    );
}

#[tokio::test]
async fn what_has_to_be_decided_is_shown_with_both_pictures_and_both_captions() {
    let story = Story::begin().await;
    story.here("boat.png", picture());
    story.there("boat.png", "another").await;
    story.here("boat.txt", "a boat on the sea");
    story.there("boat.txt", "a boat on a lake").await;
    story.here("only here.txt", "not to be decided");
    let view = story.look().await;
    let of = |name: &str| {
        view["files"]
            .as_array()
            .unwrap()
            .iter()
            .find(|f| f["filename"] == name)
            .unwrap()
            .clone()
    };
    let caption = of("boat.txt");
    assert_eq!(caption["here"][0]["text"], "a boat on the sea");
    assert_eq!(caption["there"]["text"], "a boat on a lake");
    assert!(of("only here.txt")["here"][0].get("text").is_none());
    let page = format!("/styles/{}/data?folder=1", story.style);
    let page = story.studio.get(&page).await.text;
    for shown in [
        "a boat on the sea",
        "a boat on a lake",
        "images/boat.png/thumbnail",
        "folder/thumbnail?",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let folder = format!("{}_ink", story.style);
    let asked = |folder: &str, name: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("folder", folder)
            .append_pair("filename", name)
            .finish();
        story.path(&format!("/thumbnail?{query}"))
    };
    let small = story.studio.get(&asked(&folder, "boat.png")).await;
    assert_eq!(
        (small.status, &small.headers["content-type"]),
        (200, &"image/jpeg".parse().unwrap())
    );
    // nothing but pictures of the comparison leaves the folder
    let images = story.studio.folder().join(IMAGES);
    fs::write(images.join("loose.png"), picture()).unwrap();
    symlink(
        images.join("loose.png"),
        story.folder("ink").join("link.png"),
    )
    .unwrap();
    fs::create_dir_all(images.join("999_other")).unwrap();
    fs::write(images.join("999_other/boat.png"), picture()).unwrap();
    for (folder, name) in [
        (folder.as_str(), "boat.txt"),
        (&folder, "link.png"),
        (&folder, "../loose.png"),
        (&folder, "none.png"),
        ("999_other", "boat.png"),
        ("..", "loose.png"),
    ] {
        story.studio.get(&asked(folder, name)).await.refused(404);
    }
    story.here("page.png", "<html>");
    let refused = story.studio.get(&asked(&folder, "page.png")).await;
    assert_eq!(refused.status, 400);
}
