//! Configuration: read once at start from `.env` and the environment (the real environment wins), checked as a whole.
//!
//! One struct per outside system; `Option` where it may be absent (then the rehearsal stage stands in). A group that is
//! only partly set stops the start with a sentence that names what is missing. Values of secrets never enter a message.

mod env;

use env::Env;
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
        let env = Env::of(lookup);
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
