//! Who may talk to the page's listener: this machine's own browser, on this studio's own pages.
//!
//! A site on the internet can make a browser send requests to 127.0.0.1 (CSRF) or point a name of its own at it (DNS
//! rebinding). So the `Host` must be a loopback name, on a network also an IP address (which no foreign name can be), a name of
//! `ALLOWED_HOSTS` or the one of `PUBLIC_URL`; and a request that changes something must not come from another origin. What
//! comes in under `PUBLIC_URL` comes from the internet: without a password only the webhook answers there. Also sets the
//! headers that every answer carries.

use crate::error::{AppError, ErrorKind};
use crate::server::policy;
use crate::server::state::AppState;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Middleware: refuses foreign hosts and origins.
pub async fn own_pages_only(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if !request.uri().path().starts_with('/') {
        // `CONNECT host:port`, `OPTIONS *`: for proxies
        let error = AppError::new(ErrorKind::Invalid, "This is no address of the studio.");
        return error.into_response();
    }
    let Some(host) = host(&request).filter(|h| is_own(&state, h)) else {
        return refuse(
            "This studio answers only under its own address. Other names of it belong into ALLOWED_HOSTS.",
        );
    };
    let is_webhook = request.uri().path() == "/api/training-webhook";
    if !state.access.is_on() && !is_webhook && !is_here(&state, &host) {
        return refuse(
            "Under this address only the webhook answers. Set ADMIN_PASSWORD to open the studio there.",
        );
    }
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
    if changes && says(headers, "sec-fetch-site", "cross-site") {
        return refuse("A page of another site asked for a change; it was refused.");
    }
    let path = request.uri().path();
    let is_data = path.starts_with("/api/") || path.starts_with("/rpc/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // a page has set its own, with the nonce of its scripts
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = match is_data {
            true => policy::DATA.to_owned(),
            false => policy::file(&state),
        };
        if let Ok(value) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, value);
        }
    }
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

/// The name that was asked for: that of a whole address in the first line, else the one `Host`.
fn host(request: &Request) -> Option<String> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.to_string());
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next()?.to_str().ok()?.to_owned();
    hosts.next().is_none().then_some(host)
}

fn says(headers: &HeaderMap, name: &str, value: &str) -> bool {
    let given = headers.get(name).and_then(|v| v.to_str().ok());
    given == Some(value)
}

fn is_own(state: &AppState, host: &str) -> bool {
    is_here(state, host) || is_public(state, host)
}

/// Whether a `Host` names this machine, on its own or on the network it was opened to.
fn is_here(state: &AppState, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().to_ascii_lowercase();
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    let config = &state.config;
    matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
        || address == Some(config.host)
        || (address.is_some() && !config.host.is_loopback())
        || config.allowed_hosts.contains(&name)
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
