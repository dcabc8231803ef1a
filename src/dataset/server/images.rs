//! One image or caption: stored from a script's PUT or a plain form.

use super::super::model::image::{MAX_CAPTION_BYTES, MAX_IMAGE_BYTES, check_upload, is_caption};
use super::super::model::upload::check_caption;
use super::spool::{Spooled, no_room};
use super::{key, pictures};
use crate::error::AppError;
use crate::server::s3::Precondition;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::Stream;
use std::fs::File;
use std::io::{Read, Seek};

/// Stores one file (an image or a caption) as it streams in; returns its ETag. What was there under the name is replaced.
pub async fn store<E>(
    state: &AppState,
    style: &StyleId,
    filename: &str,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<String, AppError> {
    styles::server::get(state, style)?;
    let spooled = receive(state, filename, body).await?;
    put(state, style, filename, &spooled).await
}

/// Takes one file in without storing it yet. The type is judged by the name before the first byte, the size while they come.
pub async fn receive<E>(
    state: &AppState,
    filename: &str,
    body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Spooled, AppError> {
    check_upload(filename, 1).map_err(refused)?;
    let limit = if is_caption(filename) {
        MAX_CAPTION_BYTES
    } else {
        MAX_IMAGE_BYTES
    };
    Spooled::receive(state, filename, body, limit).await
}

fn refused(message: String) -> AppError {
    AppError::field("filename", message)
}

/// The content type of a file that the trainer can use. Whatever way a file takes into the bucket, it passes here: a web page
/// or a cut-off file under an image's name would reach the trainer and end a paid run.
pub async fn check(
    state: &AppState,
    filename: &str,
    size_bytes: u64,
    mut file: impl Read + Seek + Send + 'static,
) -> Result<&'static str, AppError> {
    let content_type = check_upload(filename, size_bytes).map_err(refused)?;
    let name = filename.to_owned();
    let is_picture = !is_caption(filename);
    let _permit = match is_picture {
        true => Some(state.decoding.acquire().await.expect("never closed")),
        false => None,
    };
    let judged = tokio::task::spawn_blocking(move || {
        if is_picture {
            return pictures::check(file, &name).map(|_| ());
        }
        let mut text = Vec::new();
        let read = file.read_to_end(&mut text);
        read.map_err(|_| format!("{name} could not be read back from disk."))?;
        check_caption(&name, &text)
    });
    let judged = judged.await;
    let judged =
        judged.map_err(|_| AppError::internal(format!("{filename} could not be checked.")))?;
    judged.map_err(refused)?;
    Ok(content_type)
}

/// Puts a file that was taken in into the bucket, if the trainer can use it.
pub async fn put(
    state: &AppState,
    style: &StyleId,
    filename: &str,
    spooled: &Spooled,
) -> Result<String, AppError> {
    let key = key(style, filename)?;
    let file = File::open(spooled.path()).map_err(no_room)?;
    let content_type = check(state, filename, spooled.size_bytes, file).await?;
    let stream = ByteStream::from_path(spooled.path()).await;
    let stream = stream.map_err(|_| AppError::internal("The upload could not be read back."))?;
    let etag = state
        .s3
        .put(&key, stream, content_type, Precondition::None)
        .await?;
    state.caches.counts.invalidate(style.as_str());
    Ok(etag)
}
