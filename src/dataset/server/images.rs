//! One image: stored from a script's PUT or a plain form, and deleted together with a caption that no other image uses.

use super::super::model::image::{caption_name, check_upload, is_caption};
use super::{key, listing};
use crate::error::AppError;
use crate::server::s3::Precondition;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;

/// Stores one file (an image or a caption) as it streams in; returns its ETag.
///
/// It is spooled to disk first: S3 wants to know the length, and memory must not grow with the file.
pub async fn store<E>(
    state: &AppState,
    style: &StyleId,
    filename: &str,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<String, AppError> {
    styles::server::get(state, style)?;
    let key = key(style, filename)?;
    let refused = |message| AppError::field("filename", message);
    // the type is judged before the first byte, the size while they come
    let content_type = check_upload(filename, 1).map_err(refused)?;
    let spool = tempfile::NamedTempFile::new_in(spool_folder(state)?).map_err(no_room)?;
    let mut file = tokio::fs::File::from_std(spool.reopen().map_err(no_room)?);
    let mut size = 0u64;
    while let Some(chunk) = body.next().await {
        let cut = |_| AppError::field("filename", format!("{filename}: the upload broke off."));
        let chunk = chunk.map_err(cut)?;
        size += chunk.len() as u64;
        check_upload(filename, size.max(1)).map_err(|message| AppError {
            kind: crate::error::ErrorKind::TooLarge,
            ..AppError::field("filename", message)
        })?;
        file.write_all(&chunk).await.map_err(no_room)?;
    }
    file.flush().await.map_err(no_room)?;
    check_upload(filename, size).map_err(refused)?;
    if !is_caption(filename) {
        check_picture(spool.path(), filename).await?;
    }
    let stream = ByteStream::from_path(spool.path()).await;
    let stream = stream.map_err(|_| AppError::internal("The upload could not be read back."))?;
    let etag = state
        .s3
        .put(&key, stream, content_type, Precondition::None)
        .await?;
    state.caches.counts.invalidate(style.as_str());
    Ok(etag)
}

/// A web page or a cut-off file under an image's name would reach the trainer and end a paid run.
async fn check_picture(path: &std::path::Path, filename: &str) -> Result<(), AppError> {
    let path = path.to_owned();
    let readable = tokio::task::spawn_blocking(move || {
        let reader = image::ImageReader::open(path).ok()?;
        reader.with_guessed_format().ok()?.into_dimensions().ok()
    });
    match readable.await {
        Ok(Some(_)) => Ok(()),
        _ => {
            let message =
                format!("{filename} is not a readable picture; the trainer would stop on it.");
            Err(AppError::field("filename", message))
        }
    }
}

fn spool_folder(state: &AppState) -> Result<std::path::PathBuf, AppError> {
    let folder = state.config.state_dir.join("spool");
    std::fs::create_dir_all(&folder).map_err(no_room)?;
    Ok(folder)
}

fn no_room(error: std::io::Error) -> AppError {
    tracing::error!(%error, "spool");
    AppError::internal("The upload could not be written to disk. Is there room in STATE_DIR?")
}

/// Deletes an image and its caption (unless another image shares it); returns the names that are gone.
pub async fn delete(
    state: &AppState,
    style: &StyleId,
    filename: &str,
) -> Result<Vec<String>, AppError> {
    styles::server::get(state, style)?;
    let all = listing::pairs(state, style).await?;
    let Some(pair) = all.iter().find(|p| p.filename == filename) else {
        let message = format!("There is no image {filename:?} in style {style}.");
        return Err(AppError::not_found(message));
    };
    let caption = caption_name(filename);
    let shared = all
        .iter()
        .any(|p| p.filename != filename && caption_name(&p.filename) == caption);
    let mut names = vec![filename.to_owned()];
    if pair.caption.is_some() && !shared {
        names.push(caption);
    }
    let keys = names
        .iter()
        .map(|name| key(style, name))
        .collect::<Result<Vec<_>, _>>()?;
    state.s3.delete(&keys).await?;
    state.caches.counts.invalidate(style.as_str());
    Ok(names)
}
