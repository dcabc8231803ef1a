//! Removing what lies on one side only: a step of its own, for names that were shown and confirmed, never part of a transfer.

use super::super::super::model::selection::shrunk;
use super::super::super::model::sync::{
    Alone, FileProblem, FileState, FolderFile, Named, Removal, Removed, Side,
};
use super::super::{key, smart_sets};
use super::scan::Stamp;
use super::survey::{Depth, Pair, note, survey};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;

/// What a removal from this side would take.
pub async fn proposed(state: &AppState, style: &StyleId, side: Side) -> Result<Removal, AppError> {
    let survey = survey(state, style, Depth::Page).await?;
    let alone = alone_on(side);
    let files = survey.pairs.into_iter().map(|pair| pair.file);
    let files = files.filter(|file| file.state == alone);
    let files: Vec<Alone> = files.map(|file| asked_about(file, side)).collect();
    let sets = match side {
        Side::Folder => Vec::new(),
        Side::S3 => {
            let going = files.iter().map(|file| file.filename.as_str()).collect();
            shrunk(&smart_sets::list_now(state, style).await?, &going)
        }
    };
    Ok(Removal { files, sets })
}

fn asked_about(file: FolderFile, side: Side) -> Alone {
    let size_bytes = match side {
        Side::Folder => file.counting().map(|here| here.size_bytes),
        Side::S3 => file.there.as_ref().map(|there| there.size_bytes),
    };
    let folders = match side {
        Side::Folder if file.here.len() > 1 => file.all_counting(),
        _ => Vec::new(),
    };
    let folders = folders.into_iter().map(|here| here.folder.clone());
    Alone {
        size_bytes: size_bytes.unwrap_or(0),
        folders: folders.collect(),
        filename: file.filename,
        version: file.version,
    }
}

fn alone_on(side: Side) -> FileState {
    match side {
        Side::Folder => FileState::OnlyHere,
        Side::S3 => FileState::OnlyThere,
    }
}

/// Removes the named files from one side; what the other side has too, or what changed since it was shown, is refused.
pub async fn remove(
    state: &AppState,
    style: &StyleId,
    side: Side,
    names: Vec<Named>,
) -> Result<Removed, AppError> {
    if names.is_empty() {
        return Err(AppError::field(
            "files",
            "Nothing is named, so nothing is removed.",
        ));
    }
    let survey = survey(state, style, Depth::Page).await?;
    let mut done = Removed::default();
    let mut keys = Vec::new();
    for named in names {
        let pair = survey
            .pairs
            .iter()
            .find(|p| p.file.filename == named.filename);
        let left_out = survey
            .left_out
            .iter()
            .find(|p| p.filename == named.filename);
        let pair = pair.ok_or_else(|| match left_out {
            Some(problem) => format!("{}; it is not removed.", problem.message),
            None => format!("{} is neither in the folder nor in S3.", named.filename),
        });
        match pair.and_then(|pair| removable(pair, side, &named)) {
            Err(message) => done.refused.push(FileProblem {
                filename: named.filename,
                message,
            }),
            Ok(_) if side == Side::S3 => {
                keys.push(key(style, &named.filename)?);
                done.removed.push(named.filename);
            }
            Ok(pair) => match from_folder(pair) {
                Ok(()) => done.removed.push(named.filename),
                Err(message) => done.refused.push(FileProblem {
                    filename: named.filename,
                    message,
                }),
            },
        }
    }
    if !keys.is_empty() {
        state.s3.delete(&keys).await?;
        state.caches.counts.invalidate(style.as_str());
    }
    let gone = done.removed.clone();
    note(state, style, move |memory| {
        gone.iter().for_each(|name| memory.forget(name));
    })
    .await;
    Ok(done)
}

/// Reads `1a2b3c boat 1.jpg`, as a form carries it.
pub fn named(text: &str) -> Option<Named> {
    let (version, filename) = text.split_once(' ')?;
    Some(Named {
        filename: filename.to_owned(),
        version: Some(version.to_owned()),
    })
}

/// The page that says what a plain form came to.
pub fn page_after(style: &StyleId, done: &Removed) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("folder", "1");
    query.append_pair("removed", &done.removed.len().to_string());
    for kept in done.refused.iter().take(10) {
        query.append_pair("kept", &kept.message);
    }
    format!("/styles/{style}/data?{}", query.finish())
}

fn removable<'a>(pair: &'a Pair, side: Side, named: &Named) -> Result<&'a Pair, String> {
    let name = &named.filename;
    if pair.file.state != alone_on(side) {
        let place = match pair.file.state {
            FileState::Split => "in two folders with different content",
            FileState::OnlyHere => "in the folder alone",
            FileState::OnlyThere => "in S3 alone",
            _ => "on both sides",
        };
        return Err(format!(
            "{name} lies {place}; only what this side alone has is removed here."
        ));
    }
    match &named.version {
        Some(seen) if *seen != pair.file.version => Err(format!(
            "{name} changed since you looked at it; it was kept."
        )),
        _ => Ok(pair),
    }
}

/// The copies that were shown: where a person chose one of two, the other is left as it is.
fn from_folder(pair: &Pair) -> Result<(), String> {
    for file in pair.counting() {
        let name = &file.name;
        if Stamp::now(&file.path) != Some(file.stamp) {
            return Err(format!("{name} changed meanwhile; it was kept."));
        }
        std::fs::remove_file(&file.path)
            .map_err(|e| format!("{name} could not be removed: {}.", e.kind()))?;
    }
    Ok(())
}
