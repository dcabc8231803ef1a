//! The bucket: everything the studio says to S3, through the official SDK.
//!
//! Works against AWS and any compatible store (custom endpoint, path style). Checksums are sent only where S3 requires
//! them: presigned PUTs and several third-party stores break otherwise. Knows keys and bytes, no styles or captions.

mod marked;
mod silence;

pub use marked::Marked;

use crate::server::config::S3Config;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use bytes::Bytes;
use secrecy::ExposeSecret;
use silence::Silence;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a caller can do about it, not how the SDK spells it.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
pub enum S3Error {
    #[error("{key} is not in the bucket.")]
    NotFound { key: String },
    #[error("{key} was changed by somebody else in between.")]
    PreconditionFailed { key: String },
    #[error("The bucket {bucket} does not exist.")]
    NoBucket { bucket: String },
    #[error(
        "S3 refused the access ({code}). Check the access key, its secret, the region and the bucket's policy."
    )]
    Denied { code: String },
    /// Passing: nobody was refused for good.
    #[error(
        "S3 refused the request because this machine's clock is off by more than 15 minutes (RequestTimeTooSkewed). Set the clock, then try again."
    )]
    ClockOff,
    #[error("S3 does not answer. Check the network and AWS_ENDPOINT_URL_S3.")]
    Unreachable,
    #[error("{key} has {bytes} bytes; at most {limit} are read here.")]
    TooLarge { key: String, bytes: u64, limit: u64 },
    #[error("S3 answered with {code}.")]
    Other { code: String },
}

/// One object of a list or HEAD.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectInfo {
    pub key: String,
    pub size_bytes: u64,
    /// Without quotes.
    pub etag: String,
    /// Unix time, ms.
    pub modified_ms: i64,
}

/// A request that somebody without keys may send until it expires.
#[derive(Clone, Debug)]
pub struct Presigned {
    pub method: String,
    pub url: String,
    /// Must be sent exactly so.
    pub headers: BTreeMap<String, String>,
}

/// What a write demands of the object that is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Precondition {
    None,
    /// Nothing may be there.
    Absent,
    /// The object must still have this ETag (without quotes).
    Unchanged(String),
}

/// One bucket. Cheap to clone.
#[derive(Clone)]
pub struct S3 {
    client: aws_sdk_s3::Client,
    /// How long a small question may take.
    answer_within: Duration,
    silence: Arc<Silence>,
    bucket: String,
    region: String,
    endpoint: Option<String>,
}

