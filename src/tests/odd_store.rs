//! A store that speaks S3 as some do: it ignores the conditions of writes, refuses them, or lists without ETags. Checks no
//! signatures.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    IgnoresIfNoneMatch,
    IgnoresIfMatch,
    RefusesConditions,
    ListsNoEtags,
    DropsMetadata,
}

type Objects = BTreeMap<String, (Bytes, Option<String>)>;

#[derive(Clone)]
struct Store {
    oddity: Oddity,
    objects: Arc<Mutex<Objects>>,
}

/// Serves one; its address.
pub async fn serve(oddity: Oddity) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let store = Store {
        oddity,
        objects: Arc::default(),
    };
    let router = Router::new().fallback(answer).with_state(store);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn answer(State(store): State<Store>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let path = head.uri.path().trim_start_matches('/');
    let key = path.split_once('/').map_or("", |(_, key)| key).to_owned();
    match head.method {
        Method::PUT => store.put(key, body, &head.headers),
        Method::DELETE => {
            store.objects().remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ if key.is_empty() => store.list(head.uri.query().unwrap_or_default()),
        _ => store.get(&key),
    }
}

fn refused(status: StatusCode, code: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code></Error>")).into_response()
}

fn etag(body: &Bytes) -> String {
    use md5::{Digest, Md5};
    format!("\"{}\"", hex::encode(Md5::digest(body)))
}

impl Store {
    fn objects(&self) -> std::sync::MutexGuard<'_, Objects> {
        self.objects.lock().expect("not poisoned")
    }

    fn put(&self, key: String, body: Bytes, headers: &HeaderMap) -> Response {
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        let (absent, unchanged) = (text("if-none-match"), text("if-match"));
        let mut objects = self.objects();
        let there = objects.get(&key).map(|(body, _)| etag(body));
        let exists = absent.is_some() && there.is_some();
        let changed = unchanged.is_some() && unchanged != there.as_deref();
        match self.oddity {
            Oddity::RefusesConditions if absent.or(unchanged).is_some() => {
                return refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented");
            }
            Oddity::IgnoresIfNoneMatch if exists => {}
            Oddity::IgnoresIfMatch if changed => {}
            _ if exists || changed => {
                return refused(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
            }
            _ => {}
        }
        let marks = text("x-amz-meta-writes").map(str::to_owned);
        let etag = etag(&body);
        objects.insert(key, (body, marks));
        [(header::ETAG, etag)].into_response()
    }

    fn get(&self, key: &str) -> Response {
        let objects = self.objects();
        let Some((body, marks)) = objects.get(key) else {
            return refused(StatusCode::NOT_FOUND, "NoSuchKey");
        };
        let mut response = ([(header::ETAG, etag(body))], body.clone()).into_response();
        if let Some(marks) = marks
            .as_ref()
            .filter(|_| self.oddity != Oddity::DropsMetadata)
        {
            let marks = marks.parse().expect("a header's value");
            response.headers_mut().insert("x-amz-meta-writes", marks);
        }
        response
    }

    fn list(&self, query: &str) -> Response {
        let query: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let prefix = query.get("prefix").map_or("", |p| p.as_ref());
        let mut xml = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
        for (key, (body, _)) in self.objects().range(prefix.to_owned()..) {
            if !key.starts_with(prefix) {
                break;
            }
            let etag = match self.oddity {
                Oddity::ListsNoEtags => String::new(),
                _ => format!("<ETag>{}</ETag>", etag(body)),
            };
            let size = body.len();
            write!(
                xml,
                "<Contents><Key>{key}</Key><Size>{size}</Size>{etag}</Contents>"
            )
            .expect("text can be written");
        }
        xml += "</ListBucketResult>";
        ([(header::CONTENT_TYPE, "application/xml")], xml).into_response()
    }
}
