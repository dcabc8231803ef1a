//! What every request needs, made once at start: configuration, documents, the outside systems, caches and the clock.

use crate::server::access::Access;
use crate::server::agent::{Agent, Care};
use crate::server::allowance::Allowance;
use crate::server::cloudflared::Cloudflared;
use crate::server::config::{Config, RehearsedRuns, RunpodConfig, S3Config, TunnelConfig};
use crate::server::documents::{Bucket, Documents, below};
use crate::server::door::Door;
use crate::server::ngrok::Ngrok;
use crate::server::notify::Notifier;
use crate::server::patience::Patience;
use crate::server::probe::Probes;
use crate::server::redact::Redactor;
use crate::server::residents::Residents;
use crate::server::runpod::Runpod;
use crate::server::s3::S3;
use crate::server::vision::Vision;
use axum::extract::FromRef;
use bytes::Bytes;
use leptos::config::LeptosOptions;
use moka::sync::Cache;
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::{Notify, Semaphore};

/// An object's content by key and ETag: another content has another ETag, so nothing here ever grows stale.
pub type ByVersion<T> = Cache<(String, String), T>;

/// Bounded memories of what S3 said.
#[derive(Clone)]
pub struct Caches {
    /// caption files (small)
    pub captions: ByVersion<Bytes>,
    /// width and height in pixels, or why the file has none
    pub dimensions: ByVersion<Result<(u32, u32), Arc<str>>>,
    /// why no thumbnail could be made
    pub unshown: ByVersion<Arc<str>>,
    /// images of a style, captions with text, and whether the captions were read for it
    pub counts: Cache<String, (usize, usize, bool)>,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            captions: Cache::builder()
                .max_capacity(64 << 20)
                .weigher(|key: &(String, String), value: &Bytes| {
                    (key.0.len() + key.1.len() + value.len() + 64) as u32
                })
                .build(),
            dimensions: Cache::new(200_000),
            unshown: Cache::new(20_000),
            counts: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(Duration::from_secs(10))
                .build(),
        }
    }
}

/// The programs that can give the webhook a public address; none is started by itself.
#[derive(Clone)]
pub struct Agents {
    pub ngrok: Agent,
    pub cloudflared: Agent,
}

impl Agents {
    fn new(tunnel: &TunnelConfig, state_dir: &Path) -> Self {
        let care = |program: &str| Care {
            pid_file: Some(state_dir.join(format!("{program}.pid"))),
            ..Care::default()
        };
        let token = tunnel.ngrok_authtoken.as_ref();
        let ngrok = Ngrok {
            bin: tunnel.ngrok_bin.clone().unwrap_or("ngrok".into()),
            authtoken: token.map(|t| t.expose_secret().to_owned()),
            url: tunnel.ngrok_url.clone(),
        };
        let cloudflared = Cloudflared {
            bin: tunnel
                .cloudflared_bin
                .clone()
                .unwrap_or("cloudflared".into()),
        };
        Self {
            ngrok: Agent::new(ngrok, care("ngrok")),
            cloudflared: Agent::new(cloudflared, care("cloudflared")),
        }
    }

    /// Ends what a killed studio left behind.
    pub async fn end_left_behind(&self) {
        tokio::join!(
            self.ngrok.end_left_behind(),
            self.cloudflared.end_left_behind()
        );
    }

    pub async fn stop(&self) {
        tokio::join!(self.ngrok.stop(), self.cloudflared.stop());
    }
}

