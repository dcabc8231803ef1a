//! The operations of a multipart upload. How parts become an object is decided in `upload`.

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::backend::{Backend, now_s};
use super::checksums::{Checksums, claimed_checksums, set_checksums};
use super::conditions::WriteCondition;
use super::object_file::ObjectMeta;
use super::receive::{blocking, claims, receive};
use super::upload::{Completion, UploadInfo, WantedPart};
use super::writes::{refuse_unsupported, stored_headers};

const MAX_PART_NUMBER: i32 = 10_000;

/// CreateMultipartUpload.
pub(super) async fn create(
    backend: &Backend,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let mut input = request.input;
    refuse_unsupported!(input);
    backend.store.bucket(&input.bucket)?;
    let info = UploadInfo {
        id: String::new(),
        initiated_s: now_s(),
        headers: stored_headers!(input),
        checksum_algorithm: input
            .checksum_algorithm
            .as_ref()
            .map(|algorithm| algorithm.as_str().to_owned()),
        checksum_type: input
            .checksum_type
            .as_ref()
            .map(|kind| kind.as_str().to_owned()),
        bucket: input.bucket,
        key: input.key,
    };
    let store = backend.store.clone();
    let upload = blocking(move || store.uploads.create(info)).await?;
    let output = CreateMultipartUploadOutput {
        bucket: Some(upload.info.bucket.clone()),
        key: Some(upload.info.key.clone()),
        upload_id: Some(upload.info.id.clone()),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..CreateMultipartUploadOutput::default()
    };
    Ok(S3Response::new(output))
}

/// # Errors
/// `InvalidArgument` unless it is between 1 and 10,000.
pub(super) fn check_part_number(number: i32) -> S3Result<()> {
    let allowed = (1..=MAX_PART_NUMBER).contains(&number);
    if allowed {
        Ok(())
    } else {
        Err(s3_error!(
            InvalidArgument,
            "Part number {number} is not between 1 and {MAX_PART_NUMBER}."
        ))
    }
}

/// UploadPart.
pub(super) async fn upload_part(
    backend: &Backend,
    request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let mut input = request.input;
    check_part_number(input.part_number)?;
    let upload = backend
        .store
        .uploads
        .get(&input.upload_id, &input.bucket, &input.key)?;
    let claims = claims!(input, request)?;
    let body = input.body.take();
    let received = receive(backend.store.incoming(), body, claims, &request.headers).await?;
    let meta = blocking(move || upload.put_part(input.part_number, received, now_s())).await?;
    let mut output = UploadPartOutput {
        e_tag: Some(meta.etag()),
        ..UploadPartOutput::default()
    };
    set_checksums!(output, &meta.checksums);
    Ok(S3Response::new(output))
}

fn wanted_part(mut part: CompletedPart) -> S3Result<WantedPart> {
    let checksums = claimed_checksums!(part);
    let number = part
        .part_number
        .ok_or_else(|| s3_error!(MalformedXML, "A part is listed without its number."))?;
    Ok(WantedPart {
        number,
        etag: part.e_tag.map(ETag::into_value),
        checksums,
    })
}

fn completion(input: &mut CompleteMultipartUploadInput) -> S3Result<Completion> {
    let claimed = claimed_checksums!(input);
    let listed = input
        .multipart_upload
        .take()
        .and_then(|upload| upload.parts)
        .unwrap_or_default();
    let whole = input
        .checksum_type
        .as_ref()
        .is_some_and(|kind| kind.as_str() == ChecksumType::FULL_OBJECT);
    Ok(Completion {
        parts: listed
            .into_iter()
            .map(wanted_part)
            .collect::<S3Result<_>>()?,
        condition: WriteCondition {
            if_match: input.if_match.take(),
            if_none_match: input.if_none_match.take(),
        },
        full_checksums: if whole { claimed } else { Checksums::default() },
        size_bytes: input
            .mpu_object_size
            .and_then(|size| u64::try_from(size).ok()),
    })
}

/// CompleteMultipartUpload. Asked again after it succeeded (a client that lost the answer), it answers the same again.
pub(super) async fn complete(
    backend: &Backend,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let mut input = request.input;
    let bucket = backend.store.bucket(&input.bucket)?;
    let upload = backend
        .store
        .uploads
        .get(&input.upload_id, &input.bucket, &input.key);
    let completion = completion(&mut input)?;
    let store = backend.store.clone();
    let (key, id) = (input.key, input.upload_id);
    let meta = blocking(move || {
        let done = upload.and_then(|upload| {
            store
                .uploads
                .complete(&upload, store.incoming(), &bucket, &completion)
        });
        let before = || {
            bucket
                .head(&key)
                .ok()
                .filter(|meta| meta.upload_id.as_ref() == Some(&id))
        };
        done.or_else(|error| before().ok_or(error))
    })
    .await?;
    Ok(S3Response::new(completed(input.bucket, &meta)))
}

fn completed(bucket: String, meta: &ObjectMeta) -> CompleteMultipartUploadOutput {
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{bucket}/{}", meta.key)),
        bucket: Some(bucket),
        key: Some(meta.key.clone()),
        e_tag: Some(meta.etag()),
        checksum_type: meta.checksums.kind(),
        ..CompleteMultipartUploadOutput::default()
    };
    set_checksums!(output, &meta.checksums);
    output
}

/// AbortMultipartUpload.
pub(super) async fn abort(
    backend: &Backend,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = request.input;
    let upload = backend
        .store
        .uploads
        .get(&input.upload_id, &input.bucket, &input.key)?;
    let store = backend.store.clone();
    blocking(move || store.uploads.abort(&upload)).await?;
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}
