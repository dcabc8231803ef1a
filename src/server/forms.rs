//! Forms without JavaScript: what was typed comes back when a server function refuses it.
//!
//! A plain form posts to `/rpc/…`, and leptos redirects to the page it came from, with the error in the address. This
//! middleware adds the typed fields to that address as `f.{name}`, so that the page can show them again; a form that went
//! through takes them out. With JavaScript the form itself stays on the page, and none of this happens.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

/// Longest form that is carried in an address.
const MAX_FORM_BYTES: usize = 6 << 10;
/// Largest body a server function takes: the names of the largest selection, percent-encoded.
pub const MAX_BODY_BYTES: usize = 8 << 20;
const PREFIX: &str = "f.";

/// Middleware for `/rpc`.
pub async fn keep_what_was_typed(request: Request, next: Next) -> Response {
    if !is_plain_form(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        let mut refused = Response::new(Body::from("The form is too large."));
        *refused.status_mut() = axum::http::StatusCode::PAYLOAD_TOO_LARGE;
        return refused;
    };
    let request = Request::from_parts(parts, Body::from(bytes.clone()));
    let mut response = next.run(request).await;
    let location = response.headers().get(header::LOCATION);
    let location = location.and_then(|v| v.to_str().ok());
    if let Some(kept) = location.and_then(|l| with_fields(l, &bytes))
        && let Ok(value) = HeaderValue::from_str(&kept)
    {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn is_plain_form(headers: &header::HeaderMap) -> bool {
    let says = |name: header::HeaderName, text: &str| {
        let value = headers.get(name).and_then(|v| v.to_str().ok());
        value.is_some_and(|v| v.contains(text))
    };
    says(header::ACCEPT, "text/html")
        && says(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// The address to go back to, with the typed fields if it carries an error, without any if not.
fn with_fields(location: &str, form: &[u8]) -> Option<String> {
    let base = Url::parse("http://page").expect("a constant");
    let mut url = base.join(location).ok()?;
    let is_error = url.query_pairs().any(|(name, _)| name == "__err");
    let mut pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with(PREFIX))
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    keep_last(&mut pairs, "__path");
    keep_last(&mut pairs, "__err");
    if is_error && form.len() <= MAX_FORM_BYTES {
        let typed = url::form_urlencoded::parse(form);
        pairs.extend(typed.map(|(n, v)| (format!("{PREFIX}{n}"), v.into_owned())));
    }
    if pairs.is_empty() {
        url.set_query(None);
    } else {
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    // the origin is left out, the place on the page is not
    Some(url[url::Position::BeforePath..].to_owned())
}

/// leptos appends an error to the address the form came from, which may still carry the one before.
fn keep_last(pairs: &mut Vec<(String, String)>, name: &str) {
    let Some(last) = pairs.iter().rposition(|(n, _)| n == name) else {
        return;
    };
    let mut at = 0;
    pairs.retain(|(n, _)| {
        at += 1;
        n != name || at - 1 == last
    });
}

#[cfg(test)]
mod tests {
    use super::with_fields;

    #[test]
    fn a_refused_form_comes_back_with_what_was_typed() {
        let location = "http://127.0.0.1:5173/?__path=/rpc/x&__err=e&f.title=old";
        let kept = with_fields(location, b"title=Ink+%26+Co&trigger=").unwrap();
        assert_eq!(
            kept,
            "/?__path=%2Frpc%2Fx&__err=e&f.title=Ink+%26+Co&f.trigger="
        );
    }

    #[test]
    fn a_second_refusal_replaces_the_first() {
        let location = "/?__path=/rpc/x&__err=old&q=ink&__path=/rpc/x&__err=new";
        let kept = with_fields(location, b"title=").unwrap();
        assert_eq!(kept, "/?q=ink&__path=%2Frpc%2Fx&__err=new&f.title=");
    }

    #[test]
    fn a_form_that_went_through_leaves_nothing_in_the_address() {
        let kept = with_fields("/styles/1/data?image=a&f.caption=old", b"caption=new").unwrap();
        assert_eq!(kept, "/styles/1/data?image=a");
        assert_eq!(with_fields("/?f.title=x", b"").unwrap(), "/");
        let place = "/styles/1/versions#sweep_1";
        assert_eq!(with_fields(place, b"name=v1").unwrap(), place);
    }
}
