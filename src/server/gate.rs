//! The gate of the page's listener while a password is set: pages want a session, `/api` takes a script's token too. The sign-in
//! itself is plain HTML without scripts, so that nothing of the studio is sent before it.

use crate::error::{AppError, ErrorKind};
use crate::server::access::{SESSION_SECONDS, SignIn};
use crate::server::state::AppState;
use axum::extract::{ConnectInfo, Form, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;

/// From the head to the answer of a sign-in.
const ENTRY_WITHIN: Duration = Duration::from_secs(30);
const COOKIE: &str = "studio_session";
const PAGE: &str = include_str!("sign_in.html");

/// `/login` and `/logout`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/login", get(show).post(sign_in))
        .route("/logout", post(sign_out))
        // strangers reach these: a body that trickles in would hold a connection for ever
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            ENTRY_WITHIN,
        ))
}

/// Middleware: lets in who has signed in.
pub async fn signed_in_only(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if !state.access.is_on() || is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let headers = request.headers();
    let path = request.uri().path();
    let is_api = path == "/api" || path.starts_with("/api/");
    let by_session = session(headers).is_some_and(|s| state.access.is_session(s, state.now_ms()));
    let by_token = || bearer(headers).is_some_and(|t| state.access.is_token(t));
    if by_session || (is_api && by_token()) {
        return unkept(next.run(request).await);
    }
    if is_api {
        return unauthorized();
    }
    let is_page = headers
        .get(header::ACCEPT)
        .and_then(|v| v.to_str().ok())
        .is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"));
    if path.starts_with("/rpc/") && !(is_page && *request.method() == Method::POST) {
        // a page that is open in a window: its own form of an error
        let error = AppError::new(ErrorKind::Unauthorized, "You are signed out.")
            .with_remedy("Load the page again to sign in.");
        return (StatusCode::UNAUTHORIZED, Json(error)).into_response();
    }
    let back = match *request.method() {
        Method::GET => request.uri().path_and_query().map_or("/", |p| p.as_str()),
        _ => "/",
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", back)
        .finish();
    Redirect::to(&format!("/login?{query}")).into_response()
}

/// Pages are for who has signed in, not for whoever sits at the browser afterwards.
fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    if kind.is_some_and(|kind| kind.starts_with("text/html")) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// What anybody may have: the sign-in, public files, and the webhook, which has tokens of its own.
fn is_open(path: &str) -> bool {
    matches!(
        path,
        "/login" | "/favicon.svg" | "/pkg/actor_maker.css" | "/api/training-webhook"
    )
}

fn unauthorized() -> Response {
    let error = AppError::new(ErrorKind::Unauthorized, "A token is needed here.").with_remedy(
        "Make one on Setup and send it as `Authorization: Bearer …`, or sign in at /login.",
    );
    let mut response = error.into_response();
    let challenge = HeaderValue::from_static("Bearer realm=\"studio\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies
        .filter_map(|c| c.to_str().ok())
        .flat_map(|c| c.split(';'));
    let mut ours = pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    ours.next().filter(|s| s.len() <= 100)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.len() <= 100).then_some(token)
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    next: String,
}

async fn show(
    State(state): State<AppState>,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    let signed_in = session(&headers).is_some_and(|s| state.access.is_session(s, state.now_ms()));
    if !state.access.is_on() || signed_in {
        return Redirect::to(own_address(&back.next)).into_response();
    }
    page(StatusCode::OK, &back.next, "")
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Response {
    let from = caller(peer, &headers);
    let now_ms = state.now_ms();
    match state.access.sign_in(&entry.password, from, now_ms).await {
        Ok(SignIn::Welcome(session)) => {
            tracing::info!(%from, "signed in");
            let cookie = cookie(&session, SESSION_SECONDS, is_tls(&state, &headers));
            let to = Redirect::to(own_address(&entry.next));
            ([(header::SET_COOKIE, cookie)], to).into_response()
        }
        Ok(SignIn::Wrong) => {
            tracing::warn!(%from, "a wrong password was refused");
            let message = "That is not the password. It is ADMIN_PASSWORD of the studio's .env.";
            page(StatusCode::UNAUTHORIZED, &entry.next, message)
        }
        Ok(SignIn::Wait(seconds)) => {
            let message = format!("Too many wrong passwords. Try again in {seconds} seconds.");
            let mut response = page(StatusCode::TOO_MANY_REQUESTS, &entry.next, &message);
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
            response
        }
        Err(error) => {
            let message = format!("The sign-in could not be recorded: {error}");
            page(StatusCode::INTERNAL_SERVER_ERROR, &entry.next, &message)
        }
    }
}

async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(session) = session(&headers)
        && let Err(error) = state.access.sign_out(session).await
    {
        return AppError::from(error).into_response();
    }
    let cookie = cookie("", 0, is_tls(&state, &headers));
    ([(header::SET_COOKIE, cookie)], Redirect::to("/login")).into_response()
}

fn cookie(session: &str, seconds: i64, is_tls: bool) -> String {
    let secure = if is_tls { "; Secure" } else { "" };
    format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// Whether the browser speaks TLS: with a proxy that says so, or at `PUBLIC_URL`.
fn is_tls(state: &AppState, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let public = state.config.tunnel.public_url.as_deref();
    let public = public.and_then(|url| url.strip_prefix("https://"));
    text("x-forwarded-proto") == Some("https") || (public.is_some() && public == text("host"))
}

/// Who asks; a proxy on this machine says whom it asks for.
fn caller(peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|v| v.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    match last {
        Some(address) if peer.ip().is_loopback() => address,
        _ => peer.ip(),
    }
}

/// An address of this studio; anything that could lead elsewhere is the first page.
fn own_address(next: &str) -> &str {
    let second = next.as_bytes().get(1);
    let is_path = next.starts_with('/') && !matches!(second, Some(b'/' | b'\\'));
    let is_plain = next.bytes().all(|b| b.is_ascii_graphic()) && next.len() <= 2_000;
    if is_path && is_plain && !next.starts_with("/log") {
        next
    } else {
        "/"
    }
}

fn page(status: StatusCode, next: &str, message: &str) -> Response {
    let error = if message.is_empty() {
        String::new()
    } else {
        format!(
            "<p class=\"notice notice--error\" role=\"alert\" id=\"wrong\">{}</p>",
            escaped(message)
        )
    };
    let text = PAGE
        .replace("{{error}}", &error)
        .replace("{{next}}", &escaped(own_address(next)));
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, Html(text)).into_response()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::own_address;

    #[test]
    fn a_sign_in_leads_nowhere_but_into_the_studio() {
        for own in ["/", "/styles/1/data?image=a%20b", "/setup"] {
            assert_eq!(own_address(own), own);
        }
        for other in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:x",
            "/a\r\nb: c",
            "/login?next=/",
            "/logout",
        ] {
            assert_eq!(own_address(other), "/", "{other:?}");
        }
    }
}
