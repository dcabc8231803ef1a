//! The JSON files of an ActorMaker folder: read, and changed one operation at a time.
//!
//! Two systems may write the same files: this studio (possibly in two processes) and the older ActorMaker. So a change
//! is never "write this whole file" but a closure over the file's current content: it is read fresh under a lock on the
//! file's folder (which leaves no lock file behind), changed, written to a temporary file, synced and renamed. If somebody
//! who takes no locks wrote in between, the closure runs again on what they wrote. Keys we do not know and the order of
//! keys survive, because the closure works on the JSON value itself. A file that is not JSON is an error that names it;
//! it is never replaced.

use serde_json::Value;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// Files larger than this are refused: the real ones are below 300 kB.
const MAX_BYTES: u64 = 32 << 20;
/// How the names of our temporary files begin.
const TEMPORARY: &str = ".writing-";
/// How often a change is tried again when another writer keeps getting in between.
const MAX_TRIES: u32 = 50;

#[derive(Debug, thiserror::Error)]
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
        "{path} is written by another program all the time; the change was not made. Try again."
    )]
    Contended { path: String },
    #[error("{path} could not be {action}: {reason}")]
    Io {
        path: String,
        action: &'static str,
        reason: String,
    },
}

/// A file's identity: another stamp means that somebody wrote.
#[derive(Clone, Copy, PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

type Seen = HashMap<PathBuf, (Stamp, Arc<Value>)>;

/// Documents below one folder. Cheap to clone.
#[derive(Clone)]
pub struct Documents {
    root: Arc<PathBuf>,
    /// parsed content by path, valid as long as the stamp is the file's
    seen: Arc<Mutex<Seen>>,
}

impl Documents {
    pub fn new(root: PathBuf) -> Self {
        Self {
            root: Arc::new(root),
            seen: Arc::default(),
        }
    }

    /// The absolute path of a file below the root. Panics on a path that would leave it: paths are built by us from
    /// checked ids, so such a path is a defect, not an input error.
    pub fn path(&self, relative: &Path) -> PathBuf {
        assert!(
            relative
                .components()
                .all(|c| matches!(c, Component::Normal(_))),
            "a document's path must stay below the folder: {relative:?}"
        );
        self.root.join(relative)
    }

    /// Names of the entries of a folder, sorted; empty when it is absent.
    pub fn entries(&self, folder: &Path) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The file's content, `None` when it is absent. Parsed once per change of the file.
    pub fn read(&self, relative: &Path) -> Result<Option<Arc<Value>>, DocumentError> {
        let path = self.path(relative);
        let Some(stamp) = stamp(&path, relative)? else {
            return Ok(None);
        };
        if let Some((known, value)) = self.seen.lock().expect("not poisoned").get(&path)
            && *known == stamp
        {
            return Ok(Some(value.clone()));
        }
        let Some((stamp, text)) = read_text(&path, relative)? else {
            return Ok(None);
        };
        let value = Arc::new(parse(&text, relative)?);
        self.remember(path, stamp, value.clone());
        Ok(Some(value))
    }

    fn remember(&self, path: PathBuf, stamp: Stamp, value: Arc<Value>) {
        let mut seen = self.seen.lock().expect("not poisoned");
        // bounded: a folder of thousands of styles does not grow the cache without end
        if seen.len() > 4096 {
            seen.clear();
        }
        seen.insert(path, (stamp, value));
    }

    /// Changes a file: `change` gets its current content (`Null` when absent) and may run more than once. An `Err` of
    /// `change` leaves the file alone. Unchanged content is not written.
    pub async fn update<T, E>(
        &self,
        relative: PathBuf,
        change: impl FnMut(&mut Value) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DocumentError> + Send + 'static,
    {
        let documents = self.clone();
        // file locks and fsync block: keep them off the threads that answer requests
        tokio::task::spawn_blocking(move || documents.update_blocking(&relative, change))
            .await
            .expect("the change does not panic")
    }

    fn update_blocking<T, E: From<DocumentError>>(
        &self,
        relative: &Path,
        mut change: impl FnMut(&mut Value) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = self.path(relative);
        let folder = path.parent().expect("a file lies in a folder");
        let io = |action| {
            move |e: io::Error| DocumentError::Io {
                path: relative.display().to_string(),
                action,
                reason: e.kind().to_string(),
            }
        };
        fs::create_dir_all(folder).map_err(io("given a folder"))?;
        let lock = File::open(folder).map_err(io("locked"))?;
        lock.lock().map_err(io("locked"))?;
        sweep(folder);
        for _ in 0..MAX_TRIES {
            let before = read_text(&path, relative)?;
            let (mut value, stamp_before, text_before) = match before {
                Some((stamp, text)) => (parse(&text, relative)?, Some(stamp), Some(text)),
                None => (Value::Null, None, None),
            };
            let result = change(&mut value)?;
            let ends_with_newline = text_before.as_deref().is_none_or(|t| t.ends_with('\n'));
            let text = pretty(&value, ends_with_newline);
            if text_before.as_deref() == Some(text.as_str()) || value.is_null() {
                return Ok(result);
            }
            let temporary = write_temporary(folder, &text).map_err(io("written"))?;
            if stamp(&path, relative)? != stamp_before {
                continue; // somebody without a lock wrote meanwhile: start from what they wrote
            }
            temporary
                .persist(&path)
                .map_err(|e| io("replaced")(e.error))?;
            lock.sync_all().map_err(io("synced"))?;
            return Ok(result);
        }
        Err(DocumentError::Contended {
            path: relative.display().to_string(),
        }
        .into())
    }
}

fn stamp(path: &Path, relative: &Path) -> Result<Option<Stamp>, DocumentError> {
    use std::os::unix::fs::MetadataExt;
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(Stamp {
            modified: meta.modified().ok(),
            bytes: meta.len(),
            inode: meta.ino(),
        })),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(DocumentError::Io {
            path: relative.display().to_string(),
            action: "read",
            reason: e.kind().to_string(),
        }),
    }
}

