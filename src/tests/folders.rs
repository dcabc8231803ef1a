//! A style's folder beside S3: compared, sent, fetched; conflicts and two folders are for the person, nothing is deleted.

mod trouble;

use super::plain_form::PlainForm;
use super::studio::{Answer, Setup, TestStudio, picture};
use super::uploads::turned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

const IMAGES: &str = "resources/style_images";

/// A studio with one style whose folder is `{style}_ink`.
struct Story {
    studio: TestStudio,
    style: String,
}

impl Story {
    async fn begin() -> Self {
        let studio = TestStudio::start().await;
        let draft = json!({"title": "Ink", "triggerWords": "ink"});
        let made = studio.post("/api/styles", &draft).await.expect(201);
        let style = made["style"]["id"].as_str().expect("an id").to_owned();
        Self { studio, style }
    }

    fn folder(&self, name: &str) -> PathBuf {
        let images = self.studio.folder().join(IMAGES);
        images.join(format!("{}_{name}", self.style))
    }

    /// Writes a file into the folder.
    fn here(&self, name: &str, content: impl AsRef<[u8]>) {
        self.in_folder("ink", name, content);
    }

    fn in_folder(&self, folder: &str, name: &str, content: impl AsRef<[u8]>) {
        let folder = self.folder(folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(name), content).expect("a file");
    }

    fn read_here(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder("ink").join(name)).ok()
    }

    async fn there(&self, name: &str, content: impl AsRef<[u8]>) {
        self.studio
            .put_object(&self.style, name, content.as_ref())
            .await;
    }

    async fn read_there(&self, name: &str) -> Option<String> {
        let key = format!("styles/{}/{name}", self.style);
        let found = self.studio.state.s3.get(&key, 1 << 20).await.ok()?;
        String::from_utf8(found.0.to_vec()).ok()
    }

    fn path(&self, what: &str) -> String {
        format!("/api/styles/{}/folder{what}", self.style)
    }

    async fn look(&self) -> Value {
        self.studio.get(&self.path("")).await.expect(200)
    }

    /// The state of each name that is not in step.
    async fn states(&self) -> BTreeMap<String, String> {
        let view = self.look().await;
        let files = view["files"].as_array().expect("files").iter();
        let text = |v: &Value| v.as_str().expect("text").to_owned();
        files
            .map(|f| (text(&f["filename"]), text(&f["state"])))
            .collect()
    }

    async fn post(&self, what: &str, body: &Value) -> Answer {
        self.studio.post(&self.path(what), body).await
    }

    /// Begins a transfer and waits for its end.
    async fn moves(&self, what: &str, body: &Value) -> Value {
        self.post(what, body).await.expect(202);
        self.ended().await
    }

    async fn ended(&self) -> Value {
        let poll = async {
            loop {
                let now = self.studio.get(&self.path("/transfer")).await.expect(200);
                let now = now["transfer"].clone();
                if !matches!(now["stage"].as_str(), Some("comparing" | "moving")) {
                    return now;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(60), poll).await;
        ended.expect("the transfer ends")
    }
}

/// Names and contents of everything below a folder.
fn everything(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap_or_default());
            }
        }
    }
    found
}

#[tokio::test]
async fn only_what_s3_lacks_is_sent_and_a_second_time_there_is_nothing_to_do() {
    let story = Story::begin().await;
    for n in 0..12 {
        story.here(&format!("A Boy (scene {n}).jpg"), picture());
        story.here(&format!("A Boy (scene {n}).txt"), format!("a boy {n}"));
    }
    story.there("A Boy (scene 0).jpg", picture()).await;
    story.there("theirs.jpg", "only there").await;
    let view = story.look().await;
    assert_eq!(view["counts"]["here"], 24);
    assert_eq!(view["counts"]["toSend"], 23);
    assert_eq!(view["counts"]["inStep"], 1);
    assert_eq!(view["folders"], json!([format!("{}_ink", story.style)]));

    let done = story.moves("/send", &json!({})).await;
    assert_eq!(
        (&done["stage"], &done["sent"], &done["fetched"]),
        (&json!("done"), &json!(23), &json!(0))
    );
    assert_eq!(
        story.read_there("A Boy (scene 7).txt").await.as_deref(),
        Some("a boy 7")
    );
    assert_eq!(
        story.states().await,
        [("theirs.jpg".to_owned(), "only_there".to_owned())].into()
    );
    assert_eq!(
        story.read_here("theirs.jpg"),
        None,
        "sending fetches nothing"
    );

    let again = story.moves("/send", &json!({})).await;
    assert_eq!(
        (&again["stage"], &again["sent"], &again["filesTotal"]),
        (&json!("done"), &json!(0), &json!(0))
    );
    let fetched = story.moves("/fetch", &json!({})).await;
    assert_eq!(fetched["fetched"], 1);
    assert_eq!(story.read_here("theirs.jpg").as_deref(), Some("only there"));
    assert!(story.states().await.is_empty());
}

