//! The folder and S3 side by side: names joined, contents compared where sizes alone do not tell.
//!
//! An ETag that equals the file's MD5 proves sameness; one that does not proves nothing (multipart, encryption), so such an
//! object is read once and its hash kept. Writes nothing but the notes in `STATE_DIR`.

use super::super::super::model::sync::{
    FileHere, FileProblem, FileState, FileThere, FolderFile, FolderView, held_back,
};
use super::super::prefix;
use super::hashes::Hashes;
use super::memory::Memory;
use super::room;
use super::scan::{Found, Scan, is_ours, scan};
use crate::error::AppError;
use crate::server::documents::Documents;
use crate::server::s3::ObjectInfo;
use crate::server::state::{AppState, iso};
use crate::styles;
use crate::styles::model::{Style, StyleId, folder_name};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// How much of both sides is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Names, sizes and what is known already.
    Names,
    /// Local contents too, and of S3 as much as a page may wait for.
    Page,
    /// Everything that is needed.
    Whole,
}

/// What a page reads from S3 to compare contents.
const PAGE_BYTES: i64 = 24 << 20;

/// One name with what is needed to move it.
#[derive(Clone, Debug)]
pub struct Pair {
    pub file: FolderFile,
    pub copies: Vec<Found>,
    pub object: Option<ObjectInfo>,
    /// The MD5 of the copy that counts, where it was read.
    pub md5: Option<String>,
}

impl Pair {
    /// The copies that count: the chosen folder's, or all.
    pub fn counting(&self) -> Vec<&Found> {
        counting(&self.copies, self.file.chosen.as_deref())
    }
}

/// The chosen folder's copy, or all.
pub fn counting<'a>(copies: &'a [Found], chosen: Option<&str>) -> Vec<&'a Found> {
    match copies.iter().find(|c| Some(c.folder.as_str()) == chosen) {
        Some(one) => vec![one],
        None => copies.iter().collect(),
    }
}

/// Both sides of a style.
#[derive(Clone, Debug)]
pub struct Survey {
    pub folders: Vec<String>,
    pub target: String,
    pub pairs: Vec<Pair>,
    pub left_out: Vec<FileProblem>,
}

impl Survey {
    pub fn view(self) -> FolderView {
        let files = self.pairs.into_iter().map(|p| p.file).collect();
        FolderView::of(self.folders, self.target, files, self.left_out)
    }
}

/// Looks at both sides.
pub async fn survey(state: &AppState, id: &StyleId, depth: Depth) -> Result<Survey, AppError> {
    let style = styles::server::get(state, id)?;
    let reading = {
        let (state, style) = (state.clone(), style.clone());
        tokio::task::spawn_blocking(move || scan(&state, &style))
    };
    let prefix = prefix(id);
    let objects = state.s3.list(&prefix).await?;
    let scan = reading.await.expect("reading a folder does not panic")?;
    let target = target(&style, &scan);
    let folders = scan.folders.clone();
    let (joined, left_out) = join(scan, objects, &prefix);
    let memory = room(state, id).memory.get(state, id);
    let mut hashes = Hashes::default();
    if depth != Depth::Names {
        hashes.read_here(&joined, &memory).await;
        let budget = if depth == Depth::Page {
            PAGE_BYTES
        } else {
            i64::MAX
        };
        hashes.read_there(state, &joined, &memory, budget).await;
    }
    let bases = manifest(state, id);
    let judge = |(name, sides)| hashes.judge(name, sides, &memory, &bases);
    let mut pairs: Vec<Pair> = joined.into_iter().map(judge).collect();
    let mut held = held_back(pairs.iter().map(|p| &p.file));
    for pair in &mut pairs {
        let why = held.remove(&pair.file.filename);
        pair.file.problem = why.or(pair.file.problem.take());
    }
    if depth != Depth::Names {
        hashes.keep(state, id, &pairs).await;
    }
    Ok(Survey {
        folders,
        target,
        pairs,
        left_out,
    })
}

