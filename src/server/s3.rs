//! The bucket: everything the studio says to S3, through the official SDK.
//!
//! Works against AWS and any compatible store (custom endpoint, path style). Checksums are sent only where S3 requires
//! them: presigned PUTs and several third-party stores break otherwise. Knows keys and bytes, no styles or captions.

mod error;
mod location;
mod marked;
mod silence;

pub use error::S3Error;
use location::decode_key;
pub use location::{S3Location, encode_key};
pub use marked::Marked;

use crate::server::config::S3Config;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
