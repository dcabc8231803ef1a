//! The operations that list: objects (both versions), parts, uploads. What a page holds is decided in `listing`; here it is
//! dressed as S3 has it.

use std::ops::Bound;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, CommonPrefix, EncodingType, Initiator,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, MultipartUpload,
    Object, ObjectStorageClass, Part, StorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::{Backend, as_i64};
use super::buckets::owner;
use super::checksums::set_checksums;
use super::listing::{MAX_PAGE, Page, Query, after_key, after_marker, from_token, page, to_token};
use super::object_file::ObjectMeta;
use super::upload::Upload;
use super::upload_store::Uploads;

/// What `encoding-type=url` leaves as it is. Space becomes `%20`: read alike by decoders that know `+` and those that do not.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'/')
    .remove(b'*');

/// How names are written in this answer.
struct Names(bool);

impl Names {
    fn new(encoding: Option<&EncodingType>) -> Self {
        Self(encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL))
    }

    fn write(&self, name: &str) -> String {
        if self.0 {
            utf8_percent_encode(name, KEPT).to_string()
        } else {
            name.to_owned()
        }
    }

    fn write_some(&self, name: Option<&String>) -> Option<String> {
        name.map(|name| self.write(name))
    }

    fn common(&self, prefixes: Vec<String>) -> Option<Vec<CommonPrefix>> {
        let common = prefixes.into_iter().map(|prefix| CommonPrefix {
            prefix: Some(self.write(&prefix)),
        });
        (common.len() > 0).then(|| common.collect())
    }
}

/// # Errors
/// `InvalidArgument` for a negative number.
fn limit(asked: Option<i32>) -> S3Result<usize> {
    let asked = usize::try_from(asked.unwrap_or(MAX_PAGE as i32))
        .map_err(|_| s3_error!(InvalidArgument, "A page cannot have a negative length."))?;
    Ok(asked.min(MAX_PAGE))
}

fn object(meta: &ObjectMeta, names: &Names, with_owner: bool) -> Object {
    Object {
        e_tag: Some(meta.etag()),
        key: Some(names.write(&meta.key)),
        last_modified: Some(meta.last_modified()),
        owner: with_owner.then(owner),
        size: Some(as_i64(meta.size_bytes)),
        storage_class: Some(ObjectStorageClass::from_static(
            ObjectStorageClass::STANDARD,
        )),
        checksum_type: meta.checksums.kind(),
        ..Object::default()
    }
}

fn objects_page(
    backend: &Backend,
    bucket: &str,
    query: Query<'_>,
) -> S3Result<Page<Arc<ObjectMeta>>> {
    Ok(backend
        .store
        .bucket(bucket)?
        .read(|objects| page(objects, query)))
}

/// ListObjectsV2.
pub(super) async fn objects_v2(
    backend: &Backend,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = request.input;
    let names = Names::new(input.encoding_type.as_ref());
    let delimiter = input
        .delimiter
        .clone()
        .filter(|delimiter| !delimiter.is_empty());
    let prefix = input.prefix.clone().unwrap_or_default();
    let from = match (&input.continuation_token, &input.start_after) {
        (Some(token), _) => from_token(token).ok_or_else(|| {
            s3_error!(
                InvalidArgument,
                "The continuation token is not one of ours."
            )
        })?,
        (None, Some(marker)) => after_marker(marker, &prefix, delimiter.as_deref()),
        (None, None) => String::new(),
    };
    let limit = limit(input.max_keys)?;
    let page = objects_page(
        backend,
        &input.bucket,
        Query {
            prefix: &prefix,
            delimiter: delimiter.as_deref(),
            from: &from,
            limit,
        },
    )?;
    let with_owner = input.fetch_owner.unwrap_or(false);
    let output = ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(names.write(&prefix)),
        max_keys: Some(limit as i32),
        key_count: Some((page.values.len() + page.common_prefixes.len()) as i32),
        continuation_token: input.continuation_token,
        is_truncated: Some(page.rest.is_some()),
        next_continuation_token: page.rest.map(|rest| to_token(&rest.from)),
        contents: Some(
            page.values
                .iter()
                .map(|meta| object(meta, &names, with_owner))
                .collect(),
        ),
        common_prefixes: names.common(page.common_prefixes),
        delimiter: names.write_some(delimiter.as_ref()),
        start_after: names.write_some(input.start_after.as_ref()),
        encoding_type: input.encoding_type,
        request_charged: None,
    };
    Ok(S3Response::new(output))
}

