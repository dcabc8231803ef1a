//! What a person is told when something does not work, on both targets.
//!
//! One plain type crosses the wire: a kind (which decides the HTTP status of `/api`), a sentence that names the thing,
//! the value and the bound, a remedy, and, for forms, a message per field. It never holds a key, a token, a path of
//! this machine or the body of a foreign answer. Adapters keep their own error enums; they become an `AppError` where
//! they are handled.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which sort of refusal it is; `/api` maps it to an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// 400: something the person sent is out of bounds.
    Invalid,
    /// 401: a token is missing or wrong.
    Unauthorized,
    /// 403: another site or another name of this machine asked.
    Forbidden,
    /// 404: the named thing is not there.
    NotFound,
    /// 405: the address is right, the method is not.
    MethodNotAllowed,
    /// 409: it contradicts what is there now.
    Conflict,
    /// 412: somebody else changed it in between.
    Changed,
    /// 413: more bytes than we take.
    TooLarge,
    /// 429: more than is allowed in a time.
    TooMany,
    /// 502: S3, RunPod or ngrok did not do what was asked.
    Upstream,
    /// 503: cannot be done now, try again.
    Unavailable,
    /// 500: a defect of ours or a broken file.
    Internal,
}

impl ErrorKind {
    /// Whether the same request may go through later, without anything being changed about it.
    pub fn may_pass(self) -> bool {
        matches!(self, Self::TooMany | Self::Upstream | Self::Unavailable)
    }
}

/// One message for one field of a form or body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's wire name, e.g. `network_dim`.
    pub field: String,
    pub message: String,
}

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppError {
    pub kind: ErrorKind,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl AppError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            remedy: None,
            errors: Vec::new(),
        }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    pub fn upstream(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Upstream, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Every problem of a form at once; the message is the first of them, or a count.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let message = match errors.as_slice() {
            [one] => one.message.clone(),
            many => format!("{} fields need a change", many.len()),
        };
        Self {
            errors,
            ..Self::new(ErrorKind::Invalid, message)
        }
    }

    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError {
            field: field.into(),
            message: message.into(),
        }])
    }

    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The message for one field, if there is one.
    pub fn message_for(&self, field: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|e| e.field == field)
            .map(|e| e.message.as_str())
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.remedy {
            Some(remedy) => write!(f, " {remedy}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::new(
                ErrorKind::Unavailable,
                "The studio's server did not answer.",
            )
            .with_remedy("Check that it is still running, then try again."),
            ServerFnErrorErr::Args(detail)
            | ServerFnErrorErr::MissingArg(detail)
            | ServerFnErrorErr::Deserialization(detail) => Self::new(
                ErrorKind::Invalid,
                format!("The form could not be read: {detail}"),
            ),
            _ => Self::internal("The request could not be carried out."),
        }
    }
}
