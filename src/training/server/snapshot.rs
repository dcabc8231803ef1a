//! What a version was trained on: names, ETags and captions of its dataset, and the request without the webhook's address,
//! written beside its record when it starts.
//! Sets and captions change afterwards; this does not.

use super::super::model::compare::TrainedImage;
use super::super::model::preview::SnapshotImage;
use super::super::model::version::TrainingVersion;
use super::prepare::Prepared;
use super::versions;
use crate::error::{AppError, ErrorKind};
use crate::server::documents::DocumentError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use serde_json::{Value, json};

/// Writes the snapshot of a run that is about to be submitted.
pub async fn take(
    state: &AppState,
    prepared: &Prepared,
    version: &TrainingVersion,
) -> Result<(), AppError> {
    let id = version.id.as_str();
    let request_id = version.request_id.as_deref().unwrap_or_default();
    let images: Vec<Value> = prepared
        .dataset
        .items
        .iter()
        .zip(&prepared.captions)
        .map(|(item, row)| {
            let size = item.image.as_ref().and_then(|i| i.size);
            json!({
                "filename": item.filename,
                "etag": item.image.as_ref().map(|i| &i.etag),
                "sizeBytes": item.image.as_ref().map(|i| i.size_bytes),
                "width": size.map(|s| s.0),
                "height": size.map(|s| s.1),
                "caption": item.caption.as_ref().map(|c| String::from_utf8_lossy(&c.bytes)),
                "captionEtag": item.caption.as_ref().map(|c| &c.etag),
                "asTrained": row.as_trained,
            })
        })
        .collect();
    let set = &prepared.dataset.set;
    let snapshot = json!({
        "takenAt": state.now_iso(),
        "styleId": prepared.style.id,
        "selectionSet": {"id": set.id, "name": set.name},
        "images": images,
        "plan": prepared.plan,
        "request": prepared.body(request_id, None),
    });
    let path = versions::folder_of(state, &prepared.style.id, id)?.join("snapshot.json");
    let text = serde_json::to_vec_pretty(&snapshot).expect("a JSON value can be written");
    state.documents.write_file(&path, text).await.map_err(|error| {
        tracing::error!(%error, "snapshot");
        match error {
            DocumentError::Io { .. } => AppError::internal("The dataset's snapshot could not be written; the run was not submitted. Is the disk full?"),
            error => AppError::new(ErrorKind::Unavailable, format!("{error} The run was not submitted.")),
        }
    })
}

/// The snapshot; versions of the older system have none.
pub async fn read(state: &AppState, style: &StyleId, id: &str) -> Result<Value, AppError> {
    let path = versions::folder_of(state, style, id)?.join("snapshot.json");
    let none = || AppError::not_found(format!("Version {id} has no dataset snapshot."));
    let bytes = state.documents.read_file(&path).await?.ok_or_else(none)?;
    serde_json::from_slice(&bytes)
        .map_err(|_| AppError::internal(format!("The dataset snapshot of {id} is not valid JSON.")))
}

/// The images of a snapshot for its page; `None` for versions without one.
pub async fn images(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<Option<Vec<SnapshotImage>>, AppError> {
    let snapshot = match read(state, style, id).await {
        Ok(snapshot) => snapshot,
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let images = snapshot["images"].as_array().into_iter().flatten();
    let image = |i: &Value| SnapshotImage {
        filename: i["filename"].as_str().unwrap_or_default().to_owned(),
        as_trained: i["asTrained"].as_str().map(str::to_owned),
    };
    Ok(Some(images.map(image).collect()))
}

/// Names, ETags and captions of a snapshot; `None` when it is none.
pub fn trained_images(snapshot: &Value) -> Option<Vec<TrainedImage>> {
    let image = |i: &Value| TrainedImage {
        filename: i["filename"].as_str().unwrap_or_default().to_owned(),
        etag: i["etag"].as_str().unwrap_or_default().to_owned(),
        size_bytes: i["sizeBytes"].as_u64(),
        caption: i["caption"].as_str().map(str::to_owned),
    };
    Some(snapshot["images"].as_array()?.iter().map(image).collect())
}
