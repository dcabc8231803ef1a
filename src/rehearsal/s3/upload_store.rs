//! The multipart uploads that are still open. They survive a restart: a client in the middle of a long upload goes on.
//!
//! Uploads nobody finished in a week are removed at start, together with any a crash left behind after completion.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use s3s::S3Result;
use uuid::Uuid;

use super::bucket::{Bucket, disk_error};
use super::object_file::{ObjectMeta, sync_folder};
use super::upload::{Completion, Upload, UploadInfo, no_such_upload};

pub(super) struct Uploads {
    root: PathBuf,
    open: Mutex<BTreeMap<String, Arc<Upload>>>,
}

impl Uploads {
    /// Reads the uploads that are still open. `finished(bucket, key)` is the upload the stored object came from.
    pub fn load(
        root: PathBuf,
        finished: impl Fn(&str, &str) -> Option<String>,
    ) -> io::Result<Self> {
        let mut open = BTreeMap::new();
        for entry in fs::read_dir(&root)? {
            let folder = entry?.path();
            let upload = Upload::load(folder.clone()).ok().filter(Upload::is_alive);
            let is_open = |upload: &Upload| {
                finished(&upload.info.bucket, &upload.info.key).as_ref() != Some(&upload.info.id)
            };
            match upload.filter(is_open) {
                Some(upload) => drop(open.insert(upload.info.id.clone(), Arc::new(upload))),
                None => fs::remove_dir_all(folder)?,
            }
        }
        Ok(Self {
            root,
            open: Mutex::new(open),
        })
    }

    /// Begins an upload. Blocks.
    pub fn create(&self, mut info: UploadInfo) -> S3Result<Arc<Upload>> {
        info.id = Uuid::new_v4().simple().to_string();
        let folder = self.root.join(&info.id);
        let upload = Arc::new(Upload::begin(folder, info).map_err(disk_error)?);
        sync_folder(&self.root).map_err(disk_error)?;
        self.lock()
            .insert(upload.info.id.clone(), Arc::clone(&upload));
        Ok(upload)
    }

    /// # Errors
    /// `NoSuchUpload` if there is none with this id for this bucket and key.
    pub fn get(&self, id: &str, bucket: &str, key: &str) -> S3Result<Arc<Upload>> {
        let upload = self.lock().get(id).cloned();
        upload
            .filter(|upload| upload.info.bucket == bucket && upload.info.key == key)
            .ok_or_else(no_such_upload)
    }

    /// Where an upload stands among its bucket's: by key, then by id.
    pub fn order(key: &str, id: &str) -> String {
        format!("{key}\0{id}")
    }

    /// The open uploads of a bucket, in [`Self::order`].
    pub fn of_bucket(&self, bucket: &str) -> BTreeMap<String, Arc<Upload>> {
        let open = self.lock();
        let own = open.values().filter(|upload| upload.info.bucket == bucket);
        own.map(|upload| {
            (
                Self::order(&upload.info.key, &upload.info.id),
                Arc::clone(upload),
            )
        })
        .collect()
    }

    /// Ends an upload without an object. Blocks.
    pub fn abort(&self, upload: &Upload) -> S3Result<()> {
        upload.close()?;
        self.lock().remove(&upload.info.id);
        Ok(())
    }

    /// Ends all uploads of a bucket that is being deleted.
    pub fn forget_bucket(&self, bucket: &str) {
        for upload in self.of_bucket(bucket).values() {
            // a folder that stays behind is removed at the next start
            let _ = self.abort(upload);
        }
    }

    /// Ends an upload with an object: see [`Upload::complete`].
    pub fn complete(
        &self,
        upload: &Upload,
        incoming: PathBuf,
        bucket: &Bucket,
        completion: &Completion,
    ) -> S3Result<Arc<ObjectMeta>> {
        let meta = upload.complete(incoming, bucket, completion)?;
        self.lock().remove(&upload.info.id);
        Ok(meta)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Upload>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
