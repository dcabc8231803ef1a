//! Hashes of both sides: read where the contents matter, remembered otherwise, and what they say of a name.

use super::super::super::model::image::check_upload;
use super::super::super::model::sync::{Content, FileState, FolderFile, compare};
use super::memory::Memory;
use super::scan::Found;
use super::survey::{Joined, Pair, Sides, counting, describe, note};
use crate::server::s3::ObjectInfo;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use md5::{Digest, Md5};
use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};

/// Files read at the same time.
const READERS: usize = 4;

/// An ETag that can be a hash of the content.
fn etag_as_md5(etag: &str) -> Option<&str> {
    let is_hex = etag.len() == 32 && etag.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then_some(etag)
}

/// Hashes found in this look, beside those remembered.
#[derive(Default)]
pub struct Hashes {
    here: HashMap<PathBuf, String>,
    there: HashMap<String, String>,
}

impl Hashes {
    /// Reads the local files whose content matters: those that S3 or another folder has too.
    pub async fn read_here(&mut self, joined: &Joined, memory: &Memory) {
        let matters = joined
            .values()
            .filter(|s| s.object.is_some() || s.copies.len() > 1);
        let unknown = matters.flat_map(|s| &s.copies);
        let unknown = unknown.filter(|file| memory.hash_here(file).is_none());
        let reads: Vec<_> = unknown.cloned().map(hash_of).collect();
        let read: Vec<_> = stream::iter(reads)
            .buffer_unordered(READERS)
            .collect()
            .await;
        self.here.extend(read.into_iter().flatten());
    }

    fn md5_here<'a>(&'a self, file: &Found, memory: &'a Memory) -> Option<&'a str> {
        let new = self.here.get(&file.path).map(String::as_str);
        new.or_else(|| memory.hash_here(file))
    }

