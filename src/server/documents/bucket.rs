//! Documents in the bucket, which several servers share: each write names the version it was made from and is refused when
//! somebody else wrote in between (`If-Match`, `If-None-Match`); then the change runs again on what they wrote.
//!
//! Keys: `{prefix}documents/{path}` as in an ActorMaker folder, `…documents/studio/{path}` for what the studio keeps for itself,
//! `{prefix}runs/{path}` for event logs and snapshots, which are many and read one by one.

use super::mirror::Mirror;
use super::{DocumentError, MAX_BYTES, changed};
use crate::server::room::{Bound, Kept, surplus};
use crate::server::s3::{Marked, Precondition, S3, S3Error};
use bytes::Bytes;
use moka::sync::Cache;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

const JSON: &str = "application/json";
/// How often a change is tried again when other servers keep getting in between.
const MAX_TRIES: u32 = 60;
/// How often a write is tried again that the bucket did not answer.
const MAX_FAILURES: u32 = 3;
/// The pause before a change is tried again grows from here …
const PAUSE_MS: u64 = 8;
/// … to here.
const LONGEST_PAUSE_MS: u64 = 500;
/// Changes of one document queue within a server; so many documents at least have queues of their own.
const QUEUES: usize = 64;

/// Documents of one room of the bucket. Cheap to clone.
#[derive(Clone)]
pub struct Bucket {
    store: Arc<Store>,
    /// what the room's names begin with
    room: &'static str,
}

struct Store {
    s3: S3,
    prefix: String,
    mirror: Mirror,
    queues: Vec<Mutex<()>>,
    /// plain files by key, good as long as they have their ETag
    files: Cache<String, (String, Bytes)>,
}

impl Bucket {
    /// `prefix` ends in `/`. Asks nothing yet.
    pub fn new(s3: S3, prefix: String) -> Self {
        let files = Cache::builder()
            .max_capacity(32 << 20)
            .weigher(|key: &String, (_, bytes): &(String, Bytes)| {
                (key.len() + bytes.len() + 64) as u32
            })
            .build();
        Self {
            store: Arc::new(Store {
                s3,
                prefix,
                mirror: Mirror::default(),
                queues: (0..QUEUES).map(|_| Mutex::default()).collect(),
                files,
            }),
            room: "",
        }
    }

    /// What the studio keeps for itself, in the same bucket.
    pub fn studio(&self) -> Self {
        Self {
            store: self.store.clone(),
            room: "studio/",
        }
    }

    pub fn s3(&self) -> &S3 {
        &self.store.s3
    }

    pub fn prefix(&self) -> &str {
        &self.store.prefix
    }

    pub fn place(&self) -> String {
        let s3 = self.s3();
        let (bucket, address) = (s3.bucket(), s3.address());
        format!("bucket {bucket} at {address}, {}", self.documents())
    }

    fn documents(&self) -> String {
        format!("{}documents/", self.prefix())
    }

    fn name(&self, relative: &Path) -> String {
        format!("{}{}", self.room, slashed(relative))
    }

    /// The key of a document.
    pub fn key(&self, relative: &Path) -> String {
        format!("{}{}", self.documents(), self.name(relative))
    }

    /// The key of a plain file.
    pub fn file_key(&self, relative: &Path) -> String {
        format!("{}runs/{}", self.prefix(), self.name(relative))
    }

    pub async fn catch_up(&self, within: Duration) {
        let (mirror, documents) = (&self.store.mirror, self.documents());
        mirror.catch_up(self.s3(), &documents, within).await;
    }

    pub fn trouble(&self) -> Option<String> {
        self.store.mirror.trouble()
    }

    pub fn entries(&self, folder: &Path) -> Vec<String> {
        let folder = format!("{}/", self.name(folder));
        self.store.mirror.entries(&folder)
    }

    pub fn is_there(&self, relative: &Path) -> bool {
        self.store.mirror.is_there(&self.name(relative))
    }