#[tokio::test]
async fn what_the_trainer_cannot_use_is_not_sent_and_named_with_the_reason() {
    let story = Story::begin().await;
    let whole = picture();
    story.here("boat.png", &whole);
    story.here("boat.txt", "a boat");
    story.here("page.jpg", "<html><script>alert(1)</script></html>");
    story.here("cut.png", &whole[..whole.len() / 2]);
    story.here("turned.jpg", turned(6));
    story.here("Mixed.Png", &whole);
    story.here("empty.txt", "");
    story.here("odd.txt", b"caf\xe9");
    let done = story.moves("/send", &json!({})).await;
    assert_eq!((&done["stage"], &done["sent"]), (&json!("done"), &json!(2)));
    let failed = done["failed"].as_array().expect("a list");
    // what name and size tell is not even tried
    assert_eq!(failed.len(), 4, "{failed:?}");
    let view = story.look().await;
    let files = view["files"].as_array().unwrap();
    let expected = [
        ("Mixed.Png", ".png"),
        ("cut.png", "cut off"),
        ("empty.txt", "empty caption"),
        ("odd.txt", "not UTF-8"),
        ("page.jpg", "not a picture"),
        ("turned.jpg", "stored turned"),
    ];
    for (name, why) in expected {
        let of_name = |f: &&Value| f["filename"] == name;
        let told = failed.iter().find(of_name).map(|f| &f["message"]);
        let told = told.or_else(|| files.iter().find(of_name).map(|f| &f["problem"]));
        let message = told.and_then(Value::as_str).expect("text");
        assert!(message.contains(why), "{message}");
        assert_eq!(story.states().await[name], "only_here");
    }
}

#[tokio::test]
async fn who_changed_since_both_agreed_is_known_and_a_conflict_is_kept_until_decided() {
    let story = Story::begin().await;
    for name in ["mine.txt", "theirs.txt", "both.txt", "also both.txt"] {
        story.here(name, "as it was");
    }
    story.moves("/send", &json!({})).await;
    story.here("mine.txt", "edited here");
    story.there("theirs.txt", "edited there").await;
    for name in ["both.txt", "also both.txt"] {
        story.here(name, "here's words");
        story.there(name, "S3's words!!").await;
    }
    let expected = [
        ("mine.txt", "changed_here"),
        ("theirs.txt", "changed_there"),
        ("both.txt", "conflict"),
        ("also both.txt", "conflict"),
    ];
    let expected = expected.map(|(n, s)| (n.to_owned(), s.to_owned())).into();
    assert_eq!(story.states().await, expected);

    assert_eq!(story.moves("/send", &json!({})).await["sent"], 1);
    assert_eq!(story.moves("/fetch", &json!({})).await["fetched"], 1);
    assert_eq!(
        story.read_there("mine.txt").await.as_deref(),
        Some("edited here")
    );
    assert_eq!(
        story.read_here("theirs.txt").as_deref(),
        Some("edited there")
    );
    assert_eq!(story.read_here("both.txt").as_deref(), Some("here's words"));
    assert_eq!(
        story.read_there("both.txt").await.as_deref(),
        Some("S3's words!!")
    );

    let view = story.look().await;
    let version = |name: &str| {
        let files = view["files"].as_array().unwrap().iter();
        files.clone().find(|f| f["filename"] == name).unwrap()["version"].clone()
    };
    let conflict = &view["files"][0];
    assert!(conflict["here"][0]["modified"].is_string() && conflict["there"]["sizeBytes"] == 12);
    // it changes once more after it was looked at
    story.there("also both.txt", "S3's newest").await;
    let decided = json!({"files": [
        {"filename": "both.txt", "version": version("both.txt")},
        {"filename": "also both.txt", "version": version("also both.txt")},
    ]});
    let done = story.moves("/send", &decided).await;
    assert_eq!(done["sent"], 1);
    assert_eq!(done["failed"][0]["filename"], "also both.txt");
    assert_eq!(
        story.read_there("both.txt").await.as_deref(),
        Some("here's words")
    );
    assert_eq!(
        story.read_there("also both.txt").await.as_deref(),
        Some("S3's newest")
    );
    let name = json!({"files": [{"filename": "also both.txt"}]});
    assert_eq!(story.moves("/fetch", &name).await["fetched"], 1);
    assert_eq!(
        story.read_here("also both.txt").as_deref(),
        Some("S3's newest")
    );
    assert!(story.states().await.is_empty());
}

