//! A RunPod endpoint over HTTP that does as a story says: takes jobs, refuses them, or takes them and loses the answer.

use crate::server::config::{ANSWER_WITHIN, RunpodConfig};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

pub const API_KEY: &str = "rpa_s3cr3t-of-the-endpoint";

/// What `/run` does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum OnRun {
    #[default]
    Take,
    /// Takes nothing, answers this status.
    Refuse(u16),
    /// Takes the job; the connection breaks before the answer is out.
    TakeAndBreak,
    /// Takes nothing; the connection breaks.
    Break,
    /// Takes the job and never answers.
    TakeAndHang,
}

/// What `/status` answers instead of JSON with 200.
#[derive(Clone, Debug)]
pub enum Raw {
    /// Status, body, seconds of `Retry-After`.
    Answer(u16, String, Option<u32>),
    /// The connection breaks in mid-answer.
    Cut,
}

impl Raw {
    pub fn answer(status: u16, body: &str) -> Self {
        Self::Answer(status, body.to_owned(), None)
    }
}

#[derive(Default)]
struct Inner {
    /// the key that is taken instead of [`API_KEY`]
    key: Option<String>,
    is_deleted: bool,
    raw: HashMap<String, Raw>,
    on_run: OnRun,
    /// in order of arrival: id and body
    jobs: Vec<(String, Value)>,
    /// what `/status` answers instead of `IN_QUEUE`; `Null` is a 404
    status: HashMap<String, Value>,
    /// whether `/requests` can be read
    lists: bool,
    /// a file whose text is kept whenever `/run` is called
    watched: Option<PathBuf>,
    seen: Vec<Option<String>>,
    cancelled: Vec<String>,
}

/// The fake; cheap to clone.
#[derive(Clone)]
pub struct FakeRunpod {
    inner: Arc<Mutex<Inner>>,
    base_url: String,
}

