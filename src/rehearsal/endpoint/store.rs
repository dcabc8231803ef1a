//! The queue on disk: two files per job, so that a job survives a restart and also `kill -9`.
//!
//! `{id}.request.json` is written once; `{id}.state.json` is small and is replaced at every change (temp file, fsync, rename).
//! A state that only tells progress skips the fsync: losing the last second of it in a power cut harms nothing.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{job::JobState, job_request::JobRequest};

/// One directory of job files, used by one process at a time.
#[derive(Debug)]
pub struct Store {
    jobs: PathBuf,
}

/// Holds the directory for this process; another one that asks is refused.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

/// Whether a write must reach the disk before the answer goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Synced,
    Buffered,
}

impl Store {
    /// Creates the directory (mode 0700: jobs can hold a webhook's token) and takes its lock.
    ///
    /// # Errors
    /// The directory cannot be made, or another process holds it.
    pub fn open(dir: &Path) -> io::Result<(Self, StoreLock)> {
        let jobs = dir.join("jobs");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&jobs)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join("lock"))?;
        file.try_lock().map_err(|error| {
            let message = format!("the job queue {} is in use: stop the other studio or give this one its own STATE_DIR ({error})", dir.display());
            io::Error::new(io::ErrorKind::WouldBlock, message)
        })?;
        Ok((Self { jobs }, StoreLock { _file: file }))
    }

    /// Every job that has both files; anything unreadable is named in the log and left where it is.
    pub fn load(&self) -> io::Result<Vec<(String, JobRequest, JobState)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.jobs)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let Some(id) = name.strip_suffix(".state.json") else {
                continue;
            };
            match (
                read(&self.path(id, "request")),
                read(&self.path(id, "state")),
            ) {
                (Ok(request), Ok(state)) => found.push((id.to_owned(), request, state)),
                (Err(error), _) | (_, Err(error)) => {
                    tracing::warn!(job = id, %error, "a job file cannot be read; the job is left out");
                }
            }
        }
        Ok(found)
    }

    /// Writes what was submitted. Up to 20 MiB and an fsync: call it off the async threads.
    pub fn write_request(&self, id: &str, request: &JobRequest) -> io::Result<()> {
        self.write(id, "request", request, Durability::Synced)
    }

    /// Replaces where the job stands.
    pub fn write_state(
        &self,
        id: &str,
        state: &JobState,
        durability: Durability,
    ) -> io::Result<()> {
        self.write(id, "state", state, durability)
    }

    /// Forgets a job; the state goes first, since a request alone is not a job.
    pub fn remove(&self, id: &str) {
        for part in ["state", "request"] {
            let path = self.path(id, part);
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(job = id, %error, "a job file cannot be removed");
            }
        }
    }

    fn path(&self, id: &str, part: &str) -> PathBuf {
        self.jobs.join(format!("{id}.{part}.json"))
    }

    fn write(
        &self,
        id: &str,
        part: &str,
        value: &impl Serialize,
        durability: Durability,
    ) -> io::Result<()> {
        let path = self.path(id, part);
        let temporary = path.with_extension("tmp");
        let mut file = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        if durability == Durability::Synced {
            file.sync_all()?;
        }
        fs::rename(&temporary, &path)?;
        if durability == Durability::Synced {
            File::open(&self.jobs)?.sync_all()?;
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
