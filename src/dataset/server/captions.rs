//! One caption: read with its ETag, written only if nobody else did in between.

use super::super::model::image::{MAX_CAPTION_BYTES, caption_name};
use super::{key, listing};
use crate::error::{AppError, ErrorKind};
use crate::server::s3::{Precondition, S3Error};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use bytes::Bytes;

/// The caption's bytes and ETag; `None` when the image has no caption file.
pub async fn read(
    state: &AppState,
    style: &StyleId,
    image: &str,
) -> Result<Option<(Bytes, String)>, AppError> {
    let key = key(style, &caption_name(image))?;
    match state.s3.get(&key, MAX_CAPTION_BYTES).await {
        Ok(found) => Ok(Some(found)),
        Err(S3Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Refuses what is no caption.
pub fn check(text: &str) -> Result<(), AppError> {
    if text.len() as u64 > MAX_CAPTION_BYTES {
        let message = format!(
            "The caption has {} bytes; at most {MAX_CAPTION_BYTES} fit.",
            text.len()
        );
        return Err(AppError::field("caption", message));
    }
    if text.trim().is_empty() {
        let message =
            "The caption is empty, on which the trainer stops. Describe the scene in one line.";
        return Err(AppError::field("caption", message));
    }
    Ok(())
}

/// Writes a caption and returns its new ETag.
///
/// `expected`: `None` overwrites; `Some("")` demands that there is no caption yet; otherwise the ETag that was read.
/// A caption changed in between is [`ErrorKind::Changed`]; nothing is written then.
pub async fn write(
    state: &AppState,
    style: &StyleId,
    image: &str,
    text: &str,
    expected: Option<&str>,
) -> Result<String, AppError> {
    check(text)?;
    // an image must be there: a caption alone would be read for an image that comes later
    listing::one(state, style, image).await?;
    let key = key(style, &caption_name(image))?;
    let precondition = match expected {
        None => Precondition::None,
        Some("") => Precondition::Absent,
        Some(etag) => Precondition::Unchanged(etag.to_owned()),
    };
    let body = text.as_bytes().to_vec();
    let written = state
        .s3
        .put(&key, body, "text/plain; charset=utf-8", precondition)
        .await;
    match written {
        Ok(etag) => {
            state.caches.counts.invalidate(style.as_str());
            Ok(etag)
        }
        // If-Match on an object that is gone
        Err(S3Error::PreconditionFailed { .. } | S3Error::NotFound { .. }) => {
            let message = format!("The caption of {image:?} was changed in between.");
            Err(AppError::new(ErrorKind::Changed, message)
                .with_remedy("Your text was not saved. Load theirs, or save yours over it."))
        }
        Err(other) => Err(other.into()),
    }
}
