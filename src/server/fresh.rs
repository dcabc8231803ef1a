//! Middleware: a request sees what other servers wrote before it came, where documents are shared. Pictures make do with what was
//! known seconds ago: a page asks for hundreds of them, and what they show does not lie in the documents.

use crate::server::state::AppState;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::time::Duration;

/// How old what a picture's request knows may be.
const PICTURES: Duration = Duration::from_secs(5);

pub async fn caught_up(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if let Some(within) = may_be_old(request.method(), request.uri().path()) {
        state.documents.catch_up(within).await;
    }
    next.run(request).await
}

/// `None` for what needs no documents.
fn may_be_old(method: &Method, path: &str) -> Option<Duration> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let is_file = ["/pkg/", "/favicon"].iter().any(|p| path.starts_with(p));
    let is_picture = path.contains("/images/") || path.ends_with("/cover");
    match (is_read, is_file, is_picture) {
        (true, true, _) => None,
        (true, _, true) => Some(PICTURES),
        _ => Some(Duration::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_and_files_may_be_of_earlier() {
        let of = |method, path| may_be_old(&method, path);
        assert_eq!(of(Method::GET, "/pkg/actor_maker.css"), None);
        let picture = "/api/styles/1/images/a.jpg/thumbnail";
        assert_eq!(of(Method::GET, picture), Some(PICTURES));
        assert_eq!(of(Method::PUT, picture), Some(Duration::ZERO));
        for path in ["/", "/styles/1/data", "/api/styles/1/images", "/rpc/cards"] {
            assert_eq!(of(Method::GET, path), Some(Duration::ZERO), "{path}");
        }
    }
}
