//! The operations that list what is unfinished: a multipart upload's parts, a bucket's uploads.

use std::ops::Bound;
use std::sync::Arc;

use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, Initiator, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part,
    StorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::{Backend, as_i64};
use super::buckets::owner;
use super::checksums::set_checksums;
use super::listing::{Page, Query, after_key, page};
use super::lists::{Names, limit};
use super::object_file::ObjectMeta;
use super::upload::Upload;
use super::upload_store::Uploads;

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
    let limit = limit(input.max_uploads)?;
    let page = uploads_page(backend, &input, limit);
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
        key_marker: names.write_some(input.key_marker.as_ref()),
        max_uploads: Some(limit as i32),
        prefix: names.write_some(input.prefix.as_ref()),
        upload_id_marker: input.upload_id_marker,
        ..ListMultipartUploadsOutput::default()
    };
    Ok(S3Response::new(output))
}

fn uploads_page(
    backend: &Backend,
    input: &ListMultipartUploadsInput,
    limit: usize,
) -> Page<Arc<Upload>> {
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    let from = match &input.upload_id_marker {
        _ if key_marker.is_empty() => String::new(),
        Some(id) => after_key(&Uploads::order(key_marker, id)),
        None => Uploads::order(key_marker, "\u{10ffff}"),
    };
    let prefix = input.prefix.as_deref().unwrap_or_default();
    page(
        &backend.store.uploads.of_bucket(&input.bucket),
        Query {
            prefix,
            delimiter: None,
            from: &from,
            limit,
        },
    )
}
