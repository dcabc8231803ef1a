//! Whether a bucket can hold shared documents: tried out with an object of our own before anything is trusted to it. Some stores
//! ignore the conditions of a write without a word, and two servers would overwrite each other's documents.

use super::bucket::Bucket;
use crate::server::s3::{Precondition, S3Error};
use bytes::Bytes;

/// Why it cannot.
#[derive(Debug, PartialEq)]
pub enum Unfit {
    /// It wrote, or told, what it should not have.
    Ignores(&'static str),
    /// It does not know the condition.
    Refuses(&'static str, String),
    /// It cannot be asked, now or with these keys.
    NotAsked(S3Error),
}

const IF_NONE_MATCH: &str = "If-None-Match: *";
const IF_MATCH: &str = "If-Match";

/// Writes, rewrites and removes one object below the prefix.
pub async fn probe(bucket: &Bucket) -> Result<(), Unfit> {
    let key = format!("{}probe/{}", bucket.prefix(), uuid::Uuid::new_v4());
    let judged = tried(bucket, &key).await;
    let _ = bucket.s3().delete(&[key]).await;
    judged
}

async fn tried(bucket: &Bucket, key: &str) -> Result<(), Unfit> {
    let put = async |condition, text: &'static str| {
        let (body, marks) = (Bytes::from_static(text.as_bytes()), ["probe".to_owned()]);
        let kind = "text/plain";
        bucket
            .s3()
            .put_marked(key, body, kind, condition, &marks)
            .await
    };
    let first = put(Precondition::Absent, "1").await;
    let first = first.map_err(|e| refused(IF_NONE_MATCH, e))?;
    must_fail(IF_NONE_MATCH, put(Precondition::Absent, "2").await)?;
    let second = put(Precondition::Unchanged(first.clone()), "3").await;
    let second = second.map_err(|e| refused(IF_MATCH, e))?;
    must_fail(IF_MATCH, put(Precondition::Unchanged(first), "4").await)?;
    let listed = bucket.s3().list(key).await.map_err(Unfit::NotAsked)?;
    if !listed.iter().any(|o| o.key == key && o.etag == second) {
        return Err(Unfit::Ignores("the ETags of what it lists"));
    }
    let read = bucket.s3().get_if_changed(key, None, 100).await;
    let marks = read.map_err(Unfit::NotAsked)?.map(|read| read.marks);
    if marks.is_none_or(|marks| marks != ["probe"]) {
        return Err(Unfit::Ignores("metadata (x-amz-meta-…)"));
    }
    Ok(())
}

fn must_fail(condition: &'static str, written: Result<String, S3Error>) -> Result<(), Unfit> {
    match written {
        Err(S3Error::PreconditionFailed { .. }) => Ok(()),
        Ok(_) => Err(Unfit::Ignores(condition)),
        Err(error) => Err(refused(condition, error)),
    }
}

fn refused(condition: &'static str, error: S3Error) -> Unfit {
    match error {
        S3Error::Other { code } => Unfit::Refuses(condition, code),
        error @ S3Error::PreconditionFailed { .. } => Unfit::Refuses(condition, error.to_string()),
        error => Unfit::NotAsked(error),
    }
}
