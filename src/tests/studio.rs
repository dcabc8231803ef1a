//! A studio for stories: temporary folders, embedded parts on free ports, the real routers, a clock that tests set forward.
//!
//! The reconciler's loop does not run: stories call `reconcile_once` when they want time to have passed.

use crate::rehearsal;
use crate::server::config::{Config, RunpodConfig};
use crate::server::documents;
use crate::server::serve::OWNED;
use crate::server::state::{AppState, Clock, system_clock};
use crate::server::{listen, router};
use crate::styles::model::StyleId;
use crate::training::server::webhook;
use leptos::config::LeptosOptions;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

pub const PUBLIC_URL: &str = "https://studio.example.com";

/// What a studio is started with; the default is a first start with nothing configured.
#[derive(Default)]
pub struct Setup {
    /// An ActorMaker folder to work on; otherwise an empty one.
    pub folder: Option<PathBuf>,
    /// Takes the place of the local endpoint.
    pub runpod: Option<RunpodConfig>,
    /// More variables of the environment.
    pub variables: Vec<(&'static str, String)>,
    /// How long a small answer of S3 is waited for.
    pub s3_answers_within: Option<Duration>,
}

/// A running studio; ends with the test's runtime.
pub struct TestStudio {
    pub state: AppState,
    /// `http://127.0.0.1:…` of pages and `/api`
    pub page: String,
    /// the webhook's own listener
    pub hook: String,
    ahead_ms: Arc<AtomicI64>,
    http: reqwest::Client,
    own: tempfile::TempDir,
}

impl TestStudio {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// A studio whose trainer is `runpod` and which can be reached from outside at [`PUBLIC_URL`].
    pub async fn on(runpod: &super::fake_runpod::FakeRunpod) -> Self {
        let setup = Setup {
            runpod: Some(runpod.config()),
            variables: vec![("PUBLIC_URL", PUBLIC_URL.into())],
            ..Setup::default()
        };
        Self::with(setup).await
    }

    pub async fn with(setup: Setup) -> Self {
        let own = tempfile::tempdir().expect("a temporary folder");
        let config = config(&own, &setup);
        let mut systems = rehearsal::start(&config)
            .await
            .expect("the embedded parts start");
        if let Some(within) = setup.s3_answers_within {
            systems.s3.answer_within = within;
        }
        let leptos = LeptosOptions::builder().output_name("actor_maker").build();
        let ahead_ms = Arc::new(AtomicI64::new(0));
        let state = AppState::new(
            config,
            &systems.s3,
            systems.runpod,
            leptos,
            clock(&ahead_ms),
        )
        .rehearsing(systems.rehearsed_runs);
        let opened = documents::open(&state.documents, &state.config, OWNED);
        let opened = Box::pin(opened).await;
        opened.expect("the documents can be read");
        let page = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let hook = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = |listener: &TcpListener| listener.local_addr().expect("an address");
        let (page_at, hook_at) = (address(&page), address(&hook));
        state.webhook_address.set(hook_at).expect("set once");
        let (pages, only) = (
            router::pages(state.clone()),
            webhook::only_router(state.clone()),
        );
        tokio::spawn(listen::serve(page, pages, listen::PAGE));
        tokio::spawn(listen::serve(hook, only, listen::WEBHOOK));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            state,
            page: format!("http://{page_at}"),
            hook: format!("http://{hook_at}"),
            ahead_ms,
            http: http.build().expect("a client"),
            own,
        }
    }