impl FakeRunpod {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let base_url = format!("http://{}/v2", listener.local_addr().expect("an address"));
        let inner = Arc::new(Mutex::new(Inner {
            lists: true,
            ..Inner::default()
        }));
        let router = Router::new()
            .route("/v2/fake/run", post(take))
            .route("/v2/fake/status/{id}", get(status))
            .route("/v2/fake/cancel/{id}", post(cancel))
            .route("/v2/fake/requests", get(requests))
            .route(
                "/v2/fake/health",
                get(|| async { Json(json!({"jobs": {}, "workers": {"idle": 1}})) }),
            )
            .layer(middleware::from_fn_with_state(Arc::clone(&inner), entry))
            .with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inner, base_url }
    }

    pub fn config(&self) -> RunpodConfig {
        RunpodConfig {
            endpoint_id: "fake".into(),
            api_key: API_KEY.into(),
            base_url: self.base_url.clone(),
            answer_within: ANSWER_WITHIN,
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    pub fn on_run(&self, does: OnRun) {
        self.inner().on_run = does;
    }

    /// From now on `/status` of this job answers so; `Null` is a 404.
    pub fn set_status(&self, id: &str, answer: Value) {
        self.inner().status.insert(id.to_owned(), answer);
    }

    /// From now on `/status` of this job answers so; `None`: as it did before.
    pub fn set_raw(&self, id: &str, raw: Option<Raw>) {
        let mut inner = self.inner();
        match raw {
            Some(raw) => inner.raw.insert(id.to_owned(), raw),
            None => inner.raw.remove(id),
        };
    }

    /// From now on only this key is taken.
    pub fn set_key(&self, key: &str) {
        self.inner().key = Some(key.to_owned());
    }

    /// Whether every address of the endpoint is a 404.
    pub fn delete_endpoint(&self, is_deleted: bool) {
        self.inner().is_deleted = is_deleted;
    }

    /// Makes `/requests` unreadable, as on the real service.
    pub fn hide_list(&self) {
        self.inner().lists = false;
    }

    /// Keeps this file's text at every `/run`.
    pub fn watch(&self, file: PathBuf) {
        self.inner().watched = Some(file);
    }

    /// The watched file as it was at each `/run`; `None` where it was absent.
    pub fn seen(&self) -> Vec<Option<String>> {
        self.inner().seen.clone()
    }

    /// Ids and bodies of the jobs that were taken.
    pub fn jobs(&self) -> Vec<(String, Value)> {
        self.inner().jobs.clone()
    }

    /// The only job.
    pub fn job(&self) -> (String, Value) {
        let jobs = self.jobs();
        assert_eq!(jobs.len(), 1, "{} jobs were taken", jobs.len());
        jobs.into_iter().next().expect("one")
    }

    pub fn cancelled(&self) -> Vec<String> {
        self.inner().cancelled.clone()
    }
}

type Shared = State<Arc<Mutex<Inner>>>;

/// The status is sent, the body breaks off.
fn broken() -> Response {
    let error = || Err::<Bytes, _>(std::io::Error::other("broken on purpose"));
    Body::from_stream(futures::stream::once(async move { error() })).into_response()
}

fn problem(status: u16) -> Response {
    let code = StatusCode::from_u16(status).expect("a status");
    (code, Json(json!({"status": status, "title": "as told"}))).into_response()
}

/// Middleware: the endpoint is there and the key is right.
async fn entry(State(inner): Shared, request: Request, next: Next) -> Response {
    let (key, is_deleted) = {
        let inner = inner.lock().expect("not poisoned");
        (inner.key.clone(), inner.is_deleted)
    };
    let key = format!("Bearer {}", key.as_deref().unwrap_or(API_KEY));
    let given = request.headers().get(header::AUTHORIZATION);
    if given.and_then(|v| v.to_str().ok()) != Some(&key) {
        return problem(401);
    }
    if is_deleted {
        return problem(404);
    }
    next.run(request).await
}

async fn take(State(inner): Shared, Json(body): Json<Value>) -> Response {
    let hangs = inner.lock().expect("not poisoned").on_run == OnRun::TakeAndHang;
    let answer = taken(&inner, body);
    if hangs {
        std::future::pending::<()>().await;
    }
    answer
}

fn taken(inner: &Mutex<Inner>, body: Value) -> Response {
    let mut inner = inner.lock().expect("not poisoned");
    let watched = inner.watched.clone();
    inner
        .seen
        .push(watched.and_then(|file| std::fs::read_to_string(file).ok()));
    let id = format!("{}-u1", uuid::Uuid::new_v4());
    match inner.on_run {
        OnRun::Refuse(status) => return problem(status),
        OnRun::Break => return broken(),
        OnRun::Take | OnRun::TakeAndBreak | OnRun::TakeAndHang => {
            inner.jobs.push((id.clone(), body));
        }
    }
    if inner.on_run == OnRun::TakeAndBreak {
        return broken();
    }
    Json(json!({"id": id, "status": "IN_QUEUE"})).into_response()
}

async fn status(State(inner): Shared, Path(id): Path<String>) -> Response {
    let inner = inner.lock().expect("not poisoned");
    match inner.raw.get(&id) {
        Some(Raw::Cut) => return broken(),
        Some(Raw::Answer(status, body, retry_after)) => {
            let code = StatusCode::from_u16(*status).expect("a status");
            let mut answer = (code, body.clone()).into_response();
            if let Some(seconds) = retry_after {
                let value = header::HeaderValue::from(*seconds);
                answer.headers_mut().insert(header::RETRY_AFTER, value);
            }
            return answer;
        }
        None => {}
    }
    match inner.status.get(&id) {
        Some(Value::Null) => problem(404),
        Some(answer) => Json(answer.clone()).into_response(),
        None if inner.jobs.iter().any(|(known, _)| *known == id) => {
            Json(json!({"id": id, "status": "IN_QUEUE"})).into_response()
        }
        None => problem(404),
    }
}

async fn cancel(State(inner): Shared, Path(id): Path<String>) -> Json<Value> {
    inner
        .lock()
        .expect("not poisoned")
        .cancelled
        .push(id.clone());
    Json(json!({"id": id, "status": "CANCELLED"}))
}

async fn requests(State(inner): Shared) -> Response {
    let inner = inner.lock().expect("not poisoned");
    if !inner.lists {
        return problem(404);
    }
    let listed = inner
        .jobs
        .iter()
        .map(|(id, body)| json!({"id": id, "input": body["input"]}));
    Json(json!({"requests": listed.collect::<Vec<_>>()})).into_response()
}
