//! Objects that several writers change: read only if they changed, written only if nobody else did, and marked by whoever
//! wrote, so that a writer whose answer was lost can see whether its write got through. For that they are asked for even while
//! S3 is known to be silent.

use super::error::HttpStatus;
use super::{Precondition, S3, S3Error, bare_etag};
use aws_sdk_s3::error::SdkError;
use bytes::Bytes;
use futures::FutureExt;

/// The name of the metadata that holds the marks.
const MARKS: &str = "writes";
/// Marks kept on an object: so many others may write before a lost answer is looked up.
const MAX_MARKS: usize = 24;

/// An object and who wrote it, the last writer last.
#[derive(Clone, Debug)]
pub struct Marked {
    pub bytes: Bytes,
    /// Without quotes.
    pub etag: String,
    pub marks: Vec<String>,
}

impl S3 {
    /// The object, or `None` while it still has the ETag `known`; refuses more than `limit` bytes.
    pub async fn get_if_changed(
        &self,
        key: &str,
        known: Option<&str>,
        limit: u64,
    ) -> Result<Option<Marked>, S3Error> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let condition = known.map(|etag| format!("\"{etag}\""));
        let question = request.set_if_none_match(condition).send();
        let answer = match self.wait(Some(0), question.boxed()).await {
            Ok(answer) => answer,
            Err(error) if is_not_modified(&error) => return Ok(None),
            Err(error) => return Err(self.error(key, error)),
        };
        let bytes = answer.content_length().unwrap_or(0).max(0) as u64;
        if bytes > limit {
            return Err(S3Error::TooLarge {
                key: key.into(),
                bytes,
                limit,
            });
        }
        let marks = answer.metadata().and_then(|m| m.get(MARKS));
        let marks = marks.map(|m| m.split(' ').map(str::to_owned).collect());
        let etag = bare_etag(answer.e_tag());
        let body = answer.body.collect().await;
        Ok(Some(Marked {
            bytes: body.map_err(|_| S3Error::Unreachable)?.into_bytes(),
            etag,
            marks: marks.unwrap_or_default(),
        }))
    }

    /// Writes an object with the marks of its writers; returns its ETag.
    pub async fn put_marked(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        precondition: Precondition,
        marks: &[String],
    ) -> Result<String, S3Error> {
        let length = Some(body.len() as u64);
        let last = &marks[marks.len().saturating_sub(MAX_MARKS)..];
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .metadata(MARKS, last.join(" "))
            .body(body.into());
        let request = match precondition {
            Precondition::None => request,
            Precondition::Absent => request.if_none_match("*"),
            Precondition::Unchanged(etag) => request.if_match(format!("\"{etag}\"")),
        };
        let answer = self.wait(length, request.send().boxed()).await;
        let answer = answer.map_err(|e| self.error(key, e))?;
        Ok(bare_etag(answer.e_tag()))
    }
}

fn is_not_modified<E, R: HttpStatus>(error: &SdkError<E, R>) -> bool {
    match error {
        SdkError::ServiceError(service) => service.raw().status() == 304,
        SdkError::ResponseError(response) => response.raw().status() == 304,
        _ => false,
    }
}