#[tokio::test]
async fn without_a_common_past_a_difference_is_a_conflict() {
    let story = Story::begin().await;
    story.here("a.txt", "one");
    story.there("a.txt", "two").await;
    assert_eq!(story.states().await["a.txt"], "conflict");
    assert_eq!(story.moves("/send", &json!({})).await["sent"], 0);
    assert_eq!(story.moves("/fetch", &json!({})).await["fetched"], 0);
    assert_eq!(story.read_there("a.txt").await.as_deref(), Some("two"));
}

#[tokio::test]
async fn what_was_deleted_on_one_side_does_not_come_back_by_itself() {
    let story = Story::begin().await;
    story.here("a.txt", "a");
    story.here("b.txt", "b");
    story.moves("/send", &json!({})).await;
    story.look().await;
    let key = format!("styles/{}/a.txt", story.style);
    story.studio.state.s3.delete(&[key]).await.expect("deleted");
    fs::remove_file(story.folder("ink").join("b.txt")).expect("removed");
    let view = story.look().await;
    assert!(
        view["files"]
            .as_array()
            .unwrap()
            .iter()
            .all(|f| f["wasInStep"] == true)
    );
    assert_eq!(story.moves("/send", &json!({})).await["sent"], 0);
    assert_eq!(story.moves("/fetch", &json!({})).await["fetched"], 0);
    let named = json!({"files": [{"filename": "a.txt"}]});
    assert_eq!(story.moves("/send", &named).await["sent"], 1);
}

#[tokio::test]
async fn removal_is_a_step_of_its_own_for_confirmed_names_that_one_side_alone_has() {
    let story = Story::begin().await;
    story.here("mine.txt", "mine");
    story.there("theirs.txt", "theirs").await;
    story.here("both.txt", "same");
    story.there("both.txt", "same").await;
    let files = json!([{"filename": "theirs.txt"}, {"filename": "both.txt"}]);
    let refused = story
        .post("/remove", &json!({"side": "s3", "files": files}))
        .await;
    assert_eq!(refused.refused(400), ["confirmed"]);
    let body = json!({"side": "s3", "files": files, "confirmed": true});
    let done = story.post("/remove", &body).await.expect(200);
    assert_eq!(done["removed"], json!(["theirs.txt"]));
    assert_eq!(done["refused"][0]["filename"], "both.txt");
    let body = json!({"side": "folder", "files": [{"filename": "mine.txt"}], "confirmed": true});
    story.post("/remove", &body).await.expect(200);
    assert_eq!(
        (
            story.read_here("mine.txt"),
            story.read_there("theirs.txt").await
        ),
        (None, None)
    );
    assert_eq!(story.read_there("both.txt").await.as_deref(), Some("same"));
}

