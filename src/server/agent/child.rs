//! One agent process: found, started, listened to, ended.
//!
//! The child gets a process group of its own, so that a wrapper script and the agent behind it end together, and only the
//! environment it needs: of everything secret in ours it sees its own token alone. Where util-linux's `setpriv` is there,
//! the kernel ends the agent should the studio be killed. Deliberately not here: what its output means.

use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc as blocking;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{AgentError, Cause, Program};

/// How long an agent may take to say goodbye before it is killed.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// A running agent. Dropped, it is killed.
pub(super) struct AgentProcess {
    pub child: Child,
    /// Its stdout and stderr, line by line; closed when both are.
    pub lines: mpsc::Receiver<String>,
    /// Keeps the thread that is the child's parent; after `child`, so that the child goes first.
    _parent: blocking::Sender<()>,
}

impl AgentProcess {
    /// Starts the agent for `upstream`.
    ///
    /// # Errors
    /// `NotInstalled` and `NotRunnable`; everything else shows in its output.
    pub async fn spawn(program: &dyn Program, upstream: SocketAddr) -> Result<Self, AgentError> {
        let bin = program.bin().to_owned();
        let failed = |cause| AgentError {
            about: program.about(),
            cause,
        };
        let Some(file) = find(&bin) else {
            return Err(failed(Cause::NotInstalled { bin }));
        };
        let command = command(&file, program, upstream).await;
        let not_runnable = |e: io::Error| {
            failed(Cause::NotRunnable {
                bin,
                reason: e.to_string(),
            })
        };
        let (mut child, parent) = spawn_from_lasting_thread(command)
            .await
            .map_err(not_runnable)?;
        let (sender, lines) = mpsc::channel(64);
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(forward_lines(stdout, sender.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(forward_lines(stderr, sender));
        }
        Ok(Self {
            child,
            lines,
            _parent: parent,
        })
    }

    /// Asks the agent to end, kills it after [`GRACE`], returns once it is gone. Nothing to do if it ended already.
    pub async fn end(&mut self) {
        self.lines.close();
        let Some(pid) = self.child.id() else { return };
        signal_group(pid, "TERM").await;
        if timeout(GRACE, self.child.wait()).await.is_err() {
            signal_group(pid, "KILL").await;
            // whatever came of the signal: this one cannot miss
            if let Err(e) = self.child.kill().await {
                tracing::warn!(pid, error = %e, "the tunnel agent could not be ended");
            }
        }
    }
}

/// The file to run: `bin` itself if it is a path, else the first executable of that name in `PATH`.
pub(super) fn find(bin: &str) -> Option<PathBuf> {
    if bin.contains('/') {
        return std::path::absolute(bin)
            .ok()
            .filter(|path| is_executable(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(bin))
        .find(|file| is_executable(file))
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

async fn command(file: &Path, program: &dyn Program, upstream: SocketAddr) -> Command {
    let mut command = match death_signal_wrapper().await {
        Some(setpriv) => {
            let mut wrapped = Command::new(setpriv);
            wrapped.args(["--pdeathsig", "TERM", "--"]).arg(file);
            wrapped
        }
        None => Command::new(file),
    };
    command.args(program.arguments(upstream));
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_secret(name)) {
        command.env_remove(name);
    }
    for (name, value) in program.environment() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// Variables the agent has no business with: a foreign program need not see the bucket's and the trainer's keys.
fn is_secret(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_uppercase();
    let telling = ["SECRET", "PASSWORD", "TOKEN", "CREDENTIAL", "KEY_ID"];
    name.ends_with("_KEY") || telling.iter().any(|part| name.contains(part))
}

/// `setpriv`, if there is one that knows `--pdeathsig` (util-linux 2.33 and later; busybox's does not).
async fn death_signal_wrapper() -> Option<PathBuf> {
    let setpriv = find("setpriv")?;
    let mut probe = Command::new(&setpriv);
    probe
        .args(["--pdeathsig", "TERM", "--", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    probe
        .status()
        .await
        .is_ok_and(|status| status.success())
        .then_some(setpriv)
}

/// The death signal is sent when the *thread* that started the child ends, and a runtime may end its threads whenever it
/// likes. So the child gets a parent thread of its own, which lives until the returned sender is dropped.
async fn spawn_from_lasting_thread(
    mut command: Command,
) -> io::Result<(Child, blocking::Sender<()>)> {
    let runtime = Handle::current();
    let (started, child) = oneshot::channel();
    let (keep, dropped) = blocking::channel::<()>();
    std::thread::Builder::new()
        .name("agent-parent".into())
        .spawn(move || {
            let _entered = runtime.enter();
            if started.send(command.spawn()).is_ok() {
                // an error is what is waited for: the sender is gone
                dropped.recv().ok();
            }
        })?;
    let child = child.await.map_err(io::Error::other)??;
    Ok((child, keep))
}

/// Reads to the end even when nobody listens any more, so that the agent never blocks on a full pipe.
async fn forward_lines(pipe: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while pipe
        .read_until(b'\n', &mut line)
        .await
        .is_ok_and(|read| read > 0)
    {
        lines
            .send(String::from_utf8_lossy(&line).into_owned())
            .await
            .ok();
        line.clear();
    }
}

/// Sends a signal to the process group `pid` leads, by the shell's own `kill`: there is no other way without unsafe code.
pub(super) async fn signal_group(pid: u32, signal: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", r#"kill -s "$0" -- "-$1""#, signal, &pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Err(e) = kill.status().await {
        tracing::warn!(pid, signal, error = %e, "no shell to send a signal with");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_kept_from_the_agent_and_nothing_it_needs() {
        let secret = [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "AWS_ACCESS_KEY",
            "AWS_ACCESS_SECRET",
            "RUNPOD_API_KEY",
            "MODEL_TRAINING_RUNPOD_API_KEY",
            "ADMIN_PASSWORD",
            // a program gets its own token handed over
            "NGROK_AUTHTOKEN",
            "TUNNEL_TOKEN",
        ];
        let needed = [
            "PATH",
            "HOME",
            "HTTPS_PROXY",
            "XDG_CONFIG_HOME",
            "SSL_CERT_FILE",
        ];
        assert!(secret.iter().all(|name| is_secret(OsStr::new(name))));
        assert!(!needed.iter().any(|name| is_secret(OsStr::new(name))));
    }
}
