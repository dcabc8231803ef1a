//! The store's folder: its buckets, its half-received bodies, its unfinished multipart uploads, and who may use it.
//!
//! ```text
//! root/
//! |-- lock                    held while a process serves this folder
//! |-- buckets/{bucket}/objects/{2 hex}/{62 hex}
//! |-- uploads/{upload id}/    upload.json and one file per part
//! `-- incoming/               bodies not yet complete; emptied at start
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use s3s::S3Result;
use s3s::path::check_bucket_name;
use uuid::Uuid;

use super::bucket::{Bucket, disk_error, no_such_bucket};
use super::upload_store::Uploads;

/// How long a start waits for the process before it to let go of the folder.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Store {
    root: PathBuf,
    buckets: RwLock<BTreeMap<String, Arc<Bucket>>>,
    pub uploads: Uploads,
    /// Released when the file is closed, also by kill -9.
    _lock: File,
}

impl Store {
    /// Opens (or lays out) the folder, clears what a crash left behind and reads every bucket's index. Blocks.
    ///
    /// # Errors
    /// `WouldBlock` if another process serves the folder; whatever the disk says.
    pub fn open(root: &Path) -> io::Result<Self> {
        for folder in ["buckets", "uploads"] {
            fs::create_dir_all(root.join(folder))?;
        }
        let lock = lock(&root.join("lock"))?;
        clear(&root.join("incoming"))?;
        let mut buckets = BTreeMap::new();
        for entry in fs::read_dir(root.join("buckets"))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            if check_bucket_name(&name) && entry.file_type()?.is_dir() {
                buckets.insert(name.clone(), Arc::new(Bucket::load(name, entry.path())?));
            }
        }
        let finished =
            |bucket: &str, key: &str| buckets.get(bucket)?.head(key).ok()?.upload_id.clone();
        let uploads = Uploads::load(root.join("uploads"), finished)?;
        Ok(Self {
            root: root.to_path_buf(),
            buckets: RwLock::new(buckets),
            uploads,
            _lock: lock,
        })
    }

    /// # Errors
    /// `NoSuchBucket`.
    pub fn bucket(&self, name: &str) -> S3Result<Arc<Bucket>> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets
            .get(name)
            .cloned()
            .ok_or_else(|| no_such_bucket(name))
    }

    /// In name order.
    pub fn buckets(&self) -> Vec<Arc<Bucket>> {
        self.buckets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// Makes an empty bucket; one that exists stays as it is. The caller has checked the name. Blocks.
    pub fn create_bucket(&self, name: &str) -> io::Result<()> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        if buckets.contains_key(name) {
            return Ok(());
        }
        let (draft, folder) = (self.spare_path(), self.root.join("buckets").join(name));
        Bucket::prepare(&draft)?;
        fs::rename(&draft, &folder)?;
        super::object_file::sync_folder(&self.root.join("buckets"))?;
        buckets.insert(
            name.to_owned(),
            Arc::new(Bucket::load(name.to_owned(), folder)?),
        );
        Ok(())
    }

    /// Removes an empty bucket and its unfinished uploads. Blocks.
    ///
    /// # Errors
    /// `NoSuchBucket`, `BucketNotEmpty`.
    pub fn delete_bucket(&self, name: &str) -> S3Result<()> {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        let grave = self.spare_path();
        buckets
            .get(name)
            .ok_or_else(|| no_such_bucket(name))?
            .destroy(&grave)?;
        buckets.remove(name);
        self.uploads.forget_bucket(name);
        fs::remove_dir_all(grave).map_err(disk_error)
    }

    /// Where bodies lie while they arrive: same file system as the buckets, so that a rename completes them.
    pub fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn spare_path(&self) -> PathBuf {
        self.incoming().join(Uuid::new_v4().to_string())
    }
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir(folder),
    }
}

/// The index is in memory, so two processes on one folder would each serve half the truth.
fn lock(path: &Path) -> io::Result<File> {
    let file = File::create(path)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(20))
            }
            Err(TryLockError::WouldBlock) => {
                let message = "the embedded S3 folder is in use by another process: stop the other studio, or give this one its own STATE_DIR";
                return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
            }
        }
    }
}
