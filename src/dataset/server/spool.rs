//! Files on their way in: written to disk as they come, so that memory does not grow with them, and hashed on the way.

use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use md5::{Digest, Md5};
use std::io::Write;
use std::path::Path;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

/// One file in `STATE_DIR/spool`; gone when dropped.
pub struct Spooled {
    file: NamedTempFile,
    pub size_bytes: u64,
    /// What S3 will call its ETag.
    pub md5: String,
}

impl Spooled {
    /// Takes in a stream; stops after `limit_bytes` with `too_large`.
    pub async fn receive<E>(
        state: &AppState,
        name: &str,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
        limit_bytes: u64,
    ) -> Result<Self, AppError> {
        let file = new_file(state)?;
        let mut out = tokio::fs::File::from_std(file.reopen().map_err(no_room)?);
        let (mut size_bytes, mut hash) = (0u64, Md5::new());
        while let Some(chunk) = body.next().await {
            let cut = |_| AppError::field("filename", format!("{name}: the upload broke off."));
            let chunk = chunk.map_err(cut)?;
            size_bytes += chunk.len() as u64;
            if size_bytes > limit_bytes {
                return Err(too_large(name, limit_bytes));
            }
            hash.update(&chunk);
            out.write_all(&chunk).await.map_err(no_room)?;
        }
        out.flush().await.map_err(no_room)?;
        Ok(Self {
            file,
            size_bytes,
            md5: hex::encode(hash.finalize()),
        })
    }

    /// Takes in bytes that lie in memory. Blocks.
    pub fn write(state: &AppState, bytes: &[u8]) -> Result<Self, AppError> {
        let mut file = new_file(state)?;
        file.write_all(bytes).map_err(no_room)?;
        Ok(Self {
            file,
            size_bytes: bytes.len() as u64,
            md5: hex::encode(Md5::digest(bytes)),
        })
    }

    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

fn too_large(name: &str, limit_bytes: u64) -> AppError {
    let message = format!(
        "{name} has more than {limit_bytes} bytes, which is the most that is taken. Make it smaller."
    );
    AppError {
        kind: ErrorKind::TooLarge,
        ..AppError::field("filename", message)
    }
}

fn new_file(state: &AppState) -> Result<NamedTempFile, AppError> {
    let folder = state.config.state_dir.join("spool");
    std::fs::create_dir_all(&folder).map_err(no_room)?;
    NamedTempFile::new_in(folder).map_err(no_room)
}

pub fn no_room(error: std::io::Error) -> AppError {
    tracing::error!(%error, "spool");
    AppError::internal("The upload could not be written to disk. Is there room in STATE_DIR?")
}
