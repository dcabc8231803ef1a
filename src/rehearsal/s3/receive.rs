//! Takes a body in: to a file beside the buckets, with its digests, and only as true as the client said it would be.
//!
//! The body is never held in memory: at most one block of it. Disk work happens on blocking threads, a block at a time, so
//! that a small object costs one hop and a big one does not starve the others. Nothing here is visible to readers yet.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::mem;
use std::ops::Range;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::BytesMut;
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, TrailingHeaders, s3_error};
use tempfile::NamedTempFile;

use super::bucket::disk_error;
use super::checksums::{Checksums, Hashers};

const BLOCK_BYTES: usize = 1 << 20;
/// S3's bound for one PUT or one part.
pub(super) const MAX_BODY_BYTES: u64 = 5 << 30;

/// What the client said about the body it sends.
pub(super) struct Claims {
    pub size_bytes: Option<u64>,
    pub md5: Option<[u8; 16]>,
    pub checksums: Checksums,
    /// Where s3s leaves the trailers once the body has passed.
    pub trailers: Option<TrailingHeaders>,
}

/// A body that arrived whole and as claimed.
pub(super) struct Received {
    pub file: NamedTempFile,
    pub size_bytes: u64,
    pub md5: [u8; 16],
    pub checksums: Checksums,
}

/// Takes the claims out of an input of PutObject or UploadPart and its request.
macro_rules! claims {
    ($input:expr, $request:expr) => {{
        let checksums = $crate::rehearsal::s3::checksums::claimed_checksums!($input);
        let (length, md5) = ($input.content_length, $input.content_md5.as_deref());
        $crate::rehearsal::s3::receive::Claims::new(
            length,
            md5,
            checksums,
            &$request.headers,
            $request.trailing_headers,
        )
    }};
}
pub(super) use claims;

impl Claims {
    /// # Errors
    /// `InvalidDigest` if Content-MD5 is not one; `EntityTooLarge` over 5 GiB.
    pub fn new(
        content_length: Option<i64>,
        content_md5: Option<&str>,
        checksums: Checksums,
        headers: &HeaderMap,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<Self> {
        // an aws-chunked body's own length goes before the length on the wire
        let decoded = headers
            .get("x-amz-decoded-content-length")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        let size_bytes = decoded.or_else(|| u64::try_from(content_length?).ok());
        if size_bytes.is_some_and(|size| size > MAX_BODY_BYTES) {
            return Err(too_large());
        }
        let md5 = content_md5.map(|text| BASE64_STANDARD.decode(text).ok()?.try_into().ok());
        if md5 == Some(None) {
            return Err(s3_error!(
                InvalidDigest,
                "Content-MD5 is not the base64 of 16 bytes."
            ));
        }
        Ok(Self {
            size_bytes,
            md5: md5.flatten(),
            checksums,
            trailers,
        })
    }

    fn check(mut self, size_bytes: u64, md5: [u8; 16], checksums: &Checksums) -> S3Result<()> {
        if let Some(claimed) = self.size_bytes.filter(|claimed| *claimed != size_bytes) {
            return Err(s3_error!(
                IncompleteBody,
                "{claimed} bytes were announced and {size_bytes} arrived."
            ));
        }
        if self.md5.is_some_and(|claimed| claimed != md5) {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified does not fit the bytes that arrived."
            ));
        }
        if let Some(trailers) = self.trailers.as_ref().and_then(TrailingHeaders::take) {
            self.checksums.add_trailers(&trailers);
        }
        checksums.check_claims(&self.checksums)
    }
}

