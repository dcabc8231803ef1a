//! The studio's JSON documents, read, and changed one operation at a time: in a folder of this machine, or in the bucket,
//! where several servers share them.
//!
//! A change is never "write this whole file" but a closure over the document's current content: it is read fresh, changed
//! and written only if nobody wrote in between, else the closure runs again on what they wrote. Keys we do not know and the
//! order of keys survive, because the closure works on the JSON value itself. A document that is not JSON is an error that
//! names it; it is never replaced.

mod bucket;
mod copy;
mod folder;
mod listed;
mod mirror;
mod opening;
mod probe;

pub use bucket::Bucket;
pub use folder::{Folder, write_atomically};
pub use listed::Listed;
pub use opening::{OpenError, Owned, open};

use super::room::Bound;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Documents larger than this are refused: the real ones are below 300 kB.
const MAX_BYTES: u64 = 32 << 20;

#[derive(Clone, Debug, thiserror::Error)]
pub enum DocumentError {
    #[error(
        "{path} is not valid JSON (line {line}, column {column}). It was left as it is: mend it by hand or restore a copy."
    )]
    Broken {
        path: String,
        line: usize,
        column: usize,
    },
    #[error("{path} has {bytes} bytes; at most {MAX_BYTES} are read.")]
    TooLarge { path: String, bytes: u64 },
    #[error(
        "{path} would have {bytes} bytes; at most {MAX_BYTES} are read, so the change was not made."
    )]
    WouldBeTooLarge { path: String, bytes: u64 },
    #[error(
        "{path} is written by another program all the time; the change was not made. Try again."
    )]
    Contended { path: String },
    #[error("{path} could not be {action}: {reason}")]
    Io {
        path: String,
        action: &'static str,
        reason: String,
    },
    /// The bucket does not do what was asked; later it may.
    #[error("{path} could not be {action} in the bucket: {reason}")]
    Bucket {
        path: String,
        action: &'static str,
        reason: String,
    },
}

/// Documents by relative paths. Cheap to clone. What asks the bucket is boxed: S3's client makes large futures, and a studio on a
/// folder shall not carry them about.
#[derive(Clone)]
pub enum Documents {
    /// Files of this machine.
    Folder(Folder),
    /// Objects that several servers share.
    Bucket(Bucket),
}

impl Documents {
    pub fn folder(root: PathBuf) -> Self {
        Self::Folder(Folder::new(root))
    }

    /// Whether other servers may change them.
    pub fn are_shared(&self) -> bool {
        matches!(self, Self::Bucket(_))
    }

    /// Where they are, for people.
    pub fn place(&self) -> String {
        match self {
            Self::Folder(folder) => folder.root().display().to_string(),
            Self::Bucket(bucket) => bucket.place(),
        }
    }

    /// Learns what other servers wrote before this was called; what is known of the last `within` is good enough. Files of
    /// this machine are always read as they are. That the bucket does not answer is for the reads to tell.
    pub async fn catch_up(&self, within: Duration) {
        if let Self::Bucket(bucket) = self {
            Box::pin(bucket.catch_up(within)).await;
        }
    }

