//! What the tests of this room work with: a served endpoint, a fake S3 and a webhook receiver, all over HTTP.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri},
    response::IntoResponse,
    routing::post,
};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::rehearsal::{
    endpoint::{LocalEndpointOptions, Timing, serve},
    trainer::RehearsalTrainerOptions,
};

pub(crate) const KEY: &str = "rpa_test";
/// Nothing in these tests takes longer unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A served endpoint; stops when dropped.
pub(crate) struct TestEndpoint {
    pub base: String,
    pub http: reqwest::Client,
    task: JoinHandle<std::io::Result<()>>,
}

/// How an endpoint is started.
pub(crate) struct Start {
    pub dir: PathBuf,
    pub timing: Timing,
    pub faults: &'static str,
    pub s3: FakeS3,
    pub steps_per_second: f64,
}

impl Start {
    /// With the built-in trainer kept away, so that a test plays the worker.
    pub fn without_trainer(dir: &tempfile::TempDir) -> Self {
        Self {
            faults: "throttled",
            ..Self::with_trainer(dir, FakeS3::nowhere())
        }
    }

    pub fn with_trainer(dir: &tempfile::TempDir, s3: FakeS3) -> Self {
        let timing = Timing {
            long_poll: Duration::from_millis(300),
            webhook_tries: [
                Duration::ZERO,
                Duration::from_millis(100),
                Duration::from_millis(300),
            ],
            ..Timing::default()
        };
        Self {
            dir: dir.path().to_owned(),
            timing,
            faults: "",
            s3,
            steps_per_second: 100_000.0,
        }
    }

    pub async fn go(self) -> TestEndpoint {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let endpoint = LocalEndpointOptions {
            dir: self.dir,
            endpoint_id: "local".to_owned(),
            api_key: KEY.to_owned(),
            timing: self.timing,
        };
        let trainer = RehearsalTrainerOptions {
            s3: self.s3.client(),
            bucket: "studio".to_owned(),
            public_s3_base: self.s3.base.clone(),
            steps_per_second: self.steps_per_second,
            faults: self.faults.parse().expect("known faults"),
        };
        TestEndpoint {
            base: format!("http://{address}/v2/local"),
            http: reqwest::Client::new(),
            task: tokio::spawn(serve(listener, endpoint, trainer)),
        }
    }
}

impl Drop for TestEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestEndpoint {
    /// Stops it as a killed process stops, and waits until the queue is free.
    pub async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    pub async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.base));
        request.bearer_auth(KEY).send().await.expect("an answer")
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.bearer_auth(KEY).json(body);
        request.send().await.expect("an answer")
    }

    /// Submits and answers the id.
    pub async fn run(&self, body: Value) -> String {
        let answer = self.post("/run", &body).await;
        assert_eq!(answer.status(), 200);
        let answer = json_of(answer).await;
        assert_eq!(answer["status"], "IN_QUEUE");
        answer["id"].as_str().expect("an id").to_owned()
    }

    pub async fn status(&self, id: &str) -> Value {
        json_of(self.get(&format!("/status/{id}")).await).await
    }

    /// The job once `wanted` holds of it.
    pub async fn until(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let poll = async {
            loop {
                let job = self.status(id).await;
                if wanted(&job) {
                    return job;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, poll).await {
            Ok(job) => job,
            Err(_) => panic!("it did not come about: {}", self.status(id).await),
        }
    }

    /// The job once it has this status (a number for a problem body).
    pub async fn until_status(&self, id: &str, status: impl Into<Value>) -> Value {
        let status = status.into();
        self.until(id, |job| job["status"] == status).await
    }

    /// Takes a job as a worker does; `None` for 204.
    pub async fn take(&self, worker: &str) -> Option<Value> {
        let path = format!("/job-take/{worker}?gpu=local&job_in_progress=0");
        let answer = self.get(&path).await;
        if answer.status() == 204 {
            return None;
        }
        assert_eq!(answer.status(), 200);
        Some(json_of(answer).await)
    }

    /// Posts a result or progress as a worker does.
    pub async fn done(&self, worker: &str, id: &str, body: Value) {
        let path = format!("/job-done/{worker}/{id}?gpu=local&isStream=false");
        assert_eq!(self.post(&path, &body).await.status(), 200);
    }
}

/// Waits until something holds.
pub(crate) async fn eventually(holds: impl Fn() -> bool, what: &str) {
    let poll = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, poll).await;
    assert!(came.is_ok(), "{what}: it did not come about");
}