#[tokio::test]
async fn two_folders_are_read_as_one_and_a_name_with_two_contents_waits_for_a_choice() {
    let story = Story::begin().await;
    story.in_folder("etheral", "a.txt", "a");
    story.in_folder("ethereal", "b.txt", "b");
    for folder in ["etheral", "ethereal"] {
        story.in_folder(folder, "same.txt", "same");
    }
    story.in_folder("etheral", "twice.txt", "one");
    story.in_folder("ethereal", "twice.txt", "two!");
    let before = everything(story.studio.folder());
    let view = story.look().await;
    assert_eq!(view["folders"].as_array().unwrap().len(), 2);
    assert_eq!(story.states().await["twice.txt"], "split");
    assert_eq!(story.moves("/send", &json!({})).await["sent"], 3);
    let named = json!({"files": [{"filename": "twice.txt"}]});
    let refused = story.moves("/send", &named).await;
    assert!(
        refused["failed"][0]["message"]
            .as_str()
            .unwrap()
            .contains("two folders")
    );

    let folder = format!("{}_ethereal", story.style);
    let choice = json!({"choices": [{"filename": "twice.txt", "folder": folder}]});
    let view = story.post("/choose", &choice).await.expect(200);
    assert_eq!(view["files"][0]["chosen"], folder);
    assert_eq!(story.moves("/send", &json!({})).await["sent"], 1);
    assert_eq!(story.read_there("twice.txt").await.as_deref(), Some("two!"));
    assert_eq!(
        everything(story.studio.folder()),
        before,
        "sending changes no folder"
    );

    // of two contents the one that was shown goes, and the other is left as it is
    let key = format!("styles/{}/twice.txt", story.style);
    story.studio.state.s3.delete(&[key]).await.unwrap();
    let asked = format!("/styles/{}/data?folder=remove-folder", story.style);
    let page = story.studio.get(&asked).await.text;
    assert!(
        page.contains(&format!("twice.txt · 4 B in {folder}")),
        "{page}"
    );
    let body = json!({"side": "folder", "files": [{"filename": "twice.txt"}], "confirmed": true});
    let done = story.post("/remove", &body).await.expect(200);
    assert_eq!(done["removed"], json!(["twice.txt"]));
    let left = everything(story.studio.folder());
    let names: Vec<_> = before
        .keys()
        .filter(|name| !left.contains_key(*name))
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
    story.in_folder("ethereal", "twice.txt", "two!");
    story.there("twice.txt", "two!").await;

    // an equal copy in both folders is renewed in both
    story.there("same.txt", "newer").await;
    assert_eq!(story.moves("/fetch", &json!({})).await["fetched"], 1);
    for folder in ["etheral", "ethereal"] {
        let text = fs::read_to_string(story.folder(folder).join("same.txt")).unwrap();
        assert_eq!(text, "newer");
    }
}

#[tokio::test]
async fn links_folders_and_foreign_names_are_left_out_and_named() {
    let story = Story::begin().await;
    story.here("a.txt", "a");
    let secret = story.studio.folder().join("secret.txt");
    fs::write(&secret, "not for S3").unwrap();
    let folder = story.folder("ink");
    symlink(&secret, folder.join("link.txt")).unwrap();
    fs::create_dir(folder.join("sub.jpg")).unwrap();
    fs::write(folder.join("notes.docx"), "x").unwrap();
    fs::write(folder.join(".hidden.txt"), "x").unwrap();
    fs::write(folder.join("training_versions.json"), "{\"versions\":[]}").unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("far.txt"), "far").unwrap();
    symlink(outside.path(), story.folder("far")).unwrap();
    story.there("deep/nested.txt", "x").await;

    let view = story.look().await;
    let left_out: Vec<&str> = view["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["filename"].as_str().unwrap())
        .collect();
    let far = format!("{}_far", story.style);
    assert_eq!(
        left_out,
        [
            ".hidden.txt",
            far.as_str(),
            "link.txt",
            "notes.docx",
            "sub.jpg",
            "deep/nested.txt"
        ]
    );
    assert_eq!(story.moves("/send", &json!({})).await["sent"], 1);
    assert_eq!(story.read_there("link.txt").await, None);
    assert_eq!(story.read_there("far.txt").await, None);
}

