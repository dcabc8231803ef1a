//! The variables, read and checked one by one and as groups.

use super::{
    ANSWER_WITHIN, CaptionConfig, ConfigError, Lookup, RunpodConfig, S3_ANSWERS_WITHIN, S3Config,
    SharedDocuments,
};
use secrecy::SecretString;
use std::time::Duration;

/// How long a model may take for one caption.
const CAPTION_WITHIN: Duration = Duration::from_secs(180);

/// Values by name, with what is wrong with one said.
pub struct Env<'a>(Lookup<'a>);

impl<'a> Env<'a> {
    pub fn of(lookup: Lookup<'a>) -> Self {
        Self(lookup)
    }

    /// An empty value counts as not set: `.env.example` copied as it is must rehearse.
    pub fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    }

    /// Words divided by commas, in lower case.
    pub fn names(&self, name: &str) -> Vec<String> {
        let value = self.get(name).unwrap_or_default().to_ascii_lowercase();
        let words = value.split(',').map(str::trim).filter(|w| !w.is_empty());
        words.map(str::to_owned).collect()
    }

    pub fn parse<T: std::str::FromStr>(
        &self,
        name: &'static str,
        default: &str,
        expected: &'static str,
    ) -> Result<T, ConfigError> {
        let value = self.get(name).unwrap_or_else(|| default.into());
        value.parse().map_err(|_| ConfigError::Invalid {
            name,
            value,
            expected,
        })
    }

    pub fn port(&self, name: &'static str, default: &str) -> Result<u16, ConfigError> {
        self.parse(
            name,
            default,
            "expected a port from 0 to 65535 (0 takes a free one)",
        )
    }

    pub fn steps_per_second(&self) -> Result<f64, ConfigError> {
        const NAME: &str = "REHEARSAL_STEPS_PER_SECOND";
        const EXPECTED: &str = "expected a number above 0 and up to 1000000";
        let speed: f64 = self.parse(NAME, "20", EXPECTED)?;
        if speed > 0.0 && speed <= 1e6 {
            return Ok(speed);
        }
        Err(ConfigError::Invalid {
            name: NAME,
            value: speed.to_string(),
            expected: EXPECTED,
        })
    }

    /// An http(s) address without a trailing slash.
    pub fn url(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let usable = url::Url::parse(&value)
            .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        if !usable {
            return Err(ConfigError::Invalid {
                name,
                value,
                expected: "expected an address such as https://studio.example.com",
            });
        }
        Ok(Some(value.trim_end_matches('/').to_owned()))
    }

    /// An http(s) address that is a secret: it is never repeated.
    pub fn secret_url(&self, name: &'static str) -> Result<Option<SecretString>, ConfigError> {
        match self.url(name) {
            Ok(_) => Ok(self.get(name).map(SecretString::from)),
            Err(_) => Err(ConfigError::Invalid {
                name,
                value: "(not shown)".to_owned(),
                expected: "expected an address that begins with https:// or http://",
            }),
        }
    }

    /// Two spellings of one thing: the newer is preferred, two different values are refused.
    fn either(
        &self,
        first: &'static str,
        second: &'static str,
    ) -> Result<Option<String>, ConfigError> {
        match (self.get(first), self.get(second)) {
            (Some(a), Some(b)) if a != b => Err(ConfigError::Disagree { first, second }),
            (a, b) => Ok(a.or(b)),
        }
    }

    /// One of two words.
    fn choice(
        &self,
        name: &'static str,
        words: [&str; 2],
        expected: &'static str,
    ) -> Result<Option<bool>, ConfigError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match words.iter().position(|word| *word == value) {
            Some(at) => Ok(Some(at == 1)),
            None => Err(ConfigError::Invalid {
                name,
                value,
                expected,
            }),
        }
    }

    pub fn documents(&self) -> Result<Option<SharedDocuments>, ConfigError> {
        const PREFIX: &str = "DOCUMENTS_PREFIX";
        let shared = self.choice("DOCUMENTS", ["folder", "s3"], "expected folder or s3")?;
        let prefix = self.get(PREFIX).unwrap_or_else(|| "actor_maker/".into());
        if !is_own_prefix(&prefix) {
            return Err(ConfigError::Invalid {
                name: PREFIX,
                value: prefix,
                expected: "expected letters, digits, - and _ in parts that each end in /, such as actor_maker/, and not below styles/",
            });
        }
        let copy = self.choice("DOCUMENTS_COPY", ["no", "yes"], "expected yes or no")?;
        let shared = shared == Some(true);
        Ok(shared.then_some(SharedDocuments { prefix, copy }))
    }

    pub fn s3(&self) -> Result<Option<S3Config>, ConfigError> {
        let bucket = self.either("S3_USER_BUCKET", "AWS_ASSETS_BUCKET")?;
        let key = self.either("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")?;
        let secret = self.either("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_SECRET")?;
        let region = self.either("S3_REGION", "AWS_REGION")?;
        let endpoint = self.url("AWS_ENDPOINT_URL_S3")?;
        // a lone AWS_REGION is common in other people's environments and asks for nothing
        let asked = [
            ("S3_USER_BUCKET", bucket.is_some()),
            ("AWS_ACCESS_KEY_ID", key.is_some()),
            ("AWS_SECRET_ACCESS_KEY", secret.is_some()),
            ("S3_REGION", self.get("S3_REGION").is_some()),
            ("AWS_ENDPOINT_URL_S3", endpoint.is_some()),
        ];
        let region_known = region.is_some() || endpoint.is_some();
        match (bucket, key, secret, region_known) {
            (Some(bucket), Some(access_key_id), Some(secret), true) => Ok(Some(S3Config {
                bucket,
                access_key_id,
                secret_access_key: secret.into(),
                region: region.unwrap_or_else(|| "us-east-1".into()),
                endpoint,
                answer_within: S3_ANSWERS_WITHIN,
            })),
            (bucket, key, secret, _) => {
                let needed = [
                    ("S3_USER_BUCKET", bucket.is_some()),
                    ("AWS_ACCESS_KEY_ID", key.is_some()),
                    ("AWS_SECRET_ACCESS_KEY", secret.is_some()),
                    ("S3_REGION", region_known),
                ];
                partial("S3", &asked, &needed, REHEARSE)
            }
        }
    }

    pub fn runpod(&self) -> Result<Option<RunpodConfig>, ConfigError> {
        let endpoint_id = self.get("MODEL_TRAINING_RUNPOD_ENDPOINT_ID");
        // the specific key wins over the shared one: an account may have both
        let api_key = self
            .get("MODEL_TRAINING_RUNPOD_API_KEY")
            .or_else(|| self.get("RUNPOD_API_KEY"));
        let base_url = self.url("RUNPOD_ENDPOINT_BASE_URL")?;
        let asked = [
            ("MODEL_TRAINING_RUNPOD_ENDPOINT_ID", endpoint_id.is_some()),
            (
                "MODEL_TRAINING_RUNPOD_API_KEY or RUNPOD_API_KEY",
                api_key.is_some(),
            ),
            ("RUNPOD_ENDPOINT_BASE_URL", base_url.is_some()),
        ];
        match (endpoint_id, api_key) {
            (Some(endpoint_id), Some(api_key)) => Ok(Some(RunpodConfig {
                endpoint_id,
                api_key: api_key.into(),
                base_url: base_url.unwrap_or_else(|| "https://api.runpod.ai/v2".into()),
                answer_within: ANSWER_WITHIN,
            })),
            _ => partial("RunPod", &asked, &asked[..2], REHEARSE),
        }
    }

    pub fn captions(&self) -> Result<Option<CaptionConfig>, ConfigError> {
        let base_url = self.url("CAPTION_API_BASE")?;
        let api_key = self.get("CAPTION_API_KEY").map(SecretString::from);
        let model = self.get("CAPTION_MODEL");
        let needed = [
            ("CAPTION_API_BASE", base_url.is_some()),
            ("CAPTION_MODEL", model.is_some()),
        ];
        match (base_url, model) {
            (Some(base), Some(model)) => {
                // the whole address is what some documentation shows
                let base = base.trim_end_matches("/chat/completions");
                Ok(Some(CaptionConfig {
                    base_url: base.to_owned(),
                    api_key,
                    model,
                    answer_within: CAPTION_WITHIN,
                }))
            }
            _ => {
                let key = ("CAPTION_API_KEY", api_key.is_some());
                let asked = [needed[0], key, needed[1]];
                let without = "write captions by hand alone";
                partial("The caption endpoint", &asked, &needed, without)
            }
        }
    }
}

const REHEARSE: &str = "rehearse without an account";

/// A prefix for what is ours: nothing of ours lies beside the images.
fn is_own_prefix(prefix: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_part = |part: &str| !part.is_empty() && part.chars().all(plain);
    let parts = prefix.strip_suffix('/').unwrap_or_default();
    prefix.len() <= 200 && parts.split('/').all(is_part) && !prefix.starts_with("styles/")
}

/// `Ok(None)` when nothing of the group was asked for, else an error naming what is missing and what is there.
fn partial<T>(
    group: &'static str,
    asked: &[(&str, bool)],
    needed: &[(&str, bool)],
    without: &'static str,
) -> Result<Option<T>, ConfigError> {
    let names = |list: &[(&str, bool)], wanted: bool| {
        list.iter()
            .filter(|(_, set)| *set == wanted)
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let present = names(asked, true);
    if present.is_empty() {
        return Ok(None);
    }
    Err(ConfigError::Partial {
        group,
        missing: names(needed, false),
        present,
        without,
    })
}
