//! Before the first request: a bucket that shall hold the documents is tried out, read, and given the folder's documents if it has
//! none and somebody said so.

use super::bucket::Bucket;
use super::copy::{Copied, copy};
use super::probe::{Unfit, probe};
use super::{Documents, Folder};
use crate::server::config::Config;
use crate::server::s3::S3Error;
use std::path::Path;
use std::time::Duration;

/// How long a bucket is waited for that does not answer yet: servers and store may be started together.
const PATIENCE: u32 = 20;

/// Where what is ours lies in a folder.
#[derive(Clone, Copy)]
pub struct Owned {
    /// The document without which there are no others.
    pub registry: &'static str,
    /// Folders of styles lie below it.
    pub styles: &'static str,
    /// What the studio keeps for itself: files, or folders of them.
    pub kept: &'static [&'static str],
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "DOCUMENTS=s3 does not work with {place}: the store ignores {what}, so that two servers would overwrite each other's documents. Use a store that keeps conditional writes (AWS S3, Cloudflare R2, MinIO, Ceph), or DOCUMENTS=folder with one server."
    )]
    Ignored { place: String, what: &'static str },
    #[error(
        "DOCUMENTS=s3 does not work with {place}: the store refuses {what} ({code}), without which two servers would overwrite each other's documents. Use a store that knows conditional writes (AWS S3, Cloudflare R2, MinIO, Ceph), or DOCUMENTS=folder with one server."
    )]
    Refused {
        place: String,
        what: &'static str,
        code: String,
    },
    #[error("DOCUMENTS=s3: the documents in {place} cannot be read. {reason}")]
    Unread { place: String, reason: String },
    #[error(
        "DOCUMENTS=s3: {place} holds no styles yet, and {folder} does. Set DOCUMENTS_COPY=yes to copy its documents into the bucket once (nothing there is overwritten, the folder stays as it is), or DOCUMENTS_COPY=no to begin with none."
    )]
    Undecided { place: String, folder: String },
    #[error(
        "DOCUMENTS_COPY=yes: {0} Nothing was overwritten; mend it and start again to go on with the copy."
    )]
    NotCopied(String),
}

/// Makes the documents ready. Returns a sentence for the person who starts the studio when something was copied.
pub async fn open(
    documents: &Documents,
    config: &Config,
    owned: Owned,
) -> Result<Option<String>, OpenError> {
    let (Documents::Bucket(bucket), Some(shared)) = (documents, &config.documents) else {
        return Ok(None);
    };
    fit(bucket).await?;
    learn(bucket).await?;
    let folder = &config.actor_maker_dir;
    let registry = Path::new(owned.registry);
    let is_new = !bucket.is_there(registry) && Folder::new(folder.clone()).is_there(registry);
    match shared.copy {
        _ if !is_new => Ok(None),
        Some(false) => Ok(None),
        None => Err(OpenError::Undecided {
            place: bucket.place(),
            folder: folder.display().to_string(),
        }),
        Some(true) => {
            let copied = copy(bucket, folder, &config.state_dir, owned).await?;
            learn(bucket).await?;
            Ok(Some(told(&copied, folder)))
        }
    }
}

async fn fit(bucket: &Bucket) -> Result<(), OpenError> {
    let mut tried = probe(bucket).await;
    for _ in 0..PATIENCE {
        if tried != Err(Unfit::NotAsked(S3Error::Unreachable)) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        tried = probe(bucket).await;
    }
    let place = bucket.place();
    tried.map_err(|unfit| match unfit {
        Unfit::Ignores(what) => OpenError::Ignored { place, what },
        Unfit::Refuses(what, code) => OpenError::Refused { place, what, code },
        Unfit::NotAsked(error) => OpenError::Unread {
            place,
            reason: error.to_string(),
        },
    })
}

async fn learn(bucket: &Bucket) -> Result<(), OpenError> {
    bucket.catch_up(Duration::ZERO).await;
    match bucket.trouble() {
        None => Ok(()),
        Some(reason) => Err(OpenError::Unread {
            place: bucket.place(),
            reason,
        }),
    }
}

fn told(copied: &Copied, folder: &Path) -> String {
    let mut told = format!("{} files copied from {}", copied.copied, folder.display());
    if !copied.left.is_empty() {
        told += "; there already and left as they are: ";
        told += &copied.left.join(", ");
    }
    told
}