/// Receives `body` into a file in `folder`.
///
/// # Errors
/// `IncompleteBody`, `BadDigest`, `XAmzContentSHA256Mismatch`, `SignatureDoesNotMatch` for a body that is not what was
/// announced or signed; `EntityTooLarge`; `InternalError` if the disk refuses. The file is gone then.
pub(super) async fn receive(
    folder: PathBuf,
    body: Option<StreamingBlob>,
    claims: Claims,
    headers: &HeaderMap,
) -> S3Result<Received> {
    let hashers = Hashers::for_body(&claims.checksums, headers);
    let mut sink = blocking(move || Sink::create(folder, hashers).map_err(disk_error)).await?;
    let mut block = BytesMut::new();
    if let Some(mut body) = body {
        while let Some(chunk) = body.next().await {
            block.extend_from_slice(&chunk.map_err(broken_body)?);
            if block.len() >= BLOCK_BYTES {
                let full = block.split();
                sink = blocking(move || sink.write(&full)).await?;
            }
        }
    }
    blocking(move || {
        let sink = sink.write(&block)?;
        let (md5, checksums) = sink.hashers.finish();
        let md5 = md5.unwrap_or_default();
        claims.check(sink.size_bytes, md5, &checksums)?;
        Ok(Received {
            file: sink.file,
            size_bytes: sink.size_bytes,
            md5,
            checksums,
        })
    })
    .await
}

/// A file that grows, with the digests of what is in it.
pub(super) struct Sink {
    pub file: NamedTempFile,
    pub hashers: Hashers,
    pub size_bytes: u64,
}

impl Sink {
    pub fn create(folder: PathBuf, hashers: Hashers) -> io::Result<Self> {
        Ok(Self {
            file: NamedTempFile::new_in(folder)?,
            hashers,
            size_bytes: 0,
        })
    }

    fn write(mut self, block: &[u8]) -> S3Result<Self> {
        self.size_bytes += block.len() as u64;
        if self.size_bytes > MAX_BODY_BYTES {
            return Err(too_large());
        }
        self.hashers.update(block);
        self.file.write_all(block).map_err(disk_error)?;
        Ok(self)
    }

    /// Appends `length` bytes of `source`; inside the kernel if nothing is to be digested.
    pub fn append(&mut self, source: &File, length: u64) -> io::Result<()> {
        let mut source = source.take(length);
        let copied = if self.hashers.is_idle() {
            io::copy(&mut source, self.file.as_file_mut())?
        } else {
            self.append_digesting(&mut source)?
        };
        self.size_bytes += copied;
        if copied == length {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Appends one range of `source`.
    pub fn append_range(&mut self, source: &File, range: Range<u64>) -> io::Result<()> {
        let mut source = source;
        source.seek(SeekFrom::Start(range.start))?;
        self.append(source, range.end - range.start)
    }

    /// The MD5 of what was appended, if it was wanted.
    pub fn take_md5(&mut self) -> Option<[u8; 16]> {
        mem::replace(&mut self.hashers, Hashers::idle()).finish().0
    }

    fn append_digesting(&mut self, source: &mut impl Read) -> io::Result<u64> {
        let mut block = vec![0; BLOCK_BYTES];
        let mut copied = 0;
        loop {
            let length = source.read(&mut block)?;
            if length == 0 {
                return Ok(copied);
            }
            self.hashers.update(&block[..length]);
            self.file.write_all(&block[..length])?;
            copied += length as u64;
        }
    }
}

/// Runs disk work where it may block.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> S3Result<T> + Send + 'static,
) -> S3Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(s3_error!(error, InternalError)))
}

fn too_large() -> S3Error {
    s3_error!(
        EntityTooLarge,
        "One request may carry 5 GiB at most; send more as a multipart upload."
    )
}

/// s3s checks payload signatures while the body passes; its error types are private, their names are not.
fn broken_body(error: StdError) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let code =
            S3ErrorCode::from_bytes(b"XAmzContentSHA256Mismatch").unwrap_or(S3ErrorCode::BadDigest);
        let mut error = S3Error::with_message(
            code,
            "The x-amz-content-sha256 you specified does not fit the bytes that arrived.",
        );
        error.set_status_code(StatusCode::BAD_REQUEST);
        error
    } else if text.contains("SignatureMismatch") {
        s3_error!(
            SignatureDoesNotMatch,
            "A chunk's signature does not fit its bytes."
        )
    } else {
        s3_error!(IncompleteBody, "The body broke off or is malformed.")
    }
}
