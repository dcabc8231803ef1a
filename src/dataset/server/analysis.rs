//! What the pictures in the bucket measure: asked for by lists, answered at once with what is known, found out meanwhile.
//!
//! One picture at a time is decoded in the background, under the permits that thumbnails share, so that a thumbnail never
//! stands behind a queue of measurements. Kept by ETag in memory and in `STATE_DIR/analysis/{style}.json`, which holds
//! no more than the style has images. A picture on which the trainer would stop (decoders are more patient than it is), that
//! cannot be decoded, or unpacks to too much, is kept with the reason.

use super::super::model::analysis::{Analysis, SIDE, VERSION};
use super::super::model::header::{self, Flaw};
use super::super::model::image::MAX_IMAGE_BYTES;
use super::super::model::quality::Turn;
use super::listing::Pair;
use super::pictures::{Decoded, decode};
use crate::server::documents::write_atomically;
use crate::server::s3::{ObjectInfo, S3Error};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use image::metadata::Orientation;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Measurements made before they are written to disk.
const BATCH: usize = 16;

/// Held while a picture is measured, whatever its style.
#[derive(Default)]
struct OneAtATime(tokio::sync::Mutex<()>);

/// What came of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Measured(Measured),
    /// Why it cannot be shown or measured.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Pixels as stored.
    pub width: u32,
    pub height: u32,
    pub turn: Turn,
    /// What the trainer would silently get wrong, by the header.
    pub flaws: Vec<Flaw>,
    pub analysis: Analysis,
}

/// The version it was made of, and what came of it.
type Kept = HashMap<String, (String, Arc<Outcome>)>;

/// One style's measurements by filename.
#[derive(Default)]
struct Style {
    kept: Mutex<Option<Kept>>,
    /// names to measure, and whether somebody is at it
    wanted: Mutex<Wanted>,
}

#[derive(Default)]
struct Wanted {
    /// the last list's, latest name first
    images: Vec<(String, ObjectInfo)>,
    running: bool,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    images: Kept,
}

/// What is known of a style's images, by name.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub outcomes: HashMap<String, Arc<Outcome>>,
    /// Images still to be measured, under way now.
    pub analysing: usize,
}

/// What is known now; the rest is begun and not waited for. `pairs` are all images of the style: what is kept of others is
/// dropped.
pub async fn known(state: &AppState, style: &StyleId, pairs: &[Pair]) -> Known {
    let room = state.residents.of::<Style>(style.as_str());
    load(state, style, &room).await;
    let mut known = Known::default();
    let mut missing = Vec::new();
    {
        let mut kept = room.kept.lock().expect("not poisoned");
        let kept = kept.get_or_insert_default();
        for pair in pairs {
            match kept.get(&pair.filename) {
                Some((etag, outcome)) if *etag == pair.image.etag => {
                    known
                        .outcomes
                        .insert(pair.filename.clone(), outcome.clone());
                }
                _ => missing.push((pair.filename.clone(), pair.image.clone())),
            }
        }
        if kept.len() + missing.len() > pairs.len() {
            let there: std::collections::HashSet<&str> =
                pairs.iter().map(|p| p.filename.as_str()).collect();
            kept.retain(|name, _| there.contains(name.as_str()));
        }
    }
    known.analysing = missing.len();
    begin(state, style, room, missing);
    known
}

/// Reads what an earlier start measured, once.
async fn load(state: &AppState, style: &StyleId, room: &Arc<Style>) {
    if room.kept.lock().expect("not poisoned").is_some() {
        return;
    }
    let file: Option<File> = tokio::fs::read(path(state, style))
        .await
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let images = file
        .filter(|file| file.version == VERSION)
        .map(|file| file.images);
    room.kept
        .lock()
        .expect("not poisoned")
        .get_or_insert_with(|| images.unwrap_or_default());
}

fn path(state: &AppState, style: &StyleId) -> PathBuf {
    let folder = state.config.state_dir.join("analysis");
    folder.join(format!("{style}.json"))
}

fn begin(
    state: &AppState,
    style: &StyleId,
    room: Arc<Style>,
    mut missing: Vec<(String, ObjectInfo)>,
) {
    if missing.is_empty() {
        return;
    }
    missing.reverse();
    let mut wanted = room.wanted.lock().expect("not poisoned");
    wanted.images = missing;
    if std::mem::replace(&mut wanted.running, true) {
        return;
    }
    drop(wanted);
    let (state, style) = (state.clone(), style.clone());
    tokio::spawn(async move { work(&state, &style, &room).await });
}