    pub fn read(&self, relative: &Path) -> Result<Option<Arc<Value>>, DocumentError> {
        self.store.mirror.read(&self.name(relative))
    }

    pub async fn update<T: Send, E: From<DocumentError> + Send>(
        &self,
        relative: &Path,
        mut change: impl FnMut(&mut Value) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let object = Object::new(self.key(relative), relative, JSON);
        let step = |before: Option<&str>| changed(before, relative, &mut change);
        let (result, written) = self.store.change(&object, step).await?;
        if let Some((etag, text)) = written {
            let name = self.name(relative);
            self.store.mirror.wrote(&name, etag, &text);
        }
        Ok(result)
    }

    /// Asks the bucket each time, for the content only if it changed.
    pub async fn read_file(&self, relative: &Path) -> Result<Option<Vec<u8>>, DocumentError> {
        let key = self.file_key(relative);
        let known = self.store.files.get(&key);
        let etag = known.as_ref().map(|(etag, _)| etag.as_str());
        match self.s3().get_if_changed(&key, etag, MAX_BYTES).await {
            Ok(None) => Ok(known.map(|(_, bytes)| bytes.to_vec())),
            Ok(Some(Marked { bytes, etag, .. })) => {
                let content = bytes.to_vec();
                self.store.files.insert(key, (etag, bytes));
                Ok(Some(content))
            }
            Err(S3Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(&slashed(relative), "read", error)),
        }
    }

    pub async fn write_file(&self, relative: &Path, bytes: Vec<u8>) -> Result<(), DocumentError> {
        let key = self.file_key(relative);
        let put = self.s3().put(&key, bytes, JSON, Precondition::None).await;
        put.map(|_| ())
            .map_err(|e| failed(&slashed(relative), "written", e))
    }

    pub async fn make_room(&self, folder: &Path, most: Bound) -> Result<(), DocumentError> {
        let bounded = async {
            let below = format!("{}/", self.file_key(folder));
            let objects = self.s3().list(&below).await?.into_iter();
            let kept = objects.map(|object| Kept {
                time: object.modified_ms,
                size_bytes: object.size_bytes,
                name: object.key,
            });
            match surplus(kept.collect(), most).as_slice() {
                [] => Ok(()),
                gone => self.s3().delete(gone).await,
            }
        };
        let failed = |e| failed(&slashed(folder), "kept within bounds", e);
        bounded.await.map_err(failed)
    }

    pub async fn append(
        &self,
        relative: &Path,
        line: &str,
        told: impl Fn(&str) -> bool + Send + Sync,
    ) -> Result<(), DocumentError> {
        let object = Object::new(self.file_key(relative), relative, "application/x-ndjson");
        let step = |before: Option<&str>| {
            let before = before.unwrap_or_default();
            let is_told = before.lines().next_back().is_some_and(&told);
            Ok(((), (!is_told).then(|| format!("{before}{line}\n"))))
        };
        let changed: Result<_, DocumentError> = self.store.change(&object, step).await;
        changed.map(|_| ())
    }
}

/// An object that is changed as text.
struct Object {
    key: String,
    path: String,
    content_type: &'static str,
}

impl Object {
    fn new(key: String, relative: &Path, content_type: &'static str) -> Self {
        let path = slashed(relative);
        Self {
            key,
            path,
            content_type,
        }
    }
}

/// The object's text as it was read, with what a conditional write needs.
struct Before {
    text: Option<String>,
    condition: Precondition,
    marks: Vec<String>,
}

/// A text that was sent, and what to answer should it turn out to have been written.
struct Sent<T> {
    mark: String,
    text: String,
    result: T,
}

/// An ETag and the text it stands for.
type Written = Option<(String, String)>;

