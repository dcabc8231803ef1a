//! What is remembered of a style's folder between two looks: hashes, what both sides had when they last agreed, which of two
//! folders a person chose, and which files the trainer could not use. Lies in `STATE_DIR/folders/{id}/`; losing it costs a re-read, never a file.

use super::scan::{Found, Stamp};
use crate::server::documents::write_atomically;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file younger than this may change again without its time telling.
const SETTLED: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Hashed<Of> {
    of: Of,
    md5: String,
}

/// A file the trainer could not use, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Refused {
    of: Stamp,
    why: String,
}

/// See the module's head. Maps are by file name, `here` and `refused` by `folder/name`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The bucket that `there` and `base` speak of.
    bucket: String,
    here: BTreeMap<String, Hashed<Stamp>>,
    /// By ETag: another content has another one.
    there: BTreeMap<String, Hashed<String>>,
    base: BTreeMap<String, String>,
    pub chosen: BTreeMap<String, String>,
    refused: BTreeMap<String, Refused>,
    /// The studio whose judgement `refused` is: another one may judge otherwise.
    judge: String,
    #[serde(skip)]
    unwritten: bool,
}

impl Memory {
    pub fn hash_here(&self, file: &Found) -> Option<&str> {
        let known = self.here.get(&key(file))?;
        (known.of == file.stamp).then_some(known.md5.as_str())
    }

    pub fn learn_here(&mut self, file: &Found, md5: &str) {
        if is_settled(file) {
            let md5 = md5.to_owned();
            let of = file.stamp;
            self.here.insert(key(file), Hashed { of, md5 });
        }
    }

    /// Why the trainer could not use the file as it is now, where sending it was tried.
    pub fn refusal(&self, file: &Found) -> Option<&str> {
        let known = self.refused.get(&key(file))?;
        (known.of == file.stamp).then_some(known.why.as_str())
    }

    pub fn refuse(&mut self, file: &Found, why: String) {
        if is_settled(file) {
            let of = file.stamp;
            self.refused.insert(key(file), Refused { of, why });
        }
    }

    pub fn hash_there(&self, name: &str, etag: &str) -> Option<&str> {
        let known = self.there.get(name)?;
        (known.of == etag).then_some(known.md5.as_str())
    }

    pub fn learn_there(&mut self, name: &str, etag: &str, md5: &str) {
        // an ETag that is the hash says so itself
        if etag != md5 {
            let (of, md5) = (etag.to_owned(), md5.to_owned());
            self.there.insert(name.to_owned(), Hashed { of, md5 });
        }
    }

    /// The MD5 both sides had when they last agreed.
    pub fn base(&self, name: &str) -> Option<&str> {
        self.base.get(name).map(String::as_str)
    }

    pub fn agree(&mut self, name: &str, md5: &str) {
        self.base.insert(name.to_owned(), md5.to_owned());
    }

    /// A removal was asked for: that it is missing now is no news.
    pub fn forget(&mut self, name: &str) {
        self.base.remove(name);
    }
}

fn is_settled(file: &Found) -> bool {
    let written = Duration::from_nanos(file.stamp.modified_ns.max(0) as u64);
    let age = SystemTime::now().duration_since(UNIX_EPOCH + written);
    age.is_ok_and(|age| age > SETTLED)
}

fn key(file: &Found) -> String {
    format!("{}/{}", file.folder, file.name)
}

/// Where the notes of a style lie.
pub fn folder(state: &AppState, style: &StyleId) -> PathBuf {
    let folders = state.config.state_dir.join("folders");
    folders.join(style.as_str())
}

/// The memory of one style, in the process.
#[derive(Default)]
pub struct Remembered(Mutex<Option<Memory>>);

impl Remembered {
    /// The memory as it is now.
    pub fn get(&self, state: &AppState, style: &StyleId) -> Memory {
        self.with(state, style, |memory| memory.clone())
    }

    /// Changes it and writes it down if that changed something. A full disk costs the memory, not the work. Blocks.
    pub fn change(&self, state: &AppState, style: &StyleId, change: impl FnOnce(&mut Memory)) {
        let path = folder(state, style).join("memory.json");
        // written under the lock: what is older never comes last
        self.with(state, style, |memory| {
            let before = memory.clone();
            change(memory);
            if *memory == before && !memory.unwritten {
                return;
            }
            memory.unwritten = false;
            let bytes = serde_json::to_vec(memory).expect("it can be written");
            if let Err(error) = write_atomically(&path, &bytes) {
                tracing::warn!(%error, %style, "what is known of the folder was not kept");
            }
        });
    }

    /// Changes it in the process only; the next [`change`](Self::change) writes it down.
    pub fn learn(&self, state: &AppState, style: &StyleId, change: impl FnOnce(&mut Memory)) {
        self.with(state, style, |memory| {
            change(memory);
            memory.unwritten = true;
        });
    }

    fn with<T>(&self, state: &AppState, style: &StyleId, f: impl FnOnce(&mut Memory) -> T) -> T {
        let mut held = self.0.lock().expect("not poisoned");
        f(held.get_or_insert_with(|| load(state, style)))
    }
}

fn load(state: &AppState, style: &StyleId) -> Memory {
    let bucket = bucket(state);
    let bytes = std::fs::read(folder(state, style).join("memory.json")).unwrap_or_default();
    let mut memory: Memory = serde_json::from_slice(&bytes).unwrap_or_default();
    if memory.bucket != bucket {
        memory.there.clear();
        memory.base.clear();
        memory.bucket = bucket;
    }
    if memory.judge != env!("CARGO_PKG_VERSION") {
        memory.refused.clear();
        memory.judge = env!("CARGO_PKG_VERSION").to_owned();
    }
    memory
}

/// The embedded store's port may be another one each time.
fn bucket(state: &AppState) -> String {
    let address = match state.s3_is_rehearsed() {
        true => "rehearsal".to_owned(),
        false => state.s3.address(),
    };
    format!("{address}/{}", state.s3.bucket())
}