pub(crate) async fn json_of(answer: Response) -> Value {
    answer.json().await.expect("JSON")
}

/// An S3 of objects in memory, path style, as much of it as the trainer uses.
#[derive(Clone)]
pub(crate) struct FakeS3 {
    pub base: String,
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
}

impl FakeS3 {
    /// An address where nothing answers, for tests in which nobody asks.
    pub fn nowhere() -> Self {
        Self {
            base: "http://127.0.0.1:1".to_owned(),
            objects: Arc::default(),
        }
    }

    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let s3 = Self {
            base: format!("http://{address}"),
            objects: Arc::default(),
        };
        let router = Router::new().fallback(object).with_state(s3.clone());
        // 1 GiB: a model file must fit
        let router = router.layer(axum::extract::DefaultBodyLimit::max(1 << 30));
        tokio::spawn(async move { axum::serve(listener, router).await });
        s3
    }

    /// Puts an object under `bucket/key`.
    pub fn put(&self, path: &str, content: impl Into<Bytes>) {
        let mut objects = self.objects.lock().expect("the objects");
        objects.insert(path.to_owned(), content.into());
    }

    pub fn get(&self, path: &str) -> Option<Bytes> {
        self.objects.lock().expect("the objects").get(path).cloned()
    }

    pub fn client(&self) -> aws_sdk_s3::Client {
        use aws_sdk_s3::config::{
            Credentials, Region, RequestChecksumCalculation, retry::RetryConfig,
        };
        let config = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.base)
            .force_path_style(true)
            .retry_config(RetryConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }
}

async fn object(
    State(s3): State<FakeS3>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> axum::response::Response {
    let path = percent_encoding::percent_decode_str(uri.path().trim_start_matches('/'));
    let path = path.decode_utf8_lossy().into_owned();
    if method == Method::PUT {
        s3.put(&path, body);
        return StatusCode::OK.into_response();
    }
    match s3.get(&path) {
        Some(content) => content.into_response(),
        None => {
            let error = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>absent</Message></Error>";
            (StatusCode::NOT_FOUND, error).into_response()
        }
    }
}

/// A webhook receiver.
pub(crate) struct Receiver {
    pub url: String,
    got: watch::Receiver<Vec<Bytes>>,
}

impl Receiver {
    /// Answers the given codes one after another, then 200.
    pub async fn start(codes: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (tell, got) = watch::channel(Vec::new());
        let tell = Arc::new(tell);
        let receive = move |body: Bytes| async move {
            let mut number = 0;
            tell.send_modify(|got: &mut Vec<Bytes>| {
                number = got.len();
                got.push(body);
            });
            let code = codes.get(number).copied().unwrap_or(200);
            StatusCode::from_u16(code).expect("a status code")
        };
        let router = Router::new().route("/hook", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            url: format!("http://{address}/hook"),
            got,
        }
    }

    /// The bodies once there are this many.
    pub async fn bodies(&self, count: usize) -> Vec<Bytes> {
        let mut got = self.got.clone();
        let enough = got.wait_for(|got| got.len() >= count);
        match tokio::time::timeout(PATIENCE, enough).await {
            Ok(got) => got.expect("the receiver lives").clone(),
            Err(_) => panic!("{count} webhooks wanted, {} came", self.got.borrow().len()),
        }
    }

    /// The bodies as JSON once there are this many.
    pub async fn jobs(&self, count: usize) -> Vec<Value> {
        let bodies = self.bodies(count).await;
        bodies
            .iter()
            .map(|body| serde_json::from_slice(body).expect("JSON"))
            .collect()
    }
}

/// A body for `/run` that only a test's worker can do.
pub(crate) fn small_job(number: u32) -> Value {
    json!({"input": {"number": number, "training_config": {"request_id": format!("16_{number}")}}})
}
