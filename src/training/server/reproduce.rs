//! A run that was exported elsewhere: taken in, kept by the studio as it is, and judged against what is here now.
//!
//! Taking one in changes nothing of the style. Only on a second wish its record joins the history, beside what is there.

mod difference;
pub mod routes;

use super::super::model::reproduce::{
    FORMAT, FORMAT_VERSION, ImageDifferences, MAX_BYTES, Reproduction, judge_parameters,
};
use super::super::model::version::{ParameterValue, TrainingVersion, is_version_id};
use super::settle::Witness;
use super::{events, snapshot, versions};
use crate::dataset::server::listing;
use crate::error::{AppError, ErrorKind};
use crate::server::room::Bound;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use crate::training::model::compare::TrainedImage;
use crate::training::model::import::free_name;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the studio keeps them.
const FOLDER: &str = "reproductions";
/// As many are kept.
const MOST: Bound = Bound {
    files: 50,
    bytes: 200_000_000,
};

/// A file that was taken in.
pub struct ExportedRun {
    pub id: String,
    pub content: Value,
}

impl ExportedRun {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no exported run, or one of a newer form.
    pub fn read(text: &[u8]) -> Result<Self, AppError> {
        let refused = |message: String| {
            AppError::field("file", message)
                .with_remedy("Choose the file that “Export as JSON” of a version gave.")
        };
        if text.len() > MAX_BYTES {
            let size = text.len();
            return Err(refused(format!(
                "The file has {size} bytes; at most {MAX_BYTES} are read."
            )));
        }
        let content: Value = serde_json::from_slice(text).map_err(|error| {
            refused(format!(
                "The file is not valid JSON (line {}, column {}).",
                error.line(),
                error.column()
            ))
        })?;
        if content["format"] != FORMAT {
            return Err(refused(format!(
                "The file is no exported run: its “format” is not “{FORMAT}”."
            )));
        }
        match content["formatVersion"].as_u64() {
            Some(1..=FORMAT_VERSION) => {}
            version => {
                let version = version.map_or("none".to_owned(), |v| v.to_string());
                let message = format!(
                    "The file's format has version {version}; this studio reads up to {FORMAT_VERSION}."
                );
                return Err(AppError::field("file", message).with_remedy("Update the studio."));
            }
        }
        let id = hex::encode(Sha256::digest(content.to_string()))[..16].to_owned();
        Ok(Self { id, content })
    }

    fn text(&self, section: &str, key: &str) -> String {
        let text = self.content[section][key].as_str().unwrap_or_default();
        text.chars().take(200).collect()
    }

    /// Name of the version there.
    pub fn name(&self) -> String {
        self.text("version", "name")
    }

    pub fn parameters(&self) -> BTreeMap<String, ParameterValue> {
        let sent = self.content["parameters"].as_object().into_iter().flatten();
        let sent = sent.filter_map(|(name, value)| {
            let value = serde_json::from_value(value.clone()).ok()?;
            Some((name.clone(), value))
        });
        sent.collect()
    }

    pub fn preset(&self) -> Option<String> {
        self.content["version"]["preset"]
            .as_str()
            .map(str::to_owned)
    }

    /// `None` when the file holds no snapshot of the dataset.
    pub fn images(&self) -> Option<Vec<TrainedImage>> {
        snapshot::trained_images(&self.content["dataset"])
    }

    /// The record as the history has it; what ties a run to its own machine is left out.
    fn version(&self) -> Option<TrainingVersion> {
        let mut record = self.content["version"].as_object()?.clone();
        let outcome = self.content["outcome"].as_object().cloned();
        record.extend(outcome.unwrap_or_default());
        record.insert("parameters".into(), self.content["parameters"].clone());
        let version = versions::read(&Value::Object(record))?;
        is_version_id(&version.id).then_some(TrainingVersion {
            request_id: None,
            job_id: None,
            is_good: None,
            // a set of another machine
            selection_set_id: None,
            ..version
        })
    }
}

fn path(id: &str) -> Result<PathBuf, AppError> {
    let is_id = id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_id {
        return Err(unknown(id));
    }
    Ok(PathBuf::from(format!("{FOLDER}/{id}.json")))
}

fn unknown(id: &str) -> AppError {
    let id: String = id.chars().take(40).collect();
    AppError::not_found(format!(
        "No exported run {id:?} is kept here: it was never taken in, or newer ones took its place."
    ))
    .with_remedy("Choose its file again.")
}

/// Takes a file in. The same file again is the same run, and young again. The oldest make room.
pub async fn take_in(state: &AppState, text: &[u8]) -> Result<ExportedRun, AppError> {
    let run = ExportedRun::read(text)?;
    let text = run.content.to_string().into_bytes();
    state.kept.write_file(&path(&run.id)?, text).await?;
    if let Err(error) = state.kept.make_room(Path::new(FOLDER), MOST).await {
        // the file is there; the next one makes room
        tracing::warn!(%error, "exported runs are not bounded");
    }
    Ok(run)
}

