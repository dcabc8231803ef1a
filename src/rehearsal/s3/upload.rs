//! One unfinished multipart upload: its folder with `upload.json` and one sealed file per part, and how they become an object.
//!
//! Its own lock serialises its parts' renames, its completion and its abort; a second Complete waits for the first.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::Timestamp;
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::backend::now_s;
use super::bucket::{Bucket, disk_error};
use super::checksums::{Checksums, Hashers};
use super::conditions::WriteCondition;
use super::object_file::{ObjectMeta, StoredHeaders, read_meta, seal, sync_folder};
use super::receive::{Received, Sink};

/// Longer than any upload takes.
const ABANDONED_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
/// Every part but the last has at least this many bytes.
const MIN_PART_BYTES: u64 = 5 << 20;

/// What CreateMultipartUpload said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UploadInfo {
    pub id: String,
    pub bucket: String,
    pub key: String,
    /// Unix seconds.
    pub initiated_s: u64,
    pub headers: StoredHeaders,
    pub checksum_algorithm: Option<String>,
    pub checksum_type: Option<String>,
}

pub(super) struct Upload {
    pub info: UploadInfo,
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    parts: BTreeMap<i32, ObjectMeta>,
    /// Completed or aborted while a request still held it.
    closed: bool,
}

/// One line of CompleteMultipartUpload's list.
pub(super) struct WantedPart {
    pub number: i32,
    pub etag: Option<String>,
    pub checksums: Checksums,
}

/// What CompleteMultipartUpload asks for.
pub(super) struct Completion {
    pub parts: Vec<WantedPart>,
    pub condition: WriteCondition,
    /// Checksums of the whole object, to be verified and kept.
    pub full_checksums: Checksums,
    pub size_bytes: Option<u64>,
}

impl Upload {
    /// Lays out the folder of a new upload.
    pub fn begin(folder: PathBuf, info: UploadInfo) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        let mut file = File::create(folder.join("upload.json"))?;
        file.write_all(&serde_json::to_vec(&info)?)?;
        file.sync_all()?;
        sync_folder(&folder)?;
        Ok(Self {
            info,
            folder,
            state: Mutex::default(),
        })
    }

    /// Reads an upload left open by the process before this one.
    pub fn load(folder: PathBuf) -> io::Result<Self> {
        let info = serde_json::from_slice(&fs::read(folder.join("upload.json"))?)?;
        let mut parts = BTreeMap::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let Some(number) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            // a damaged part is as good as one never sent: the client is told so when it completes
            if let Ok(meta) = read_meta(&entry.path()) {
                parts.insert(number, meta);
            }
        }
        Ok(Self {
            info,
            folder,
            state: Mutex::new(State {
                parts,
                closed: false,
            }),
        })
    }

    /// Younger than a week.
    pub fn is_alive(&self) -> bool {
        let initiated = SystemTime::UNIX_EPOCH + Duration::from_secs(self.info.initiated_s);
        initiated.elapsed().is_ok_and(|age| age < ABANDONED_AFTER)
    }

    pub fn initiated(&self) -> Timestamp {
        Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(self.info.initiated_s))
    }

    /// Keeps a part, in the place of an earlier one of the same number. Blocks.
    pub fn put_part(
        &self,
        number: i32,
        received: Received,
        modified_s: u64,
    ) -> S3Result<ObjectMeta> {
        let meta = ObjectMeta {
            key: number.to_string(),
            size_bytes: received.size_bytes,
            etag: hex::encode(received.md5),
            modified_s,
            checksums: received.checksums,
            ..ObjectMeta::default()
        };
        let mut file = received.file;
        seal(&mut file, &meta).map_err(disk_error)?;
        let mut state = self.lock()?;
        file.persist(self.folder.join(number.to_string()))
            .map_err(|error| disk_error(error.error))?;
        state.parts.insert(number, meta.clone());
        Ok(meta)
    }

    /// The parts there are, by number.
    ///
    /// # Errors
    /// `NoSuchUpload` if it was ended meanwhile.
    pub fn parts(&self) -> S3Result<BTreeMap<i32, ObjectMeta>> {
        Ok(self.lock()?.parts.clone())
    }

    /// Puts the parts together as the bucket's object and closes the upload. Blocks for as long as copying takes.
    ///
    /// # Errors
    /// `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`, those of the condition; the upload is then still open.
    pub fn complete(
        &self,
        incoming: PathBuf,
        bucket: &Bucket,
        completion: &Completion,
    ) -> S3Result<Arc<ObjectMeta>> {
        let mut state = self.lock()?;
        // asked once before the copying, to spare it, and again where it counts
        completion
            .condition
            .check_write(bucket.head(&self.info.key).ok().as_deref())?;
        let parts = choose(&state.parts, &completion.parts)?;
        let sink = self.join(incoming, &parts, completion)?;
        let (mut file, meta) = self.describe(sink, &parts, completion)?;
        seal(&mut file, &meta).map_err(disk_error)?;
        let meta = bucket.commit(file, meta, &completion.condition)?;
        self.close_locked(&mut state)?;
        Ok(meta)
    }

    /// Ends the upload and removes its parts. Blocks.
    pub fn close(&self) -> S3Result<()> {
        self.close_locked(&mut *self.lock()?)
    }

    fn join(
        &self,
        incoming: PathBuf,
        parts: &[(i32, &ObjectMeta)],
        completion: &Completion,
    ) -> S3Result<Sink> {
        let mut sink = Sink::create(incoming, Hashers::without_md5(&completion.full_checksums))
            .map_err(disk_error)?;
        for (number, meta) in parts {
            let part = File::open(self.folder.join(number.to_string()));
            part.and_then(|part| sink.append(&part, meta.size_bytes))
                .map_err(disk_error)?;
        }
        if completion
            .size_bytes
            .is_some_and(|size| size != sink.size_bytes)
        {
            return Err(s3_error!(
                InvalidRequest,
                "x-amz-mp-object-size is not the parts' {} bytes.",
                sink.size_bytes
            ));
        }
        Ok(sink)
    }

    fn describe(
        &self,
        sink: Sink,
        parts: &[(i32, &ObjectMeta)],
        completion: &Completion,
    ) -> S3Result<(NamedTempFile, ObjectMeta)> {
        let md5s: Vec<u8> = parts
            .iter()
            .flat_map(|(_, meta)| hex::decode(&meta.etag).unwrap_or_default())
            .collect();
        let (_, full) = sink.hashers.finish();
        full.check_claims(&completion.full_checksums)?;
        let part_sums: Vec<&Checksums> = parts.iter().map(|(_, meta)| &meta.checksums).collect();
        let whole = full.kind().is_some();
        let meta = ObjectMeta {
            key: self.info.key.clone(),
            size_bytes: sink.size_bytes,
            etag: format!("{}-{}", hex::encode(Md5::checksum(&md5s)), parts.len()),
            modified_s: now_s(),
            headers: self.info.headers.clone(),
            checksums: if whole {
                full
            } else {
                Checksums::of_parts(&part_sums)
            },
            upload_id: Some(self.info.id.clone()),
        };
        Ok((sink.file, meta))
    }

    fn close_locked(&self, state: &mut State) -> S3Result<()> {
        state.closed = true;
        state.parts.clear();
        fs::remove_dir_all(&self.folder).map_err(disk_error)
    }

    fn lock(&self) -> S3Result<MutexGuard<'_, State>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            Err(no_such_upload())
        } else {
            Ok(state)
        }
    }
}

