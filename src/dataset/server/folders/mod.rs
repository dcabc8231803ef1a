//! A style's folder (`resources/style_images/{id}_{slug}`, several of one id read together) and its S3 prefix: compared,
//! sent, fetched. Nothing is overwritten without a decision and nothing is removed but by [`remove`].
//!
//! Looking changes no byte of the folder: what has to be remembered lies in `STATE_DIR`.

mod hashes;
mod memory;
mod moves;
pub mod remove;
pub mod routes;
mod scan;
pub mod shown;
mod survey;
pub mod transfer;

use super::super::model::sync::{FolderPage, FolderView};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use memory::Remembered;
use scan::Stamp;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use survey::{Depth, note, survey};
use transfer::Current;

/// What the process keeps of one style's folder.
#[derive(Default)]
struct Room {
    memory: Remembered,
    transfer: Current,
}

fn room(state: &AppState, style: &StyleId) -> Arc<Room> {
    state.residents.of(style.as_str())
}

/// Both sides in numbers, by names and sizes and contents as far as they are known. Files are named where both are compared:
/// this stands on every page of the style.
pub async fn glance(state: &AppState, style: &StyleId) -> Result<FolderPage, AppError> {
    let view = survey(state, style, Depth::Names).await?.view();
    Ok(FolderPage::closed(view))
}

/// Both sides compared.
pub async fn look(state: &AppState, style: &StyleId) -> Result<FolderView, AppError> {
    let mut both = survey(state, style, Depth::Page).await?;
    shown::add_captions(state, &mut both.pairs).await;
    Ok(both.view())
}

/// Of two folders that hold a name with different content, the one that counts from now on; the other is left as it is.
pub async fn choose(
    state: &AppState,
    style: &StyleId,
    choices: Vec<(String, String)>,
) -> Result<(), AppError> {
    let survey = survey(state, style, Depth::Names).await?;
    for (name, folder) in &choices {
        let held = survey.pairs.iter().any(|pair| {
            pair.file.filename == *name && pair.copies.iter().any(|c| c.folder == *folder)
        });
        if !held {
            let message = format!("{folder} holds no {name}.");
            return Err(AppError::field("choices", message));
        }
    }
    note(state, style, |memory| memory.chosen.extend(choices)).await;
    Ok(())
}

/// Opens a file that is still the one with this stamp; a link that took its place is not followed.
fn open_same(path: &Path, stamp: Stamp) -> io::Result<File> {
    let before = Stamp::of(&fs::symlink_metadata(path)?);
    let file = File::open(path)?;
    let opened = Stamp::of(&file.metadata()?);
    if before == stamp && opened == stamp {
        Ok(file)
    } else {
        Err(io::Error::other("it changed meanwhile"))
    }
}
