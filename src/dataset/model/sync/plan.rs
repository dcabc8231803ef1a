//! What a person decided, what a transfer would move for it, and how far a transfer is. Pure.

use super::{Action, FileProblem, FileState, FolderFile};
use serde::{Deserialize, Serialize};

/// A person's word on one file, which may overwrite: `version` is what they saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub filename: String,
    pub action: Action,
    #[serde(default)]
    pub version: Option<String>,
}

impl Decision {
    /// Reads `send 1a2b3c boat 1.jpg`, as a form carries it. `all` stands in for every action, `leave` and anything
    /// that is none decide nothing.
    pub fn parse(text: &str, all: Option<Action>) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let (action, version, filename) = (words.next()?, words.next()?, words.next()?);
        Some(Self {
            filename: filename.to_owned(),
            action: all.or_else(|| Action::parse(action))?,
            version: Some(version.to_owned()),
        })
    }
}

/// From where something is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Side {
    /// Files that only the folder has.
    Folder,
    /// Objects that only S3 has.
    S3,
}

/// A file, and the version of it that was shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Named {
    pub filename: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// What a removal came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Removed {
    pub removed: Vec<String>,
    pub refused: Vec<FileProblem>,
}

/// What a transfer is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Everything that is missing or newer on the one side; overwrites nothing that changed on the other.
    All(Action),
    /// These files, whoever changed them.
    Decided(Vec<Decision>),
}

/// One file to move.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub filename: String,
    pub action: Action,
}

/// Whether a file is moved without being named.
pub fn goes_by_itself(file: &FolderFile, action: Action) -> bool {
    if action == Action::Send && file.problem.is_some() {
        return false;
    }
    match (file.state, action) {
        (FileState::OnlyHere, Action::Send) | (FileState::OnlyThere, Action::Fetch) => {
            !file.was_in_step
        }
        (FileState::ChangedHere, Action::Send) | (FileState::ChangedThere, Action::Fetch) => true,
        _ => false,
    }
}

/// The steps that a wish comes to, and what of it cannot be done.
pub fn plan(files: &[FolderFile], wish: &Wish) -> (Vec<Step>, Vec<FileProblem>) {
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    match wish {
        Wish::All(action) => {
            let going = files.iter().filter(|f| goes_by_itself(f, *action));
            steps.extend(going.map(|f| Step {
                filename: f.filename.clone(),
                action: *action,
            }));
        }
        Wish::Decided(decisions) => {
            for decision in decisions {
                let file = files.iter().find(|f| f.filename == decision.filename);
                match decided(file, decision) {
                    Ok(None) => {}
                    Ok(Some(step)) => steps.push(step),
                    Err(message) => problems.push(FileProblem {
                        filename: decision.filename.clone(),
                        message,
                    }),
                }
            }
        }
    }
    (steps, problems)
}

fn decided(file: Option<&FolderFile>, decision: &Decision) -> Result<Option<Step>, String> {
    let name = &decision.filename;
    let nowhere = || format!("{name} is neither in the folder nor in S3.");
    let file = file.ok_or_else(nowhere)?;
    if file.state == FileState::InStep {
        return Ok(None);
    }
    let changed = decision.version.as_ref();
    if changed.is_some_and(|seen| *seen != file.version) {
        return Err(format!(
            "{name} changed since you looked at it. Compare again and decide anew."
        ));
    }
    if file.state == FileState::Split {
        return Err(format!(
            "{name} lies in two folders with different content. Choose one of them first."
        ));
    }
    match decision.action {
        Action::Send if file.here.is_empty() => Err(format!("{name} is not in the folder.")),
        Action::Fetch if file.there.is_none() => Err(format!("{name} is not in S3.")),
        action => Ok(Some(Step {
            filename: name.clone(),
            action,
        })),
    }
}

/// How many of a wish's files that need not be moved any more were sent, and fetched. Of a studio that was killed the files
/// tell it, not what it last wrote down.
pub fn across(files: &[FolderFile], wish: &Wish, done: u32) -> (u32, u32) {
    let decisions = match wish {
        Wish::All(Action::Send) => return (done, 0),
        Wish::All(Action::Fetch) => return (0, done),
        Wish::Decided(decisions) => decisions,
    };
    let in_step = |d: &&Decision| {
        files
            .iter()
            .any(|f| f.filename == d.filename && f.state == FileState::InStep)
    };
    let sends = decisions.iter().filter(|d| d.action == Action::Send);
    let sent = (sends.filter(in_step).count() as u32).min(done);
    (sent, done - sent)
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Stage {
    /// Reading both sides.
    #[default]
    Comparing,
    Moving,
    Done,
    Cancelled,
    /// The studio ended in the middle.
    Interrupted,
    /// S3 or the disk made it pointless to go on; `error` says why.
    Stopped,
}

impl Stage {
    pub fn is_running(self) -> bool {
        matches!(self, Self::Comparing | Self::Moving)
    }

    /// Whether what is left can be gone on with.
    pub fn can_resume(self) -> bool {
        matches!(self, Self::Cancelled | Self::Interrupted | Self::Stopped)
    }
}

/// A transfer as pages and `/api` show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Transfer {
    pub stage: Stage,
    /// ISO 8601.
    pub started: String,
    pub ended: Option<String>,
    pub files_total: u32,
    pub files_done: u32,
    pub bytes_total: u64,
    pub bytes_done: u64,
    pub sent: u32,
    pub fetched: u32,
    /// Files that could not be moved; the others are.
    pub failed: Vec<FileProblem>,
    /// Why the whole of it stopped.
    pub error: Option<String>,
}
