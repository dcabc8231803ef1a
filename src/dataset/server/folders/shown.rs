//! What a person sees before deciding between two files of one name: how both captions begin, and small pictures of the
//! folder's copies. Those of S3 have thumbnails already. Reads only, and only what takes part in the comparison.

use super::super::super::model::image::{MAX_CAPTION_BYTES, is_caption, is_image};
use super::super::super::model::sync::FileState;
use super::super::thumbnails::small;
use super::moves::read_whole;
use super::open_same;
use super::scan::{Found, one};
use super::survey::Pair;
use crate::error::{AppError, ErrorKind};
use crate::server::s3::ObjectInfo;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use std::io::BufReader;

/// Captions that are looked into for one page, and characters shown of each.
const CAPTIONS: usize = 50;
const CHARACTERS: usize = 300;
/// Captions read at the same time.
const READERS: usize = 8;

/// Adds how the captions begin that a person has to decide about.
pub async fn add_captions(state: &AppState, pairs: &mut [Pair]) {
    let undecided = pairs.iter_mut().filter(|pair| {
        let file = &pair.file;
        let is_open = matches!(file.state, FileState::Conflict | FileState::Split);
        is_open && is_caption(&file.filename)
    });
    stream::iter(undecided.take(CAPTIONS))
        .for_each_concurrent(READERS, async |pair| {
            for (copy, shown) in pair.copies.iter().zip(&mut pair.file.here) {
                shown.text = of_copy(copy).await;
            }
            if let (Some(object), Some(shown)) = (&pair.object, &mut pair.file.there) {
                shown.text = of_object(state, object).await;
            }
        })
        .await;
}

/// What cannot be read now is not shown.
async fn of_copy(copy: &Found) -> Option<String> {
    let bytes = read_whole(copy.clone()).await.ok()?;
    Some(beginning(&bytes))
}

async fn of_object(state: &AppState, object: &ObjectInfo) -> Option<String> {
    let got = state.s3.get(&object.key, MAX_CAPTION_BYTES).await.ok()?;
    Some(beginning(&got.0))
}

fn beginning(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut begin: String = text.chars().take(CHARACTERS).collect();
    if begin.len() < text.len() {
        begin.push('…');
    }
    begin
}

/// A small JPEG of a picture in one of the style's folders.
pub async fn thumbnail(
    state: &AppState,
    style: &StyleId,
    folder: String,
    filename: String,
) -> Result<Vec<u8>, AppError> {
    let known = styles::server::get(state, style)?;
    let _permit = state.decoding.acquire().await.expect("never closed");
    let (state, name) = (state.clone(), filename.clone());
    let made = tokio::task::spawn_blocking(move || {
        let found = one(&state, &known, &folder, &name).filter(|_| is_image(&name))?;
        let file = open_same(&found.path, found.stamp).ok()?;
        Some(small(BufReader::new(file)))
    });
    let made = made
        .await
        .unwrap_or_else(|_| Some(Err("made the decoder fail".to_owned())));
    let nothing = || format!("There is no picture {filename:?} in that folder of style {style}.");
    made.ok_or_else(|| AppError::not_found(nothing()))?
        .map_err(|why| {
            let message = format!("{filename} cannot be shown: it {why}.");
            AppError::new(ErrorKind::Invalid, message)
        })
}
