//! Several servers on one bucket (`DOCUMENTS=s3`): each sees at once what the other wrote, nobody overwrites anybody, one start
//! makes one job, and a store that cannot keep the promise is refused.

use super::fake_runpod::FakeRunpod;
use super::lossy::Lossy;
use super::odd_store::{self, Oddity};
use super::studio::{PUBLIC_URL, Setup, TestStudio, run, upload_model};
use crate::server::config::Config;
use crate::server::documents::{self, Bucket, Documents};
use crate::server::s3::Precondition;
use crate::server::serve::OWNED;
use crate::training::server::reconcile::reconcile_once;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// A bucket's home, and two servers that share their documents in it.
struct Pair {
    home: TestStudio,
    runpod: FakeRunpod,
    servers: [TestStudio; 2],
}

/// A server on the bucket of `home`; `more` wins.
async fn server(
    home: &TestStudio,
    runpod: &FakeRunpod,
    more: &[(&'static str, String)],
) -> TestStudio {
    let mut variables = home.s3_variables();
    variables.push(("PUBLIC_URL", PUBLIC_URL.into()));
    variables.push(("DOCUMENTS", "s3".into()));
    variables.extend(more.iter().cloned());
    TestStudio::with(Setup {
        runpod: Some(runpod.config()),
        variables,
        ..Setup::default()
    })
    .await
}

impl Pair {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(more: &[(&'static str, String)]) -> Self {
        let (home, runpod) = (TestStudio::start().await, FakeRunpod::start().await);
        let servers = [
            server(&home, &runpod, more).await,
            server(&home, &runpod, more).await,
        ];
        Self {
            home,
            runpod,
            servers,
        }
    }

    /// The object of a document, as text.
    async fn object(&self, document: &str) -> String {
        let key = format!("actor_maker/documents/{document}");
        let (bytes, _) = self
            .home
            .state
            .s3
            .get(&key, 1 << 20)
            .await
            .expect("it is there");
        String::from_utf8(bytes.to_vec()).expect("text")
    }
}

#[tokio::test]
async fn what_one_server_writes_the_other_shows_at_once() {
    let pair = Pair::start().await;
    let [a, b] = &pair.servers;
    let style = a.ready_style(2).await;
    b.get(&format!("/api/styles/{style}")).await.expect(200);
    assert_eq!(b.save_set(&style, &["boat 0.png"]).await, 2);
    assert_eq!(a.save_set(&style, &["boat 1.png"]).await, 3);
    let path = format!("/api/styles/{style}");
    b.patch(&path, &json!({"title": "Wash"})).await.expect(200);
    assert_eq!(a.get(&path).await.expect(200)["style"]["title"], "Wash");
    a.start_run(&style, "V1").await.expect(202);
    assert_eq!(b.version(&style).await["name"], "V1");
    assert_eq!(b.events(&style).await[0], "recorded");
    let id = b.version(&style).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let path = format!("/api/styles/{style}/training-versions/{id}");
    let snapshot = b.get(&format!("{path}/snapshot")).await.expect(200);
    assert_eq!(snapshot["images"].as_array().map(Vec::len), Some(2));
    b.patch(&path, &json!({"description": "soft"}))
        .await
        .expect(200);
    assert_eq!(a.version(&style).await["description"], "soft");
    let costs = |s: &TestStudio| s.state.kept.read(Path::new("costs.json")).expect("read");
    assert!(costs(a).is_none() && !a.folder().join("data").exists());
    let keys = pair.home.state.s3.list("styles/").await.expect("a list");
    assert!(
        keys.iter().all(|o| !o.key.ends_with(".json")),
        "nothing of ours lies there"
    );
}

#[tokio::test]
async fn edits_through_two_servers_at_once_are_all_kept() {
    let pair = Pair::start().await;
    let style = pair.servers[0].ready_style(1).await;
    let sets = format!("/api/styles/{style}/selection-sets");
    let saves = (0..60).map(|n| {
        let body = json!({"filenames": ["boat 0.png"], "name": format!("set {n}")});
        let (server, sets) = (&pair.servers[n % 2], &sets);
        async move { server.post(sets, &body).await.expect(201)["set"]["id"].as_u64() }
    });
    let given = futures::future::join_all(saves).await;
    let ids: BTreeSet<_> = given.into_iter().map(|id| id.expect("an id")).collect();
    assert_eq!(ids, (2..=61).collect());
    for server in &pair.servers {
        let listed = server.get(&sets).await.expect(200);
        assert_eq!(listed["sets"].as_array().map(Vec::len), Some(61));
    }
}

#[tokio::test]
async fn one_start_at_two_servers_makes_one_job() {
    let pair = Pair::start().await;
    let style = pair.servers[0].ready_style(2).await;
    let body = run(&style, "V1");
    let start = |n: usize| {
        let server = &pair.servers[n % 2];
        let request = server.request(Method::POST, "/api/training/start");
        server.send(request.header("Idempotency-Key", "a").json(&body))
    };
    let answers = futures::future::join_all((0..8).map(start)).await;
    let ids = answers
        .into_iter()
        .map(|a| a.expect(202)["version"]["id"].to_string());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 1);
    pair.runpod.job();
    let [a, b] = &pair.servers;
    // without a key the name decides: one is told that it is taken
    let both = tokio::join!(a.start_run(&style, "V2"), b.start_run(&style, "V2"));
    let statuses = BTreeSet::from([both.0.status, both.1.status]);
    assert_eq!(statuses, BTreeSet::from([202, 409]));
    assert_eq!(pair.runpod.jobs().len(), 2);
}

#[tokio::test]
async fn two_servers_together_keep_a_sweeps_limit_in_flight() {
    let pair = Pair::start().await;
    let [a, b] = &pair.servers;
    let style = a.ready_style(2).await;
    let mut sweep = run(&style, "V1");
    sweep["vary"] = json!([{"parameter": "network_dim", "values": "4, 8, 16, 32, 64, 128"}]);
    sweep["inFlight"] = json!(2);
    a.post("/api/training/sweeps", &sweep).await.expect(202);
    for _ in 0..3 {
        tokio::join!(reconcile_once(&a.state), reconcile_once(&b.state));
        assert_eq!(pair.runpod.jobs().len(), 2);
    }
}

#[tokio::test]
async fn two_servers_that_watch_one_run_settle_it_once() {
    let pair = Pair::start().await;
    let [a, b] = &pair.servers;
    let style = a.ready_style(2).await;
    a.start_run(&style, "V1").await.expect(202);
    let (id, sent) = pair.runpod.job();
    let running = json!({"id": id, "status": "IN_PROGRESS", "output": {"step": 4, "total": 80}});
    pair.runpod.set_status(&id, running);
    tokio::join!(reconcile_once(&a.state), reconcile_once(&b.state));
    upload_model(a, &style, "V1").await;
    let done = json!({"id": id, "status": "COMPLETED", "output": {"status": "success"}});
    pair.runpod.set_status(&id, done.clone());
    let (told, ..) = tokio::join!(
        b.deliver(&sent, &done),
        reconcile_once(&a.state),
        reconcile_once(&b.state)
    );
    assert_eq!(told.status, 200);
    for server in &pair.servers {
        assert_eq!(server.version(&style).await["status"], "completed");
        let events = server.events(&style).await;
        let ends = events.iter().filter(|e| e.starts_with("completed")).count();
        assert_eq!(ends, 1, "{events:?}");
        let distinct: BTreeSet<_> = events.iter().collect();
        assert_eq!(distinct.len(), events.len(), "{events:?}");
    }
}

#[tokio::test]
async fn a_run_whose_server_died_is_settled_by_the_other() {
    let pair = Pair::start().await;
    let [_, b] = &pair.servers;
    let style = b.ready_style(2).await;
    // the first server recorded it and was killed before it was sent
    let now = b.state.now_iso();
    let record = json!({"versions": [{"id": format!("style_{style}_1"), "name": "V1", "timestamp": now, "parameters": {},
        "status": "pending", "requestId": format!("{style}_1"), "ttlMs": 90_000_000, "modelName": "m"}]});
    let key =
        format!("actor_maker/documents/resources/style_images/{style}/training_versions.json");
    let put = pair.home.state.s3.put(
        &key,
        record.to_string().into_bytes(),
        "application/json",
        Precondition::None,
    );
    put.await.expect("written");
    assert_eq!(reconcile_once(&b.state).await, 1);
    b.pass(Duration::from_secs(50));
    assert_eq!(reconcile_once(&b.state).await, 0);
    let version = b.version(&style).await;
    let error = version["error"].as_str().expect("a reason");
    assert!(error.contains("never received"), "{error}");
    assert!(pair.runpod.jobs().is_empty());
}

#[tokio::test]
async fn a_broken_document_in_the_bucket_is_named_and_kept() {
    let pair = Pair::start().await;
    let [a, b] = &pair.servers;
    let style = a.ready_style(1).await;
    let document = format!("resources/style_images/{style}/selection_sets.json");
    let key = format!("actor_maker/documents/{document}");
    let put = pair.home.state.s3.put(
        &key,
        b"{\"sets\": [".to_vec(),
        "application/json",
        Precondition::None,
    );
    put.await.expect("written");
    let sets = format!("/api/styles/{style}/selection-sets");
    for server in [a, b] {
        let answer = server.get(&sets).await;
        assert!(answer.text.contains(&document), "{}", answer.text);
        answer.refused(500);
    }
    a.post(&sets, &json!({"filenames": ["boat 0.png"]}))
        .await
        .refused(500);
    assert_eq!(pair.object(&document).await, "{\"sets\": [");
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_made_twice() {
    let (home, runpod) = (TestStudio::start().await, FakeRunpod::start().await);
    let lossy = Lossy::before(&home.state.s3.address()).await;
    let address = ("AWS_ENDPOINT_URL_S3", lossy.address());
    let studio = server(&home, &runpod, &[address]).await;
    let style = studio.ready_style(1).await;
    for id in 2..6 {
        lossy.lose_answers_of_puts(4);
        assert_eq!(studio.save_set(&style, &["boat 0.png"]).await, id);
    }
    let sets = studio
        .get(&format!("/api/styles/{style}/selection-sets"))
        .await
        .expect(200);
    assert_eq!(sets["sets"].as_array().map(Vec::len), Some(5), "{sets}");
    assert!(lossy.lost() >= 4);
}

#[tokio::test]
async fn who_signed_in_at_one_server_is_in_at_the_other() {
    let password = ("ADMIN_PASSWORD", "correct horse battery".to_owned());
    let pair = Pair::with(&[password]).await;
    let [a, b] = &pair.servers;
    let form = "password=correct+horse+battery&next=%2F";
    let request = a
        .request(Method::POST, "/login")
        .header("content-type", "application/x-www-form-urlencoded");
    let signed_in = a.send(request.body(form)).await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.text);
    let cookie = signed_in
        .header("set-cookie")
        .split(';')
        .next()
        .expect("a cookie");
    let ask = async |server: &TestStudio| {
        let request = server.request(Method::GET, "/api/styles");
        server.send(request.header("cookie", cookie)).await
    };
    ask(b).await.expect(200);
    let made = a.state.access.make_token("script", a.state.now_iso()).await;
    made.expect("a token");
    let token = a.state.access.take_fresh().expect("shown once");
    let by_token = b.request(Method::GET, "/api/styles").bearer_auth(&token);
    b.send(by_token).await.expect(200);
    // the hash of a token cannot be made by somebody who can only write to the bucket
    assert!(
        !pair
            .object("studio/access.json")
            .await
            .contains(&crate::server::token::hash(&token))
    );
    let out = b.request(Method::POST, "/logout").header("cookie", cookie);
    b.send(out).await;
    ask(a).await.refused(401);
}

#[tokio::test]
async fn a_test_of_the_webhook_may_come_in_at_the_other_server() {
    let (home, runpod) = (TestStudio::start().await, FakeRunpod::start().await);
    let line = super::line::Line::unconnected().await;
    let public = ("PUBLIC_URL", line.address());
    let a = server(&home, &runpod, std::slice::from_ref(&public)).await;
    let b = server(&home, &runpod, &[public]).await;
    line.connect(&b.hook);
    for _ in 0..2 {
        let tested = a.post("/api/ngrok/test", &json!({})).await.expect(200);
        assert_eq!(tested["roundTrip"]["ok"], true, "{tested}");
    }
    line.connect(&home.hook);
    let tested = a.post("/api/ngrok/test", &json!({})).await.expect(200);
    assert_eq!(tested["roundTrip"]["ok"], false, "{tested}");
}

/// Opens documents at a store; what stops it.
async fn opened(address: &str, more: &[(&str, String)]) -> Result<Option<String>, String> {
    let mut variables = vec![
        ("S3_USER_BUCKET", "b".to_owned()),
        ("AWS_ACCESS_KEY_ID", "k".into()),
        ("AWS_SECRET_ACCESS_KEY", "s3cr3t".into()),
        ("AWS_ENDPOINT_URL_S3", address.to_owned()),
        ("DOCUMENTS", "s3".into()),
    ];
    variables.extend(more.iter().cloned());
    let find = |name: &str| {
        let found = variables.iter().rev().find(|(n, _)| *n == name);
        found.map(|(_, value)| value.clone())
    };
    let config = Config::from_lookup(&find).expect("a sound configuration");
    let s3 = crate::server::s3::S3::new(config.s3.as_ref().expect("a bucket"));
    let prefix = config.documents.as_ref().expect("shared").prefix.clone();
    let documents = Documents::Bucket(Bucket::new(s3, prefix));
    let opened = documents::open(&documents, &config, OWNED).await;
    opened.map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_store_that_cannot_keep_the_promise_is_refused_by_name_with_what_to_do() {
    for (oddity, told) in [
        (Oddity::IgnoresIfNoneMatch, "ignores If-None-Match"),
        (Oddity::IgnoresIfMatch, "ignores If-Match"),
        (
            Oddity::RefusesConditions,
            "refuses If-None-Match: * (NotImplemented)",
        ),
        (Oddity::ListsNoEtags, "ETags"),
        (Oddity::DropsMetadata, "metadata"),
    ] {
        let address = odd_store::serve(oddity).await;
        let error = opened(&address, &[]).await.expect_err("it is refused");
        for part in [told, &address, "DOCUMENTS=folder"] {
            assert!(error.contains(part), "{oddity:?}: {error}");
        }
        assert!(!error.contains("s3cr3t"));
    }
}

const REGISTRY: &str =
    r#"{"version": "1.0.0", "styles": [{"id": "5", "title": "Wash", "of_theirs": 1.0}]}"#;

/// An ActorMaker folder with one style, and a state folder with a preset.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let style = "resources/style_images/5_wahs";
    write("data/styles_registry.json", REGISTRY);
    write(
        &format!("{style}/selection_sets.json"),
        r#"{"sets":[{"id":4,"filenames":["a.jpg"]}]}"#,
    );
    write(
        &format!("{style}/training_versions.json"),
        r#"{"versions":[{"id":"style_5_1","name":"V1","status":"completed","timestamp":"2025-10-12T07:27:20.123Z","parameters":{}}]}"#,
    );
    write(
        &format!("{style}/training_runs/style_5_1/events.jsonl"),
        "{\"time\":\"2025-10-12T07:27:20.123Z\",\"witness\":\"studio\",\"message\":\"recorded\"}\n",
    );
    write(&format!("{style}/a.jpg"), "a picture");
    write("state/presets.json", r#"{"presets":[]}"#);
    write("state/access.json", r#"{"tokens":[]}"#);
    dir
}

#[tokio::test]
async fn the_documents_of_a_folder_are_copied_once_and_only_when_somebody_says_so() {
    let (home, runpod) = (TestStudio::start().await, FakeRunpod::start().await);
    let dir = folder();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let mut variables = home.s3_variables();
    variables.push(("ACTOR_MAKER_DIR", path("")));
    variables.push(("STATE_DIR", path("state")));
    let open = |copy: &str| {
        let mut all = variables.clone();
        all.push(("DOCUMENTS_COPY", copy.to_owned()));
        async move { opened("", &all).await }
    };
    let undecided = open("").await.expect_err("nobody has said");
    assert!(
        undecided.contains("DOCUMENTS_COPY=yes") && undecided.contains(&path("")),
        "{undecided}"
    );
    // what is there already stays: a copy that broke off is gone on with
    let there = "actor_maker/documents/resources/style_images/5_wahs/selection_sets.json";
    let theirs = br#"{"sets":[{"id":9,"filenames":["z.jpg"]}]}"#.to_vec();
    home.state
        .s3
        .put(there, theirs, "application/json", Precondition::None)
        .await
        .expect("written");
    let told = open("yes").await.expect("it copies").expect("it says so");
    assert!(
        told.starts_with("4 files") && told.contains(there),
        "{told}"
    );
    assert_eq!(open("yes").await, Ok(None), "once");
    let keys = home.state.s3.list("actor_maker/").await.expect("a list");
    let keys: Vec<&str> = keys
        .iter()
        .map(|o| o.key.trim_start_matches("actor_maker/"))
        .collect();
    assert_eq!(
        keys,
        [
            "documents/data/styles_registry.json",
            "documents/resources/style_images/5_wahs/selection_sets.json",
            "documents/resources/style_images/5_wahs/training_versions.json",
            "documents/studio/presets.json",
            "runs/resources/style_images/5_wahs/training_runs/style_5_1/events.jsonl",
        ]
    );
    let studio = server(&home, &runpod, &[]).await;
    let sets = studio.get("/api/styles/5/selection-sets").await.expect(200);
    assert_eq!(sets["sets"][0]["id"], 9);
    assert_eq!(studio.events("5").await, ["recorded"]);
    studio
        .patch("/api/styles/5", &json!({"title": "Soft"}))
        .await
        .expect(200);
    let (bytes, _) = home
        .state
        .s3
        .get("actor_maker/documents/data/styles_registry.json", 9_999)
        .await
        .expect("there");
    let registry: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(registry["styles"][0]["of_theirs"], json!(1.0));
    assert_eq!(
        std::fs::read_to_string(dir.path().join("data/styles_registry.json")).expect("there"),
        REGISTRY
    );
}

#[tokio::test]
async fn a_broken_document_of_the_folder_stops_the_copy_before_it_begins() {
    let home = TestStudio::start().await;
    let dir = folder();
    let broken = dir
        .path()
        .join("resources/style_images/5_wahs/training_versions.json");
    std::fs::write(&broken, "{").expect("written");
    let mut variables = home.s3_variables();
    variables.push(("ACTOR_MAKER_DIR", dir.path().display().to_string()));
    variables.push(("DOCUMENTS_COPY", "yes".into()));
    let error = opened("", &variables).await.expect_err("it is broken");
    assert!(error.contains(&broken.display().to_string()), "{error}");
    assert!(
        home.state
            .s3
            .list("actor_maker/documents")
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn while_the_bucket_is_away_what_is_known_is_shown_and_nothing_is_saved() {
    let (home, runpod) = (TestStudio::start().await, FakeRunpod::start().await);
    let line = super::line::Line::to(&home.state.s3.address()).await;
    let address = ("AWS_ENDPOINT_URL_S3", line.address());
    let studio = server(&home, &runpod, &[address]).await;
    studio
        .post("/api/styles", &json!({"title": "Wash"}))
        .await
        .expect(201);
    line.cut();
    let styles = studio.get("/api/styles").await.expect(200);
    assert_eq!(styles["styles"][0]["title"], "Wash");
    let refused = studio.post("/api/styles", &json!({"title": "Ink"})).await;
    assert!(
        refused.text.contains("styles_registry.json"),
        "{}",
        refused.text
    );
    refused.refused(503);
    let health = studio.get("/api/health").await;
    let health: Value = serde_json::from_str(&health.text).expect("JSON");
    let systems = health["systems"].as_array().expect("systems").iter();
    let documents = systems.clone().find(|s| s["system"] == "documents");
    assert_eq!(documents.expect("documents")["ok"], false);
    line.mend();
    studio
        .post("/api/styles", &json!({"title": "Ink"}))
        .await
        .expect(201);
}