/// Where a file goes that no folder has: the one with the most files, else the name ActorMaker gives the style.
fn target(style: &Style, scan: &Scan) -> String {
    let count = |folder: &String| scan.found.iter().filter(|f| f.folder == *folder).count();
    let fullest = scan.folders.iter().rev().max_by_key(|f| count(f));
    let wanted = folder_name(&style.id, &style.title);
    match fullest {
        Some(folder) if count(folder) > 0 => folder.clone(),
        Some(folder) if !scan.folders.contains(&wanted) => folder.clone(),
        _ => wanted,
    }
}

/// What lies where under one name.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    pub copies: Vec<Found>,
    pub object: Option<ObjectInfo>,
}

pub type Joined = BTreeMap<String, Sides>;

fn join(scan: Scan, objects: Vec<ObjectInfo>, prefix: &str) -> (Joined, Vec<FileProblem>) {
    let mut joined = Joined::new();
    let mut left_out = scan.left_out;
    for file in scan.found {
        let sides = joined.entry(file.name.clone()).or_default();
        sides.copies.push(file);
    }
    for object in objects {
        let name = object.key[prefix.len()..].to_owned();
        if scan.unreadable.contains(&name) {
            continue; // not the only one, whatever it is
        }
        match is_ours(&name, object.size_bytes) {
            Ok(()) => joined.entry(name).or_default().object = Some(object),
            Err(why) => left_out.push(FileProblem {
                message: format!("S3: {}: {why}", name.escape_debug()),
                filename: name,
            }),
        }
    }
    (joined, left_out)
}

/// What the older system uploaded, by name: its MD5. Only of the bucket that is configured now.
fn manifest(state: &AppState, id: &StyleId) -> HashMap<String, String> {
    let path = PathBuf::from(format!("data/s3_manifests/style_{id}_s3_manifest.json"));
    let here = Documents::folder(state.config.actor_maker_dir.clone());
    let document = here.read(&path).ok().flatten();
    let document = document
        .filter(|d| !state.s3_is_rehearsed() && d["s3_bucket"].as_str() == Some(state.s3.bucket()));
    let files = document.iter().filter_map(|d| d["files"].as_array());
    let pair = |file: &serde_json::Value| {
        let text = |key: &str| file[key].as_str().map(str::to_owned);
        Some((text("filename")?, text("md5_hash")?.to_lowercase()))
    };
    files.flatten().filter_map(pair).collect()
}

/// Changes the notes of a style off the threads that answer requests.
pub async fn note(
    state: &AppState,
    id: &StyleId,
    change: impl FnOnce(&mut Memory) + Send + 'static,
) {
    let (state, id) = (state.clone(), id.clone());
    let written = tokio::task::spawn_blocking(move || {
        room(&state, &id).memory.change(&state, &id, change);
    });
    written.await.expect("taking notes does not panic");
}

/// A name as pages show it.
pub fn describe(
    filename: String,
    state: FileState,
    was_in_step: bool,
    copies: &[Found],
    object: Option<&ObjectInfo>,
    chosen: Option<String>,
) -> FolderFile {
    let mut seen = Sha256::new();
    for file in copies {
        seen.update(format!("{}\n{:?}\n", file.folder, file.stamp));
    }
    seen.update(object.map_or("", |o| &o.etag));
    let here = copies.iter().map(|file| FileHere {
        folder: file.folder.clone(),
        size_bytes: file.stamp.size_bytes,
        modified: iso(file.stamp.modified_ms()),
        text: None,
    });
    FolderFile {
        here: here.collect(),
        there: object.map(|object| FileThere {
            size_bytes: object.size_bytes,
            modified: iso(object.modified_ms),
            text: None,
        }),
        version: hex::encode(&seen.finalize()[..6]),
        filename,
        state,
        was_in_step,
        chosen,
        problem: None,
    }
}

/// Path of a style folder.
pub fn folder_path(state: &AppState, folder: &str) -> PathBuf {
    let root = Path::new(styles::server::folders::STYLE_IMAGES);
    state.in_folder(&root.join(folder))
}