#[tokio::test]
async fn a_link_that_takes_the_place_of_a_fetched_file_is_neither_followed_nor_replaced() {
    let story = Story::begin().await;
    story.here("keep.txt", "x");
    story.there("keep.txt", "x").await;
    story.there("a.txt", "from S3").await;
    let target = story.studio.folder().join("precious.txt");
    fs::write(&target, "precious").unwrap();
    symlink(&target, story.folder("ink").join("a.txt")).unwrap();
    let done = story.moves("/fetch", &json!({})).await;
    assert_eq!(done["fetched"], 0);
    let view = story.look().await;
    assert_eq!(view["leftOut"][0]["filename"], "a.txt", "and it is named");
    let named = json!({"files": [{"filename": "a.txt"}]});
    let done = story.moves("/fetch", &named).await;
    assert_eq!(
        (&done["fetched"], &done["failed"][0]["filename"]),
        (&json!(0), &json!("a.txt"))
    );
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    let names: Vec<_> = fs::read_dir(story.folder("ink"))
        .unwrap()
        .flatten()
        .collect();
    assert_eq!(names.len(), 2, "no temporary file is left");
}

#[tokio::test]
async fn fetching_makes_the_folder_only_when_it_is_asked_to() {
    let story = Story::begin().await;
    story.there("a.jpg", "picture").await;
    story.look().await;
    story
        .studio
        .get(&format!("/styles/{}/data?folder=1", story.style))
        .await;
    story
        .studio
        .get(&format!("/styles/{}/data", story.style))
        .await;
    assert!(!story.studio.folder().join(IMAGES).exists());
    assert_eq!(story.moves("/fetch", &json!({})).await["fetched"], 1);
    assert_eq!(story.read_here("a.jpg").as_deref(), Some("picture"));
}

#[tokio::test]
async fn a_transfer_can_be_cancelled_and_gone_on_with() {
    let story = Story::begin().await;
    for n in 0..40 {
        story.here(&format!("{n}.txt"), format!("caption {n}"));
    }
    story.post("/send", &json!({})).await.expect(202);
    let second = story.post("/fetch", &json!({})).await;
    let cancelled = story.post("/cancel", &json!({})).await;
    // a quick machine may be through before it is told
    if cancelled.status == 202 {
        second.refused(409);
    }
    let ended = story.ended().await;
    if ended["stage"] == "cancelled" {
        let done = story.moves("/resume", &json!({})).await;
        assert_eq!(
            (&done["stage"], &done["filesDone"]),
            (&json!("done"), &json!(40))
        );
        assert_eq!(done["started"], ended["started"]);
    }
    assert!(story.states().await.is_empty());
    story.post("/resume", &json!({})).await.refused(409);
    story.post("/cancel", &json!({})).await.refused(409);
}

#[test]
fn a_transfer_cut_off_by_a_crash_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let variables = || {
        vec![
            ("STATE_DIR", path("state")),
            ("ACTOR_MAKER_DIR", path("actor")),
        ]
    };
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    };
    // many enough that the first ones are across while the others are not
    const FILES: usize = 400;
    let images = folder.path().join("actor").join(IMAGES).join("1_ink");
    let crashed = runtime();
    crashed.block_on(async {
        let setup = Setup {
            variables: variables(),
            ..Setup::default()
        };
        let studio = TestStudio::with(setup).await;
        let draft = json!({"title": "Ink", "triggerWords": "ink"});
        studio.post("/api/styles", &draft).await.expect(201);
        fs::create_dir_all(&images).unwrap();
        for n in 0..FILES {
            fs::write(images.join(format!("{n}.txt")), format!("caption {n}")).unwrap();
        }
        let story = Story {
            studio,
            style: "1".into(),
        };
        story.post("/send", &json!({})).await.expect(202);
        loop {
            let now = story.studio.get(&story.path("/transfer")).await.expect(200);
            if now["transfer"]["filesDone"].as_u64() > Some(0) {
                break;
            }
            tokio::task::yield_now().await;
        }
    });
    // everything that ran is gone in this moment
    drop(crashed);
    runtime().block_on(async {
        let setup = Setup {
            variables: variables(),
            ..Setup::default()
        };
        let studio = TestStudio::with(setup).await;
        let story = Story {
            studio,
            style: "1".into(),
        };
        let now = story.studio.get(&story.path("/transfer")).await.expect(200);
        let stage = now["transfer"]["stage"].as_str().unwrap().to_owned();
        if stage == "interrupted" {
            let done = story.moves("/resume", &json!({})).await;
            assert_eq!(
                (&done["stage"], &done["filesDone"]),
                (&json!("done"), &json!(FILES))
            );
        }
        assert!(story.states().await.is_empty(), "{stage}");
        assert_eq!(
            story.read_there("399.txt").await.as_deref(),
            Some("caption 399")
        );
    });
}

