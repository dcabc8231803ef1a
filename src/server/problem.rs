//! `AppError` as an HTTP answer of `/api`: `application/problem+json` with `errors:[{field,message}]` (RFC 9457).

use crate::error::{AppError, ErrorKind, FieldError};
use crate::server::documents::DocumentError;
use crate::server::s3::S3Error;
use axum::Json;
use axum::extract::FromRequest;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

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

/// A JSON body whose refusal is a problem too.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(AppError))]
pub struct Body<T>(pub T);

impl From<JsonRejection> for AppError {
    fn from(rejection: JsonRejection) -> Self {
        let kind = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ErrorKind::TooLarge,
            _ => ErrorKind::Invalid,
        };
        Self::new(kind, rejection.body_text())
    }
}

impl From<DocumentError> for AppError {
    fn from(error: DocumentError) -> Self {
        tracing::error!(%error, "document");
        let kind = match error {
            DocumentError::Contended { .. } => ErrorKind::Unavailable,
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
