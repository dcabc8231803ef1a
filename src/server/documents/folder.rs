//! Documents in a folder of this machine: files that the older ActorMaker reads and writes too.
//!
//! Two systems may write the same files: this studio (possibly in two processes) and the older ActorMaker. So a file is
//! read fresh under a lock on its folder (which leaves no lock file behind), changed, written to a temporary file, synced
//! and renamed. If somebody who takes no locks wrote in between, the change runs again on what they wrote.

use super::{DocumentError, MAX_BYTES, below, changed, parse};
use crate::server::room::{self, Bound};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// How the names of our temporary files begin.
const TEMPORARY: &str = ".writing-";
/// How often a change is tried again when another writer keeps getting in between.
const MAX_TRIES: u32 = 50;

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
pub struct Folder {
    root: Arc<PathBuf>,
    /// parsed content by path, valid as long as the stamp is the file's
    seen: Arc<Mutex<Seen>>,
}

impl Folder {
    pub fn new(root: PathBuf) -> Self {
        Self {
            root: Arc::new(root),
            seen: Arc::default(),
        }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    fn path(&self, relative: &Path) -> PathBuf {
        below(&self.root, relative)
    }

    /// Whether the file is there, or may be: one in a folder that cannot be looked into is not taken for one that is not there, and
    /// reading it says why.
    pub fn is_there(&self, relative: &Path) -> bool {
        match fs::metadata(self.path(relative)) {
            Ok(found) => found.is_file(),
            Err(error) => !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ),
        }
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
        let io = |action| failed(relative, action);
        fs::create_dir_all(folder).map_err(io("given a folder"))?;
        let lock = File::open(folder).map_err(io("locked"))?;
        lock.lock().map_err(io("locked"))?;
        sweep(folder);
        for _ in 0..MAX_TRIES {
            let before = read_text(&path, relative)?;
            let text = before.as_ref().map(|(_, text)| text.as_str());
            let (result, text) = changed(text, relative, &mut change)?;
            let Some(text) = text else {
                return Ok(result);
            };
            let temporary = write_temporary(folder, &text).map_err(io("written"))?;
            if stamp(&path, relative)? != before.map(|(stamp, _)| stamp) {
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

    /// A plain file's bytes; `None` when it is absent.
    pub fn read_file(&self, relative: &Path) -> Result<Option<Vec<u8>>, DocumentError> {
        match fs::read(self.path(relative)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed(relative, "read")(e)),
        }
    }

    /// Writes a plain file whole, atomically.
    pub fn write_file(&self, relative: &Path, bytes: &[u8]) -> Result<(), DocumentError> {
        write_atomically(&self.path(relative), bytes).map_err(failed(relative, "written"))
    }

    /// Removes the oldest plain files of a folder until it is within its bound.
    pub fn make_room(&self, folder: &Path, most: Bound) -> Result<(), DocumentError> {
        room::make_room(&self.path(folder), most).map_err(failed(folder, "kept within bounds"))
    }

    /// Appends a line in one write, so that a crash leaves whole lines, unless `told` says that the last one tells it.
    pub fn append(
        &self,
        relative: &Path,
        line: &str,
        told: impl Fn(&str) -> bool,
    ) -> Result<(), DocumentError> {
        let path = self.path(relative);
        let before = fs::read_to_string(&path).unwrap_or_default();
        if before.lines().next_back().is_some_and(told) {
            return Ok(());
        }
        let written = || {
            fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
            let mut file = fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(&path)?;
            // a full disk may have cut the line before
            let cut = !before.is_empty() && !before.ends_with('\n');
            file.write_all(format!("{}{line}\n", if cut { "\n" } else { "" }).as_bytes())
        };
        written().map_err(failed(relative, "written"))
    }
}

fn failed(relative: &Path, action: &'static str) -> impl Fn(io::Error) -> DocumentError {
    let path = relative.display().to_string();
    move |e| DocumentError::Io {
        path: path.clone(),
        action,
        reason: e.kind().to_string(),
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
        Err(e) => Err(failed(relative, "read")(e)),
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
        Err(e) => Err(failed(relative, "read")(e)),
    }
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

    fn folder(text: &str) -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        if !text.is_empty() {
            fs::write(dir.path().join("a.json"), text).unwrap();
        }
        let documents = Folder::new(dir.path().into());
        (dir, documents)
    }

    type Done = Result<(), DocumentError>;

    #[tokio::test]
    async fn a_document_does_not_grow_until_it_cannot_be_read() {
        let (dir, documents) = folder("{}\n");
        let grown = documents
            .update("a.json".into(), |v| -> Done {
                v["long"] = json!("x".repeat(MAX_BYTES as usize));
                Ok(())
            })
            .await;
        assert!(matches!(grown, Err(DocumentError::WouldBeTooLarge { .. })));
        let after = fs::read_to_string(dir.path().join("a.json")).unwrap();
        assert_eq!(after, "{}\n");
    }

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