/// Milliseconds since 1970, from the machine or from a test.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub leptos: LeptosOptions,
    pub documents: Documents,
    /// JSON that the studio keeps for itself: below `STATE_DIR`, or beside shared documents
    pub kept: Documents,
    pub s3: S3,
    pub runpod: Runpod,
    pub agents: Agents,
    /// takes our secrets out of what others say
    pub redactor: Arc<Redactor>,
    /// drafts captions; `None` while no endpoint is configured
    pub vision: Option<Vision>,
    pub caches: Caches,
    /// decoding pictures takes a core and memory: two at a time
    pub decoding: Arc<Semaphore>,
    /// what the polling of runs remembers between its rounds
    pub patience: Patience,
    /// who is let in when a password is set
    pub access: Access,
    /// starts of this minute, which cost money
    pub starts: Allowance,
    /// webhooks to ourselves
    pub probes: Probes,
    /// how many were turned away at the webhook's door
    pub door: Door,
    /// tells of the end of a run, where an address is configured
    pub notifier: Option<Notifier>,
    /// what features keep for themselves while the process runs
    pub residents: Residents,
    /// rung when a run may have something new to say
    pub wake: Arc<Notify>,
    /// where the webhook listener ended up (its port may have been 0)
    pub webhook_address: Arc<OnceLock<SocketAddr>>,
    /// `None` with a real endpoint
    pub rehearsed_runs: Option<Arc<RehearsedRuns>>,
    clock: Clock,
}

impl AppState {
    /// `s3` and `runpod` are the configured systems or the rehearsal's.
    pub fn new(
        config: Config,
        s3: &S3Config,
        runpod: RunpodConfig,
        leptos: LeptosOptions,
        clock: Clock,
    ) -> Self {
        let redactor = Arc::new(Redactor::new(&config, s3, &runpod));
        let s3 = S3::new(s3);
        let (documents, kept) = documents(&config, &s3);
        Self {
            access: Access::new(config.admin_password.as_ref(), kept.clone()),
            documents,
            kept,
            s3,
            redactor,
            runpod: Runpod::new(runpod),
            agents: Agents::new(&config.tunnel, &config.state_dir),
            vision: config.captions.clone().map(Vision::new),
            caches: Caches::default(),
            decoding: Arc::new(Semaphore::new(2)),
            patience: Patience::default(),
            starts: Allowance::default(),
            probes: Probes::default(),
            door: Door::default(),
            notifier: config.notify_webhook_url.clone().map(Notifier::new),
            residents: Residents::default(),
            wake: Arc::default(),
            webhook_address: Arc::default(),
            config: Arc::new(config),
            leptos,
            rehearsed_runs: None,
            clock,
        }
    }

    /// With what a run may ask of the rehearsal trainer.
    pub fn rehearsing(mut self, runs: Option<RehearsedRuns>) -> Self {
        self.rehearsed_runs = runs.map(Arc::new);
        self
    }

    /// A file of the ActorMaker folder of this machine.
    pub fn in_folder(&self, relative: &Path) -> PathBuf {
        below(&self.config.actor_maker_dir, relative)
    }

    /// Whether the embedded S3 stands in for a bucket.
    pub fn s3_is_rehearsed(&self) -> bool {
        self.config.s3.is_none()
    }

    /// Whether the local endpoint stands in for RunPod.
    pub fn runpod_is_rehearsed(&self) -> bool {
        self.config.runpod.is_none()
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// Now as the documents write it: `2025-10-13T19:36:17.724Z`.
    pub fn now_iso(&self) -> String {
        iso(self.now_ms())
    }
}

/// The documents and what the studio keeps for itself: on this machine, or both in the bucket.
fn documents(config: &Config, s3: &S3) -> (Documents, Documents) {
    match &config.documents {
        None => (
            Documents::folder(config.actor_maker_dir.clone()),
            Documents::folder(config.state_dir.clone()),
        ),
        Some(shared) => {
            let bucket = Bucket::new(s3.clone(), shared.prefix.clone());
            let studio = bucket.studio();
            (Documents::Bucket(bucket), Documents::Bucket(studio))
        }
    }
}

pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |d| d.as_millis() as i64)
    })
}

/// Unix milliseconds as ISO 8601 with milliseconds and `Z`.
pub fn iso(unix_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Unix milliseconds of any ISO 8601 time with an offset or `Z`.
pub fn unix_ms(iso: &str) -> Option<i64> {
    let time: jiff::Timestamp = iso.parse().ok()?;
    Some(time.as_millisecond())
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// The state inside a server function or a page's loader. A loader whose page was left before it began has none any more, and
/// nobody waits for it: it ends without a word in the log.
pub fn app_state() -> AppState {
    let state = leptos::prelude::use_context::<AppState>();
    state.unwrap_or_else(|| std::panic::resume_unwind(Box::new("the page was left")))
}
