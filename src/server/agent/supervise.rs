//! The life of one agent, from its start to its end: the task that listens to its processes and reports into the phase.
//!
//! A first start that fails has a reason that a person should see at once. One that was up and ended by itself is started again,
//! unless its last words name a refusal that only a person can mend.

use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::child::AgentProcess;
use super::{AgentError, Cause, Heard, Phase, Reader, Shared, orphan};

/// How often the process's own page is asked while its output has not told the address.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How long the last words of a process that ended are waited for; somebody else may hold its pipes open.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Longest pause between two starts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Who was up this long begins anew with the shortest pause.
const STEADY: Duration = Duration::from_secs(60);

/// Looks after the agent until the phase asks it to end or it fails for good; leaves the phase `Off` or `Failed` and no child
/// behind.
pub(super) async fn supervise(shared: Arc<Shared>) {
    let mut failures = None;
    let end = loop {
        let Some(upstream) = shared.phase.borrow().upstream() else {
            break Phase::Off;
        };
        let mut up_since = None;
        let Err(error) = run(&shared, upstream, &mut up_since).await else {
            break Phase::Off;
        };
        let (code, remedy) = (error.code(), error.remedy());
        tracing::warn!(%error, code, remedy, "no tunnel");
        if up_since.is_some_and(|since: Instant| since.elapsed() >= STEADY) || failures.is_none() {
            failures = up_since.map(|_| 0);
        }
        match failures {
            Some(count) if shared.may_pass(&error) => {
                failures = Some(count + 1);
                let pause = pause(shared.care.first_pause, count);
                if !shared.rest(upstream, error, pause).await {
                    break Phase::Off;
                }
            }
            _ => break Phase::Failed(error),
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

/// 1, 2, 4 … times the first, up to a minute.
fn pause(first: Duration, failures: u32) -> Duration {
    let factor = 2u32.saturating_pow(failures.min(16));
    first.saturating_mul(factor).min(LONGEST_PAUSE)
}

/// One process. `Ok` when it was asked to stop.
async fn run(
    shared: &Shared,
    upstream: SocketAddr,
    up_since: &mut Option<Instant>,
) -> Result<(), AgentError> {
    let pid_file = shared.care.pid_file.as_deref();
    if let Some(file) = pid_file {
        orphan::end_left_behind(file, &*shared.program).await;
    }
    let mut process = AgentProcess::spawn(&*shared.program, upstream).await?;
    if let (Some(file), Some(pid)) = (pid_file, process.child.id()) {
        orphan::remember(file, pid).await;
    }
    let outcome = listen(shared, upstream, &mut process, up_since).await;
    process.end().await;
    if let Some(file) = pid_file {
        orphan::forget(file).await;
    }
    outcome.map_err(|cause| AgentError {
        about: shared.program.about(),
        cause,
    })
}

/// `Ok` when it was asked to stop; the process may still run then, as after a timeout.
async fn listen(
    shared: &Shared,
    upstream: SocketAddr,
    process: &mut AgentProcess,
    up_since: &mut Option<Instant>,
) -> Result<(), Cause> {
    let patience = shared.care.start_timeout;
    let mut reader = shared.program.reader(upstream);
    let mut heard = Heard::default();
    let mut phase = shared.phase.subscribe();
    let mut deadline = std::pin::pin!(sleep(patience));
    let mut ask = interval(ASK_EVERY);
    ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let starting = heard.url.is_none();
        tokio::select! {
            () = told_to_stop(&mut phase) => return Ok(()),
            status = process.child.wait() => return Err(ended(shared, process, reader, heard, status.ok()).await),
            Some(line) = process.lines.recv() => reader.read(&line, &mut heard),
            _ = ask.tick(), if starting && heard.web.is_some() => {
                if let Some(web) = heard.web {
                    heard.url = shared.program.ask(web, upstream.port()).await;
                }
            }
            () = &mut deadline, if starting => {
                return Err(Cause::Timeout { seconds: patience.as_secs(), code: heard.code, detail: heard.complaint });
            }
        }
        if heard.url.is_some() {
            up_since.get_or_insert_with(Instant::now);
        }
        shared.report(upstream, &heard);
    }
}

async fn told_to_stop(phase: &mut watch::Receiver<Phase>) {
    phase.wait_for(|phase| !phase.is_live()).await.ok();
}

/// What to say of a process that ended by itself, once all it said is read.
async fn ended(
    shared: &Shared,
    process: &mut AgentProcess,
    mut reader: Box<dyn Reader>,
    mut heard: Heard,
    status: Option<ExitStatus>,
) -> Cause {
    let last_words = async {
        while let Some(line) = process.lines.recv().await {
            reader.read(&line, &mut heard);
        }
    };
    timeout(LAST_WORDS, last_words).await.ok();
    let how = status.map_or_else(
        || "unknown exit status".to_owned(),
        |status| status.to_string(),
    );
    // what `setpriv`, `env` and shells answer for a program that cannot be run; the programs themselves end with 1
    if matches!(status.and_then(|status| status.code()), Some(126 | 127)) && heard.web.is_none() {
        return Cause::NotRunnable {
            bin: shared.program.bin().to_owned(),
            reason: how,
        };
    }
    Cause::Exited {
        code: heard.code,
        detail: heard.complaint.unwrap_or(how),
        remedy: heard.remedy,
    }
}

impl Shared {
    /// Brings the phase in line with what was heard; a stop that was asked for meanwhile stays asked for.
    fn report(&self, upstream: SocketAddr, heard: &Heard) {
        let Some(url) = heard.url.clone() else { return };
        let up = Phase::Up {
            upstream,
            url,
            trouble: heard.trouble.clone(),
        };
        self.phase.send_if_modified(|phase| {
            if !phase.is_live() || *phase == up {
                return false;
            }
            tracing::info!(phase = ?up, "tunnel");
            *phase = up;
            true
        });
    }

    /// Whether a new start may go better without anybody doing something.
    fn may_pass(&self, error: &AgentError) -> bool {
        match &error.cause {
            Cause::NotInstalled { .. } | Cause::NotRunnable { .. } | Cause::Stopped => false,
            Cause::Exited { code, .. } | Cause::Timeout { code, .. } => code
                .as_deref()
                .is_none_or(|code| self.program.is_passing(code)),
        }
    }

    /// Shows the error and waits for the next try; false when it is not wanted any more.
    async fn rest(&self, upstream: SocketAddr, error: AgentError, pause: Duration) -> bool {
        let waiting = Phase::Waiting {
            upstream,
            error,
            pause,
        };
        self.phase.send_if_modified(|phase| {
            let wanted = phase.is_live();
            if wanted {
                *phase = waiting;
            }
            wanted
        });
        let mut phase = self.phase.subscribe();
        let woken = phase.wait_for(|phase| !matches!(phase, Phase::Waiting { .. }));
        // the pause is over, somebody wants it now, or nobody wants it
        timeout(pause, woken).await.ok();
        self.phase.send_if_modified(|phase| {
            let due = matches!(phase, Phase::Waiting { .. });
            if due {
                *phase = Phase::Starting { upstream };
            }
            due
        });
        self.phase.borrow().is_live()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let seconds = |failures| pause(Duration::from_secs(1), failures).as_secs();
        assert_eq!([0, 1, 5, 6, 1_000].map(seconds), [1, 2, 32, 60, 60]);
    }
}