fn read_text(path: &Path, relative: &Path) -> Result<Option<(Stamp, String)>, DocumentError> {
    let Some(stamp) = stamp(path, relative)? else {
        return Ok(None);
    };
    if stamp.bytes > MAX_BYTES {
        return Err(DocumentError::TooLarge {
            path: relative.display().to_string(),
            bytes: stamp.bytes,
        });
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some((stamp, text))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(DocumentError::Io {
            path: relative.display().to_string(),
            action: "read",
            reason: e.kind().to_string(),
        }),
    }
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

/// Removes what a killed studio left: every writer holds the folder's lock, so under it such a file is nobody's.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A synced temporary file beside its target, removed again unless it is renamed over it.
fn write_temporary(folder: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A plain file of our own that is not edited by others (snapshots, requests): written whole, atomically.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn folder(text: &str) -> (tempfile::TempDir, Documents) {
        let dir = tempfile::tempdir().unwrap();
        if !text.is_empty() {
            fs::write(dir.path().join("a.json"), text).unwrap();
        }
        let documents = Documents::new(dir.path().into());
        (dir, documents)
    }

    type Done = Result<(), DocumentError>;

    #[tokio::test]
    async fn unknown_keys_their_order_and_numbers_survive_a_change() {
        let text = "{\n  \"z\": 0.0003,\n  \"a\": [\n    1\n  ],\n  \"weight\": 1.0\n}";
        let (dir, documents) = folder(text);
        documents
            .update("a.json".into(), |v| -> Done {
                v["new"] = json!(true);
                Ok(())
            })
            .await
            .unwrap();
        let after = fs::read_to_string(dir.path().join("a.json")).unwrap();
        let expected = text.replace("1.0\n}", "1.0,\n  \"new\": true\n}");
        assert_eq!(after, expected);
    }

    #[tokio::test]
    async fn fifty_parallel_changes_are_all_kept() {
        let (_dir, documents) = folder("");
        let changes = (0..50).map(|_| {
            documents.update("sub/a.json".into(), |v| -> Result<u64, DocumentError> {
                let next = v["n"].as_u64().unwrap_or(0) + 1;
                *v = json!({ "n": next });
                Ok(next)
            })
        });
        let mut given: Vec<u64> = futures::future::join_all(changes)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        given.sort();
        assert_eq!(given, (1..=50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_change_by_a_program_without_locks_is_merged_not_overwritten() {
        let (dir, documents) = folder("{\"ours\":1}");
        let path = dir.path().join("a.json");
        let mut first = true;
        documents
            .update("a.json".into(), move |v| -> Done {
                if std::mem::take(&mut first) {
                    fs::write(&path, "{\"ours\":1,\"theirs\":2}").unwrap();
                }
                v["ours"] = json!(3);
                Ok(())
            })
            .await
            .unwrap();
        let value = documents.read(Path::new("a.json")).unwrap().unwrap();
        assert_eq!(*value, json!({"ours": 3, "theirs": 2}));
    }

    #[tokio::test]
    async fn a_broken_file_is_named_and_kept() {
        let (dir, documents) = folder("{\"versions\": [");
        let error = documents
            .update("a.json".into(), |_| -> Done { Ok(()) })
            .await
            .unwrap_err();
        assert!(error.to_string().contains("a.json is not valid JSON"));
        let kept = fs::read_to_string(dir.path().join("a.json")).unwrap();
        assert_eq!(kept, "{\"versions\": [");
    }

    #[tokio::test]
    async fn a_read_sees_what_another_program_wrote() {
        let (dir, documents) = folder("{\"n\":1}");
        assert_eq!(
            documents.read(Path::new("a.json")).unwrap().unwrap()["n"],
            1
        );
        fs::write(dir.path().join("a.json"), "{\"n\":22}").unwrap();
        assert_eq!(
            documents.read(Path::new("a.json")).unwrap().unwrap()["n"],
            22
        );
    }
}