#[tokio::test]
async fn a_plain_form_sends_decides_and_removes() {
    let story = Story::begin().await;
    story.here("boat 1.png", picture());
    story.here("both.txt", "here");
    story.there("both.txt", "there").await;
    story.there("theirs.txt", "theirs").await;
    let page = format!("/styles/{}/data?folder=1", story.style);
    let shown = story.studio.get(&page).await;
    for words in [
        "Send to S3: 1 file",
        "Fetch from S3: 1 file",
        "Changed on both sides",
        "both.txt",
    ] {
        assert!(shown.text.contains(words), "{words}");
    }
    let value = story.look().await;
    let conflict = value["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["state"] == "conflict");
    let version = conflict.unwrap()["version"].as_str().unwrap();
    let form = PlainForm::on(&story.studio, &page, "decide_folder").await;
    assert!(form.value("decisions[]").unwrap().starts_with("leave "));
    let form = form.fill("decisions[]", &format!("send {version} both.txt"));
    let (to, _) = form.submit(&story.studio).await;
    assert_eq!(to, page);
    assert_eq!(story.ended().await["sent"], 1);
    assert_eq!(story.read_there("both.txt").await.as_deref(), Some("here"));
    let confirm = format!("/styles/{}/data?folder=remove-s3", story.style);
    let form = PlainForm::on(&story.studio, &confirm, "remove_folder_files").await;
    let (to, page) = form.submit(&story.studio).await;
    assert!(
        to.contains("removed=1") && page.text.contains("1 file removed."),
        "{to}"
    );
    assert_eq!(story.read_there("theirs.txt").await, None);
}

#[tokio::test]
async fn a_real_folder_is_byte_for_byte_the_same_after_browsing_and_comparing() {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/actor_maker");
    if !real.is_dir() {
        eprintln!("skipped: no {}", real.display());
        return;
    }
    let before = everything(&real);
    let setup = Setup {
        folder: Some(real.clone()),
        ..Setup::default()
    };
    let studio = TestStudio::with(setup).await;
    for style in ["1", "16", "59", "82", "103"] {
        studio.put_object(style, "a.jpg", b"picture").await;
        let view = studio
            .get(&format!("/api/styles/{style}/folder"))
            .await
            .expect(200);
        assert_eq!(
            (&view["counts"]["here"], &view["counts"]["there"]),
            (&json!(0), &json!(1))
        );
        assert_eq!(
            view["leftOut"],
            json!([]),
            "its records are no training data"
        );
        for page in ["data", "data?folder=1", "versions"] {
            let page = studio.get(&format!("/styles/{style}/{page}")).await;
            assert_eq!(page.status, 200);
        }
        let models = format!("/api/styles/{style}/training-versions/unknown-models");
        studio.get(&models).await.expect(200);
    }
    assert_eq!(everything(&real), before);
}

#[tokio::test]
async fn the_closed_comparison_weighs_the_same_however_many_files_there_are() {
    let story = Story::begin().await;
    for n in 0..400 {
        story.here(&format!("boat {n}.png"), "a picture");
    }
    let of = |whole: bool| format!("/rpc/folder?style={}&whole={whole}", story.style);
    let closed = story.studio.get(&of(false)).await;
    assert!(closed.text.len() < 1_000, "{} bytes", closed.text.len());
    let view = closed.expect(200);
    assert_eq!(view["counts"]["here"].as_u64(), Some(400));
    let page = story
        .studio
        .get(&format!("/styles/{}/data", story.style))
        .await;
    assert!(page.text.contains("400 files in "));
    assert!(!page.text.contains("boat 399.png"));
}

#[tokio::test]
async fn the_opened_comparison_names_the_first_of_a_group_and_removal_every_one() {
    let story = Story::begin().await;
    for n in 0..300 {
        story.here(&format!("boat {n:03}.txt"), "a boat");
    }
    let opened = format!("/rpc/folder?style={}&whole=true", story.style);
    let few = story.studio.get(&opened).await.text.len();
    for n in 300..900 {
        story.here(&format!("boat {n:03}.txt"), "a boat");
    }
    let many = story.studio.get(&opened).await;
    let grew = many.text.len().saturating_sub(few);
    assert!(grew < 100, "{few} and {} bytes", many.text.len());
    assert!(many.text.contains("boat 199.txt") && !many.text.contains("boat 200.txt"));
    let page = format!("/styles/{}/data?folder=1", story.style);
    let page = story.studio.get(&page).await.text;
    assert!(page.contains("and 700 more"), "the others are counted");
    let asked = format!("/styles/{}/data?folder=remove-folder", story.style);
    let asked = story.studio.get(&asked).await.text;
    assert!(asked.contains("Remove 900 files from the folder?"));
    assert!(asked.contains("boat 899.txt"), "every name is asked about");
}

#[tokio::test]
async fn a_removal_from_s3_says_which_sets_lose_images() {
    let story = Story::begin().await;
    for name in ["a.png", "b.png"] {
        story.there(name, "a picture").await;
    }
    let sets = format!("/api/styles/{}/selection-sets", story.style);
    let body = json!({"name": "Boats", "filenames": ["a.png", "b.png"]});
    story.studio.post(&sets, &body).await.expect(201);
    story.here("a.png", "a picture");
    let asked = format!("/styles/{}/data?folder=remove-s3", story.style);
    let asked = story.studio.get(&asked).await.text;
    assert!(asked.contains("Remove 1 file from S3?"));
    assert!(asked.contains("Boats keeps 1 of 2 images."));
    // what lies in the folder alone is in no set that could lose it
    story.here("c.png", "a picture");
    let asked = format!("/styles/{}/data?folder=remove-folder", story.style);
    assert!(!story.studio.get(&asked).await.text.contains("keeps 1"));
}

#[tokio::test]
async fn what_s3_has_under_the_name_of_a_link_or_a_folder_is_neither_fetched_nor_taken_for_alone() {
    let story = Story::begin().await;
    story.here("a.txt", "a");
    let folder = story.folder("ink");
    symlink(folder.join("a.txt"), folder.join("link.txt")).unwrap();
    fs::create_dir(folder.join("sub.txt")).unwrap();
    for name in ["link.txt", "sub.txt"] {
        story.there(name, "words of S3").await;
    }
    let view = story.look().await;
    assert_eq!(view["counts"]["toFetch"], 0);
    let named = json!([{"filename": "link.txt"}]);
    let body = json!({"side": "s3", "files": named, "confirmed": true});
    let done = story.post("/remove", &body).await.expect(200);
    assert_eq!(done["removed"], json!([]));
    assert_eq!(
        story.read_there("link.txt").await.as_deref(),
        Some("words of S3")
    );
    // a file of the name in another folder of the style is the one that counts
    story.in_folder("inkk", "sub.txt", "words of S3");
    assert_eq!(story.look().await["counts"]["both"], 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_looked_into_is_not_taken_for_one_without_sets_and_versions() {
    let story = Story::begin().await;
    let folder = story.folder("ink");
    fs::create_dir_all(folder.parent().unwrap()).unwrap();
    // a link that leads nowhere but to itself
    symlink(&folder, &folder).unwrap();
    for list in ["selection-sets", "training-versions"] {
        let path = format!("/api/styles/{}/{list}", story.style);
        let answer = story.studio.get(&path).await;
        assert!(answer.status >= 500, "{list}: {}", answer.text);
    }
}
