//! What lies in a style's folders: regular files with names of ours; everything else is left out by name.
//!
//! Links are not followed, neither files nor whole folders that lead elsewhere. What cannot be read is never taken for
//! what is not there: an unreadable file takes no part, an unreadable folder ends the comparison. Reads no contents, writes
//! nothing.

use super::super::super::model::image::{
    MAX_CAPTION_BYTES, MAX_IMAGE_BYTES, check_name, is_caption, is_image,
};
use super::super::super::model::sync::FileProblem;
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::Style;
use crate::styles::server::folders::STYLE_IMAGES;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
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
    /// Names of which a copy is there that cannot be read, or something else that is no file of ours.
    pub unreadable: BTreeSet<String>,
    foreign: BTreeSet<String>,
}

/// Reads the style's folders. Blocks.
///
/// # Errors
/// A folder that is there and cannot be listed: its files would count as gone, and S3's as the only ones left.
pub fn scan(state: &AppState, style: &Style) -> Result<Scan, AppError> {
    let root = state.in_folder(Path::new(STYLE_IMAGES));
    // what cannot be listed hides every style's folder
    present(STYLE_IMAGES, fs::read_dir(&root))?;
    let mut scan = Scan::default();
    for folder in &style.folders {
        let path = root.join(folder);
        if present(folder, fs::symlink_metadata(&path))?.is_none() {
            continue; // another machine's
        }
        present(folder, fs::canonicalize(&path))?;
        if !stays_below(&root, &path) {
            scan.left_out.push(FileProblem {
                filename: folder.clone(),
                message: format!(
                    "{folder} is a link that leads out of {STYLE_IMAGES}; it is not followed."
                ),
            });
            continue;
        }
        let Some(entries) = present(folder, fs::read_dir(&path))? else {
            continue; // a file, or gone since
        };
        scan.folders.push(folder.clone());
        for entry in entries {
            let entry = entry.map_err(|error| unlistable(folder, &error))?;
            scan.take(folder, &entry);
        }
    }
    scan.withhold_foreign();
    scan.found
        .sort_by(|a, b| (&a.name, &a.folder).cmp(&(&b.name, &b.folder)));
    scan.left_out.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(scan)
}

/// One file that counts, by the folder of the style it lies in. Blocks.
pub fn one(state: &AppState, style: &Style, folder: &str, name: &str) -> Option<Found> {
    let folder = style.folders.iter().find(|f| *f == folder)?;
    check_name(name).ok()?;
    let root = state.in_folder(Path::new(STYLE_IMAGES));
    let at = root.join(folder);
    let path = stays_below(&root, &at).then(|| at.join(name))?;
    Some(Found {
        folder: folder.clone(),
        stamp: judge(name, &path).ok()?,
        name: name.to_owned(),
        path,
    })
}

/// What was asked of a folder; `None` where there is none.
fn present<T>(folder: &str, asked: io::Result<T>) -> Result<Option<T>, AppError> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unlistable(folder, &error)),
    }
}

fn unlistable(folder: &str, error: &io::Error) -> AppError {
    let message = format!(
        "The folder {folder} is there but cannot be read: {}. Nothing is known of its files, so nothing is compared, moved or removed.",
        error.kind()
    );
    AppError::conflict(message).with_remedy(
        "Give the studio's user the right to read it, or see to its disk, and compare again.",
    )
}

/// Whether a folder is one, or a link that ends inside the root.
pub fn stays_below(root: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(root), fs::canonicalize(folder)) {
        (Ok(root), Ok(folder)) => folder.starts_with(root),
        _ => false,
    }
}

impl Scan {
    /// Where a link, a folder or a file too large stands in a name's place, nothing can be fetched into it, and what S3 has is not
    /// there alone. Unless another folder of the style has a file of the name.
    fn withhold_foreign(&mut self) {
        let foreign = std::mem::take(&mut self.foreign);
        let has_file = |name: &String| self.found.iter().any(|f| f.name == *name);
        let withheld: Vec<String> = foreign.into_iter().filter(|n| !has_file(n)).collect();
        self.unreadable.extend(withheld);
    }

    fn take(&mut self, folder: &str, entry: &fs::DirEntry) {
        let raw = entry.file_name();
        let shown = raw.to_string_lossy().into_owned();
        if shown.starts_with(FETCHING) || RECORDS.contains(&shown.as_str()) {
            return;
        }
        let judged = match raw.to_str() {
            None => Err(Out::Foreign("the name is not UTF-8".to_owned())),
            Some(name) => judge(name, &entry.path()),
        };
        match judged {
            Ok(stamp) => self.found.push(Found {
                folder: folder.to_owned(),
                path: entry.path(),
                name: shown,
                stamp,
            }),
            Err(out) => self.leave_out(folder, shown, out),
        }
    }

    fn leave_out(&mut self, folder: &str, name: String, out: Out) {
        let why = match out {
            // gone since the folder was listed
            Out::Unreadable(error) if error.kind() == ErrorKind::NotFound => return,
            Out::Unreadable(error) => {
                self.unreadable.insert(name.clone());
                format!(
                    "cannot be read: {}; it takes no part, nor does what S3 has of this name",
                    error.kind()
                )
            }
            Out::Foreign(why) => {
                self.foreign.insert(name.clone());
                why
            }
        };
        self.left_out.push(FileProblem {
            message: format!("{folder}/{name}: {why}"),
            filename: name,
        });
    }
}

/// Why a file does not count.
enum Out {
    /// None of ours.
    Foreign(String),
    /// It may be ours; nobody can say.
    Unreadable(io::Error),
}

fn judge(name: &str, path: &Path) -> Result<Stamp, Out> {
    let foreign = |why: &str| Err(Out::Foreign(why.to_owned()));
    let meta = fs::symlink_metadata(path).map_err(Out::Unreadable)?;
    if meta.is_symlink() {
        return foreign("a link; links are not followed");
    }
    if meta.is_dir() {
        return foreign("a folder; training data lies flat");
    }
    if !meta.is_file() {
        return foreign("not a regular file");
    }
    is_ours(name, meta.len()).map_err(Out::Foreign)?;
    File::open(path).map_err(Out::Unreadable)?;
    Ok(Stamp::of(&meta))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_read_is_not_taken_for_one_that_is_not_there() {
        let asked = |kind: ErrorKind| present::<()>("1_ink", Err(kind.into()));
        assert_eq!(asked(ErrorKind::NotFound), Ok(None));
        assert_eq!(asked(ErrorKind::NotADirectory), Ok(None));
        for kind in [
            ErrorKind::PermissionDenied,
            ErrorKind::StaleNetworkFileHandle,
        ] {
            let refused = asked(kind).unwrap_err();
            assert_eq!(refused.kind, crate::error::ErrorKind::Conflict);
            assert!(refused.message.contains("1_ink"), "{refused}");
            assert!(refused.message.contains(&kind.to_string()), "{refused}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_its_name_is_withheld() {
        let mut scan = Scan::default();
        let mut leave_out = |name: &str, kind: ErrorKind| {
            scan.leave_out("1_ink", name.to_owned(), Out::Unreadable(kind.into()));
        };
        leave_out("p1.jpg", ErrorKind::PermissionDenied);
        leave_out("gone.jpg", ErrorKind::NotFound);
        assert_eq!(scan.unreadable, BTreeSet::from(["p1.jpg".to_owned()]));
        let [named] = scan.left_out.as_slice() else {
            panic!("{:?}", scan.left_out);
        };
        let words = "1_ink/p1.jpg: cannot be read: permission denied";
        assert!(named.message.starts_with(words), "{}", named.message);
    }
}
