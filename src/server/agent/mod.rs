//! A tunnel program as a child process: what gives the webhook port a public address.
//!
//! [`Agent`] is the whole interface: `start` (idempotent, one child however many ask at once), `status` (never blocks),
//! `stop`, `end_left_behind`. The process is ours from start to end: it ends with [`Agent::stop`], with the last handle, with the
//! runtime and, where `setpriv` is installed or the pid file is set, also after the studio itself was killed. One that was up and
//! ended by itself is started again, with longer and longer pauses between.
//!
//! What differs between programs is a [`Program`]. Why installed programs and not a library: they are what people have, with
//! their own configuration, proxy and domain. Deliberately not here: what the address is used for and which error code means
//! what (the tunnel feature), any look at or touch of an agent that somebody else started.
//!
//! `phase` is the one truth: `start` and `stop` only change it, [`supervise`] acts on it and reports into it.

mod child;
mod error;
mod orphan;
mod program;
mod supervise;
#[cfg(test)]
pub(crate) mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

pub use error::{AgentError, Cause, one_safe_line};
pub use program::{About, Heard, Program, Reader, local_page};

/// How the process is looked after.
#[derive(Clone, Debug)]
pub struct Care {
    /// How long it may take to come up before it is given up.
    pub start_timeout: Duration,
    /// Before the first new start of one that was up and ended by itself; doubled with every failure in a row.
    pub first_pause: Duration,
    /// Where the running process is noted, so that the next start can end one that a killed studio left behind.
    /// `None` (and every system without `/proc`) goes without.
    pub pid_file: Option<PathBuf>,
}

impl Default for Care {
    fn default() -> Self {
        Self {
            start_timeout: Duration::from_secs(20),
            first_pause: Duration::from_secs(1),
            pid_file: None,
        }
    }
}

/// What the agent is doing right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentStatus {
    /// Not asked for, or stopped.
    Off,
    /// The child runs, its address is not known yet.
    Starting,
    /// Requests to `url` reach the upstream. `trouble` is set while the agent has lost its connection and tries again by
    /// itself: the address stays the same, requests to it do not arrive.
    Up {
        url: String,
        trouble: Option<String>,
    },
    /// It was up and ended by itself; it is started again after the pause.
    Waiting { error: AgentError, pause: Duration },
    /// It did not come up, or ended by itself for a reason that a person must mend.
    Failed(AgentError),
}

/// The agent, shared by clone. Dropping the last clone ends the child.
#[derive(Clone, Debug)]
pub struct Agent(Arc<Handle>);

#[derive(Debug)]
struct Handle(Arc<Shared>);

/// What the handles and the supervising task share.
#[derive(Debug)]
struct Shared {
    program: Box<dyn Program>,
    care: Care,
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
    Waiting {
        upstream: SocketAddr,
        error: AgentError,
        pause: Duration,
    },
    Stopping,
    Failed(AgentError),
}

impl Phase {
    /// A child is there and not on its way out.
    fn is_live(&self) -> bool {
        matches!(self, Phase::Starting { .. } | Phase::Up { .. })
    }

    /// Where it leads to, if it is wanted at all.
    fn upstream(&self) -> Option<SocketAddr> {
        match self {
            Phase::Starting { upstream }
            | Phase::Up { upstream, .. }
            | Phase::Waiting { upstream, .. } => Some(*upstream),
            Phase::Off | Phase::Stopping | Phase::Failed(_) => None,
        }
    }
}

impl Agent {
    /// Starts nothing.
    pub fn new(program: impl Program, care: Care) -> Self {
        let (phase, _) = watch::channel(Phase::Off);
        Self(Arc::new(Handle(Arc::new(Shared {
            program: Box::new(program),
            care,
            phase,
        }))))
    }

    /// The present state; cheap, never blocks.
    pub fn status(&self) -> AgentStatus {
        match &*self.shared().phase.borrow() {
            Phase::Off | Phase::Stopping => AgentStatus::Off,
            Phase::Starting { .. } => AgentStatus::Starting,
            Phase::Up { url, trouble, .. } => AgentStatus::Up {
                url: url.clone(),
                trouble: trouble.clone(),
            },
            Phase::Waiting { error, pause, .. } => AgentStatus::Waiting {
                error: error.clone(),
                pause: *pause,
            },
            Phase::Failed(error) => AgentStatus::Failed(error.clone()),
        }
    }

    /// Whether the program can be found.
    pub fn is_installed(&self) -> bool {
        child::find(self.shared().program.bin()).is_some()
    }

    /// Brings the tunnel to `upstream` up and returns its public address (no trailing slash).
    ///
    /// Already up: the same address again. Asked twice at once: one child, one answer for both. Between two tries: at once. Up
    /// for another upstream: that child is replaced. A caller that goes away does not interrupt the start.
    ///
    /// # Errors
    /// Whatever kept it from coming up within `start_timeout`; no child is left behind then.
    pub async fn start(&self, upstream: SocketAddr) -> Result<String, AgentError> {
        let mut phase = self.shared().phase.subscribe();
        loop {
            wait_until(&mut phase, |p| *p != Phase::Stopping).await;
            if self.begin(upstream) {
                tokio::spawn(supervise::supervise(Arc::clone(self.shared())));
            } else if *phase.borrow_and_update() == Phase::Stopping {
                continue;
            }
            let reached = wait_until(&mut phase, |p| !matches!(p, Phase::Starting { .. })).await;
            if reached.upstream().is_some_and(|served| served != upstream) {
                self.stop().await;
                continue;
            }
            return match reached {
                Phase::Up { url, .. } => Ok(url),
                Phase::Waiting { error, .. } | Phase::Failed(error) => Err(error),
                Phase::Off | Phase::Stopping | Phase::Starting { .. } => Err(AgentError {
                    about: self.shared().program.about(),
                    cause: Cause::Stopped,
                }),
            };
        }
    }

    /// Ends our own child, if there is one, and returns once it is gone (at most a few seconds). A past failure is
    /// forgotten. An agent that somebody else runs is not touched.
    pub async fn stop(&self) {
        let mut phase = self.shared().phase.subscribe();
        self.0.ask_to_stop();
        wait_until(&mut phase, |p| *p != Phase::Stopping).await;
    }

    /// Ends the process that a killed studio left behind; to be called when a studio starts. Nobody else's is touched.
    pub async fn end_left_behind(&self) {
        let shared = self.shared();
        if let Some(file) = &shared.care.pid_file {
            orphan::end_left_behind(file, &*shared.program).await;
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }

    /// Claims the start for this caller; false when somebody looks after a child already (or it is on its way out). One that
    /// waits for its next try to the same upstream is told to try now.
    fn begin(&self, upstream: SocketAddr) -> bool {
        let mut is_ours = false;
        self.shared().phase.send_if_modified(|phase| {
            is_ours = matches!(phase, Phase::Off | Phase::Failed(_));
            let is_waiting =
                matches!(phase, Phase::Waiting { upstream: served, .. } if *served == upstream);
            if is_ours || is_waiting {
                *phase = Phase::Starting { upstream };
            }
            is_ours || is_waiting
        });
        is_ours
    }
}

impl Handle {
    fn ask_to_stop(&self) {
        self.0.phase.send_if_modified(|phase| match phase {
            Phase::Starting { .. } | Phase::Up { .. } | Phase::Waiting { .. } => {
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
