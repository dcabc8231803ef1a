//! The agent that a killed studio left behind, found by a pid file and ended when the next studio or agent starts.
//!
//! Otherwise the old agent keeps the account's only address (ERR_NGROK_334), pointed at a port that is no longer ours.
//! A pid alone proves nothing, it may belong to somebody else by now: a process is ours only if its start time is the
//! noted one, its arguments are those we give, and the studio that started it is gone. Without `/proc` (macOS) nothing is
//! noted and nothing ended. This is the second net: `setpriv` already ends most agents, but not one behind a setuid
//! launcher (snap), which clears the death signal.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Program;
use super::child::{GRACE, signal_group};

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A process, told apart from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub pid: u32,
    /// Start time in clock ticks since boot (field 22 of `/proc/<pid>/stat`).
    pub started: u64,
}

impl Process {
    /// The living process `pid`; `None` if there is none, it is a zombie, or the system has no `/proc`.
    pub fn find(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // the name in brackets may hold anything, so the fields are counted behind its end: state is the third
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let alive = fields.next()? != "Z";
        let started = fields.nth(18)?.parse().ok()?;
        alive.then_some(Self { pid, started })
    }

    pub fn is_alive(self) -> bool {
        Self::find(self.pid) == Some(self)
    }
}

/// Notes that `agent` was started by this process. A file that cannot be written is logged, no more: it only costs the
/// second net.
pub(super) async fn remember(file: &Path, agent: u32) {
    let (Some(agent), Some(owner)) = (Process::find(agent), Process::find(std::process::id()))
    else {
        return;
    };
    if let Err(e) = write(file, agent, owner).await {
        tracing::warn!(file = %file.display(), error = %e, "the process id of the tunnel agent could not be noted");
    }
}

pub(super) async fn write(file: &Path, agent: Process, owner: Process) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    tokio::fs::write(
        file,
        format!(
            "{} {} {} {}\n",
            agent.pid, agent.started, owner.pid, owner.started
        ),
    )
    .await
}

pub(super) async fn forget(file: &Path) {
    // it may never have been written
    tokio::fs::remove_file(file).await.ok();
}

/// Ends the agent noted in `file` if it still runs and the studio that started it does not.
pub(super) async fn end_left_behind(file: &Path, program: &dyn Program) {
    let Ok(noted) = tokio::fs::read_to_string(file).await else {
        return;
    };
    let Some((agent, owner)) = parse(&noted) else {
        return;
    };
    if owner.is_alive() || !agent.is_alive() || !has_our_arguments(agent.pid, program) {
        return;
    }
    tracing::info!(
        pid = agent.pid,
        program = program.about().name,
        "ending the tunnel agent of a studio that was killed"
    );
    signal_group(agent.pid, "TERM").await;
    if !gone_within(agent, GRACE).await {
        signal_group(agent.pid, "KILL").await;
        gone_within(agent, GRACE).await;
    }
}

fn parse(noted: &str) -> Option<(Process, Process)> {
    let mut numbers = noted
        .split_whitespace()
        .map(|number| number.parse::<u64>().ok());
    let mut process = || {
        Some(Process {
            pid: u32::try_from(numbers.next()??).ok()?,
            started: numbers.next()??,
        })
    };
    Some((process()?, process()?))
}

fn has_our_arguments(pid: u32, program: &dyn Program) -> bool {
    let cmdline = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let arguments: Vec<&[u8]> = cmdline.split(|byte| *byte == 0).collect();
    program.is_started_with(&arguments)
}

async fn gone_within(agent: Process, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while agent.is_alive() {
        if Instant::now() >= until {
            return false;
        }
        sleep(LOOK_EVERY).await;
    }
    true
}
