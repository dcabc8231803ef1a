//! Configuration: read once at start from `.env` and the environment (the real environment wins), checked as a whole.
//!
//! One struct per outside system; `Option` where it may be absent (then the rehearsal stage stands in). A group that is
//! only partly set stops the start with a sentence that names what is missing. Values of secrets never enter a message.

use secrecy::SecretString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What is wrong with the environment; the text is shown to the person who starts the studio.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ConfigError {
    #[error(
        "{group} is only partly configured: {missing} is missing. Set it in .env, or remove {present} to {without}."
    )]
    Partial {
        group: &'static str,
        missing: String,
        present: String,
        /// What the studio does without the group.
        without: &'static str,
    },
    #[error(
        "{first} and {second} are both set and differ. They mean the same thing: keep one of them."
    )]
    Disagree {
        first: &'static str,
        second: &'static str,
    },
    #[error("{name} is {value:?}: {expected}.")]
    Invalid {
        name: &'static str,
        value: String,
        expected: &'static str,
    },
    #[error(
        "HOST is {0}, which other machines can reach, and ADMIN_PASSWORD is not set: anybody could spend your money. Set ADMIN_PASSWORD, or HOST=127.0.0.1 (the default) and reach it through an SSH tunnel (ssh -L 5173:127.0.0.1:5173 …)."
    )]
    NotLoopback(IpAddr),
}

/// The bucket that holds training images and models.
#[derive(Clone, Debug)]
pub struct S3Config {
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    pub region: String,
    /// `None` is AWS itself; otherwise MinIO, R2, B2, Wasabi, Garage …
    pub endpoint: Option<String>,
    /// A small question (head, list, the begin of an object, a caption) that takes longer has no answer.
    pub answer_within: Duration,
}

/// How long S3 may take for a small answer, with all attempts.
pub const S3_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Documents in the bucket, for several servers.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedDocuments {
    /// What their keys begin with; ends in `/`.
    pub prefix: String,
    /// Whether a bucket without documents gets those of the folder; `None`: nobody has said.
    pub copy: Option<bool>,
}

/// A RunPod serverless endpoint that runs the training container.
#[derive(Clone, Debug)]
pub struct RunpodConfig {
    pub endpoint_id: String,
    pub api_key: SecretString,
    /// Ends in `/v2`, no trailing slash.
    pub base_url: String,
    /// A call that takes longer has no answer.
    pub answer_within: Duration,
}

/// How long RunPod may take for one answer. Must stay below the time after which an unseen submit counts as not received.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A vision model behind an OpenAI-compatible interface, which drafts captions.
#[derive(Clone, Debug)]
pub struct CaptionConfig {
    /// Without a trailing slash: `/chat/completions` follows.
    pub base_url: String,
    /// Servers of one's own (vLLM, Ollama, LM Studio) ask for none.
    pub api_key: Option<SecretString>,
    pub model: String,
    /// A caption that takes longer has no answer. Models on a processor take minutes.
    pub answer_within: Duration,
}

/// How long a model may take for one caption.
const CAPTION_WITHIN: Duration = Duration::from_secs(180);

/// Ports, speed and faults of the parts that stand in when no account is configured.
#[derive(Clone, Debug)]
pub struct RehearsalConfig {
    pub s3_port: u16,
    pub runpod_port: u16,
    pub steps_per_second: f64,
    pub faults: String,
}

/// What a run may ask of an endpoint that rehearses.
pub struct RehearsedRuns {
    /// Each fault's word and what it does.
    pub faults: Vec<(String, String)>,
    /// Says what is wrong with a list of faults as typed.
    pub check_faults: fn(&str) -> Result<(), String>,
}

/// Who gives the webhook a public address.
#[derive(Clone, Debug)]
pub struct TunnelConfig {
    pub public_url: Option<String>,
    pub ngrok_authtoken: Option<SecretString>,
    pub ngrok_url: Option<String>,
    pub ngrok_bin: Option<String>,
    pub cloudflared_bin: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub host: IpAddr,
    /// More names under which the studio may be asked for, lower case, without ports.
    pub allowed_hosts: Vec<String>,
    /// The password, or its Argon2 hash; required where other machines reach the studio.
    pub admin_password: Option<SecretString>,
    /// Runs that may be started at RunPod within a minute.
    pub max_starts_per_minute: u32,
    pub port: u16,
    pub webhook_port: u16,
    /// Holds `data/styles_registry.json` and `resources/style_images/`.
    pub actor_maker_dir: PathBuf,
    /// Everything the studio keeps for itself.
    pub state_dir: PathBuf,
    /// `None`: the documents are files of the folder.
    pub documents: Option<SharedDocuments>,
    pub s3: Option<S3Config>,
    pub runpod: Option<RunpodConfig>,
    /// `None`: captions are written by hand alone.
    pub captions: Option<CaptionConfig>,
    pub rehearsal: RehearsalConfig,
    pub tunnel: TunnelConfig,
    /// An address that is told when a run has ended; whoever knows it can write there.
    pub notify_webhook_url: Option<SecretString>,
}