    fn md5_there<'a>(
        &'a self,
        object: &'a ObjectInfo,
        name: &str,
        memory: &'a Memory,
    ) -> Option<&'a str> {
        let new = self.there.get(name).map(String::as_str);
        new.or_else(|| memory.hash_there(name, &object.etag))
    }

    /// Reads objects of the same size whose ETag does not equal the file's MD5, within a budget of bytes.
    pub async fn read_there(
        &mut self,
        state: &AppState,
        joined: &Joined,
        memory: &Memory,
        budget: i64,
    ) {
        let left = AtomicI64::new(budget);
        let unclear = joined.iter().filter_map(|(name, sides)| {
            let object = sides.object.as_ref()?;
            let file = sides
                .copies
                .iter()
                .find(|c| c.stamp.size_bytes == object.size_bytes)?;
            let known = self.md5_there(object, name, memory).is_some();
            let proven = self.md5_here(file, memory) == Some(object.etag.as_str());
            (!known && !proven).then_some((name, object))
        });
        let reads: Vec<_> = unclear
            .map(|(name, object)| {
                let left = &left;
                async move {
                    let bytes = object.size_bytes as i64;
                    if left.fetch_sub(bytes, Ordering::Relaxed) < bytes {
                        // a smaller one may still fit
                        left.fetch_add(bytes, Ordering::Relaxed);
                        return None;
                    }
                    Some((name.clone(), hash_of_object(state, object).await?))
                }
            })
            .collect();
        let read: Vec<_> = stream::iter(reads)
            .buffer_unordered(READERS)
            .collect()
            .await;
        self.there.extend(read.into_iter().flatten());
    }

    /// How a name stands.
    pub fn judge(
        &self,
        name: String,
        sides: Sides,
        memory: &Memory,
        bases: &HashMap<String, String>,
    ) -> Pair {
        let Sides { copies, object } = sides;
        let chosen = memory.chosen.get(&name);
        let chosen = chosen.filter(|c| copies.len() > 1 && copies.iter().any(|f| f.folder == **c));
        let counting = counting(&copies, chosen.map(String::as_str));
        let here: Vec<Content> = counting
            .iter()
            .map(|file| Content {
                size_bytes: file.stamp.size_bytes,
                md5: self.md5_here(file, memory),
            })
            .collect();
        let first_md5 = here.first().and_then(|c| c.md5);
        let there = object.as_ref().map(|object| {
            let hash = self.md5_there(object, &name, memory);
            let by_etag = etag_as_md5(&object.etag);
            // equal proves; unequal tells only where the sizes differ anyway
            let tells = by_etag == first_md5
                || here
                    .first()
                    .is_none_or(|h| h.size_bytes != object.size_bytes);
            Content {
                size_bytes: object.size_bytes,
                md5: hash.or(by_etag.filter(|_| tells)),
            }
        });
        let base = memory.base(&name).or(bases.get(&name).map(String::as_str));
        let state = compare(&here, there, base);
        let md5 = first_md5.map(str::to_owned);
        let one_sided = matches!(state, FileState::OnlyHere | FileState::OnlyThere);
        let was_in_step = one_sided && base.is_some();
        let refused = counting.first().and_then(|file| {
            let known = memory.refusal(file).map(str::to_owned);
            // name and size tell before anything is read
            known.or_else(|| check_upload(&name, file.stamp.size_bytes).err())
        });
        let problem = refused.filter(|_| state != FileState::InStep);
        let chosen = chosen.cloned();
        let file = describe(name, state, was_in_step, &copies, object.as_ref(), chosen);
        Pair {
            file: FolderFile { problem, ..file },
            copies,
            object,
            md5,
        }
    }

    /// Writes down the hashes, and what both sides agree on.
    pub async fn keep(self, state: &AppState, id: &StyleId, pairs: &[Pair]) {
        let read: Vec<(Found, String)> = pairs
            .iter()
            .flat_map(|p| &p.copies)
            .filter_map(|file| Some((file.clone(), self.here.get(&file.path)?.clone())))
            .collect();
        let objects: Vec<(String, String, String)> = pairs
            .iter()
            .filter_map(|p| {
                let md5 = self.there.get(&p.file.filename)?.clone();
                Some((
                    p.file.filename.clone(),
                    p.object.as_ref()?.etag.clone(),
                    md5,
                ))
            })
            .collect();
        let in_step = pairs.iter().filter(|p| p.file.state == FileState::InStep);
        let agreed: Vec<(String, String)> = in_step
            .filter_map(|p| Some((p.file.filename.clone(), p.md5.clone()?)))
            .collect();
        note(state, id, move |memory| {
            for (file, md5) in &read {
                memory.learn_here(file, md5);
            }
            for (name, etag, md5) in &objects {
                memory.learn_there(name, etag, md5);
            }
            for (name, md5) in &agreed {
                memory.agree(name, md5);
            }
        })
        .await;
    }
}

/// The MD5 of a file as the scan saw it; `None` when it cannot be read or is another one now.
async fn hash_of(file: Found) -> Option<(PathBuf, String)> {
    let path = file.path.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut open = super::open_same(&file.path, file.stamp).ok()?;
        let mut hash = Md5::new();
        let mut buffer = vec![0; 256 << 10];
        loop {
            match open.read(&mut buffer).ok()? {
                0 => return Some(hex::encode(hash.finalize())),
                n => hash.update(&buffer[..n]),
            }
        }
    });
    Some((path, read.await.expect("reading does not panic")?))
}

/// The MD5 of an object's content; `None` when it cannot be read now.
async fn hash_of_object(state: &AppState, object: &ObjectInfo) -> Option<String> {
    let answer = state.s3.open(&object.key, None).await.ok()?;
    let same = answer
        .e_tag()
        .is_some_and(|e| e.trim_matches('"') == object.etag);
    let mut body = answer.body;
    let mut hash = Md5::new();
    let mut bytes = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.ok()?;
        bytes += chunk.len() as u64;
        hash.update(&chunk);
    }
    (same && bytes == object.size_bytes).then(|| hex::encode(hash.finalize()))
}
