//! What the studio remembers of a style's quality view: dismissed remarks, and the training size of the last run.

use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::model::quality::QualityCode;
use crate::dataset::model::report::Dismissal;
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One style's file.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<BucketChoice>,
    dismissed: BTreeMap<String, Dismissed>,
}

/// What was dismissed of one version of an image.
#[derive(Default, Serialize, Deserialize)]
struct Dismissed {
    etag: String,
    codes: BTreeSet<QualityCode>,
}

impl Kept {
    pub fn is_dismissed(&self, name: &str, etag: &str, code: QualityCode) -> bool {
        let found = self.dismissed.get(name);
        found.is_some_and(|d| d.etag == etag && d.codes.contains(&code))
    }

    fn dismiss(&mut self, name: &str, etag: &str, dismissal: Dismissal) {
        let entry = self.dismissed.entry(name.to_owned()).or_default();
        if entry.etag != etag {
            *entry = Dismissed {
                etag: etag.to_owned(),
                ..Dismissed::default()
            };
        }
        if dismissal.dismissed {
            entry.codes.insert(dismissal.code);
        } else {
            entry.codes.remove(&dismissal.code);
        }
        self.dismissed.retain(|_, d| !d.codes.is_empty());
    }
}

fn file(style: &StyleId) -> PathBuf {
    PathBuf::from(format!("quality/{style}.json"))
}

/// A file of another shape counts as empty: it is ours, and all of it can be said again.
fn parsed(value: &Value) -> Kept {
    Kept::deserialize(value).unwrap_or_default()
}

pub fn read(state: &AppState, style: &StyleId) -> Result<Kept, AppError> {
    let value = state.kept.read(&file(style))?;
    Ok(value.map(|value| parsed(&value)).unwrap_or_default())
}

async fn change(
    state: &AppState,
    style: &StyleId,
    change: impl Fn(&mut Kept) + Send + 'static,
) -> Result<(), AppError> {
    let update = move |value: &mut Value| {
        let mut kept = parsed(value);
        change(&mut kept);
        *value = serde_json::to_value(kept)
            .map_err(|_| AppError::internal("The quality view's file cannot be written."))?;
        Ok(())
    };
    state.kept.update(file(style), update).await
}

pub async fn dismiss(
    state: &AppState,
    style: &StyleId,
    name: &str,
    etag: &str,
    dismissal: Dismissal,
) -> Result<(), AppError> {
    let (name, etag) = (name.to_owned(), etag.to_owned());
    change(state, style, move |kept| {
        kept.dismiss(&name, &etag, dismissal)
    })
    .await
}

/// Remembers the training size of a run, with which the quality view begins from then on.
pub async fn remember_run(
    state: &AppState,
    style: &StyleId,
    choice: BucketChoice,
) -> Result<(), AppError> {
    change(state, style, move |kept| kept.last_run = Some(choice)).await
}
