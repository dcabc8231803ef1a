//! The life of one agent, from its start to its end: the task that listens to it and reports into the phase.
//!
//! Deliberately not here: restarts. An agent retries its connection for ever by itself; one that ended has a reason that a
//! person should see.

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::agent::Agent;
use super::log::AgentLog;
use super::{NgrokError, Phase, Shared, api, orphan};

/// How often the agent API is asked while the log has not told the address.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long the last words of an agent that ended are waited for; somebody else may hold its pipes open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs one agent until it ends or the phase asks it to; leaves the phase `Off` or `Failed` and no child behind.
pub(super) async fn supervise(shared: Arc<Shared>, upstream: SocketAddr) {
    let end = match run(&shared, upstream).await {
        Ok(()) => Phase::Off,
        Err(error) => {
            tracing::warn!(%error, code = error.code(), remedy = error.remedy(), "no ngrok tunnel");
            Phase::Failed(error)
        }
    };
    shared.phase.send_modify(|phase| {
        // asked to stop while it was failing anyway: whoever asked does not want to hear of it
        *phase = if *phase == Phase::Stopping {
            Phase::Off
        } else {
            end
        };
    });
}

async fn run(shared: &Shared, upstream: SocketAddr) -> Result<(), NgrokError> {
    let pid_file = shared.config.pid_file.as_deref();
    if let Some(file) = pid_file {
        orphan::end_left_behind(file).await;
    }
    let mut agent = Agent::spawn(&shared.config, upstream).await?;
    if let (Some(file), Some(pid)) = (pid_file, agent.child.id()) {
        orphan::remember(file, pid).await;
    }
    let outcome = listen(shared, upstream, &mut agent).await;
    agent.end().await;
    if let Some(file) = pid_file {
        orphan::forget(file).await;
    }
    outcome
}

/// `Ok` when it was asked to stop; the agent may still run then, as after a timeout.
async fn listen(
    shared: &Shared,
    upstream: SocketAddr,
    agent: &mut Agent,
) -> Result<(), NgrokError> {
    let config = &shared.config;
    let mut log = AgentLog::new(upstream.port(), config.authtoken.clone());
    let mut phase = shared.phase.subscribe();
    let mut deadline = std::pin::pin!(sleep(config.start_timeout));
    let mut ask = interval(ASK_EVERY);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let starting = log.url.is_none();
        tokio::select! {
            () = told_to_stop(&mut phase) => return Ok(()),
            status = agent.child.wait() => return Err(ended(shared, agent, log, status.ok()).await),
            Some(line) = agent.lines.recv() => log.read(&line),
            _ = ask.tick(), if starting && log.web.is_some() => {
                if let Some(web) = log.web {
                    log.url = api::public_url(web, upstream.port()).await;
                }
            }
            () = &mut deadline, if starting => {
                return Err(NgrokError::Timeout { seconds: config.start_timeout.as_secs(), code: log.code, detail: log.complaint });
            }
        }
        shared.report(upstream, &log);
    }
}

async fn told_to_stop(phase: &mut watch::Receiver<Phase>) {
    phase.wait_for(|phase| !phase.is_live()).await.ok();
}

/// What to say of an agent that ended by itself, once all it said is read.
async fn ended(
    shared: &Shared,
    agent: &mut Agent,
    mut log: AgentLog,
    status: Option<ExitStatus>,
) -> NgrokError {
    let last_words = async {
        while let Some(line) = agent.lines.recv().await {
            log.read(&line);
        }
    };
    timeout(LAST_WORDS, last_words).await.ok();
    let how = status.map_or_else(
        || "unknown exit status".to_owned(),
        |status| status.to_string(),
    );
    // what `setpriv`, `env` and shells answer for a program that cannot be run; the agent itself ends with 1
    if matches!(status.and_then(|status| status.code()), Some(126 | 127)) && log.web.is_none() {
        return NgrokError::NotRunnable {
            bin: shared.config.bin.clone(),
            reason: how,
        };
    }
    NgrokError::Exited {
        code: log.code,
        detail: log.complaint.unwrap_or(how),
    }
}

impl Shared {
    /// Brings the phase in line with what the log tells; a stop that was asked for meanwhile stays asked for.
    fn report(&self, upstream: SocketAddr, log: &AgentLog) {
        let Some(url) = log.url.clone() else { return };
        let up = Phase::Up {
            upstream,
            url,
            trouble: log.trouble.clone(),
        };
        self.phase.send_if_modified(|phase| {
            if !phase.is_live() || *phase == up {
                return false;
            }
            tracing::info!(phase = ?up, "ngrok tunnel");
            *phase = up;
            true
        });
    }
}
