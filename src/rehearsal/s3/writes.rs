//! The operations that write one object or remove some: PUT, delete, delete many.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    ETagCondition, Error, ObjectIdentifier, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::backend::{Backend, now_s};
use super::bucket::disk_error;
use super::checksums::set_checksums;
use super::conditions::WriteCondition;
use super::object_file::{ObjectMeta, seal};
use super::reads::only_version;
use super::receive::{blocking, claims, receive};

/// S3's bound for one DeleteObjects.
const MAX_DELETES: usize = 1000;

/// Takes the headers to be kept out of an input of PutObject, CopyObject or CreateMultipartUpload.
macro_rules! stored_headers {
    ($input:expr) => {
        $crate::rehearsal::s3::object_file::StoredHeaders {
            content_type: $input.content_type.take(),
            content_encoding: $input
                .content_encoding
                .take()
                .and_then(|encoding| $crate::rehearsal::s3::writes::of_the_object(&encoding)),
            content_language: $input.content_language.take(),
            content_disposition: $input.content_disposition.take(),
            cache_control: $input.cache_control.take(),
            expires: $input.expires.take(),
            user: $input
                .metadata
                .take()
                .unwrap_or_default()
                .into_iter()
                .collect(),
        }
    };
}
pub(super) use stored_headers;

/// `aws-chunked` is how the body travelled, not how the object is encoded.
pub(super) fn of_the_object(content_encoding: &str) -> Option<String> {
    let codings = content_encoding
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && *coding != "aws-chunked");
    let codings = codings.collect::<Vec<_>>().join(",");
    (!codings.is_empty()).then_some(codings)
}

/// Refuses what would otherwise be lost in silence.
macro_rules! refuse_unsupported {
    ($input:expr) => {
        if $input.sse_customer_key.is_some() || $input.sse_customer_algorithm.is_some() {
            return Err(s3s::s3_error!(
                NotImplemented,
                "Encryption with a customer's key is not implemented here."
            ));
        }
        if $input.tagging.is_some() {
            return Err(s3s::s3_error!(
                NotImplemented,
                "Object tags are not implemented here; use metadata."
            ));
        }
    };
}
pub(super) use refuse_unsupported;

/// PutObject.
pub(super) async fn put(
    backend: &Backend,
    request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let mut input = request.input;
    refuse_unsupported!(input);
    if input.write_offset_bytes.is_some() {
        return Err(s3_error!(
            NotImplemented,
            "Appending to an object is not implemented here."
        ));
    }
    let bucket = backend.store.bucket(&input.bucket)?;
    let condition = WriteCondition {
        if_match: input.if_match.take(),
        if_none_match: input.if_none_match.take(),
    };
    let claims = claims!(input, request)?;
    let body = input.body.take();
    let received = receive(backend.store.incoming(), body, claims, &request.headers).await?;
    let meta = ObjectMeta {
        size_bytes: received.size_bytes,
        etag: hex::encode(received.md5),
        modified_s: now_s(),
        headers: stored_headers!(input),
        checksums: received.checksums,
        upload_id: None,
        key: input.key,
    };
    let mut file = received.file;
    let meta = blocking(move || {
        seal(&mut file, &meta).map_err(disk_error)?;
        bucket.commit(file, meta, &condition)
    })
    .await?;
    Ok(S3Response::new(stored(&meta)))
}

fn stored(meta: &ObjectMeta) -> PutObjectOutput {
    let mut output = PutObjectOutput {
        e_tag: Some(meta.etag()),
        checksum_type: meta.checksums.kind(),
        ..PutObjectOutput::default()
    };
    set_checksums!(output, &meta.checksums);
    output
}

/// DeleteObject; a missing key is a success unless If-Match says it should be there.
pub(super) async fn delete(
    backend: &Backend,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let bucket = backend.store.bucket(&input.bucket)?;
    let condition = WriteCondition {
        if_match: input.if_match,
        if_none_match: None,
    };
    let results = blocking(move || bucket.delete(&[(input.key, condition)])).await?;
    results.into_iter().collect::<S3Result<()>>()?;
    Ok(S3Response::new(DeleteObjectOutput::default()))
}

/// DeleteObjects: each on its own; what fails is named, what succeeds is named unless `Quiet`.
pub(super) async fn delete_many(
    backend: &Backend,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let input = request.input;
    let bucket = backend.store.bucket(&input.bucket)?;
    if input.delete.objects.len() > MAX_DELETES {
        return Err(s3_error!(
            MalformedXML,
            "One request may name {MAX_DELETES} objects at most."
        ));
    }
    let entry = |object: ObjectIdentifier| {
        let if_match = object.e_tag.map(ETagCondition::ETag);
        (
            object.key,
            WriteCondition {
                if_match,
                if_none_match: None,
            },
        )
    };
    let entries: Vec<_> = input.delete.objects.into_iter().map(entry).collect();
    let (entries, results) = blocking(move || {
        let results = bucket.delete(&entries)?;
        Ok((entries, results))
    })
    .await?;
    let quiet = input.delete.quiet.unwrap_or(false);
    Ok(S3Response::new(report(entries, results, quiet)))
}

fn report(
    entries: Vec<(String, WriteCondition)>,
    results: Vec<S3Result<()>>,
    quiet: bool,
) -> DeleteObjectsOutput {
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for ((key, _), result) in entries.into_iter().zip(results) {
        match result {
            Ok(()) => deleted.push(DeletedObject {
                key: Some(key),
                ..DeletedObject::default()
            }),
            Err(error) => errors.push(delete_error(key, &error)),
        }
    }
    DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    }
}

fn delete_error(key: String, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id: None,
    }
}
