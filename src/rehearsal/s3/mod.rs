//! An S3-compatible store on loopback: what stands in for a bucket while none is configured.
//!
//! The trainer, `boto3`, the AWS CLI and the browser's presigned uploads talk to it exactly as they would to S3. s3s does
//! HTTP, XML and signatures (V4 and V2, presigned too); this folder decides what is stored, listed and refused, and the
//! layers here add what a browser on the studio's page needs.
//!
//! ```text
//! serve -> front (CORS, nosniff) -> refusals (so that they arrive) -> s3s -> backend's table of operations
//!   -> reads | writes | copies | multipart | lists | part_lists | buckets -> store -> bucket / upload -> object_file
//! ```
//!
//! It deliberately has no versioning, tags, ACLs, policies or encryption, and answers those with 501.

mod auth;
mod backend;
mod bucket;
mod buckets;
mod checksums;
mod conditions;
mod copies;
mod front;
mod listing;
mod lists;
mod multipart;
mod object_file;
mod part_lists;
mod reads;
mod receive;
mod refusals;
mod store;
#[cfg(test)]
mod tests;
mod upload;
mod upload_store;
mod writes;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use s3s::path::check_bucket_name;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use backend::Backend;
use store::Store;

/// What the embedded store is started with.
#[derive(Clone)]
pub struct EmbeddedS3Options {
    /// The folder that holds everything of the store; made if absent. One process at a time.
    pub root: PathBuf,
    /// Created if absent. 3-63 characters of `a-z 0-9 - .`, as S3 has it.
    pub bucket: String,
    /// What GetBucketLocation says. Requests signed for another region are taken too.
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// Serves S3 on `listener` until the future is dropped; connections end with it.
///
/// The folder is read once at start (some 10,000 objects in a fraction of a second) and the bucket is created if absent.
///
/// # Errors
/// `InvalidInput` for a bucket name S3 would refuse; `WouldBlock` if another process serves the folder; what the disk says.
pub async fn serve(listener: TcpListener, options: EmbeddedS3Options) -> io::Result<()> {
    let store = open(options.root, options.bucket).await?;
    let mut s3 = S3ServiceBuilder::new(Backend {
        store: Arc::new(store),
        region: options.region,
    });
    s3.set_auth(auth::SingleKey {
        access_key_id: options.access_key_id,
        secret_access_key: options.secret_access_key.into(),
    });
    let service = TowerToHyperService::new(front::front(s3.build()));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // answers are often two small writes; waiting for an ACK between them costs 40 ms
                    let _ = stream.set_nodelay(true);
                    let service = service.clone();
                    connections.spawn(async move {
                        // a client that breaks off is its own business
                        let _ = Builder::new(TokioExecutor::new()).http1_only().serve_connection(TokioIo::new(stream), service).await;
                    });
                }
                Err(error) => {
                    // out of file descriptors, mostly: those in use come free as connections end
                    tracing::warn!(%error, "the embedded S3 store could not accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn open(root: PathBuf, bucket: String) -> io::Result<Store> {
    if !check_bucket_name(&bucket) {
        let message = format!(
            "\"{bucket}\" is not a bucket name: it takes 3-63 characters of a-z, 0-9, - and ."
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let opened = tokio::task::spawn_blocking(move || {
        let store = Store::open(&root)?;
        store.create_bucket(&bucket)?;
        Ok(store)
    });
    opened
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}