    /// Sets the studio's clock forward.
    pub fn pass(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).expect("not for ever");
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets it back, as a person does who finds it wrong.
    pub fn set_back(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).expect("not for ever");
        self.ahead_ms.fetch_sub(ms, Ordering::SeqCst);
    }

    /// The ActorMaker folder.
    pub fn folder(&self) -> &Path {
        &self.state.config.actor_maker_dir
    }

    pub fn state_dir(&self) -> PathBuf {
        self.own.path().join("state")
    }

    /// The variables with which another studio uses this one's embedded bucket.
    pub fn s3_variables(&self) -> Vec<(&'static str, String)> {
        let file = std::fs::read_to_string(self.state_dir().join("rehearsal.env")).expect("keys");
        let value = |name: &str| {
            let line = file
                .lines()
                .find(|l| l.contains(&format!("export {name}=")));
            let quoted = line.and_then(|l| l.split('\'').nth(1));
            quoted.expect("it is there").to_owned()
        };
        let names = [
            "S3_USER_BUCKET",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ENDPOINT_URL_S3",
        ];
        names.map(|name| (name, value(name))).into()
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a body"),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.page))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body))
            .await
    }

    /// Sends a webhook as RunPod would: to the address in the job it was given, through the tunnel.
    pub async fn deliver(&self, sent: &Value, body: &Value) -> Answer {
        let url = sent["webhook"].as_str().expect("an address");
        let url = url.replacen(PUBLIC_URL, &self.hook, 1);
        self.send(self.http.post(url).json(body)).await
    }

    /// Asks the listener the tunnel is pointed at.
    pub async fn through_the_tunnel(&self, method: Method, path: &str, body: String) -> Answer {
        self.send(
            self.http
                .request(method, format!("{}{path}", self.hook))
                .body(body),
        )
        .await
    }

    /// A style with `count` captioned images (`boat 0.png`, …) and a set of all of them; the style's id.
    pub async fn ready_style(&self, count: usize) -> String {
        let draft =
            json!({"title": format!("Ink {}", uuid::Uuid::new_v4()), "triggerWords": "ink"});
        let made = self.post("/api/styles", &draft).await.expect(201);
        let style = made["style"]["id"].as_str().expect("an id").to_owned();
        let names: Vec<String> = (0..count).map(|n| format!("boat {n}.png")).collect();
        for (n, name) in names.iter().enumerate() {
            self.put_object(&style, name, &picture()).await;
            let caption = name.replace(".png", ".txt");
            self.put_object(&style, &caption, format!("a quiet boat {n}").as_bytes())
                .await;
        }
        if count > 0 {
            self.save_set(&style, &names).await;
        }
        style
    }

    /// Saves a set; its id.
    pub async fn save_set(&self, style: &str, names: &[impl AsRef<str>]) -> u64 {
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let sets = format!("/api/styles/{style}/selection-sets");
        let made = self
            .post(&sets, &json!({ "filenames": names }))
            .await
            .expect(201);
        made["set"]["id"].as_u64().expect("an id")
    }

    /// Puts a file straight into the bucket.
    pub async fn put_object(&self, style: &str, name: &str, bytes: &[u8]) {
        use crate::server::s3::Precondition;
        let key = format!("styles/{style}/{name}");
        let put = self.state.s3.put(
            &key,
            bytes.to_vec(),
            "application/octet-stream",
            Precondition::None,
        );
        put.await.expect("the bucket takes it");
    }

    /// Starts a run on set 1.
    pub async fn start_run(&self, style: &str, name: &str) -> Answer {
        self.post("/api/training/start", &run(style, name)).await
    }

    pub async fn versions(&self, style: &str) -> Vec<Value> {
        let path = format!("/api/styles/{style}/training-versions");
        let list = self.get(&path).await.expect(200);
        list["versions"].as_array().expect("a list").clone()
    }

    /// The only version of a style.
    pub async fn version(&self, style: &str) -> Value {
        let versions = self.versions(style).await;
        assert_eq!(versions.len(), 1, "{versions:?}");
        versions[0].clone()
    }

    /// The messages of the only version's event log.
    pub async fn events(&self, style: &str) -> Vec<String> {
        let id = self.version(style).await["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let path = format!("/api/styles/{style}/training-versions/{id}/events");
        let events = self.get(&path).await.expect(200);
        let events = events["events"].as_array().expect("a list").iter();
        events
            .map(|e| e["message"].as_str().expect("text").to_owned())
            .collect()
    }

    /// Where a new style's documents lie.
    pub fn style_folder(&self, style: &str) -> PathBuf {
        let style = StyleId::parse(style).expect("an id");
        let known = crate::styles::server::get(&self.state, &style).expect("it exists");
        let folder = known.folders.first().expect("it has a folder");
        self.folder().join("resources/style_images").join(folder)
    }
}

fn config(own: &tempfile::TempDir, setup: &Setup) -> Config {
    let path = |name: &str| own.path().join(name).display().to_string();
    let folder = setup
        .folder
        .as_ref()
        .map_or(path("folder"), |f| f.display().to_string());
    let mut variables = vec![("ACTOR_MAKER_DIR", folder), ("STATE_DIR", path("state"))];
    for port in [
        "PORT",
        "WEBHOOK_PORT",
        "REHEARSAL_S3_PORT",
        "REHEARSAL_RUNPOD_PORT",
    ] {
        variables.push((port, "0".into()));
    }
    variables.push(("REHEARSAL_STEPS_PER_SECOND", "100000".into()));
    variables.extend(setup.variables.clone());
    let find = |name: &str| {
        variables
            .iter()
            .rev()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.clone())
    };
    let mut config = Config::from_lookup(&find).expect("a sound configuration");
    config.runpod = setup.runpod.clone();
    config
}

/// Lets the model of a run appear in the bucket as the container would write it.
pub async fn upload_model(studio: &TestStudio, style: &str, name: &str) {
    use crate::server::s3::Precondition;
    let key = format!("actor_maker_user/custom-styles-models/style_{style}_{name}.safetensors");
    let put = studio.state.s3.put(
        &key,
        model(),
        "application/octet-stream",
        Precondition::None,
    );
    put.await.expect("the bucket takes it");
}

/// A whole model file of one tensor.
pub fn model() -> Vec<u8> {
    let head = br#"{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#;
    let length = (head.len() as u64).to_le_bytes();
    [&length[..], head, &[0; 4]].concat()
}

fn clock(ahead_ms: &Arc<AtomicI64>) -> Clock {
    let (now, ahead_ms) = (system_clock(), Arc::clone(ahead_ms));
    Arc::new(move || now() + ahead_ms.load(Ordering::SeqCst))
}

/// The body of a start on set 1 with every parameter at its default.
pub fn run(style: &str, name: &str) -> Value {
    json!({"styleId": style, "selectionSetId": 1, "name": name, "parameters": {}})
}

/// A PNG the trainer can use.
pub fn picture() -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let grey = image::GrayImage::from_pixel(512, 512, image::Luma([128]));
    grey.write_to(&mut file, image::ImageFormat::Png)
        .expect("a picture");
    file.into_inner()
}

/// An answer read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The JSON of an answer that must have this status; `Null` without a body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// A refusal in the form all of `/api` uses; its fields by name.
    #[track_caller]
    pub fn refused(self, status: u16) -> Vec<String> {
        let kind = self.header("content-type");
        assert_eq!(kind, "application/problem+json", "{}", self.text);
        let problem = self.expect(status);
        assert_eq!(problem["status"], status);
        let errors = problem["errors"].as_array().into_iter().flatten();
        errors
            .map(|e| e["field"].as_str().expect("a field").to_owned())
            .collect()
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default()
    }
}
