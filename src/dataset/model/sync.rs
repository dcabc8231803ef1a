//! A style's folder beside its S3 prefix: what lies where, what differs, and what a transfer would move. Pure.
//!
//! Two contents and the one both sides had when they last agreed (the base) decide who changed. Without a base nobody can
//! say who did, so a difference is a conflict, and a conflict is never decided by us. Nothing here removes anything.

mod held;
mod page;
mod plan;

pub use held::held_back;
pub use page::{Alone, First, FolderPage, Group, Removal};
pub use plan::{
    Decision, Named, Removed, Side, Stage, Step, Transfer, Wish, across, goes_by_itself, plan,
};
use serde::{Deserialize, Serialize};

/// How a name stands on the two sides. "Here" is the folder, "there" is S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum FileState {
    /// The same content on both sides.
    InStep,
    OnlyHere,
    OnlyThere,
    /// They differ, and S3 still has what both had: the folder is newer.
    ChangedHere,
    /// They differ, and the folder still has what both had: S3 is newer.
    ChangedThere,
    /// They differ, and both changed or nobody knows who did.
    Conflict,
    /// Two folders of the style hold the name with different content.
    Split,
    /// The same size; the contents were not compared yet.
    Unchecked,
}

/// What a comparison knows of one copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Content<'a> {
    pub size_bytes: u64,
    /// Lower-case hex; `None` while the content was not read.
    pub md5: Option<&'a str>,
}

/// Whether two contents are equal; `None` when that is not known.
fn equal(a: Content, b: Content) -> Option<bool> {
    if a.size_bytes != b.size_bytes {
        return Some(false);
    }
    Some(a.md5? == b.md5?)
}

/// How a name stands. `here` are the copies that count (one, unless several folders hold it and none was chosen); `base`
/// is the MD5 that both sides had when they last agreed.
pub fn compare(here: &[Content], there: Option<Content>, base: Option<&str>) -> FileState {
    let Some((first, others)) = here.split_first() else {
        return FileState::OnlyThere;
    };
    for other in others {
        match equal(*first, *other) {
            Some(true) => {}
            Some(false) => return FileState::Split,
            None => return FileState::Unchecked,
        }
    }
    let Some(there) = there else {
        return FileState::OnlyHere;
    };
    match equal(*first, there) {
        Some(true) => FileState::InStep,
        None => FileState::Unchecked,
        Some(false) if base.is_none() => FileState::Conflict,
        Some(false) if first.md5 == base => FileState::ChangedThere,
        Some(false) if there.md5 == base => FileState::ChangedHere,
        Some(false) => FileState::Conflict,
    }
}

/// One copy in a folder of the style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileHere {
    pub folder: String,
    pub size_bytes: u64,
    /// ISO 8601.
    pub modified: String,
    /// How a caption begins that has to be decided about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The object in S3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileThere {
    pub size_bytes: u64,
    /// ISO 8601.
    pub modified: String,
    /// How a caption begins that has to be decided about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One name on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FolderFile {
    pub filename: String,
    pub state: FileState,
    /// Both sides had it once: the other one lost it since. Such a file is moved only when it is named.
    pub was_in_step: bool,
    pub here: Vec<FileHere>,
    pub there: Option<FileThere>,
    /// The folder that counts, where a person chose between two.
    pub chosen: Option<String>,
    /// Why the folder's copy is not sent unless it is named: the trainer could not use it, or not without its image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Changes with either side; a decision that names it is refused once it is old.
    pub version: String,
}

/// A file that takes no part, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FileProblem {
    pub filename: String,
    pub message: String,
}

/// How many names stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FolderCounts {
    pub here: u32,
    pub there: u32,
    pub both: u32,
    pub in_step: u32,
    pub conflicts: u32,
    /// What `send` would move unless names are given, and its bytes.
    pub to_send: u32,
    pub bytes_to_send: u64,
    pub to_fetch: u32,
    pub bytes_to_fetch: u64,
    pub unchecked: u32,
    /// Files of the folder that cannot be trained; `problem` says why. They are not sent.
    pub unfit: u32,
}

/// The folder and S3 side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FolderView {
    /// Folders below `resources/style_images` that are read together.
    pub folders: Vec<String>,
    /// Where a fetched file goes that is in none of them; made only then.
    pub target: String,
    pub counts: FolderCounts,
    /// Every name that is not in step.
    pub files: Vec<FolderFile>,
    /// Names that are none of ours, links, folders, files that are too large or cannot be read.
    pub left_out: Vec<FileProblem>,
}

impl FolderView {
    /// Counts all files and keeps those that are not in step.
    pub fn of(
        folders: Vec<String>,
        target: String,
        files: Vec<FolderFile>,
        left_out: Vec<FileProblem>,
    ) -> Self {
        let mut counts = FolderCounts::default();
        for file in &files {
            counts.add(file);
        }
        let files = files.into_iter().filter(|f| f.state != FileState::InStep);
        Self {
            folders,
            target,
            counts,
            files: files.collect(),
            left_out,
        }
    }
}

impl FolderCounts {
    fn add(&mut self, file: &FolderFile) {
        let (here, there) = (!file.here.is_empty(), file.there.is_some());
        self.here += u32::from(here);
        self.there += u32::from(there);
        self.both += u32::from(here && there);
        match file.state {
            FileState::InStep => self.in_step += 1,
            FileState::Conflict | FileState::Split => self.conflicts += 1,
            FileState::Unchecked => self.unchecked += 1,
            _ => {}
        }
        self.unfit += u32::from(file.problem.is_some());
        if goes_by_itself(file, Action::Send) {
            self.to_send += 1;
            self.bytes_to_send += file.bytes(Action::Send);
        }
        if goes_by_itself(file, Action::Fetch) {
            self.to_fetch += 1;
            self.bytes_to_fetch += file.bytes(Action::Fetch);
        }
    }
}

/// Which way a file is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Action {
    Send,
    Fetch,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Fetch => "fetch",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Send, Self::Fetch]
            .into_iter()
            .find(|a| a.as_str() == word)
    }
}

impl FolderFile {
    /// Bytes that the action would move.
    pub fn bytes(&self, action: Action) -> u64 {
        match action {
            Action::Send => self.counting().map_or(0, |h| h.size_bytes),
            Action::Fetch => self.there.as_ref().map_or(0, |t| t.size_bytes),
        }
    }

    /// The copy that counts.
    pub fn counting(&self) -> Option<&FileHere> {
        self.all_counting().into_iter().next()
    }

    /// The copies that count: the chosen folder's, or all.
    pub fn all_counting(&self) -> Vec<&FileHere> {
        let chosen = |h: &&FileHere| Some(&h.folder) == self.chosen.as_ref();
        match self.here.iter().find(chosen) {
            Some(one) => vec![one],
            None => self.here.iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests;