/// ListObjects, the first version.
pub(super) async fn objects(
    backend: &Backend,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = request.input;
    let names = Names::new(input.encoding_type.as_ref());
    let delimiter = input
        .delimiter
        .clone()
        .filter(|delimiter| !delimiter.is_empty());
    let (prefix, marker) = (
        input.prefix.clone().unwrap_or_default(),
        input.marker.clone().unwrap_or_default(),
    );
    let from = if marker.is_empty() {
        String::new()
    } else {
        after_marker(&marker, &prefix, delimiter.as_deref())
    };
    let limit = limit(input.max_keys)?;
    let page = objects_page(
        backend,
        &input.bucket,
        Query {
            prefix: &prefix,
            delimiter: delimiter.as_deref(),
            from: &from,
            limit,
        },
    )?;
    let output = ListObjectsOutput {
        name: Some(input.bucket),
        prefix: Some(names.write(&prefix)),
        marker: Some(names.write(&marker)),
        max_keys: Some(limit as i32),
        is_truncated: Some(page.rest.is_some()),
        // S3 gives it only with a delimiter; without one, clients take the last key, and both are the same
        next_marker: page.rest.map(|rest| names.write(&rest.last_shown)),
        contents: Some(
            page.values
                .iter()
                .map(|meta| object(meta, &names, true))
                .collect(),
        ),
        common_prefixes: names.common(page.common_prefixes),
        delimiter: names.write_some(delimiter.as_ref()),
        encoding_type: input.encoding_type,
        request_charged: None,
    };
    Ok(S3Response::new(output))
}

fn part(number: i32, meta: &ObjectMeta) -> Part {
    let mut part = Part {
        e_tag: Some(meta.etag()),
        last_modified: Some(meta.last_modified()),
        part_number: Some(number),
        size: Some(as_i64(meta.size_bytes)),
        ..Part::default()
    };
    set_checksums!(part, &meta.checksums);
    part
}

/// ListParts.
pub(super) async fn parts(
    backend: &Backend,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = request.input;
    let upload = backend
        .store
        .uploads
        .get(&input.upload_id, &input.bucket, &input.key)?;
    let marker = input.part_number_marker.unwrap_or(0);
    let limit = limit(input.max_parts)?;
    let all = upload.parts()?;
    let mut after = all.range((Bound::Excluded(marker), Bound::Unbounded));
    let shown: Vec<Part> = after
        .by_ref()
        .take(limit)
        .map(|(number, meta)| part(*number, meta))
        .collect();
    let truncated = limit > 0 && after.next().is_some();
    let output = ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        checksum_algorithm: upload
            .info
            .checksum_algorithm
            .clone()
            .map(ChecksumAlgorithm::from),
        checksum_type: upload.info.checksum_type.clone().map(ChecksumType::from),
        is_truncated: Some(truncated),
        max_parts: Some(limit as i32),
        next_part_number_marker: shown.last().and_then(|part| part.part_number),
        part_number_marker: Some(marker),
        parts: Some(shown),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..ListPartsOutput::default()
    };
    Ok(S3Response::new(output))
}

fn open_upload(upload: &Upload, names: &Names) -> MultipartUpload {
    MultipartUpload {
        checksum_algorithm: upload
            .info
            .checksum_algorithm
            .clone()
            .map(ChecksumAlgorithm::from),
        checksum_type: upload.info.checksum_type.clone().map(ChecksumType::from),
        initiated: Some(upload.initiated()),
        initiator: Some(Initiator {
            display_name: owner().display_name,
            id: owner().id,
        }),
        key: Some(names.write(&upload.info.key)),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        upload_id: Some(upload.info.id.clone()),
    }
}

/// ListMultipartUploads; an upload id's place among its key's is that of its letters.
///
/// # Errors
/// `NotImplemented` with a delimiter.
pub(super) async fn uploads(
    backend: &Backend,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = request.input;
    if input
        .delimiter
        .as_ref()
        .is_some_and(|delimiter| !delimiter.is_empty())
    {
        return Err(s3_error!(
            NotImplemented,
            "Listing uploads with a delimiter is not implemented here."
        ));
    }
    backend.store.bucket(&input.bucket)?;
    let names = Names::new(input.encoding_type.as_ref());
    let key_marker = input.key_marker.unwrap_or_default();
    let from = match &input.upload_id_marker {
        _ if key_marker.is_empty() => String::new(),
        Some(id) => after_key(&Uploads::order(&key_marker, id)),
        None => Uploads::order(&key_marker, "\u{10ffff}"),
    };
    let limit = limit(input.max_uploads)?;
    let prefix = input.prefix.unwrap_or_default();
    let query = Query {
        prefix: &prefix,
        delimiter: None,
        from: &from,
        limit,
    };
    let page = page(&backend.store.uploads.of_bucket(&input.bucket), query);
    let last = page.values.last().filter(|_| page.rest.is_some());
    let output = ListMultipartUploadsOutput {
        is_truncated: Some(page.rest.is_some()),
        next_key_marker: last.map(|upload| names.write(&upload.info.key)),
        next_upload_id_marker: last.map(|upload| upload.info.id.clone()),
        uploads: Some(
            page.values
                .iter()
                .map(|upload| open_upload(upload, &names))
                .collect(),
        ),
        bucket: Some(input.bucket),
        encoding_type: input.encoding_type,
        key_marker: Some(names.write(&key_marker)),
        max_uploads: Some(limit as i32),
        prefix: Some(names.write(&prefix)),
        upload_id_marker: input.upload_id_marker,
        ..ListMultipartUploadsOutput::default()
    };
    Ok(S3Response::new(output))
}
