//! What lies in a style's folders: regular files with names of ours; everything else is left out by name.
//!
//! Links are not followed, neither files nor whole folders that lead elsewhere. Reads names and sizes only, writes nothing.

use super::super::super::model::image::{
    MAX_CAPTION_BYTES, MAX_IMAGE_BYTES, check_name, is_caption, is_image,
};
use super::super::super::model::sync::FileProblem;
use crate::server::state::AppState;
use crate::styles::model::Style;
use crate::styles::server::folders::STYLE_IMAGES;
use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How the names of files begin that are still being fetched.
pub const FETCHING: &str = ".fetching-";
/// Files of the older system and of this studio that are no training data.
const RECORDS: [&str; 3] = [
    "selection_sets.json",
    "training_versions.json",
    "training_runs",
];

/// A file's identity: another stamp means that somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    pub size_bytes: u64,
    pub modified_ns: i128,
    pub inode: u64,
}

impl Stamp {
    pub fn of(meta: &Metadata) -> Self {
        Self {
            size_bytes: meta.len(),
            modified_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
            inode: meta.ino(),
        }
    }

    pub fn modified_ms(self) -> i64 {
        (self.modified_ns / 1_000_000) as i64
    }

    /// The stamp of a regular file that is there now; links are not followed.
    pub fn now(path: &Path) -> Option<Self> {
        let meta = fs::symlink_metadata(path).ok()?;
        meta.is_file().then(|| Self::of(&meta))
    }
}

/// One file that counts.
#[derive(Clone, Debug)]
pub struct Found {
    pub folder: String,
    pub name: String,
    pub path: PathBuf,
    pub stamp: Stamp,
}

#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// Folders that are read; those that lead elsewhere are not among them.
    pub folders: Vec<String>,
    pub found: Vec<Found>,
    pub left_out: Vec<FileProblem>,
}

/// Reads the style's folders. Blocks.
pub fn scan(state: &AppState, style: &Style) -> Scan {
    let root = state.in_folder(Path::new(STYLE_IMAGES));
    let mut scan = Scan::default();
    for folder in &style.folders {
        let path = root.join(folder);
        if fs::symlink_metadata(&path).is_err() {
            continue; // another machine's
        }
        if !stays_below(&root, &path) {
            scan.left_out.push(FileProblem {
                filename: folder.clone(),
                message: format!(
                    "{folder} is a link that leads out of {STYLE_IMAGES}; it is not followed."
                ),
            });
            continue;
        }
        let Ok(entries) = fs::read_dir(&path) else {
            continue; // a file, or gone since
        };
        scan.folders.push(folder.clone());
        for entry in entries.flatten() {
            scan.take(folder, &entry);
        }
    }
    scan.found
        .sort_by(|a, b| (&a.name, &a.folder).cmp(&(&b.name, &b.folder)));
    scan.left_out.sort_by(|a, b| a.filename.cmp(&b.filename));
    scan
}

/// Whether a folder is one, or a link that ends inside the root.
pub fn stays_below(root: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(root), fs::canonicalize(folder)) {
        (Ok(root), Ok(folder)) => folder.starts_with(root),
        _ => false,
    }
}

impl Scan {
    fn take(&mut self, folder: &str, entry: &fs::DirEntry) {
        let raw = entry.file_name();
        let shown = raw.to_string_lossy().into_owned();
        if shown.starts_with(FETCHING) || RECORDS.contains(&shown.as_str()) {
            return;
        }
        let judged = match raw.into_string() {
            Err(_) => Err("the name is not UTF-8".to_owned()),
            Ok(name) => judge(name, entry),
        };
        match judged {
            Ok((name, stamp)) => self.found.push(Found {
                folder: folder.to_owned(),
                path: entry.path(),
                name,
                stamp,
            }),
            Err(why) => self.left_out.push(FileProblem {
                message: format!("{folder}/{shown}: {why}"),
                filename: shown,
            }),
        }
    }
}

fn judge(name: String, entry: &fs::DirEntry) -> Result<(String, Stamp), String> {
    let meta = fs::symlink_metadata(entry.path()).map_err(|e| e.kind().to_string())?;
    if meta.is_symlink() {
        return Err("a link; links are not followed".into());
    }
    if meta.is_dir() {
        return Err("a folder; training data lies flat".into());
    }
    if !meta.is_file() {
        return Err("not a regular file".into());
    }
    is_ours(&name, meta.len())?;
    Ok((name, Stamp::of(&meta)))
}

/// Whether a file of this name and size takes part, on either side; else the reason.
pub fn is_ours(name: &str, size_bytes: u64) -> Result<(), String> {
    check_name(name).map_err(|problem| problem.to_string())?;
    let limit = match (is_caption(name), is_image(name)) {
        (true, _) => MAX_CAPTION_BYTES,
        (_, true) => MAX_IMAGE_BYTES,
        _ => return Err("neither an image nor a caption (.txt)".into()),
    };
    if size_bytes > limit {
        return Err(format!(
            "it has {size_bytes} bytes; at most {limit} are moved"
        ));
    }
    Ok(())
}