/// Measures until nothing is wanted any more.
async fn work(state: &AppState, style: &StyleId, room: &Style) {
    let mut unwritten = 0;
    loop {
        let next = {
            let mut wanted = room.wanted.lock().expect("not poisoned");
            let next = wanted.images.pop();
            wanted.running = next.is_some();
            next
        };
        let Some((name, object)) = next else { break };
        if is_known(room, &name, &object.etag) {
            continue;
        }
        match measure(state, &name, &object).await {
            Ok((etag, outcome)) => {
                let mut kept = room.kept.lock().expect("not poisoned");
                let kept = kept.get_or_insert_default();
                kept.insert(name, (etag, Arc::new(outcome)));
                unwritten += 1;
            }
            Err(S3Error::NotFound { .. }) => {} // deleted since the listing
            Err(error) => {
                tracing::warn!(%error, %style, "a picture was not measured; the next list tries again");
                let mut wanted = room.wanted.lock().expect("not poisoned");
                wanted.images.clear();
            }
        }
        if unwritten == BATCH {
            write(state, style, room).await;
            unwritten = 0;
        }
    }
    if unwritten > 0 {
        write(state, style, room).await;
    }
}

fn is_known(room: &Style, name: &str, etag: &str) -> bool {
    let kept = room.kept.lock().expect("not poisoned");
    let found = kept.as_ref().and_then(|kept| kept.get(name));
    found.is_some_and(|(known, _)| known == etag)
}

/// The version that was read, and what came of it.
async fn measure(
    state: &AppState,
    name: &str,
    object: &ObjectInfo,
) -> Result<(String, Outcome), S3Error> {
    let turn = state.residents.of::<OneAtATime>("");
    let _turn = turn.0.lock().await;
    let permit = state.decoding.acquire().await.expect("never closed");
    let (bytes, etag) = match state.s3.get(&object.key, MAX_IMAGE_BYTES).await {
        Err(error @ S3Error::TooLarge { .. }) => {
            return Ok((object.etag.clone(), Outcome::Refused(error.to_string())));
        }
        other => other?,
    };
    let outcome = tokio::task::spawn_blocking(move || inspect(&bytes))
        .await
        // a decoder's defect is the picture's, not ours
        .unwrap_or_else(|_| Err("makes the decoder fail".to_owned()));
    drop(permit);
    let refused = |reason| Outcome::Refused(format!("{name} {reason}."));
    Ok((etag, outcome.map_or_else(refused, Outcome::Measured)))
}

/// Measures a file, or says why the trainer or the studio cannot read it (reads on after its name). Blocks.
fn inspect(bytes: &[u8]) -> Result<Measured, String> {
    let header = header::read_whole(bytes).map_err(|unfit| unfit.to_string())?;
    let decoded = decode(Cursor::new(bytes))?;
    measured(&decoded, header.flaws()).ok_or_else(|| "has no pixels".to_owned())
}

fn turn(orientation: Orientation) -> Turn {
    use Orientation::{FlipHorizontal, FlipVertical, NoTransforms, Rotate180};
    match orientation {
        NoTransforms => Turn::None,
        Rotate180 | FlipHorizontal | FlipVertical => Turn::Over,
        _ => Turn::Sideways,
    }
}

fn measured(decoded: &Decoded, flaws: Vec<Flaw>) -> Option<Measured> {
    let picture = &decoded.picture;
    let (width, height) = (picture.width(), picture.height());
    let small = if width.max(height) > SIDE {
        picture.thumbnail(SIDE, SIDE).to_rgba8()
    } else {
        picture.to_rgba8()
    };
    let analysis = Analysis::of(small.width(), small.height(), small.as_raw())?;
    Some(Measured {
        width,
        height,
        turn: turn(decoded.orientation),
        flaws,
        analysis,
    })
}

async fn write(state: &AppState, style: &StyleId, room: &Style) {
    let images = room.kept.lock().expect("not poisoned").clone();
    let file = File {
        version: VERSION,
        images: images.unwrap_or_default(),
    };
    let path = path(state, style);
    let written = tokio::task::spawn_blocking(move || {
        let bytes = serde_json::to_vec(&file).map_err(std::io::Error::other)?;
        write_atomically(&path, &bytes)
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, %style, "measurements not kept on disk"),
        Err(error) => tracing::error!(%error, "writing measurements"),
    }
}