impl S3 {
    pub fn new(config: &S3Config) -> Self {
        let credentials = Credentials::new(
            &config.access_key_id,
            config.secret_access_key.expose_secret(),
            None,
            None,
            "studio",
        );
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(30))
            .build();
        let mut builder = aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .credentials_provider(credentials)
            .region(Region::new(config.region.clone()))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.endpoint_url(endpoint).force_path_style(true);
        }
        Self {
            client: aws_sdk_s3::Client::from_conf(builder.build()),
            answer_within: config.answer_within,
            silence: Arc::default(),
            bucket: config.bucket.clone(),
            region: config.region.clone(),
            endpoint: config.endpoint.clone(),
        }
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The SDK's client, for the rehearsal trainer, which reads what a real one would.
    pub fn client(&self) -> aws_sdk_s3::Client {
        self.client.clone()
    }

    /// Where it is, for people: the endpoint, or AWS and the region.
    pub fn address(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://s3.{}.amazonaws.com", self.region),
        }
    }

    /// Where a browser that follows presigned addresses is sent, as origins.
    pub fn origins(&self) -> Vec<String> {
        match &self.endpoint {
            Some(endpoint) => {
                let url = url::Url::parse(endpoint).ok();
                url.map(|u| u.origin().ascii_serialization())
                    .into_iter()
                    .collect()
            }
            None => {
                let Self { bucket, region, .. } = self;
                let host = format!("s3.{region}.amazonaws.com");
                // path style for buckets with dots
                vec![
                    format!("https://{bucket}.{host}"),
                    format!("https://{host}"),
                    format!("https://{bucket}.s3.amazonaws.com"),
                ]
            }
        }
    }

    /// `https://…/{bucket}/{key}` path style at a custom endpoint, virtual-hosted at AWS; the key percent-encoded.
    pub fn object_url(&self, key: &str) -> String {
        let key = encode_key(key);
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint}/{}/{key}", self.bucket),
            None => format!(
                "https://{}.s3.{}.amazonaws.com/{key}",
                self.bucket, self.region
            ),
        }
    }

    /// One cheap question that needs the key, the secret, the region and the bucket to be right.
    pub async fn check(&self) -> Result<(), S3Error> {
        let request = self.client.list_objects_v2().bucket(&self.bucket);
        let answer = self.ask("", request.max_keys(1).send()).await;
        answer.map(|_| ())
    }

    /// Every object under a prefix, in key order, over as many pages as there are.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, S3Error> {
        let mut objects = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let request = self
                .client
                .list_objects_v2()
                .bucket(&self.bucket)
                .prefix(prefix)
                // a key may hold characters that XML cannot
                .encoding_type(EncodingType::Url)
                .set_continuation_token(next.clone());
            let page = self.ask(prefix, request.send()).await?;
            objects.extend(page.contents().iter().filter_map(|o| {
                Some(ObjectInfo {
                    key: decode_key(o.key()?)?,
                    size_bytes: o.size().unwrap_or(0).max(0) as u64,
                    etag: bare_etag(o.e_tag()),
                    modified_ms: o.last_modified().map_or(0, millis),
                })
            }));
            let token = page.next_continuation_token().filter(|t| !t.is_empty());
            // a store that names the same place again would be asked for ever
            if token.is_none() || token == next.as_deref() {
                return Ok(objects);
            }
            next = token.map(str::to_owned);
        }
    }

    pub async fn head(&self, key: &str) -> Result<ObjectInfo, S3Error> {
        let request = self.client.head_object().bucket(&self.bucket).key(key);
        let answer = self.ask(key, request.send()).await?;
        Ok(ObjectInfo {
            key: key.to_owned(),
            size_bytes: answer.content_length().unwrap_or(0).max(0) as u64,
            etag: bare_etag(answer.e_tag()),
            modified_ms: answer.last_modified().map_or(0, millis),
        })
    }

    /// The whole object and its ETag; refuses more than `limit` bytes.
    pub async fn get(&self, key: &str, limit: u64) -> Result<(Bytes, String), S3Error> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = self.ask(key, request.send()).await?;
        let bytes = answer.content_length().unwrap_or(0).max(0) as u64;
        if bytes > limit {
            return Err(S3Error::TooLarge {
                key: key.into(),
                bytes,
                limit,
            });
        }
        let etag = bare_etag(answer.e_tag());
        let body = answer.body.collect().await;
        Ok((body.map_err(|_| S3Error::Unreachable)?.into_bytes(), etag))
    }

    /// The object as it comes, for passing on: type, length, ETag and body. `range` is an HTTP Range header.
    pub async fn open(
        &self,
        key: &str,
        range: Option<String>,
    ) -> Result<aws_sdk_s3::operation::get_object::GetObjectOutput, S3Error> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        self.ask(key, request.set_range(range).send()).await
    }

    /// The first `length` bytes (fewer if the object is shorter; none if it is empty).
    pub async fn head_bytes(&self, key: &str, length: u64) -> Result<Bytes, S3Error> {
        self.part(key, format!("bytes=0-{}", length.max(1) - 1))
            .await
    }

    /// The last `length` bytes, as [`Self::head_bytes`].
    pub async fn tail_bytes(&self, key: &str, length: u64) -> Result<Bytes, S3Error> {
        self.part(key, format!("bytes=-{}", length.max(1))).await
    }

    async fn part(&self, key: &str, range: String) -> Result<Bytes, S3Error> {
        let answer = match self.open(key, Some(range)).await {
            // an empty object has no first byte: stores answer 416
            Err(S3Error::Other { code }) if code == "InvalidRange" => return Ok(Bytes::new()),
            other => other?,
        };
        let body = answer.body.collect().await;
        Ok(body.map_err(|_| S3Error::Unreachable)?.into_bytes())
    }

    /// Writes an object and returns its ETag.
    pub async fn put(
        &self,
        key: &str,
        body: impl Into<ByteStream>,
        content_type: &str,
        precondition: Precondition,
    ) -> Result<String, S3Error> {
        let body = body.into();
        let (_, length) = body.size_hint();
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .body(body);
        let request = under(request, precondition);
        let answer = self.send(key, length, request.send()).await?;
        Ok(bare_etag(answer.e_tag()))
    }

    /// Deletes objects; absent ones are fine. In one request per 1,000, or one by one where the store cannot.
    pub async fn delete(&self, keys: &[String]) -> Result<(), S3Error> {
        if let [key] = keys {
            return self.delete_one(key).await;
        }
        for chunk in keys.chunks(1000) {
            let ids = chunk
                .iter()
                .map(|key| ObjectIdentifier::builder().key(key).build())
                .collect::<Result<Vec<_>, _>>()
                .expect("a key is given");
            let delete = Delete::builder().set_objects(Some(ids)).quiet(true).build();
            let request = self.client.delete_objects().bucket(&self.bucket);
            let request = request.delete(delete.expect("objects are given"));
            // a thousand may take a while
            match self.send("", None, request.send()).await {
                Ok(answer) => {
                    if let Some(failed) = answer.errors().first() {
                        return Err(S3Error::Other {
                            code: failed.code().unwrap_or("an error").to_owned(),
                        });
                    }
                }
                Err(S3Error::Other { code }) if code == "NotImplemented" => {
                    for key in chunk {
                        self.delete_one(key).await?;
                    }
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    async fn delete_one(&self, key: &str) -> Result<(), S3Error> {
        let request = self.client.delete_object().bucket(&self.bucket).key(key);
        let answer = self.ask(key, request.send()).await;
        answer.map(|_| ())
    }

    /// A PUT that a browser may send for `expires`; type and precondition are signed and must be sent as returned.
    pub async fn presign_put(
        &self,
        key: &str,
        content_type: &str,
        expires: Duration,
        precondition: Precondition,
    ) -> Result<Presigned, S3Error> {
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type);
        let request = under(request, precondition)
            .presigned(presigning(expires))
            .await
            .map_err(|e| self.error(key, e))?;
        let mut presigned = presigned(&request);
        presigned
            .headers
            .insert("content-type".into(), content_type.into());
        Ok(presigned)
    }

    /// A GET that downloads under `filename`.
    pub async fn presign_get(
        &self,
        key: &str,
        filename: &str,
        expires: Duration,
    ) -> Result<Presigned, S3Error> {
        let ascii: String = filename
            .chars()
            .map(|c| match c {
                '"' | '\\' => '_',
                c if c.is_ascii_graphic() || c == ' ' => c,
                _ => '_',
            })
            .collect();
        let request = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .response_content_disposition(format!("attachment; filename=\"{ascii}\""))
            .presigned(presigning(expires))
            .await
            .map_err(|e| self.error(key, e))?;
        Ok(presigned(&request))
    }

    fn error<E: ProvideErrorMetadata, R: HttpStatus>(
        &self,
        key: &str,
        error: SdkError<E, R>,
    ) -> S3Error {
        let status = match &error {
            SdkError::ServiceError(service) => service.raw().status(),
            SdkError::ResponseError(response) => response.raw().status(),
            _ => return S3Error::Unreachable,
        };
        let code = error.code().unwrap_or("").to_owned();
        let key = key.to_owned();
        match (status, code.as_str()) {
            (_, "NoSuchBucket") => S3Error::NoBucket {
                bucket: self.bucket.clone(),
            },
            (404, _) => S3Error::NotFound { key },
            (412, _) | (409, "ConditionalRequestConflict" | "OperationAborted") => {
                S3Error::PreconditionFailed { key }
            }
            (_, "RequestTimeTooSkewed") => S3Error::ClockOff,
            (401 | 403, _) | (301, _) | (400, "AuthorizationHeaderMalformed") => S3Error::Denied {
                code: if code.is_empty() {
                    status.to_string()
                } else {
                    code
                },
            },
            (_, "") => S3Error::Other {
                code: format!("HTTP {status}"),
            },
            _ => S3Error::Other { code },
        }
    }
}

/// The SDK's raw response, for its status.
pub trait HttpStatus {
    fn status(&self) -> u16;
}

impl HttpStatus for aws_sdk_s3::config::http::HttpResponse {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }
}

fn presigning(expires: Duration) -> PresigningConfig {
    PresigningConfig::expires_in(expires).expect("our expiry is within a week")
}

fn under(request: PutObjectFluentBuilder, precondition: Precondition) -> PutObjectFluentBuilder {
    match precondition {
        Precondition::None => request,
        Precondition::Absent => request.if_none_match("*"),
        Precondition::Unchanged(etag) => request.if_match(format!("\"{etag}\"")),
    }
}

fn presigned(request: &aws_sdk_s3::presigning::PresignedRequest) -> Presigned {
    Presigned {
        method: request.method().to_owned(),
        url: request.uri().to_owned(),
        headers: request
            .headers()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("host"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    }
}

fn bare_etag(etag: Option<&str>) -> String {
    etag.unwrap_or("").trim_matches('"').to_owned()
}

fn millis(time: &aws_sdk_s3::primitives::DateTime) -> i64 {
    time.to_millis().unwrap_or(0)
}

/// A key of a listing with `encoding-type=url`: percent-encoded, blanks as `+` in some stores and `%20` in others.
fn decode_key(key: &str) -> Option<String> {
    let key = key.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&key).decode_utf8();
    decoded.ok().map(String::from)
}

/// Percent-encodes everything but unreserved characters and `/`.
pub fn encode_key(key: &str) -> String {
    const KEEP: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/');
    percent_encoding::utf8_percent_encode(key, KEEP).to_string()
}

/// A bucket and a key read from any of the URL forms found in the data (contracts 4.4).
#[derive(Clone, Debug, PartialEq)]
pub struct S3Location {
    pub bucket: String,
    pub key: String,
}

impl S3Location {
    /// Understands `s3://b/k`, virtual-hosted and path style at AWS, both accelerate forms, and path style at `endpoint`.
    pub fn parse(text: &str, endpoint: Option<&str>) -> Option<Self> {
        let url = url::Url::parse(text).ok()?;
        let decode = |s: &str| {
            percent_encoding::percent_decode_str(s)
                .decode_utf8()
                .ok()
                .map(String::from)
        };
        let path = url.path().trim_start_matches('/');
        let location = |bucket: &str, key: &str| {
            (!bucket.is_empty() && !key.is_empty()).then_some(())?;
            Some(Self {
                bucket: bucket.to_owned(),
                key: decode(key)?,
            })
        };
        let host = url.host_str()?;
        if url.scheme() == "s3" {
            // raw names as people have them: nothing is percent-encoded in an s3:// address of ours
            let (bucket, key) = text.strip_prefix("s3://")?.split_once('/')?;
            return (!key.is_empty()).then(|| Self {
                bucket: bucket.into(),
                key: key.into(),
            });
        }
        // the embedded store's port may be another one since the address was written
        let loopback = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        let at_endpoint = endpoint
            .and_then(|e| url::Url::parse(e).ok())
            .is_some_and(|e| e.host_str() == Some(host) && (loopback || e.port() == url.port()));
        let aws = host.strip_suffix(".amazonaws.com");
        let path_style = at_endpoint
            || aws.is_some_and(|h| {
                h == "s3" || h.starts_with("s3-accelerate") || h.starts_with("s3.") || {
                    h.starts_with("s3-") && !h.contains('.')
                }
            });
        if path_style {
            let (bucket, key) = path.split_once('/')?;
            return location(bucket, key);
        }
        let aws = aws?;
        let end = [".s3.", ".s3-"].iter().filter_map(|m| aws.find(m)).min();
        let end = end.or_else(|| aws.strip_suffix(".s3").map(str::len))?;
        location(&aws[..end], path)
    }
}

impl S3 {
    /// The key an address points at, if it points into this bucket.
    pub fn key_of(&self, url: &str) -> Option<String> {
        let location = S3Location::parse(url, self.endpoint.as_deref())?;
        (location.bucket == self.bucket).then_some(location.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_url_form_of_the_data_is_understood() {
        let endpoint = Some("http://127.0.0.1:9000");
        for url in [
            "s3://my-bucket/a b/m (1).safetensors",
            "https://my-bucket.s3.us-west-1.amazonaws.com/a%20b/m%20(1).safetensors",
            "https://my-bucket.s3-accelerate.amazonaws.com/a%20b/m%20(1).safetensors?X-Amz-Date=1",
            "https://my-bucket.s3.amazonaws.com/a%20b/m%20(1).safetensors",
            "https://my-bucket.s3.amazonaws.com/a b/m (1).safetensors",
            "https://my-bucket.s3-us-west-2.amazonaws.com/a%20b/m%20(1).safetensors",
            "https://my-bucket.s3-accelerate.dualstack.amazonaws.com/a%20b/m%20(1).safetensors",
            "https://my-bucket.s3.dualstack.us-west-2.amazonaws.com/a%20b/m%20(1).safetensors",
            "https://s3.dualstack.us-west-2.amazonaws.com/my-bucket/a%20b/m%20(1).safetensors",
            "https://s3-us-west-2.amazonaws.com/my-bucket/a%20b/m%20(1).safetensors",
            "https://s3.amazonaws.com/my-bucket/a%20b/m%20(1).safetensors",
            "https://s3-accelerate.dualstack.amazonaws.com/my-bucket/a%20b/m%20(1).safetensors",
            "https://s3.us-west-1.amazonaws.com/my-bucket/a%20b/m%20(1).safetensors",
            "https://s3-accelerate.amazonaws.com/my-bucket/a%20b/m%20(1).safetensors",
            "http://127.0.0.1:9000/my-bucket/a%20b/m%20(1).safetensors",
            "http://127.0.0.1:41234/my-bucket/a%20b/m%20(1).safetensors",
        ] {
            let found = S3Location::parse(url, endpoint);
            let expected = S3Location {
                bucket: "my-bucket".into(),
                key: "a b/m (1).safetensors".into(),
            };
            assert_eq!(found, Some(expected), "{url}");
        }
    }

    #[tokio::test]
    async fn presigned_addresses_lead_to_an_origin_that_pages_may_talk_to() {
        for (bucket, endpoint) in [
            ("plain-bucket", None),
            ("bucket.with.dots", None),
            (
                "plain-bucket",
                Some("https://account.r2.cloudflarestorage.com"),
            ),
            ("plain-bucket", Some("http://127.0.0.1:9000")),
        ] {
            for region in ["us-east-1", "eu-central-1"] {
                let s3 = S3::new(&S3Config {
                    bucket: bucket.into(),
                    access_key_id: "k".into(),
                    secret_access_key: "s".into(),
                    region: region.into(),
                    endpoint: endpoint.map(str::to_owned),
                    answer_within: Duration::from_secs(9),
                });
                let put = s3.presign_put(
                    "a b",
                    "image/png",
                    Duration::from_secs(9),
                    Precondition::Absent,
                );
                let url = url::Url::parse(&put.await.unwrap().url).unwrap();
                let origin = url.origin().ascii_serialization();
                assert!(
                    s3.origins().contains(&origin),
                    "{origin} {:?}",
                    s3.origins()
                );
            }
        }
    }

    #[test]
    fn an_address_elsewhere_is_not_ours() {
        for url in [
            "https://example.com/my-bucket/k",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "s3://b",
        ] {
            assert_eq!(S3Location::parse(url, None), None, "{url}");
        }
    }
}
