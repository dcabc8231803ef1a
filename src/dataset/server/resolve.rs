//! A selection set as the trainer will read it: S3 is asked now, nothing is believed from a manifest.

use super::super::model::selection::SelectionSet;
use super::fitness::{self, Fitness};
use super::{key, listing, selection_sets, smart_sets};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use bytes::Bytes;
use std::collections::HashMap;

/// One image of a dataset with its caption's bytes.
#[derive(Clone, Debug)]
pub struct DatasetItem {
    pub filename: String,
    /// `None`: the set names it, the bucket does not have it.
    pub image: Option<ImageFacts>,
    /// The caption file; `None` when there is none.
    pub caption: Option<CaptionFacts>,
}

#[derive(Clone, Debug)]
pub struct ImageFacts {
    pub key: String,
    pub etag: String,
    pub size_bytes: u64,
    /// Pixels; `None` where the file is no readable picture.
    pub size: Option<(u32, u32)>,
    pub fitness: Fitness,
}

#[derive(Clone, Debug)]
pub struct CaptionFacts {
    pub key: String,
    pub etag: String,
    pub bytes: Bytes,
}

/// A resolved selection set, in set order.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub set: SelectionSet,
    pub items: Vec<DatasetItem>,
}

/// Looks every name of the set up in the bucket; a smart set's names are those that fit now.
pub async fn resolve(state: &AppState, style: &StyleId, set: u64) -> Result<Dataset, AppError> {
    let set = selection_sets::get(state, style, set)?;
    let set = smart_sets::now(state, style, set).await?;
    let pairs = listing::pairs(state, style).await?;
    let by_name: HashMap<&str, &listing::Pair> =
        pairs.iter().map(|p| (p.filename.as_str(), p)).collect();
    let chosen: Vec<listing::Pair> = set
        .filenames
        .iter()
        .filter_map(|name| by_name.get(name.as_str()).map(|p| (*p).clone()))
        .collect();
    let captions = listing::caption_bytes(state, &chosen).await?;
    let sizes = listing::dimensions(state, &chosen.iter().collect::<Vec<_>>()).await;
    let fit = fitness::of(state, style, &pairs, &chosen).await;
    let mut found: HashMap<String, DatasetItem> = HashMap::new();
    let looked_at = sizes.into_iter().zip(fit);
    for ((pair, bytes), (size, fitness)) in chosen.into_iter().zip(captions).zip(looked_at) {
        let caption = pair.caption.zip(bytes).map(|(object, bytes)| CaptionFacts {
            key: object.key,
            etag: object.etag,
            bytes,
        });
        let item = DatasetItem {
            filename: pair.filename.clone(),
            image: Some(ImageFacts {
                key: key(style, &pair.filename)?,
                etag: pair.image.etag,
                size_bytes: pair.image.size_bytes,
                size,
                fitness,
            }),
            caption,
        };
        found.insert(pair.filename, item);
    }
    let items = set
        .filenames
        .iter()
        .map(|name| {
            found.get(name).cloned().unwrap_or_else(|| DatasetItem {
                filename: name.clone(),
                image: None,
                caption: None,
            })
        })
        .collect();
    Ok(Dataset { set, items })
}
