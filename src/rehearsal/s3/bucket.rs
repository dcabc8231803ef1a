//! One bucket: an ordered index of its objects in memory, their files on disk, and the lock that keeps the two the same.
//!
//! Check and rename happen under the index's write lock: that is what makes a conditional write atomic. Opening for reading
//! happens under its read lock: that is why a reader gets the bytes that belong to the ETag it was told. Nothing slow (bodies,
//! fsync of bodies) happens under either. All of it blocks briefly; callers are on blocking threads.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use s3s::{S3Error, S3Result, s3_error};
use tempfile::NamedTempFile;

use super::conditions::WriteCondition;
use super::object_file::{self, ObjectMeta, path_of, sync_folder};

pub(super) type Objects = BTreeMap<String, Arc<ObjectMeta>>;

/// A bucket and what lies in it.
pub(super) struct Bucket {
    pub name: String,
    pub created: SystemTime,
    folder: PathBuf,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    objects: Objects,
    /// Set when the bucket was deleted while a request still held it.
    deleted: bool,
}

impl Bucket {
    /// Makes the folders of an empty bucket in `folder`, which must not exist.
    pub fn prepare(folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder.join("objects"))?;
        for byte in 0..=u8::MAX {
            fs::create_dir(folder.join("objects").join(hex::encode([byte])))?;
        }
        sync_folder(&folder.join("objects"))?;
        sync_folder(folder)
    }

    /// Reads the index of the bucket in `folder`. A damaged file is reported and left out, not removed.
    pub fn load(name: String, folder: PathBuf) -> io::Result<Self> {
        let created = fs::metadata(folder.join("objects"))?.modified()?;
        let mut objects = Objects::new();
        for shelf in fs::read_dir(folder.join("objects"))? {
            let shelf = shelf?;
            if !shelf.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(shelf.path())? {
                let path = file?.path();
                match object_file::read_meta(&path) {
                    Ok(meta) if path_of(&folder.join("objects"), &meta.key) == path => {
                        objects.insert(meta.key.clone(), Arc::new(meta));
                    }
                    Ok(_) => {
                        tracing::warn!(path = %path.display(), "a stored object lies under another key's name; left out")
                    }
                    Err(error) => {
                        tracing::warn!(path = %path.display(), %error, "a stored object cannot be read; left out")
                    }
                }
            }
        }
        let index = RwLock::new(Index {
            objects,
            deleted: false,
        });
        Ok(Self {
            name,
            created,
            folder,
            index,
        })
    }

    /// Reads the index, in key order (bytes of UTF-8), as of one moment.
    pub fn read<T>(&self, look: impl FnOnce(&Objects) -> T) -> T {
        look(&self.lock_read().objects)
    }

    /// # Errors
    /// `NoSuchKey`.
    pub fn head(&self, key: &str) -> S3Result<Arc<ObjectMeta>> {
        self.read(|objects| objects.get(key).cloned())
            .ok_or_else(no_such_key)
    }

    /// Opens the object's file together with what is known about exactly these bytes (they begin at offset 0).
    ///
    /// # Errors
    /// `NoSuchKey`, or `InternalError` if the file cannot be opened.
    pub fn open(&self, key: &str) -> S3Result<(File, Arc<ObjectMeta>)> {
        let index = self.lock_read();
        let meta = index.objects.get(key).ok_or_else(no_such_key)?;
        let file = File::open(self.path_of(key)).map_err(disk_error)?;
        Ok((file, Arc::clone(meta)))
    }

    /// Puts a sealed file in the key's place if `condition` allows it, for good once this returns.
    ///
    /// # Errors
    /// Those of the condition; `NoSuchBucket`; `InternalError` if the disk refuses. The old object is then still there.
    pub fn commit(
        &self,
        file: NamedTempFile,
        meta: ObjectMeta,
        condition: &WriteCondition,
    ) -> S3Result<Arc<ObjectMeta>> {
        let path = self.path_of(&meta.key);
        let meta = Arc::new(meta);
        {
            let mut index = self.lock_write()?;
            condition.check_write(index.objects.get(&meta.key).map(Arc::as_ref))?;
            file.persist(&path)
                .map_err(|error| disk_error(error.error))?;
            index.objects.insert(meta.key.clone(), Arc::clone(&meta));
        }
        self.sync_shelf(&path)?;
        Ok(meta)
    }

    /// Removes the objects, each under its own condition; a missing key is a success, as S3 has it.
    ///
    /// Returns one result per entry, in order.
    pub fn delete(&self, entries: &[(String, WriteCondition)]) -> S3Result<Vec<S3Result<()>>> {
        let mut shelves = BTreeMap::new();
        let mut results = Vec::with_capacity(entries.len());
        for (key, condition) in entries {
            let path = self.path_of(key);
            results.push(self.delete_one(key, &path, condition));
            shelves.insert(path.parent().map(Path::to_path_buf), path);
        }
        shelves
            .values()
            .try_for_each(|path| self.sync_shelf(path))?;
        Ok(results)
    }

    fn delete_one(&self, key: &str, path: &Path, condition: &WriteCondition) -> S3Result<()> {
        let mut index = self.lock_write()?;
        condition.check_delete(index.objects.get(key).map(Arc::as_ref))?;
        if index.objects.contains_key(key) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(disk_error(error));
                }
                _ => index.objects.remove(key),
            };
        }
        Ok(())
    }

    /// Moves the bucket's folder to `grave` if it is empty of objects; requests that still hold the bucket get `NoSuchBucket`.
    ///
    /// # Errors
    /// `BucketNotEmpty`.
    pub fn destroy(&self, grave: &Path) -> S3Result<()> {
        let mut index = self.lock_write()?;
        if !index.objects.is_empty() {
            return Err(s3_error!(
                BucketNotEmpty,
                "The bucket still holds {} objects.",
                index.objects.len()
            ));
        }
        fs::rename(&self.folder, grave).map_err(disk_error)?;
        index.deleted = true;
        Ok(())
    }

    fn path_of(&self, key: &str) -> PathBuf {
        path_of(&self.folder.join("objects"), key)
    }

    fn sync_shelf(&self, path: &Path) -> S3Result<()> {
        path.parent()
            .map_or(Ok(()), sync_folder)
            .map_err(disk_error)
    }

    fn lock_read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_write(&self) -> S3Result<RwLockWriteGuard<'_, Index>> {
        let index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        if index.deleted {
            Err(no_such_bucket(&self.name))
        } else {
            Ok(index)
        }
    }
}

pub(super) fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

pub(super) fn no_such_bucket(name: &str) -> S3Error {
    s3_error!(NoSuchBucket, "There is no bucket \"{name}\" here.")
}

/// A refusal of the disk, without the path in it.
pub(super) fn disk_error(error: io::Error) -> S3Error {
    tracing::error!(%error, "the embedded S3 store could not use its folder");
    s3_error!(
        InternalError,
        "The store could not use its folder: {}. Check free space and permissions.",
        error.kind()
    )
}
