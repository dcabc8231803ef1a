//! Why S3 did not do what it was asked.

use super::S3;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

/// What a caller can do about it, not how the SDK spells it.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum S3Error {
    #[error("{key} is not in the bucket.")]
    NotFound { key: String },
    #[error("{key} was changed by somebody else in between.")]
    PreconditionFailed { key: String },
    #[error("The bucket {bucket} does not exist.")]
    NoBucket { bucket: String },
    #[error(
        "S3 refused the access ({code}). Check the access key, its secret, the region and the bucket's policy."
    )]
    Denied { code: String },
    /// Passing: nobody was refused for good.
    #[error(
        "S3 refused the request because this machine's clock is off by more than 15 minutes (RequestTimeTooSkewed). Set the clock, then try again."
    )]
    ClockOff,
    #[error("S3 does not answer. Check the network and AWS_ENDPOINT_URL_S3.")]
    Unreachable,
    #[error("{key} has {bytes} bytes; at most {limit} are read here.")]
    TooLarge { key: String, bytes: u64, limit: u64 },
    #[error("S3 answered with {code}.")]
    Other { code: String },
}

impl S3 {
    pub(super) fn error<E: ProvideErrorMetadata, R: HttpStatus>(
        &self,
        key: &str,
        error: SdkError<E, R>,
    ) -> S3Error {
        let status = match &error {
            SdkError::ServiceError(service) => service.raw().status(),
            SdkError::ResponseError(response) => response.raw().status(),
            _ => return S3Error::Unreachable,
        };
        let code = error.code().unwrap_or("").to_owned();
        let key = key.to_owned();
        match (status, code.as_str()) {
            (_, "NoSuchBucket") => S3Error::NoBucket {
                bucket: self.bucket.clone(),
            },
            (404, _) => S3Error::NotFound { key },
            (412, _) | (409, "ConditionalRequestConflict" | "OperationAborted") => {
                S3Error::PreconditionFailed { key }
            }
            (_, "RequestTimeTooSkewed") => S3Error::ClockOff,
            (401 | 403, _) | (301, _) | (400, "AuthorizationHeaderMalformed") => S3Error::Denied {
                code: if code.is_empty() {
                    status.to_string()
                } else {
                    code
                },
            },
            (_, "") => S3Error::Other {
                code: format!("HTTP {status}"),
            },
            _ => S3Error::Other { code },
        }
    }
}

/// The SDK's raw response, for its status.
pub trait HttpStatus {
    fn status(&self) -> u16;
}

impl HttpStatus for aws_sdk_s3::config::http::HttpResponse {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }
}