    /// What keeps the documents from being learned anew, if something does.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Folder(_) => None,
            Self::Bucket(bucket) => bucket.trouble(),
        }
    }

    /// Names of the entries of a folder, sorted; empty when it is absent.
    pub fn entries(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Folder(files) => files.entries(folder),
            Self::Bucket(bucket) => bucket.entries(folder),
        }
    }

    pub fn is_there(&self, relative: &Path) -> bool {
        match self {
            Self::Folder(folder) => folder.is_there(relative),
            Self::Bucket(bucket) => bucket.is_there(relative),
        }
    }

    /// The document's content, `None` when it is absent. Parsed once per change. In the bucket as of the last
    /// [`catch_up`](Self::catch_up); an error when none has worked for a minute.
    pub fn read(&self, relative: &Path) -> Result<Option<Arc<Value>>, DocumentError> {
        match self {
            Self::Folder(folder) => folder.read(relative),
            Self::Bucket(bucket) => bucket.read(relative),
        }
    }

    /// Changes a document: `change` gets its current content (`Null` when absent) and may run more than once. An `Err` of
    /// `change` leaves the document alone. Unchanged content is not written.
    pub async fn update<T, E>(
        &self,
        relative: PathBuf,
        change: impl FnMut(&mut Value) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DocumentError> + Send + 'static,
    {
        match self {
            Self::Folder(folder) => folder.update(relative, change).await,
            Self::Bucket(bucket) => Box::pin(bucket.update(&relative, change)).await,
        }
    }

    /// A plain file of our own beside the documents (event log, snapshot); `None` when it is absent.
    pub async fn read_file(&self, relative: &Path) -> Result<Option<Vec<u8>>, DocumentError> {
        match self {
            Self::Folder(folder) => folder.read_file(relative),
            Self::Bucket(bucket) => Box::pin(bucket.read_file(relative)).await,
        }
    }

    /// Writes a plain file whole.
    pub async fn write_file(&self, relative: &Path, bytes: Vec<u8>) -> Result<(), DocumentError> {
        match self {
            Self::Folder(folder) => folder.write_file(relative, &bytes),
            Self::Bucket(bucket) => Box::pin(bucket.write_file(relative, bytes)).await,
        }
    }

    /// Removes the oldest plain files of a folder until it is within its bound.
    pub async fn make_room(&self, folder: &Path, most: Bound) -> Result<(), DocumentError> {
        match self {
            Self::Folder(files) => files.make_room(folder, most),
            Self::Bucket(bucket) => Box::pin(bucket.make_room(folder, most)).await,
        }
    }

    /// Appends a line to a plain file, unless `told` says that its last line tells it already.
    pub async fn append(
        &self,
        relative: &Path,
        line: &str,
        told: impl Fn(&str) -> bool + Send + Sync,
    ) -> Result<(), DocumentError> {
        match self {
            Self::Folder(folder) => folder.append(relative, line, told),
            Self::Bucket(bucket) => Box::pin(bucket.append(relative, line, told)).await,
        }
    }
}

/// The path of a file below a folder. Panics on a path that would leave it: paths are built by us from checked ids, so such a
/// path is a defect, not an input error.
pub fn below(root: &Path, relative: &Path) -> PathBuf {
    assert!(
        relative
            .components()
            .all(|c| matches!(c, Component::Normal(_))),
        "a document's path must stay below the folder: {relative:?}"
    );
    root.join(relative)
}

/// What a change makes of a document's text: its result, and the new text unless it stays as it is.
fn changed<T, E: From<DocumentError>>(
    before: Option<&str>,
    relative: &Path,
    change: &mut impl FnMut(&mut Value) -> Result<T, E>,
) -> Result<(T, Option<String>), E> {
    let mut value = match before {
        Some(text) => parse(text, relative)?,
        None => Value::Null,
    };
    let result = change(&mut value)?;
    let text = pretty(&value, before.is_none_or(|t| t.ends_with('\n')));
    let stays = value.is_null() || before == Some(text.as_str());
    let bytes = text.len() as u64;
    if !stays && bytes > MAX_BYTES {
        let path = relative.display().to_string();
        return Err(DocumentError::WouldBeTooLarge { path, bytes }.into());
    }
    Ok((result, (!stays).then_some(text)))
}

fn parse(text: &str, relative: &Path) -> Result<Value, DocumentError> {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| DocumentError::Broken {
        path: relative.display().to_string(),
        line: e.line(),
        column: e.column(),
    })
}

/// Two spaces, as the existing files have it.
fn pretty(value: &Value, newline: bool) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a JSON value can be written");
    if newline {
        text.push('\n');
    }
    text
}
