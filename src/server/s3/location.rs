//! Keys in addresses, written and read back.

use super::S3;

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

/// A key of a listing with `encoding-type=url`: percent-encoded, blanks as `+` in some stores and `%20` in others.
pub(super) fn decode_key(key: &str) -> Option<String> {
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