/// A file that was taken in before.
pub async fn get(state: &AppState, id: &str) -> Result<ExportedRun, AppError> {
    let text = state.kept.read_file(&path(id)?).await?;
    ExportedRun::read(&text.ok_or_else(|| unknown(id))?)
}

/// What of the run is otherwise here now.
pub async fn report(
    state: &AppState,
    style: &StyleId,
    run: &ExportedRun,
) -> Result<Reproduction, AppError> {
    let known = styles::server::get(state, style)?;
    let there = run.images();
    let here = match &there {
        Some(images) => images_here(state, style, images).await?,
        None => Vec::new(),
    };
    let (parameters, absent) = judge_parameters(&run.parameters());
    let id = run.content["version"]["id"].as_str();
    let mut all = versions::list_of(state, &known)?.into_iter();
    Ok(Reproduction {
        id: run.id.clone(),
        name: run.name(),
        style: run.text("style", "title"),
        exported_at: run.content["exportedAt"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .take(40)
            .collect(),
        status: run.text("outcome", "status"),
        images: there.as_ref().map(Vec::len),
        dataset: ImageDifferences::between(there.as_deref().unwrap_or_default(), &here),
        parameters,
        absent,
        trainer: difference::trainer(state, &known, run),
        known_as: all.find(|v| Some(v.id.as_str()) == id).map(|v| v.name),
    })
}

/// The style's images of these names, with their captions, as the bucket has them now.
async fn images_here(
    state: &AppState,
    style: &StyleId,
    wanted: &[TrainedImage],
) -> Result<Vec<TrainedImage>, AppError> {
    let mut pairs = listing::pairs(state, style).await?;
    pairs.retain(|pair| wanted.iter().any(|i| i.filename == pair.filename));
    let captions = listing::caption_bytes(state, &pairs).await?;
    let images = pairs.into_iter().zip(captions);
    let image = |(pair, caption): (listing::Pair, Option<bytes::Bytes>)| TrainedImage {
        filename: pair.filename,
        etag: pair.image.etag,
        size_bytes: Some(pair.image.size_bytes),
        caption: caption.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    };
    Ok(images.map(image).collect())
}

/// Records the run in the history with its snapshot, so that versions made from it can be compared with it. What is there
/// stays: the second answer is false when the run is in the history already.
pub async fn adopt(
    state: &AppState,
    style: &StyleId,
    run: &ExportedRun,
) -> Result<(TrainingVersion, bool), AppError> {
    let known = styles::server::get(state, style)?;
    let mut version = run.version().ok_or_else(|| {
        AppError::new(
            ErrorKind::Invalid,
            "The file names no version that could be recorded.",
        )
    })?;
    let others = versions::list_of(state, &known)?;
    if let Some(there) = others.iter().find(|v| v.id == version.id) {
        return Ok((there.clone(), false));
    }
    let taken = |name: &str| others.iter().any(|v| v.name.eq_ignore_ascii_case(name));
    version.name = free_name(&version.name, "from a file", taken);
    let id = version.id.clone();
    let same = id.clone();
    let Some(adopted) = versions::adopt(state, &known, version, move |v| v.id == same).await?
    else {
        // another request was quicker
        return Ok((versions::get(state, style, &id)?, false));
    };
    keep_snapshot(state, style, &id, run).await?;
    let message = format!("imported from a file: {}", run.name());
    events::append(state, style, &id, Witness::Person.as_str(), &message).await;
    Ok((adopted, true))
}

async fn keep_snapshot(
    state: &AppState,
    style: &StyleId,
    id: &str,
    run: &ExportedRun,
) -> Result<(), AppError> {
    let content = &run.content;
    let path = versions::folder_of(state, style, id)?.join("snapshot.json");
    // a run that was taken off the list left its own
    let is_there = state.documents.read_file(&path).await?.is_some();
    if !content["dataset"].is_object() || is_there {
        return Ok(());
    }
    let snapshot = json!({
        "takenAt": content["dataset"]["takenAt"],
        "styleId": style,
        "selectionSet": content["dataset"]["selectionSet"],
        "images": content["dataset"]["images"],
        "plan": content["plan"],
        "request": content["request"],
    });
    let text = serde_json::to_vec_pretty(&snapshot).expect("a JSON value can be written");
    let written = state.documents.write_file(&path, text).await;
    written.map_err(|error| {
        tracing::error!(%error, "snapshot of an exported run");
        AppError::internal(format!(
            "The run is recorded, but its snapshot is not: {error}"
        ))
    })
}
