//! `AppError` as an HTTP answer: for `/api` as `application/problem+json` with `errors:[{field,message}]` (RFC 9457), for `/rpc`
//! as leptos writes it.

use crate::error::{AppError, ErrorKind, FieldError};
use crate::server::documents::DocumentError;
use crate::server::s3::S3Error;
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::FromServerFnError;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use std::error::Error;

/// The body of every refusal of `/api`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

fn status_and_title(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "Invalid request"),
        ErrorKind::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "Forbidden"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        ErrorKind::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "Conflict"),
        ErrorKind::Changed => (StatusCode::PRECONDITION_FAILED, "Changed in between"),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        ErrorKind::TooMany => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        ErrorKind::Upstream => (StatusCode::BAD_GATEWAY, "An outside system failed"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Not available now"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Internal error"),
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, title) = status_and_title(self.kind);
        let body = Problem {
            kind: "about:blank".into(),
            title,
            status: status.as_u16(),
            detail: self.message,
            remedy: self.remedy,
            errors: self.errors,
        };
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, Json(body))
            .into_response()
            .with_problem_type();
        if self.kind == ErrorKind::TooMany {
            let minute = header::HeaderValue::from_static("60");
            response.headers_mut().insert(header::RETRY_AFTER, minute);
        }
        response
    }
}

/// Largest refusal of a server function.
const MAX_REFUSAL_BYTES: usize = 1 << 20;

/// Middleware: the refusal of a server function has its own status. leptos gives all of them 500, so that what a person mistyped
/// would stand in the log as a failure of ours.
pub async fn server_functions(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_refusal = response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    if !is_refusal || response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_REFUSAL_BYTES).await.unwrap_or_default();
    parts.status = status_and_title(AppError::de(body.clone()).kind).0;
    Response::from_parts(parts, body.into())
}

/// `Json` sets its own content type; a problem keeps the one RFC 9457 names.
trait WithProblemType {
    fn with_problem_type(self) -> Self;
}

impl WithProblemType for Response {
    fn with_problem_type(mut self) -> Self {
        let value = header::HeaderValue::from_static("application/problem+json");
        self.headers_mut().insert(header::CONTENT_TYPE, value);
        self
    }
}

/// A JSON object as the body, whose refusal is a problem too.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = AppError;

    async fn from_request(request: Request, state: &S) -> Result<Self, AppError> {
        // a form or plain text of another site's page needs no leave to be sent
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let is_json = kind.eq_ignore_ascii_case("application/json")
            || (kind.starts_with("application/") && kind.ends_with("+json"));
        if !is_json {
            let message = "The body must be JSON, sent as `content-type: application/json`.";
            return Err(AppError::new(ErrorKind::Invalid, message));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                AppError::new(ErrorKind::TooLarge, rejection.body_text())
            }
            _ => AppError::new(ErrorKind::Invalid, rejection.body_text()),
        })?;
        // serde would take a list for a struct, value by value
        if !bytes.trim_ascii_start().starts_with(b"{") {
            let message = "The body is no JSON object.";
            return Err(AppError::new(ErrorKind::Invalid, message));
        }
        let Json(body) = Json::from_bytes(&bytes)?;
        Ok(Self(body))
    }
}

impl From<JsonRejection> for AppError {
    fn from(rejection: JsonRejection) -> Self {
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::TooLarge,
            _ => ErrorKind::Invalid,
        };
        let errors = field_of(&rejection).into_iter().collect();
        Self {
            errors,
            ..Self::new(kind, rejection.body_text())
        }
    }
}

/// The field whose value is of another kind, `vary.0.values`, where one can be named.
fn field_of(rejection: &JsonRejection) -> Option<FieldError> {
    let JsonRejection::JsonDataError(error) = rejection else {
        return None;
    };
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    let told = causes.find_map(|c| c.downcast_ref::<serde_path_to_error::Error<_>>())?;
    let steps = told.path().iter().map(|step| match step {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    let steps: Vec<String> = steps.collect::<Option<_>>()?;
    let inner: &serde_json::Error = told.inner();
    (!steps.is_empty()).then(|| FieldError {
        field: steps.join("."),
        message: format!("The value cannot be read: {inner}."),
    })
}

/// Refusals of axum's own extractors (an address or a query that cannot be read), which are plain text, as problems.
pub async fn of_plain_text(response: Response) -> Response {
    let kind = match response.status() {
        StatusCode::BAD_REQUEST => ErrorKind::Invalid,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::TooLarge,
        _ => return response,
    };
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_plain = content_type.is_none_or(|v| v.as_bytes().starts_with(b"text/plain"));
    if !is_plain {
        return response;
    }
    let text = axum::body::to_bytes(response.into_body(), 4_096).await;
    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    AppError::new(kind, text.unwrap_or_default()).into_response()
}

impl From<DocumentError> for AppError {
    fn from(error: DocumentError) -> Self {
        tracing::error!(%error, "document");
        let kind = match error {
            DocumentError::Contended { .. } | DocumentError::Bucket { .. } => {
                ErrorKind::Unavailable
            }
            _ => ErrorKind::Internal,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<S3Error> for AppError {
    fn from(error: S3Error) -> Self {
        let kind = match error {
            S3Error::NotFound { .. } => ErrorKind::NotFound,
            S3Error::PreconditionFailed { .. } => ErrorKind::Changed,
            S3Error::TooLarge { .. } => ErrorKind::TooLarge,
            _ => ErrorKind::Upstream,
        };
        if kind == ErrorKind::Upstream {
            tracing::warn!(%error, "s3");
        }
        Self::new(kind, error.to_string())
    }
}
