//! Why there is no tunnel, in words a person can act on.
//!
//! A program's own text may repeat the token it was given, so nothing of it gets into an error unseen: [`one_safe_line`]
//! takes one line, cuts it and blanks what looks like a secret. What a code such as `ERR_NGROK_334` means is not told
//! here: the tunnel feature has the table.

use std::fmt;

use super::About;

/// Longest excerpt of a program's words in an error, in characters.
const DETAIL_CHARS: usize = 200;
/// Runs of letters and digits from this length on are taken for a secret; ngrok's tokens have 40 and more.
const SECRET_CHARS: usize = 20;

/// Why the tunnel is not up. Cheap to clone, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentError {
    pub about: About,
    pub cause: Cause,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No such program in `PATH`, or no executable file at the given path.
    NotInstalled { bin: String },
    /// The file is there but the system cannot run it.
    NotRunnable { bin: String, reason: String },
    /// It ended by itself, before or after it was up. `code` is its own (`ERR_NGROK_334`).
    Exited {
        code: Option<String>,
        detail: String,
        /// Where its words tell the cause.
        remedy: Option<&'static str>,
    },
    /// No address within the time; it was ended. `detail` is its last complaint, if it made one.
    Timeout {
        seconds: u64,
        code: Option<String>,
        detail: Option<String>,
    },
    /// Somebody stopped it while it was starting.
    Stopped,
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.about.name;
        match &self.cause {
            Cause::NotInstalled { bin } => write!(f, "{name} (`{bin}`) was not found"),
            Cause::NotRunnable { bin, reason } => {
                write!(f, "{name} (`{bin}`) cannot be run: {reason}")
            }
            Cause::Exited { code, detail, .. } => {
                write!(f, "{name} ended by itself{}: {detail}", in_brackets(code))
            }
            Cause::Timeout {
                seconds,
                code,
                detail,
            } => {
                let (code, detail) = (in_brackets(code), after_colon(detail));
                write!(
                    f,
                    "the tunnel did not come up within {seconds} s{code}{detail}"
                )
            }
            Cause::Stopped => write!(f, "the tunnel was stopped before it was up"),
        }
    }
}

impl std::error::Error for AgentError {}

impl AgentError {
    /// The program's own error code, when it gave one: look its meaning up before falling back to [`Self::remedy`].
    pub fn code(&self) -> Option<&str> {
        match &self.cause {
            Cause::Exited { code, .. } | Cause::Timeout { code, .. } => code.as_deref(),
            Cause::NotInstalled { .. } | Cause::NotRunnable { .. } | Cause::Stopped => None,
        }
    }

    /// What to do about it, as a sentence.
    pub fn remedy(&self) -> String {
        let About {
            name,
            variable,
            download,
            try_it,
            reaches,
            codes,
        } = self.about;
        if let Some(code) = self.code() {
            return format!("Look {code} up at {codes}{}", code.to_lowercase());
        }
        match &self.cause {
            Cause::NotInstalled { .. } => format!(
                "Install {name} ({download}) so that `{name} version` works, or set {variable} to its path. Training works without a tunnel too: the studio asks for the status itself."
            ),
            Cause::NotRunnable { .. } => format!(
                "Make the file executable and check that it was built for this machine, or set {variable} to another one."
            ),
            Cause::Exited {
                remedy: Some(remedy),
                ..
            } => (*remedy).to_owned(),
            Cause::Exited { remedy: None, .. } => format!(
                "Run `{try_it}` in a terminal to see what it says, mend that, then start the tunnel again."
            ),
            Cause::Timeout { .. } => format!(
                "Check that this machine reaches the internet ({reaches}) and that no proxy or firewall is in the way, then start the tunnel again."
            ),
            Cause::Stopped => "Start the tunnel again if it is still wanted.".into(),
        }
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
pub fn one_safe_line(text: &str, token: Option<&str>) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::one_safe_line;

    #[test]
    fn a_token_that_only_the_programs_own_file_knows_is_blanked_too() {
        let said =
            "invalid 1yaP1QLD0cVVKBknmtX9TAduxr6_6BSaEj1DVgGXFiVSH at connect.ngrok-agent.com:443";
        assert_eq!(
            one_safe_line(said, None).as_deref(),
            Some("invalid [redacted] at connect.ngrok-agent.com:443")
        );
    }
}