impl WantedPart {
    fn find_in<'p>(&self, stored: &'p BTreeMap<i32, ObjectMeta>) -> S3Result<&'p ObjectMeta> {
        let meta = stored.get(&self.number);
        let meta = meta.filter(|meta| self.etag.as_ref().is_none_or(|etag| *etag == meta.etag));
        let meta = meta.filter(|meta| meta.checksums.check_claims(&self.checksums).is_ok());
        meta.ok_or_else(|| {
            s3_error!(
                InvalidPart,
                "Part {} was not uploaded, or not with this ETag.",
                self.number
            )
        })
    }
}

fn choose<'p>(
    stored: &'p BTreeMap<i32, ObjectMeta>,
    wanted: &[WantedPart],
) -> S3Result<Vec<(i32, &'p ObjectMeta)>> {
    if wanted.is_empty() {
        return Err(s3_error!(
            MalformedXML,
            "Completing an upload takes at least one part."
        ));
    }
    if !wanted.is_sorted_by(|a, b| a.number < b.number) {
        return Err(s3_error!(
            InvalidPartOrder,
            "The parts must be listed in ascending order."
        ));
    }
    let parts = wanted
        .iter()
        .map(|part| Ok((part.number, part.find_in(stored)?)));
    let parts = parts.collect::<S3Result<Vec<_>>>()?;
    let small = parts[..parts.len() - 1]
        .iter()
        .find(|(_, meta)| meta.size_bytes < MIN_PART_BYTES);
    match small {
        Some((number, meta)) => Err(s3_error!(
            EntityTooSmall,
            "Part {number} has {} bytes; all but the last need 5 MiB.",
            meta.size_bytes
        )),
        None => Ok(parts),
    }
}

pub(super) fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "There is no such upload: it was completed or aborted, or it is another key's."
    )
}
