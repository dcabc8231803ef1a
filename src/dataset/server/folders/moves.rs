//! One file sent or fetched: whole or not at all, and only while both sides are still what was compared.
//!
//! To S3 goes one PUT with a condition on what is there. Here a temporary file beside its target is written, synced and
//! renamed. At most 100 MB a file, so nothing needs parts.

use super::super::{images, key};
use super::scan::{FETCHING, Found, Stamp, stays_below};
use super::survey::{Pair, folder_path};
use super::{open_same, room};
use crate::error::{AppError, ErrorKind};
use crate::server::s3::{ObjectInfo, Precondition, S3Error};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use crate::styles::server::folders::STYLE_IMAGES;
use bytes::Bytes;
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Why a file was not moved.
#[derive(Debug)]
pub enum Failure {
    /// This one only; a sentence for the person.
    File(String),
    /// The trainer could not use this file, whenever it is sent; a sentence.
    Unfit(String),
    /// The others would fail in the same way.
    All(AppError),
}

impl From<S3Error> for Failure {
    fn from(error: S3Error) -> Self {
        match error {
            S3Error::NoBucket { .. } | S3Error::Denied { .. } | S3Error::Unreachable => {
                Self::All(error.into())
            }
            other => Self::File(other.to_string()),
        }
    }
}

const COMPARE_AGAIN: &str = "Compare again and decide anew.";

fn changed(name: &str, side: &str) -> Failure {
    Failure::File(format!("{name} changed {side} meanwhile. {COMPARE_AGAIN}"))
}

/// Why a file of the folder could not be read.
fn unread(name: &str, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::File(format!("{name} is gone from the folder. {COMPARE_AGAIN}"))
        }
        io::ErrorKind::Other => changed(name, "in the folder"),
        kind => Failure::File(format!(
            "{name} cannot be read in the folder: {kind}. Give the studio's user the right to read it, or see to the disk."
        )),
    }
}

/// Sends the copy that counts, if the trainer can use it.
pub async fn send(state: &AppState, style: &StyleId, pair: &Pair) -> Result<(), Failure> {
    let name = &pair.file.filename;
    let counting = pair.counting();
    let file = (*counting.first().expect("a planned file is here")).clone();
    let bytes = read_whole(file.clone()).await;
    let bytes = bytes.map_err(|error| unread(name, &error))?;
    let bytes = Bytes::from(bytes);
    let size_bytes = bytes.len() as u64;
    let fit = images::check(state, name, size_bytes, Cursor::new(bytes.clone())).await;
    let kind = fit.map_err(|refused| {
        let why = refused.to_string();
        if refused.kind != ErrorKind::Invalid {
            return Failure::File(why);
        }
        unfit(state, style, &file, &why);
        Failure::Unfit(why)
    })?;
    let md5 = hex::encode(Md5::digest(&bytes));
    let key = key(style, name).map_err(Failure::All)?;
    let condition = match &pair.object {
        None => Precondition::Absent,
        Some(object) => Precondition::Unchanged(object.etag.clone()),
    };
    let put = state.s3.put(&key, bytes.clone(), kind, condition).await;
    let put = match put {
        // a store that knows no conditions: asked first, then written
        Err(S3Error::Other { code }) if code == "NotImplemented" => {
            if head(state, &key).await? != pair.object.as_ref().map(|o| o.etag.clone()) {
                return Err(changed(name, "in S3"));
            }
            state.s3.put(&key, bytes, kind, Precondition::None).await
        }
        other => other,
    };
    let etag = match put {
        Ok(etag) => etag,
        Err(S3Error::PreconditionFailed { .. } | S3Error::NotFound { .. }) => {
            // sent by a transfer that was cut off before it could say so
            match head(state, &key).await? {
                Some(etag) if etag == md5 => etag,
                _ => return Err(changed(name, "in S3")),
            }
        }
        Err(other) => return Err(other.into()),
    };
    agreed(state, style, name, &etag, &md5, vec![file]);
    Ok(())
}

async fn head(state: &AppState, key: &str) -> Result<Option<String>, Failure> {
    match state.s3.head(key).await {
        Ok(object) => Ok(Some(object.etag)),
        Err(S3Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Whole in memory, so that a file written to meanwhile cannot be sent half old, half new.
pub async fn read_whole(file: Found) -> io::Result<Vec<u8>> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::with_capacity(file.stamp.size_bytes as usize);
        open_same(&file.path, file.stamp)?.read_to_end(&mut bytes)?;
        let same = Stamp::now(&file.path) == Some(file.stamp);
        let whole = bytes.len() as u64 == file.stamp.size_bytes;
        if same && whole {
            Ok(bytes)
        } else {
            Err(io::Error::other("it changed meanwhile"))
        }
    });
    read.await.expect("reading does not panic")
}

/// It is refused for what it is: named from now on, not offered again until it changes.
fn unfit(state: &AppState, style: &StyleId, file: &Found, why: &str) {
    let (file, why) = (file.clone(), why.to_owned());
    room(state, style)
        .memory
        .learn(state, style, move |memory| memory.refuse(&file, why));
}

