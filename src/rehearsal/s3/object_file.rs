//! How one object (or one part of a multipart upload) lies on disk: its bytes first, then what is known about it, then a footer.
//!
//! ```text
//! offset 0          size_bytes             + meta_len               + 16
//! | the object's bytes | ObjectMeta as JSON | meta_len u64 LE, MAGIC |
//! ```
//!
//! One file, so that one rename replaces bytes, ETag and headers together: after a crash a key has its old or its new
//! content, never one's bytes under the other's ETag. The bytes come first, because ETag and checksums are known only once
//! they have passed, and so that a person can open the file as the image it is.
//!
//! It deliberately knows neither buckets nor locks, and it never maps a key to a path: file names are SHA-256 of the key.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use s3s::crypto::{Checksum as _, Sha256};
use s3s::dto::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::checksums::Checksums;

const MAGIC: [u8; 8] = *b"AMS3obj1";
const FOOTER_BYTES: u64 = 16;
/// Enough for nearly every meta: S3 allows 2 KB of user metadata and 1 KB of key.
const TAIL_BYTES: u64 = 4096;
/// A meta longer than this was not written by us.
const MAX_META_BYTES: u64 = 1 << 20;

/// What is known about one stored object.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ObjectMeta {
    pub key: String,
    pub size_bytes: u64,
    /// Without quotes: hex MD5, or `{md5 of the parts' md5s}-{parts}` after a multipart upload.
    pub etag: String,
    /// Unix seconds; whole ones, as S3's `Last-Modified` has them.
    pub modified_s: u64,
    #[serde(default)]
    pub headers: StoredHeaders,
    #[serde(default)]
    pub checksums: Checksums,
    /// The multipart upload it came from: lets a repeated CompleteMultipartUpload be answered as the first was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<String>,
}

/// The headers a client gave with the object and gets back with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredHeaders {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_language: Option<String>,
    pub content_disposition: Option<String>,
    pub cache_control: Option<String>,
    pub expires: Option<Timestamp>,
    /// `x-amz-meta-*`, names without that prefix.
    pub user: BTreeMap<String, String>,
}

/// The file of `key` under a bucket's `objects` folder: 256 folders by the first byte of SHA-256(key).
pub(super) fn path_of(objects: &Path, key: &str) -> PathBuf {
    let name = hex::encode(Sha256::checksum(key.as_bytes()));
    objects.join(&name[..2]).join(&name[2..])
}

/// Appends `meta` and the footer to a file that holds exactly the object's bytes, and makes it durable. Not yet visible:
/// the caller renames it into its place.
pub(super) fn seal(file: &mut NamedTempFile, meta: &ObjectMeta) -> io::Result<()> {
    let json = serde_json::to_vec(meta)?;
    let mut tail = Vec::with_capacity(json.len() + FOOTER_BYTES as usize);
    tail.extend_from_slice(&json);
    tail.extend_from_slice(&(json.len() as u64).to_le_bytes());
    tail.extend_from_slice(&MAGIC);
    let file = file.as_file_mut();
    file.write_all(&tail)?;
    file.sync_all()
}

/// Reads what is known about the object in `path`.
///
/// # Errors
/// `InvalidData` if the file is not one of ours, was cut, or does not hold the key its name says.
pub(super) fn read_meta(path: &Path) -> io::Result<ObjectMeta> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut tail = read_tail(&file, length, TAIL_BYTES)?;
    let [.., m0, m1, m2, m3, m4, m5, m6, m7, _, _, _, _, _, _, _, _] = tail[..] else {
        return Err(damaged("it is shorter than a footer"));
    };
    if tail[tail.len() - MAGIC.len()..] != MAGIC {
        return Err(damaged("it has no footer"));
    }
    let meta_length = u64::from_le_bytes([m0, m1, m2, m3, m4, m5, m6, m7]);
    let needed = meta_length.saturating_add(FOOTER_BYTES);
    if meta_length > MAX_META_BYTES || needed > length {
        return Err(damaged("its footer points outside of it"));
    }
    if needed > tail.len() as u64 {
        tail = read_tail(&file, length, needed)?;
    }
    let json = &tail[tail.len() - needed as usize..tail.len() - FOOTER_BYTES as usize];
    let meta: ObjectMeta = serde_json::from_slice(json)?;
    if meta.size_bytes + needed != length {
        return Err(damaged("its length is not what its footer says"));
    }
    Ok(meta)
}

fn read_tail(file: &File, length: u64, wanted: u64) -> io::Result<Vec<u8>> {
    let wanted = wanted.min(length);
    let mut tail = vec![0; wanted as usize];
    file.read_exact_at(&mut tail, length - wanted)?;
    Ok(tail)
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("not a stored object: {why}"),
    )
}

/// Makes a rename or removal inside `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
