//! Refusals that arrive. Two things s3s and hyper leave open:
//!
//! A request refused before its body was read (expired URL, wrong key, no such bucket) would be answered while the client is
//! still sending; the connection then breaks, and the client sees a network error in place of the 403. So the body is read to
//! its end first, and thrown away. A client that waits for `100 Continue` is answered at once instead, and its connection is
//! closed, because what it sends next would be taken for the body.
//!
//! A presigned URL whose signature has not even the right form gets 400 from s3s; S3, and everybody's tests, say 403.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use http::{HeaderValue, Request, header};
use s3s::dto::StreamingBlob;
use s3s::service::S3Service;
use s3s::stream::{ByteStream, RemainingLength};
use s3s::{HttpError, HttpResponse, StdError, s3_error};
use tower::Service;

/// s3s, with the two mended.
#[derive(Clone)]
pub(super) struct Refusals(pub S3Service);

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send>>;

impl<B> Service<Request<B>> for Refusals
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = HttpResponse;
    type Error = HttpError;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        let s3 = self.0.clone();
        let (parts, body) = request.into_parts();
        let body = SharedBody::new(body);
        Box::pin(async move {
            let waits = parts.headers.contains_key(header::EXPECT);
            let mut response = if is_mangled(parts.uri.query().unwrap_or_default()) {
                mangled()?
            } else {
                let stream = StreamingBlob::new(body.clone());
                s3.call(Request::from_parts(parts, stream.into())).await?
            };
            if response.status().as_u16() >= 400 {
                if waits && !body.lock().started {
                    response
                        .headers_mut()
                        .insert(header::CONNECTION, HeaderValue::from_static("close"));
                } else {
                    body.drain().await;
                }
            }
            Ok(response)
        })
    }
}

fn is_mangled(query: &str) -> bool {
    let signature = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("X-Amz-Signature="));
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    signature.is_some_and(|signature| signature.len() != 64 || !signature.bytes().all(is_digit))
}

fn mangled() -> Result<HttpResponse, HttpError> {
    let refusal = s3_error!(
        SignatureDoesNotMatch,
        "X-Amz-Signature is not 64 hexadecimal digits."
    );
    refusal
        .to_http_response()
        .map_err(|error| HttpError::new(Box::new(error)))
}

/// A request's body that can be read on after s3s has let go of it.
#[derive(Clone)]
struct SharedBody(Arc<Mutex<Reading>>);

struct Reading {
    stream: BodyDataStream,
    length: Option<usize>,
    /// Whether anybody asked for the first byte: hyper then sends `100 Continue`.
    started: bool,
    ended: bool,
}

impl SharedBody {
    fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let length = body
            .size_hint()
            .exact()
            .and_then(|length| usize::try_from(length).ok());
        let stream = Body::new(body).into_data_stream();
        Self(Arc::new(Mutex::new(Reading {
            stream,
            length,
            started: false,
            ended: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drain(mut self) {
        while let Some(Ok(_)) = self.next().await {}
    }
}

impl Stream for SharedBody {
    type Item = Result<Bytes, StdError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut reading = self.lock();
        if reading.ended {
            return Poll::Ready(None);
        }
        reading.started = true;
        let polled = reading.stream.poll_next_unpin(context);
        match &polled {
            Poll::Ready(Some(Ok(bytes))) => {
                reading.length = reading
                    .length
                    .map(|length| length.saturating_sub(bytes.len()))
            }
            Poll::Ready(_) => reading.ended = true,
            Poll::Pending => {}
        }
        polled.map_err(Into::into)
    }
}

impl ByteStream for SharedBody {
    fn remaining_length(&self) -> RemainingLength {
        self.lock()
            .length
            .map_or_else(RemainingLength::unknown, RemainingLength::new_exact)
    }
}
