//! The ngrok agent as a child process: what gives the webhook port a public address.
//!
//! [`Ngrok`] is the whole interface: `start` (idempotent, one child however many ask at once), `status` (never blocks),
//! `stop`. The agent is ours from start to end: it ends with [`Ngrok::stop`], with the last handle, with the runtime and,
//! where `setpriv` is installed or the pid file is set, also after the studio itself was killed.
//!
//! Why the installed agent and not a library: it is what people have, with their own configuration, proxy and domain.
//! Deliberately not here: what the address is used for and which error code means what (the tunnel feature), any look at
//! or touch of an agent that somebody else started, automatic restarts, other tunnel programs.
//!
//! `phase` is the one truth: `start` and `stop` only change it, [`supervise`] acts on it and reports into it.

mod agent;
mod api;
mod error;
mod log;
mod orphan;
mod supervise;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use error::NgrokError;

/// How long the agent may take to come up before it is given up.
pub const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How the agent is run. Nothing in here is needed to *have* a studio: without a token the agent's own configuration file
/// decides, and without the program `start` says so.
#[derive(Clone)]
pub struct NgrokConfig {
    /// Program name looked up in `PATH`, or a path (`NGROK_BIN`, default `ngrok`); a script will do.
    pub bin: String,
    /// `NGROK_AUTHTOKEN`. Handed over in the child's environment only: never in its arguments, a log or an error.
    pub authtoken: Option<String>,
    /// The fixed domain (`NGROK_URL`); `None` takes the account's own.
    pub url: Option<String>,
    /// How long the agent may take to come up; [`START_TIMEOUT`] unless a test is in a hurry.
    pub start_timeout: Duration,
    /// Where the running agent is noted, so that the next start can end one that a killed studio left behind.
    /// `None` (and every system without `/proc`) goes without.
    pub pid_file: Option<PathBuf>,
}

impl Default for NgrokConfig {
    fn default() -> Self {
        Self {
            bin: "ngrok".into(),
            authtoken: None,
            url: None,
            start_timeout: START_TIMEOUT,
            pid_file: None,
        }
    }
}

impl fmt::Debug for NgrokConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NgrokConfig")
            .field("bin", &self.bin)
            .field("authtoken", &self.authtoken.as_ref().map(|_| "[redacted]"))
            .field("url", &self.url)
            .field("start_timeout", &self.start_timeout)
            .field("pid_file", &self.pid_file)
            .finish()
    }
}

/// What the agent is doing right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NgrokStatus {
    /// Not asked for, or stopped.
    Off,
    /// The child runs, its address is not known yet.
    Starting,
    /// Requests to `url` reach the upstream. `trouble` is set while the agent has lost its session and tries again by
    /// itself: the address stays the same, requests to it do not arrive.
    Up {
        url: String,
        trouble: Option<String>,
    },
    /// It did not come up, or ended by itself later.
    Failed(NgrokError),
}

/// The agent, shared by clone. Dropping the last clone ends the child.
#[derive(Clone, Debug)]
pub struct Ngrok(Arc<Handle>);

#[derive(Debug)]
struct Handle(Arc<Shared>);

/// What the handles and the supervising task share.
#[derive(Debug)]
struct Shared {
    config: NgrokConfig,
    phase: watch::Sender<Phase>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    Off,
    Starting {
        upstream: SocketAddr,
    },
    Up {
        upstream: SocketAddr,
        url: String,
        trouble: Option<String>,
    },
    Stopping,
    Failed(NgrokError),
}

impl Phase {
    /// A child is there and not on its way out.
    fn is_live(&self) -> bool {
        matches!(self, Phase::Starting { .. } | Phase::Up { .. })
    }
}

impl Ngrok {
    /// Starts nothing.
    pub fn new(config: NgrokConfig) -> Self {
        let (phase, _) = watch::channel(Phase::Off);
        Self(Arc::new(Handle(Arc::new(Shared { config, phase }))))
    }

    /// The present state; cheap, never blocks.
    pub fn status(&self) -> NgrokStatus {
        match &*self.shared().phase.borrow() {
            Phase::Off | Phase::Stopping => NgrokStatus::Off,
            Phase::Starting { .. } => NgrokStatus::Starting,
            Phase::Up { url, trouble, .. } => NgrokStatus::Up {
                url: url.clone(),
                trouble: trouble.clone(),
            },
            Phase::Failed(error) => NgrokStatus::Failed(error.clone()),
        }
    }

    /// Brings the tunnel to `upstream` up and returns its public address (no trailing slash).
    ///
    /// Already up: the same address again. Asked twice at once: one child, one answer for both. Up for another upstream:
    /// that agent is replaced. A caller that goes away does not interrupt the start.
    ///
    /// # Errors
    /// Whatever kept it from coming up within `start_timeout`; no child is left behind then.
    pub async fn start(&self, upstream: SocketAddr) -> Result<String, NgrokError> {
        let mut phase = self.shared().phase.subscribe();
        loop {
            wait_until(&mut phase, |p| *p != Phase::Stopping).await;
            if self.begin(upstream) {
                tokio::spawn(supervise::supervise(Arc::clone(self.shared()), upstream));
            } else if *phase.borrow_and_update() == Phase::Stopping {
                continue;
            }
            match wait_until(&mut phase, |p| !matches!(p, Phase::Starting { .. })).await {
                Phase::Up {
                    upstream: served,
                    url,
                    ..
                } if served == upstream => return Ok(url),
                Phase::Up { .. } => self.stop().await,
                Phase::Failed(error) => return Err(error),
                Phase::Off | Phase::Stopping | Phase::Starting { .. } => {
                    return Err(NgrokError::Stopped);
                }
            }
        }
    }

    /// Ends our own child, if there is one, and returns once it is gone (at most a few seconds). A past failure is
    /// forgotten. An agent that somebody else runs is not touched.
    pub async fn stop(&self) {
        let mut phase = self.shared().phase.subscribe();
        self.0.ask_to_stop();
        wait_until(&mut phase, |p| *p != Phase::Stopping).await;
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    /// Claims the start for this caller; false when a child is there already (or on its way out).
    fn begin(&self, upstream: SocketAddr) -> bool {
        self.shared().phase.send_if_modified(|phase| {
            let free = matches!(phase, Phase::Off | Phase::Failed(_));
            if free {
                *phase = Phase::Starting { upstream };
            }
            free
        })
    }
}

impl Handle {
    fn ask_to_stop(&self) {
        self.0.phase.send_if_modified(|phase| match phase {
            Phase::Starting { .. } | Phase::Up { .. } => {
                *phase = Phase::Stopping;
                true
            }
            Phase::Failed(_) => {
                *phase = Phase::Off;
                true
            }
            Phase::Off | Phase::Stopping => false,
        });
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.ask_to_stop();
    }
}

/// Waits for a phase that fits and returns it. The sender lives in [`Shared`], which every caller holds, so the channel
/// cannot close underneath; were it to, that is the same as being off.
async fn wait_until(phase: &mut watch::Receiver<Phase>, fits: impl FnMut(&Phase) -> bool) -> Phase {
    phase.wait_for(fits).await.map_or(Phase::Off, |p| p.clone())
}
