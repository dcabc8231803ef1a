//! The operations that copy on the server: an object onto a key, an object (or a range of it) into a part.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, ETagCondition,
    MetadataDirective, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::{Backend, now_s};
use super::bucket::{Bucket, disk_error};
use super::checksums::{Checksums, Hashers, set_checksums};
use super::conditions::{ReadCondition, WriteCondition};
use super::multipart::check_part_number;
use super::object_file::{ObjectMeta, StoredHeaders, seal};
use super::reads::{only_version, satisfy};
use super::receive::{MAX_BODY_BYTES, Received, Sink, blocking};
use super::writes::{refuse_unsupported, stored_headers};

/// What is copied, and under which condition.
struct Source {
    bucket: Arc<Bucket>,
    key: String,
    condition: ReadCondition,
}

impl Source {
    /// # Errors
    /// `NotImplemented` for an ARN, `NoSuchBucket`.
    fn new(backend: &Backend, source: &CopySource, condition: ReadCondition) -> S3Result<Self> {
        let CopySource::Bucket {
            bucket,
            key,
            version_id,
        } = source
        else {
            return Err(s3_error!(
                NotImplemented,
                "A copy's source is given here as /bucket/key."
            ));
        };
        only_version(version_id.as_deref())?;
        Ok(Self {
            bucket: backend.store.bucket(bucket)?,
            key: key.to_string(),
            condition,
        })
    }

    fn open(&self) -> S3Result<(File, Arc<ObjectMeta>)> {
        let (file, meta) = self.bucket.open(&self.key)?;
        self.condition.check_copy_source(&meta)?;
        Ok((file, meta))
    }
}

/// Takes the source's conditions out of an input of CopyObject or UploadPartCopy.
macro_rules! source_condition {
    ($input:expr) => {
        ReadCondition {
            if_match: $input.copy_source_if_match.take(),
            if_none_match: $input.copy_source_if_none_match.take(),
            if_modified_since: $input.copy_source_if_modified_since.take(),
            if_unmodified_since: $input.copy_source_if_unmodified_since.take(),
        }
    };
}

/// CopyObject. The destination's conditions are read from the headers: S3 has had them since 2025, s3s 0.14 has not.
pub(super) async fn copy(
    backend: &Backend,
    request: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let mut input = request.input;
    refuse_unsupported!(input);
    let source = Source::new(backend, &input.copy_source, source_condition!(input))?;
    let replace = input
        .metadata_directive
        .as_ref()
        .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
    if !replace && source.bucket.name == input.bucket && source.key == input.key {
        return Err(s3_error!(
            InvalidRequest,
            "A copy of an object onto itself changes nothing unless MetadataDirective is REPLACE."
        ));
    }
    let bucket = backend.store.bucket(&input.bucket)?;
    let headers = replace.then(|| stored_headers!(input));
    let condition = WriteCondition {
        if_match: etag_header(&request.headers, "if-match")?,
        if_none_match: etag_header(&request.headers, "if-none-match")?,
    };
    let incoming = backend.store.incoming();
    let meta = blocking(move || {
        let (mut sink, meta) = copy_whole(&source, incoming, input.key, headers)?;
        seal(&mut sink.file, &meta).map_err(disk_error)?;
        bucket.commit(sink.file, meta, &condition)
    })
    .await?;
    Ok(S3Response::new(copied(&meta)))
}

fn copied(meta: &ObjectMeta) -> CopyObjectOutput {
    let mut result = CopyObjectResult {
        e_tag: Some(meta.etag()),
        last_modified: Some(meta.last_modified()),
        ..CopyObjectResult::default()
    };
    set_checksums!(result, &meta.checksums);
    CopyObjectOutput {
        copy_object_result: Some(result),
        ..CopyObjectOutput::default()
    }
}

fn copy_whole(
    source: &Source,
    incoming: PathBuf,
    key: String,
    headers: Option<StoredHeaders>,
) -> S3Result<(Sink, ObjectMeta)> {
    let (file, from) = source.open()?;
    // a multipart ETag is not the MD5 of the bytes; the copy is made in one piece and gets one that is
    let joined = from.etag.contains('-');
    let hashers = if joined {
        Hashers::md5_only()
    } else {
        Hashers::idle()
    };
    let mut sink = Sink::create(incoming, hashers).map_err(disk_error)?;
    sink.append(&file, from.size_bytes).map_err(disk_error)?;
    let meta = ObjectMeta {
        key,
        etag: sink
            .take_md5()
            .map_or_else(|| from.etag.clone(), hex::encode),
        modified_s: now_s(),
        size_bytes: from.size_bytes,
        headers: headers.unwrap_or_else(|| from.headers.clone()),
        checksums: from.checksums.of_the_bytes(),
        upload_id: None,
    };
    Ok((sink, meta))
}

fn etag_header(headers: &HeaderMap, name: &str) -> S3Result<Option<ETagCondition>> {
    let parse = |value: &HeaderValue| ETagCondition::parse_http_header(value.as_bytes());
    headers
        .get(name)
        .map(parse)
        .transpose()
        .map_err(|error| s3_error!(error, InvalidArgument, "{name} is not an ETag."))
}

/// UploadPartCopy.
pub(super) async fn upload_part_copy(
    backend: &Backend,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let mut input = request.input;
    check_part_number(input.part_number)?;
    let upload = backend
        .store
        .uploads
        .get(&input.upload_id, &input.bucket, &input.key)?;
    let source = Source::new(backend, &input.copy_source, source_condition!(input))?;
    let asked = input
        .copy_source_range
        .as_deref()
        .map(parse_range)
        .transpose()?;
    let incoming = backend.store.incoming();
    let meta = blocking(move || {
        let (file, from) = source.open()?;
        let range = asked.map_or(Ok(0..from.size_bytes), |asked| {
            satisfy(asked, from.size_bytes)
        })?;
        upload.put_part(
            input.part_number,
            copy_range(&file, range, incoming)?,
            now_s(),
        )
    })
    .await?;
    let result = CopyPartResult {
        e_tag: Some(meta.etag()),
        last_modified: Some(meta.last_modified()),
        ..CopyPartResult::default()
    };
    Ok(S3Response::new(UploadPartCopyOutput {
        copy_part_result: Some(result),
        ..UploadPartCopyOutput::default()
    }))
}

fn parse_range(text: &str) -> S3Result<s3s::dto::Range> {
    s3s::dto::Range::parse(text).map_err(|error| {
        s3_error!(
            error,
            InvalidArgument,
            "x-amz-copy-source-range is not of the form bytes=first-last."
        )
    })
}

fn copy_range(file: &File, range: Range<u64>, incoming: PathBuf) -> S3Result<Received> {
    if range.end - range.start > MAX_BODY_BYTES {
        return Err(s3_error!(
            EntityTooLarge,
            "One part may have 5 GiB at most."
        ));
    }
    let mut sink = Sink::create(incoming, Hashers::md5_only()).map_err(disk_error)?;
    sink.append_range(file, range).map_err(disk_error)?;
    let md5 = sink.take_md5().unwrap_or_default();
    Ok(Received {
        file: sink.file,
        size_bytes: sink.size_bytes,
        md5,
        checksums: Checksums::default(),
    })
}