/// Both sides have the same now.
fn agreed(state: &AppState, style: &StyleId, name: &str, etag: &str, md5: &str, files: Vec<Found>) {
    let (name, etag, md5) = (name.to_owned(), etag.to_owned(), md5.to_owned());
    // written down with the next look or at the transfer's end: a crash costs a comparison
    room(state, style)
        .memory
        .learn(state, style, move |memory| {
            memory.learn_there(&name, &etag, &md5);
            memory.agree(&name, &md5);
            for file in &files {
                memory.learn_here(file, &md5);
            }
        });
}

/// Fetches the object into every copy that counts, or into the target folder.
pub async fn fetch(
    state: &AppState,
    style: &StyleId,
    pair: &Pair,
    target: &str,
) -> Result<(), Failure> {
    let name = pair.file.filename.clone();
    let object = pair.object.clone().expect("a planned file is in S3");
    let counting = pair.counting();
    let places: Vec<(PathBuf, Option<Stamp>)> = match counting.as_slice() {
        [] => vec![(folder_path(state, target), None)],
        copies => {
            let place = |c: &&Found| (folder_path(state, &c.folder), Some(c.stamp));
            copies.iter().map(place).collect()
        }
    };
    let root = state.in_folder(Path::new(STYLE_IMAGES));
    let mut files = Vec::new();
    let mut hash = String::new();
    let prefix = temporary(state);
    for (folder, before) in places {
        let (made, md5) = download(state, &root, &folder, &prefix, &object, &name).await?;
        let at = folder.join(&name);
        let put = at.clone();
        let placed = tokio::task::spawn_blocking(move || place(made, &put, before));
        let stamp = placed.await.expect("renaming does not panic");
        let stamp = stamp.map_err(|_| changed(&name, "in the folder"))?;
        let folder = folder.file_name().unwrap_or_default().to_string_lossy();
        files.push(Found {
            folder: folder.into_owned(),
            name: name.clone(),
            path: at,
            stamp,
        });
        hash = md5;
    }
    agreed(state, style, &name, &object.etag, &hash, files);
    Ok(())
}

/// The object as a synced temporary file in the folder, with its MD5.
async fn download(
    state: &AppState,
    root: &Path,
    folder: &Path,
    prefix: &str,
    object: &ObjectInfo,
    name: &str,
) -> Result<(NamedTempFile, String), Failure> {
    let mut file = begin(root, folder, prefix)?;
    let answer = match state.s3.open(&object.key, None).await {
        Err(S3Error::NotFound { .. }) => return Err(changed(name, "in S3")),
        other => other?,
    };
    if answer
        .e_tag()
        .is_none_or(|e| e.trim_matches('"') != object.etag)
    {
        return Err(changed(name, "in S3"));
    }
    let cut = || Failure::File(format!("{name}: the transfer broke off. Fetch it again."));
    let mut body = answer.body;
    let mut hash = Md5::new();
    let mut bytes = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| cut())?;
        bytes += chunk.len() as u64;
        hash.update(&chunk);
        file.write_all(&chunk).map_err(no_room)?;
    }
    if bytes != object.size_bytes {
        return Err(cut());
    }
    file.as_file().sync_all().map_err(no_room)?;
    Ok((file, hex::encode(hash.finalize())))
}

/// A new temporary file; makes the folder, which must not lead out of `resources/style_images`.
fn begin(root: &Path, folder: &Path, prefix: &str) -> Result<NamedTempFile, Failure> {
    fs::create_dir_all(folder).map_err(no_room)?;
    if !stays_below(root, folder) {
        let message = format!("The style's folder is a link that leads out of {STYLE_IMAGES}.");
        return Err(Failure::All(AppError::conflict(message).with_remedy(
            "Put a real folder in its place, or a link that stays inside.",
        )));
    }
    tempfile::Builder::new()
        .prefix(prefix)
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(no_room)
}

fn no_room(error: io::Error) -> Failure {
    tracing::error!(%error, "fetching into a folder");
    let message = format!("The folder cannot be written to: {}.", error.kind());
    Failure::All(
        AppError::internal(message).with_remedy("Check the disk's room and the folder's owner."),
    )
}

/// Puts a temporary file in its place, if what is there is still what was compared.
fn place(file: NamedTempFile, at: &Path, before: Option<Stamp>) -> io::Result<Stamp> {
    match before {
        None => file.persist_noclobber(at).map_err(|e| e.error)?,
        Some(stamp) if Stamp::now(at) == Some(stamp) => file.persist(at).map_err(|e| e.error)?,
        Some(_) => return Err(io::Error::other("it changed meanwhile")),
    };
    if let Some(folder) = at.parent() {
        File::open(folder)?.sync_all()?;
    }
    Stamp::now(at).ok_or_else(|| io::Error::other("it is gone again"))
}

/// How temporary files of this studio begin: another studio on the same folder has other ones.
fn temporary(state: &AppState) -> String {
    let whole = fs::canonicalize(&state.config.state_dir).unwrap_or_default();
    let id = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    format!("{FETCHING}{}-", hex::encode(&id[..4]))
}

/// Removes what a killed studio left half-fetched. One transfer runs per style, so such a file is nobody's now.
pub fn sweep(state: &AppState, folders: &[String]) {
    let prefix = temporary(state);
    for folder in folders {
        let entries = fs::read_dir(folder_path(state, folder));
        for entry in entries.into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