impl Store {
    /// Reads, changes and writes until nobody got in between. `change` gives its result and the new text, if there is one.
    async fn change<T: Send, E: From<DocumentError> + Send>(
        &self,
        object: &Object,
        mut change: impl FnMut(Option<&str>) -> Result<(T, Option<String>), E> + Send,
    ) -> Result<(T, Written), E> {
        let _turn = self.turn(&object.key).await;
        let mut open: Option<Sent<T>> = None;
        let mut failures = 0;
        for attempt in 0..MAX_TRIES {
            if attempt > 0 {
                tokio::time::sleep(pause(attempt)).await;
            }
            let before = self.before(object).await?;
            // the answer to a write may be lost, and what looks like somebody else's write may be ours
            if let Some(sent) = open.take_if(|sent| before.marks.contains(&sent.mark)) {
                return Ok((sent.result, before.written(sent.text)));
            }
            let (result, text) = change(before.text.as_deref())?;
            let Some(text) = text else {
                return Ok((result, None));
            };
            let mark = new_mark();
            match self.put(object, before, &text, &mark).await {
                Ok(etag) => return Ok((result, Some((etag, text)))),
                // no answer: whether it is written is seen by the next read
                Err(S3Error::Unreachable | S3Error::Other { .. }) if failures < MAX_FAILURES => {
                    failures += 1;
                }
                Err(S3Error::PreconditionFailed { .. } | S3Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(&object.path, "written", error).into()),
            }
            open = Some(Sent { mark, text, result });
        }
        let path = object.path.clone();
        Err(DocumentError::Contended { path }.into())
    }

    async fn turn(&self, key: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let queue = hasher.finish() as usize % self.queues.len();
        self.queues[queue].lock().await
    }

    async fn before(&self, object: &Object) -> Result<Before, DocumentError> {
        let read = self.s3.get_if_changed(&object.key, None, MAX_BYTES).await;
        let marked = match read {
            Ok(marked) => marked.expect("no ETag was named"),
            Err(S3Error::NotFound { .. }) => {
                return Ok(Before {
                    text: None,
                    condition: Precondition::Absent,
                    marks: Vec::new(),
                });
            }
            Err(error) => return Err(failed(&object.path, "read", error)),
        };
        let text = String::from_utf8(marked.bytes.into()).map_err(|_| DocumentError::Broken {
            path: object.path.clone(),
            line: 1,
            column: 1,
        })?;
        Ok(Before {
            text: Some(text),
            condition: Precondition::Unchanged(marked.etag),
            marks: marked.marks,
        })
    }

    async fn put(
        &self,
        object: &Object,
        before: Before,
        text: &str,
        mark: &str,
    ) -> Result<String, S3Error> {
        let mut marks = before.marks;
        marks.push(mark.to_owned());
        let body = Bytes::copy_from_slice(text.as_bytes());
        let (key, kind) = (&object.key, object.content_type);
        let put = self
            .s3
            .put_marked(key, body, kind, before.condition, &marks);
        put.await
    }
}

impl Before {
    /// Our own write as it was found, unless others wrote on top of it: then it is not what there is.
    fn written(self, text: String) -> Written {
        match self.condition {
            Precondition::Unchanged(etag) if self.text.as_deref() == Some(text.as_str()) => {
                Some((etag, text))
            }
            _ => None,
        }
    }
}

/// A path as a key has it.
fn slashed(relative: &Path) -> String {
    let parts = relative.components().map(|part| match part {
        Component::Normal(part) => part.to_string_lossy(),
        _ => panic!("a document's path must stay below its prefix: {relative:?}"),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn failed(path: &str, action: &'static str, error: S3Error) -> DocumentError {
    let path = path.to_owned();
    match error {
        S3Error::TooLarge { bytes, .. } => DocumentError::TooLarge { path, bytes },
        error => DocumentError::Bucket {
            path,
            action,
            reason: error.to_string(),
        },
    }
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    u64::from_le_bytes(bytes)
}

fn new_mark() -> String {
    format!("{:012x}", random() >> 16)
}

/// Servers that got in each other's way shall not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = (PAUSE_MS << attempt.min(10)).min(LONGEST_PAUSE_MS);
    Duration::from_millis(random() % longest + 1)
}
