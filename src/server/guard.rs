//! Who may talk to the page's listener: this machine's own browser, on this studio's own pages.
//!
//! A site on the internet can make a browser send requests to 127.0.0.1 (CSRF) or point a name of its own at it (DNS
//! rebinding). So the `Host` must be a loopback name (or the one of `PUBLIC_URL`), and a request that changes something
//! must not come from another origin. Also sets the headers that every answer carries.

use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Middleware: refuses foreign hosts and origins.
pub async fn own_pages_only(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = headers
        .get(header::HOST)
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned)
        .or_else(|| request.uri().authority().map(|a| a.to_string()));
    let Some(host) = host.filter(|h| is_own(&state, h)) else {
        return refuse("This studio answers only under its own address.");
    };
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if changes && let Some(origin) = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok()) {
        let from = origin.split_once("://").map_or("", |(_, rest)| rest);
        // a private window sends `null`; forms of our own pages always name their origin
        if from != host && !is_public(&state, from) {
            return refuse("A page of another site asked for a change; it was refused.");
        }
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn is_own(state: &AppState, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        || name == state.config.host.to_string()
        || is_public(state, host)
}

fn is_public(state: &AppState, host: &str) -> bool {
    let public = state.config.tunnel.public_url.as_deref();
    public.is_some_and(|url| {
        url.split_once("://")
            .is_some_and(|(_, rest)| rest.split('/').next() == Some(host))
    })
}

fn refuse(message: &str) -> Response {
    AppError::new(ErrorKind::Forbidden, message).into_response()
}
