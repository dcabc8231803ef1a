//! The operations that read one object: GET (whole or a range), HEAD, attributes.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use s3s::dto::{
    Checksum, ChecksumMode, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectInput,
    GetObjectOutput, HeadObjectInput, HeadObjectOutput, Metadata, StorageClass, StreamingBlob,
};
use s3s::{Body, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::backend::{Backend, as_i64};
use super::bucket::disk_error;
use super::checksums::set_checksums;
use super::conditions::ReadCondition;
use super::object_file::ObjectMeta;
use super::receive::blocking;

/// Up to here an object is read in the hop that opens it, and answered from memory.
const SMALL_BYTES: u64 = 256 << 10;
const BLOCK_BYTES: usize = 256 << 10;
/// What S3 answers for an object stored without a type.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// Copies what a GET and a HEAD both tell of an object into their outputs, whose fields have the same names.
macro_rules! describe {
    ($output:expr, $meta:expr, $with_checksums:expr) => {{
        let headers = &$meta.headers;
        $output.accept_ranges = Some("bytes".to_owned());
        $output.e_tag = Some($meta.etag());
        $output.last_modified = Some($meta.last_modified());
        $output.content_type = Some(
            headers
                .content_type
                .clone()
                .unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned()),
        );
        $output.content_encoding = headers.content_encoding.clone();
        $output.content_language = headers.content_language.clone();
        $output.content_disposition = headers.content_disposition.clone();
        $output.cache_control = headers.cache_control.clone();
        $output.expires = headers.expires.clone();
        $output.metadata = user_metadata($meta);
        if $with_checksums {
            set_checksums!($output, &$meta.checksums);
            $output.checksum_type = $meta.checksums.kind();
        }
    }};
}

/// Takes the conditions out of an input of GetObject or HeadObject.
macro_rules! read_condition {
    ($input:expr) => {
        ReadCondition {
            if_match: $input.if_match.take(),
            if_none_match: $input.if_none_match.take(),
            if_modified_since: $input.if_modified_since.take(),
            if_unmodified_since: $input.if_unmodified_since.take(),
        }
    };
}

fn user_metadata(meta: &ObjectMeta) -> Option<Metadata> {
    let user = &meta.headers.user;
    (!user.is_empty()).then(|| {
        user.iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    })
}

/// Nothing is versioned here: the only version is `null`.
pub(super) fn only_version(version_id: Option<&str>) -> S3Result<()> {
    match version_id {
        None | Some("" | "null") => Ok(()),
        Some(_) => Err(s3_error!(
            NoSuchVersion,
            "This store keeps one version of an object: \"null\"."
        )),
    }
}

/// An object's parts are not remembered: the only part is the whole.
fn only_first_part(part_number: Option<i32>) -> S3Result<()> {
    match part_number {
        None | Some(1) => Ok(()),
        Some(_) => Err(s3_error!(
            NotImplemented,
            "This store does not remember an object's parts; read it by Range."
        )),
    }
}

enum Content {
    Memory(Bytes),
    File(File, Range<u64>),
}

/// GetObject.
pub(super) async fn get(
    backend: &Backend,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let mut input = request.input;
    only_version(input.version_id.as_deref())?;
    only_first_part(input.part_number)?;
    let bucket = backend.store.bucket(&input.bucket)?;
    let condition = read_condition!(input);
    let asked = input.range;
    let (content, meta, range) = blocking(move || {
        let (file, meta) = bucket.open(&input.key)?;
        condition.check(&meta)?;
        let range = asked
            .map(|asked| satisfy(asked, meta.size_bytes))
            .transpose()?;
        let shown = range.clone().unwrap_or(0..meta.size_bytes);
        let content = take(file, shown).map_err(disk_error)?;
        Ok((content, meta, range))
    })
    .await?;
    // the checksums are the whole object's: beside a range they would make SDKs see a broken body
    let with_checksums = range.is_none() && is_enabled(input.checksum_mode.as_ref());
    let size_bytes = meta.size_bytes;
    let mut output = GetObjectOutput {
        body: Some(body(content).await.map_err(disk_error)?),
        content_length: Some(as_i64(
            range
                .as_ref()
                .map_or(size_bytes, |range| range.end - range.start),
        )),
        content_range: range
            .map(|range| format!("bytes {}-{}/{size_bytes}", range.start, range.end - 1)),
        ..GetObjectOutput::default()
    };
    describe!(output, &meta, with_checksums);
    Ok(S3Response::new(output))
}

/// # Errors
/// `InvalidRange` (416); also for any range of an empty object.
pub(super) fn satisfy(asked: s3s::dto::Range, size_bytes: u64) -> S3Result<Range<u64>> {
    let range = asked.check(size_bytes)?;
    if range.is_empty() {
        Err(s3_error!(InvalidRange, "The object is empty."))
    } else {
        Ok(range)
    }
}

fn take(file: File, range: Range<u64>) -> io::Result<Content> {
    let length = range.end - range.start;
    if length > SMALL_BYTES {
        return Ok(Content::File(file, range));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(Content::Memory(bytes.into()))
}

async fn body(content: Content) -> io::Result<StreamingBlob> {
    match content {
        Content::Memory(bytes) => Ok(StreamingBlob::from(Body::from(bytes))),
        Content::File(file, range) => {
            let mut file = tokio::fs::File::from_std(file);
            file.seek(io::SeekFrom::Start(range.start)).await?;
            Ok(StreamingBlob::wrap(ReaderStream::with_capacity(
                file.take(range.end - range.start),
                BLOCK_BYTES,
            )))
        }
    }
}

fn is_enabled(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED)
}

/// HeadObject. A Range is not honoured: the whole object is described.
pub(super) async fn head(
    backend: &Backend,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let mut input = request.input;
    only_version(input.version_id.as_deref())?;
    let meta: Arc<ObjectMeta> = backend.store.bucket(&input.bucket)?.head(&input.key)?;
    let condition = read_condition!(input);
    condition.check(&meta)?;
    let mut output = HeadObjectOutput {
        content_length: Some(as_i64(meta.size_bytes)),
        ..HeadObjectOutput::default()
    };
    describe!(output, &meta, is_enabled(input.checksum_mode.as_ref()));
    Ok(S3Response::new(output))
}

/// GetObjectAttributes, without the list of parts.
pub(super) async fn attributes(
    backend: &Backend,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let meta = backend.store.bucket(&input.bucket)?.head(&input.key)?;
    let asked = |name: &str| {
        input
            .object_attributes
            .iter()
            .any(|attribute| attribute.as_str() == name)
    };
    let output = GetObjectAttributesOutput {
        checksum: (asked("Checksum") && meta.checksums.kind().is_some())
            .then(|| Checksum::from(&meta.checksums)),
        e_tag: asked("ETag").then(|| meta.etag()),
        last_modified: Some(meta.last_modified()),
        object_size: asked("ObjectSize").then(|| as_i64(meta.size_bytes)),
        storage_class: asked("StorageClass")
            .then(|| StorageClass::from_static(StorageClass::STANDARD)),
        ..GetObjectAttributesOutput::default()
    };
    Ok(S3Response::new(output))
}