/// Where values come from: the process's environment, or a map in tests.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Config {
    /// Reads `.env` of the working directory, then the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        // a missing .env is the normal first start
        let _ = dotenvy::dotenv();
        Self::from_lookup(&|name| std::env::var(name).ok())
    }

    pub fn from_lookup(lookup: Lookup) -> Result<Self, ConfigError> {
        let env = Env(lookup);
        let host: IpAddr = env.parse("HOST", "127.0.0.1", "an IP address such as 127.0.0.1")?;
        let admin_password = env.get("ADMIN_PASSWORD").map(SecretString::from);
        if !host.is_loopback() && admin_password.is_none() {
            return Err(ConfigError::NotLoopback(host));
        }
        Ok(Self {
            host,
            allowed_hosts: env.names("ALLOWED_HOSTS"),
            admin_password,
            max_starts_per_minute: env.parse(
                "MAX_STARTS_PER_MINUTE",
                "20",
                "expected a whole number from 0 (none may be started) up",
            )?,
            port: env.port("PORT", "5173")?,
            webhook_port: env.port("WEBHOOK_PORT", "5174")?,
            actor_maker_dir: env.get("ACTOR_MAKER_DIR").unwrap_or(".".into()).into(),
            state_dir: env.get("STATE_DIR").unwrap_or(".actor_maker".into()).into(),
            documents: env.documents()?,
            s3: env.s3()?,
            runpod: env.runpod()?,
            captions: env.captions()?,
            rehearsal: RehearsalConfig {
                s3_port: env.port("REHEARSAL_S3_PORT", "5175")?,
                runpod_port: env.port("REHEARSAL_RUNPOD_PORT", "5176")?,
                steps_per_second: env.steps_per_second()?,
                faults: env.get("REHEARSAL_FAULTS").unwrap_or_default(),
            },
            tunnel: TunnelConfig {
                public_url: env.url("PUBLIC_URL")?,
                ngrok_authtoken: env.get("NGROK_AUTHTOKEN").map(SecretString::from),
                ngrok_url: env.get("NGROK_URL"),
                ngrok_bin: env.get("NGROK_BIN"),
                cloudflared_bin: env.get("CLOUDFLARED_BIN"),
            },
            notify_webhook_url: env.secret_url("NOTIFY_WEBHOOK_URL")?,
        })
    }
}

impl Config {
    /// Where everything but the page listens: never where other machines reach it.
    pub fn inner_host(&self) -> IpAddr {
        if self.host.is_loopback() {
            self.host
        } else {
            IpAddr::from([127, 0, 0, 1])
        }
    }
}

struct Env<'a>(Lookup<'a>);

