//! What is known of the bucket's documents: their parsed content by ETag, learned anew by one list and a read of each that
//! changed. Answers without waiting; who wants to know what others wrote asks to catch up first.

use super::{DocumentError, MAX_BYTES, parse};
use crate::server::s3::{ObjectInfo, S3, S3Error};
use futures::stream::{self, StreamExt};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long what is known is shown when the bucket does not answer.
const SHOWN_FOR: Duration = Duration::from_secs(60);
/// How long catching up may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// After a failure nobody waits again for this long.
const PAUSE: Duration = Duration::from_secs(1);
const READS_IN_FLIGHT: usize = 16;

type Content = Result<Arc<Value>, DocumentError>;

struct Entry {
    etag: String,
    content: Content,
    /// when it was learned, in the order of this process
    at: u64,
}

#[derive(Default)]
struct Known {
    documents: BTreeMap<String, Entry>,
    /// when the last list that was learned whole began
    as_of: Option<Instant>,
    trouble: Option<(Instant, String)>,
}

/// Documents below one prefix, by the rest of their keys.
#[derive(Default)]
pub struct Mirror {
    known: Mutex<Known>,
    order: AtomicU64,
    /// how many asked to catch up, and how many of them a finished round has served
    asked: AtomicU64,
    served: AtomicU64,
    turn: tokio::sync::Mutex<()>,
}

impl Mirror {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("not poisoned")
    }

    /// A moment in the order in which things are learned.
    fn moment(&self) -> u64 {
        self.order.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The content of a document as it is known. An error when nothing was learned for too long.
    pub fn read(&self, name: &str) -> Result<Option<Arc<Value>>, DocumentError> {
        let known = self.known();
        if known.as_of.is_none_or(|at| at.elapsed() > SHOWN_FOR) {
            let trouble = known.trouble.as_ref().map(|(_, why)| why.clone());
            return Err(DocumentError::Bucket {
                path: name.to_owned(),
                action: "read",
                reason: trouble.unwrap_or_else(|| "it was not asked for a minute.".into()),
            });
        }
        let entry = known.documents.get(name);
        entry.map(|entry| entry.content.clone()).transpose()
    }

    pub fn is_there(&self, name: &str) -> bool {
        self.known().documents.contains_key(name)
    }

    /// The next parts of the names below a folder (which ends in `/`), sorted.
    pub fn entries(&self, folder: &str) -> Vec<String> {
        let known = self.known();
        let below = known.documents.range(folder.to_owned()..);
        let names = below.map_while(|(name, _)| name.strip_prefix(folder)?.split('/').next());
        let names: BTreeSet<&str> = names.collect();
        names.into_iter().map(str::to_owned).collect()
    }

    pub fn trouble(&self) -> Option<String> {
        let known = self.known();
        known.trouble.as_ref().map(|(_, why)| why.clone())
    }

    /// Notes what this server wrote itself: a round that is under way must not take it back.
    pub fn wrote(&self, name: &str, etag: String, text: &str) {
        let at = self.moment();
        let content = parse(text, Path::new(name)).map(Arc::new);
        let entry = Entry { etag, content, at };
        self.known().documents.insert(name.to_owned(), entry);
    }

    /// Learns what was written before this was called, unless that is known as of `within` ago. Those who ask at the same
    /// time share one round.
    pub async fn catch_up(&self, s3: &S3, prefix: &str, within: Duration) {
        if self.is_known_of(within) {
            return;
        }
        let mine = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let _turn = self.turn.lock().await;
        if self.served.load(Ordering::SeqCst) >= mine || self.pauses() {
            return;
        }
        let asked = self.asked.load(Ordering::SeqCst);
        let learned = tokio::time::timeout(PATIENCE, self.learn(s3, prefix)).await;
        self.served.store(asked, Ordering::SeqCst);
        self.note(learned.unwrap_or(Err(S3Error::Unreachable)));
    }

    fn is_known_of(&self, within: Duration) -> bool {
        let as_of = self.known().as_of;
        !within.is_zero() && as_of.is_some_and(|at| at.elapsed() <= within)
    }

    fn pauses(&self) -> bool {
        let known = self.known();
        let trouble = known.trouble.as_ref();
        trouble.is_some_and(|(since, _)| since.elapsed() < PAUSE)
    }

    fn note(&self, learned: Result<Instant, S3Error>) {
        let mut known = self.known();
        match learned {
            Ok(began) => {
                known.as_of = Some(began);
                if known.trouble.take().is_some() {
                    tracing::info!("the documents in the bucket are read again");
                }
            }
            Err(error) => {
                if known.trouble.is_none() {
                    tracing::warn!(%error, "the documents in the bucket cannot be read; what is known is shown for a minute");
                }
                known.trouble = Some((Instant::now(), error.to_string()));
            }
        }
    }

    /// One round; returns when it began.
    async fn learn(&self, s3: &S3, prefix: &str) -> Result<Instant, S3Error> {
        let (began, at) = (Instant::now(), self.moment());
        let listed = s3.list(prefix).await?;
        let wanted = self.changed(prefix, listed, at);
        let reads = wanted.into_iter().map(|(name, listed)| async move {
            let read = s3.get(&format!("{prefix}{name}"), MAX_BYTES).await;
            (name, listed, read)
        });
        let reads: Vec<_> = reads.collect();
        let mut reads = stream::iter(reads).buffer_unordered(READS_IN_FLIGHT);
        let mut failed = None;
        while let Some((name, listed, read)) = reads.next().await {
            if let Err(error) = self.take(&name, listed, read, at) {
                failed = Some(error);
            }
        }
        failed.map_or(Ok(began), Err)
    }

    /// Forgets what is gone; names what is new or another, with its ETag.
    fn changed(&self, prefix: &str, listed: Vec<ObjectInfo>, at: u64) -> Vec<(String, String)> {
        let listed: BTreeMap<String, String> = listed
            .into_iter()
            .filter_map(|o| Some((o.key.strip_prefix(prefix)?.to_owned(), o.etag)))
            .collect();
        let documents = &mut self.known().documents;
        documents.retain(|name, entry| listed.contains_key(name) || entry.at > at);
        let is_news = |name: &String, etag: &String| {
            let entry = documents.get(name);
            entry.is_none_or(|entry| entry.etag != *etag && entry.at < at)
        };
        let news = listed
            .into_iter()
            .filter(|(name, etag)| is_news(name, etag));
        news.collect()
    }

    fn take(
        &self,
        name: &str,
        listed: String,
        read: Result<(bytes::Bytes, String), S3Error>,
        at: u64,
    ) -> Result<(), S3Error> {
        let entry = match read {
            Ok((bytes, etag)) => Some((content(name, &bytes), etag)),
            // somebody's mistake, not the bucket's trouble
            Err(S3Error::TooLarge { bytes, .. }) => {
                let path = name.to_owned();
                Some((Err(DocumentError::TooLarge { path, bytes }), listed))
            }
            Err(S3Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let documents = &mut self.known().documents;
        // what this server wrote meanwhile is newer
        if documents.get(name).is_some_and(|entry| entry.at > at) {
            return Ok(());
        }
        match entry {
            None => {
                documents.remove(name);
            }
            Some((content, etag)) => {
                let entry = Entry { etag, content, at };
                documents.insert(name.to_owned(), entry);
            }
        }
        Ok(())
    }
}

fn content(name: &str, bytes: &[u8]) -> Content {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text, Path::new(name)).map(Arc::new),
        Err(_) => Err(DocumentError::Broken {
            path: name.to_owned(),
            line: 1,
            column: 1,
        }),
    }
}
