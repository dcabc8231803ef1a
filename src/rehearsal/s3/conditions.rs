//! Conditional requests: what `If-Match` and its relatives decide, given what is stored now.
//!
//! Pure: the caller holds whatever lock makes "now" mean something.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, header};
use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use super::object_file::ObjectMeta;

impl ObjectMeta {
    pub fn etag(&self) -> ETag {
        ETag::Strong(self.etag.clone())
    }

    /// Whole seconds, so that a list, a HEAD and `If-Modified-Since` agree.
    pub fn last_modified(&self) -> Timestamp {
        Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(self.modified_s))
    }

    fn fits(&self, condition: &ETagCondition) -> bool {
        match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == self.etag,
        }
    }
}

/// When a write may replace (or a delete remove) what is there.
#[derive(Clone, Debug, Default)]
pub(super) struct WriteCondition {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
}

impl WriteCondition {
    /// # Errors
    /// `PreconditionFailed` (412); `NoSuchKey` (404) for `If-Match` where there is nothing, as S3 answers.
    pub fn check_write(&self, existing: Option<&ObjectMeta>) -> S3Result<()> {
        if self.if_match.is_some() && existing.is_none() {
            return Err(s3_error!(
                NoSuchKey,
                "If-Match names a version, but the key does not exist."
            ));
        }
        self.check(existing)
    }

    /// # Errors
    /// `PreconditionFailed` (412), also where there is nothing.
    pub fn check_delete(&self, existing: Option<&ObjectMeta>) -> S3Result<()> {
        self.check(existing)
    }

    fn check(&self, existing: Option<&ObjectMeta>) -> S3Result<()> {
        let fits = |condition: &ETagCondition| existing.is_some_and(|meta| meta.fits(condition));
        if self
            .if_match
            .as_ref()
            .is_some_and(|condition| !fits(condition))
        {
            return Err(s3_error!(
                PreconditionFailed,
                "If-Match does not fit what is stored under this key."
            ));
        }
        if self.if_none_match.as_ref().is_some_and(fits) {
            return Err(s3_error!(
                PreconditionFailed,
                "If-None-Match: the key exists already."
            ));
        }
        Ok(())
    }
}

/// When a read is answered with the object.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadCondition {
    pub if_match: Option<ETagCondition>,
    pub if_none_match: Option<ETagCondition>,
    pub if_modified_since: Option<Timestamp>,
    pub if_unmodified_since: Option<Timestamp>,
}

impl ReadCondition {
    /// In the order of RFC 9110 section 13.2.2: an ETag condition makes the date condition beside it void.
    ///
    /// # Errors
    /// `PreconditionFailed` (412) or `NotModified` (304, with the headers a cache needs).
    pub fn check(&self, meta: &ObjectMeta) -> S3Result<()> {
        let modified = meta.last_modified();
        let unmodified = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => meta.fits(condition),
            (None, Some(since)) => modified <= *since,
            (None, None) => true,
        };
        if !unmodified {
            return Err(s3_error!(
                PreconditionFailed,
                "The object is not the one the condition names."
            ));
        }
        let wanted = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => !meta.fits(condition),
            (None, Some(since)) => modified > *since,
            (None, None) => true,
        };
        if wanted {
            return Ok(());
        }
        let mut error = s3_error!(NotModified);
        error.set_headers(cache_headers(meta));
        Err(error)
    }

    /// A copy whose source condition fails is answered 412, never 304.
    pub fn check_copy_source(&self, meta: &ObjectMeta) -> S3Result<()> {
        self.check(meta).map_err(|_| {
            s3_error!(
                PreconditionFailed,
                "The copy's source is not the one the condition names."
            )
        })
    }
}

fn cache_headers(meta: &ObjectMeta) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", meta.etag)) {
        headers.insert(header::ETAG, etag);
    }
    let cache_control = meta
        .headers
        .cache_control
        .as_deref()
        .map(HeaderValue::from_str);
    if let Some(Ok(value)) = cache_control {
        headers.insert(header::CACHE_CONTROL, value);
    }
    headers
}
