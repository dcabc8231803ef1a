//! Takes secrets out of texts of others: a worker's traceback may quote its environment, the address it could not reach or a signed
//! link. Done once, where such a text comes in; what is stored, logged, shown and told to a chat is clean then.

use super::config::{Config, RunpodConfig, S3Config};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use secrecy::{ExposeSecret, SecretString};
use std::sync::LazyLock;

const HIDDEN: &str = "[…]";
/// Shorter ones would take ordinary words along.
const SHORTEST: usize = 8;

/// What follows these is a secret whoever it belongs to: tokens of webhooks, signatures of links, bearers.
static BY_NAME: LazyLock<Regex> = LazyLock::new(|| {
    let names =
        r"token|x-amz-signature|x-amz-credential|x-amz-security-token|signature|awsaccesskeyid";
    let value = r#"[^\s&"'<>\\]+"#;
    Regex::new(&format!(
        r"(?i)\b({names})=({value})|(?i)\b(bearer)\s+({value})"
    ))
    .expect("a pattern")
});

/// Knows the secrets of the configuration.
pub struct Redactor {
    /// As they are and percent-encoded, the longest first.
    secrets: Vec<String>,
}

impl Redactor {
    /// `s3` and `runpod` are those in use: the configured ones or the rehearsal's.
    pub fn new(config: &Config, s3: &S3Config, runpod: &RunpodConfig) -> Self {
        let captions = config.captions.as_ref();
        let optional: [Option<&SecretString>; 4] = [
            config.admin_password.as_ref(),
            captions.and_then(|c| c.api_key.as_ref()),
            config.tunnel.ngrok_authtoken.as_ref(),
            config.notify_webhook_url.as_ref(),
        ];
        let known = optional.into_iter().flatten();
        let known = known.chain([&s3.secret_access_key, &runpod.api_key]);
        let known = known.map(SecretString::expose_secret);
        Self::of(known.chain([s3.access_key_id.as_str()]))
    }

    fn of<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let long = secrets.filter(|secret| secret.len() >= SHORTEST);
        let mut secrets: Vec<String> = long
            .flat_map(|secret| {
                let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
                [secret.to_owned(), encoded]
            })
            .collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    pub fn cleaned(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in self.secrets.iter().filter(|s| text.contains(s.as_str())) {
            clean = clean.replace(secret, HIDDEN);
        }
        let hidden = |found: &regex::Captures| match (found.get(1), found.get(3)) {
            (Some(name), _) => format!("{}={HIDDEN}", name.as_str()),
            (_, Some(bearer)) => format!("{} {HIDDEN}", bearer.as_str()),
            _ => HIDDEN.to_owned(),
        };
        BY_NAME.replace_all(&clean, hidden).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_secrets_and_what_is_one_by_its_name_are_taken_out_and_the_rest_stays() {
        let redactor = Redactor::of(["rp-key-123456", "abc/def+ghi=jkl", "short"].into_iter());
        for (said, clean) in [
            ("401 for rp-key-123456!", "401 for […]!"),
            ("?sig=abc%2Fdef%2Bghi%3Djkl&x=1", "?sig=[…]&x=1"),
            (
                "url: /api/training-webhook?token=AbC-_9 (Caused by …)",
                "url: /api/training-webhook?token=[…] (Caused by …)",
            ),
            (
                "https://b.s3/x?X-Amz-Credential=AK%2F1&X-Amz-Signature=00ff'",
                "https://b.s3/x?X-Amz-Credential=[…]&X-Amz-Signature=[…]'",
            ),
            ("Authorization: Bearer abc.def", "Authorization: Bearer […]"),
            (
                "short of memory: 24 GB, class_tokens=ink",
                "short of memory: 24 GB, class_tokens=ink",
            ),
        ] {
            assert_eq!(redactor.cleaned(said), clean);
        }
    }
}
