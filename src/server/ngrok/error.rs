//! Why there is no tunnel, in words a person can act on.
//!
//! An agent's own text may repeat the token it was given, so nothing of it gets into an error unseen: [`one_safe_line`]
//! takes one line, cuts it and blanks what looks like a secret. What a code such as `ERR_NGROK_334` means is not told
//! here: the tunnel feature has the table.

use thiserror::Error;

/// Longest excerpt of the agent's words in an error, in characters.
const DETAIL_CHARS: usize = 200;
/// Runs of letters and digits from this length on are taken for a secret; ngrok's tokens have 40 and more.
const SECRET_CHARS: usize = 20;

/// Why the tunnel is not up. Cheap to clone, safe to show.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NgrokError {
    /// No such program in `PATH`, or no executable file at the given path.
    #[error("the ngrok agent `{bin}` was not found")]
    NotInstalled { bin: String },
    /// The file is there but the system cannot run it.
    #[error("the ngrok agent `{bin}` cannot be run: {reason}")]
    NotRunnable { bin: String, reason: String },
    /// The agent ended by itself, before or after it was up. `code` is ngrok's own (`ERR_NGROK_334`).
    #[error("the ngrok agent ended by itself{}: {detail}", in_brackets(.code))]
    Exited {
        code: Option<String>,
        detail: String,
    },
    /// No address within the time; the agent was ended. `detail` is its last complaint, if it made one.
    #[error("the tunnel did not come up within {seconds} s{}{}", in_brackets(.code), after_colon(.detail))]
    Timeout {
        seconds: u64,
        code: Option<String>,
        detail: Option<String>,
    },
    /// Somebody stopped it while it was starting.
    #[error("the tunnel was stopped before it was up")]
    Stopped,
}

impl NgrokError {
    /// ngrok's own error code, when the agent gave one: look its meaning up before falling back to [`Self::remedy`].
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Exited { code, .. } | Self::Timeout { code, .. } => code.as_deref(),
            Self::NotInstalled { .. } | Self::NotRunnable { .. } | Self::Stopped => None,
        }
    }

    /// What to do about it, as a sentence.
    pub fn remedy(&self) -> String {
        if let Some(code) = self.code() {
            return format!(
                "Look {code} up at https://ngrok.com/docs/errors/{}",
                code.to_lowercase()
            );
        }
        match self {
            Self::NotInstalled { .. } => {
                "Install ngrok (https://ngrok.com/download) so that `ngrok version` works, or set NGROK_BIN to its path. Training works without a tunnel too: the studio asks for the status itself."
            }
            Self::NotRunnable { .. } => "Make the file executable and check that it was built for this machine, or set NGROK_BIN to another one.",
            Self::Exited { .. } => "Run `ngrok http 80` in a terminal to see what the agent says, mend that, then start the tunnel again.",
            Self::Timeout { .. } => "Check that this machine reaches the internet (connect.ngrok-agent.com, port 443) and that no proxy or firewall is in the way, then start the tunnel again.",
            Self::Stopped => "Start the tunnel again if it is still wanted.",
        }
        .into()
    }
}

fn in_brackets(code: &Option<String>) -> String {
    code.as_ref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default()
}

fn after_colon(detail: &Option<String>) -> String {
    detail
        .as_ref()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default()
}

/// The first line of `text` that says something, without control characters, token and anything that looks like one;
/// `None` when nothing is left.
pub(super) fn one_safe_line(text: &str, token: Option<&str>) -> Option<String> {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.to_lowercase().contains("your authtoken:"))?;
    let known = match token.filter(|token| !token.is_empty()) {
        Some(token) => line.replace(token, "[redacted]"),
        None => line.to_owned(),
    };
    let printable: String = known.chars().filter(|c| !c.is_control()).collect();
    Some(
        blank_secrets(&printable)
            .chars()
            .take(DETAIL_CHARS)
            .collect(),
    )
}

/// Replaces every long run of letters, digits, `_`, `-` that holds a digit: our own redaction has brackets and is kept.
fn blank_secrets(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(run);
        let secret = word.len() >= SECRET_CHARS && word.contains(|c: char| c.is_ascii_digit());
        safe.push_str(if secret { "[redacted]" } else { word });
        let gap = after.find(is_part).unwrap_or(after.len());
        safe.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    safe
}