impl Env<'_> {
    /// An empty value counts as not set: `.env.example` copied as it is must rehearse.
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
            .map(|v| v.trim().to_owned())
            .filter(|v| !v.is_empty())
    }

    /// Words divided by commas, in lower case.
    fn names(&self, name: &str) -> Vec<String> {
        let value = self.get(name).unwrap_or_default().to_ascii_lowercase();
        let words = value.split(',').map(str::trim).filter(|w| !w.is_empty());
        words.map(str::to_owned).collect()
    }

    fn parse<T: std::str::FromStr>(
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

    fn port(&self, name: &'static str, default: &str) -> Result<u16, ConfigError> {
        self.parse(
            name,
            default,
            "expected a port from 0 to 65535 (0 takes a free one)",
        )
    }

    fn steps_per_second(&self) -> Result<f64, ConfigError> {
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
    fn url(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
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
    fn secret_url(&self, name: &'static str) -> Result<Option<SecretString>, ConfigError> {
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

    fn documents(&self) -> Result<Option<SharedDocuments>, ConfigError> {
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

    fn s3(&self) -> Result<Option<S3Config>, ConfigError> {
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

    fn runpod(&self) -> Result<Option<RunpodConfig>, ConfigError> {
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

    fn captions(&self) -> Result<Option<CaptionConfig>, ConfigError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let map: HashMap<String, String> = pairs
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect();
        Config::from_lookup(&move |name| map.get(name).cloned())
    }

    const S3: [(&str, &str); 4] = [
        ("S3_USER_BUCKET", "b"),
        ("AWS_ACCESS_KEY_ID", "k"),
        ("AWS_SECRET_ACCESS_KEY", "s3cr3t"),
        ("S3_REGION", "us-west-1"),
    ];

    #[test]
    fn nothing_configured_means_rehearsal_on_the_usual_ports() {
        let config = read(&[("RUNPOD_API_KEY", "")]).unwrap();
        assert!(config.s3.is_none() && config.runpod.is_none());
        assert_eq!((config.port, config.webhook_port), (5173, 5174));
    }

    #[test]
    fn a_partial_group_names_what_is_missing_and_no_secret() {
        let error = read(&[("AWS_SECRET_ACCESS_KEY", "s3cr3t"), ("S3_REGION", "r")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("S3_USER_BUCKET, AWS_ACCESS_KEY_ID is missing"));
        assert!(!error.contains("s3cr3t"));
        let error = read(&[("RUNPOD_API_KEY", "rpa_x")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("MODEL_TRAINING_RUNPOD_ENDPOINT_ID is missing"));
    }

    #[test]
    fn a_caption_endpoint_needs_an_address_and_a_model_and_may_have_a_key() {
        let local = [
            ("CAPTION_API_BASE", "http://127.0.0.1:11434/v1/"),
            ("CAPTION_MODEL", "llava:13b"),
        ];
        let captions = read(&local).unwrap().captions.unwrap();
        assert_eq!(captions.base_url, "http://127.0.0.1:11434/v1");
        assert!(captions.api_key.is_none());
        let whole = ("CAPTION_API_BASE", "https://x.example/v1/chat/completions");
        let captions = read(&[whole, local[1]]).unwrap().captions.unwrap();
        assert_eq!(captions.base_url, "https://x.example/v1");
        for (set, missing) in [
            (local[0], "CAPTION_MODEL is missing"),
            (local[1], "CAPTION_API_BASE is missing"),
            (
                ("CAPTION_API_KEY", "sk-s3cr3t"),
                "CAPTION_API_BASE, CAPTION_MODEL is missing",
            ),
        ] {
            let error = read(&[set]).unwrap_err().to_string();
            assert!(error.contains(missing) && error.contains(set.0), "{error}");
            assert!(!error.contains("s3cr3t") && !error.contains("rehearse"));
        }
        assert!(read(&[]).unwrap().captions.is_none());
    }

    #[test]
    fn both_spellings_are_read_and_two_that_disagree_name_both() {
        let old = read(&[
            ("AWS_ASSETS_BUCKET", "b"),
            ("AWS_ACCESS_KEY", "k"),
            ("AWS_ACCESS_SECRET", "s"),
            ("AWS_REGION", "eu-west-1"),
        ])
        .unwrap();
        assert_eq!(old.s3.unwrap().region, "eu-west-1");
        let mut both = S3.to_vec();
        both.push(("AWS_ASSETS_BUCKET", "other"));
        let error = read(&both).unwrap_err().to_string();
        assert!(error.contains("S3_USER_BUCKET") && error.contains("AWS_ASSETS_BUCKET"));
    }

    #[test]
    fn aws_itself_needs_a_region_and_a_custom_endpoint_does_not() {
        assert!(
            read(&S3[..3])
                .unwrap_err()
                .to_string()
                .contains("S3_REGION is missing")
        );
        let mut custom = S3[..3].to_vec();
        custom.push(("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000/"));
        let s3 = read(&custom).unwrap().s3.unwrap();
        assert_eq!(s3.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
    }

    #[test]
    fn an_address_that_others_can_reach_needs_a_password_and_opens_only_the_page() {
        let open = ("HOST", "0.0.0.0");
        for lacking in [&[open][..], &[open, ("ADMIN_PASSWORD", " ")]] {
            assert!(matches!(read(lacking), Err(ConfigError::NotLoopback(_))));
        }
        let config = read(&[open, ("ADMIN_PASSWORD", "correct horse")]).unwrap();
        assert!(config.inner_host().is_loopback() && !config.host.is_loopback());
        assert!(!format!("{config:?}").contains("correct horse"));
    }

    #[test]
    fn documents_lie_in_the_folder_or_in_the_bucket_and_never_beside_the_images() {
        let documents = |pairs: &[(&str, &str)]| read(pairs).map(|config| config.documents);
        assert_eq!(documents(&[]), Ok(None));
        assert_eq!(documents(&[("DOCUMENTS", "folder")]), Ok(None));
        let shared = documents(&[("DOCUMENTS", "s3"), ("DOCUMENTS_COPY", "yes")]).unwrap();
        let expected = SharedDocuments {
            prefix: "actor_maker/".into(),
            copy: Some(true),
        };
        assert_eq!(shared, Some(expected));
        for prefix in [
            "styles/",
            "styles/x/",
            "x",
            "/x/",
            "../x/",
            "x//",
            "/",
            "a b/",
        ] {
            let refused = documents(&[("DOCUMENTS_PREFIX", prefix)]).unwrap_err();
            assert!(refused.to_string().contains("DOCUMENTS_PREFIX"), "{prefix}");
        }
        let refused = documents(&[("DOCUMENTS", "bucket")]).unwrap_err();
        assert!(refused.to_string().contains("folder or s3"));
    }

    #[test]
    fn a_broken_value_is_named_with_its_bound() {
        let error = read(&[("PORT", "70000")]).unwrap_err().to_string();
        assert!(error.contains("PORT") && error.contains("70000") && error.contains("65535"));
    }
}
