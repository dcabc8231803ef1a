//! A store whose answers get lost: what is put arrives, and a proxy before it says that it failed.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Clone)]
pub struct Lossy {
    address: String,
    far: String,
    http: reqwest::Client,
    to_lose: Arc<AtomicU32>,
    lost: Arc<AtomicU32>,
}

impl Lossy {
    /// A proxy before an `http://` address of this machine.
    pub async fn before(far: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let lossy = Self {
            address: format!("http://{}", listener.local_addr().expect("an address")),
            far: far.to_owned(),
            http: reqwest::Client::new(),
            to_lose: Arc::default(),
            lost: Arc::default(),
        };
        let router = Router::new().fallback(pass_on).with_state(lossy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        lossy
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// The next answers to conditional writes are lost.
    pub fn lose_answers_of_puts(&self, count: u32) {
        self.to_lose.store(count, Ordering::SeqCst);
    }

    pub fn lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }

    fn loses(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let order = Ordering::SeqCst;
        let lost = self.to_lose.fetch_update(order, order, one_less).is_ok();
        if lost {
            self.lost.fetch_add(1, order);
        }
        lost
    }
}

async fn pass_on(State(lossy): State<Lossy>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 22).await.expect("a body");
    let conditional = ["if-match", "if-none-match"]
        .iter()
        .any(|h| head.headers.contains_key(*h));
    let is_write = head.method == Method::PUT && conditional;
    let path = head.uri.path_and_query().map_or("/", |p| p.as_str());
    // the signature covers the host: it goes on as it came
    let request = lossy
        .http
        .request(head.method, format!("{}{path}", lossy.far))
        .headers(head.headers)
        .body(body);
    let answer = request.send().await.expect("the store answers");
    if is_write && lossy.loses() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    let body = answer.bytes().await.expect("a body");
    (status, headers, body).into_response()
}
