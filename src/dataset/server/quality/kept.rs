//! What the studio remembers of a style's quality view: dismissed remarks, and the training size of the last run.

use crate::dataset::model::bucket_choice::BucketChoice;
use crate::dataset::model::quality::{QualityCode, QualityState};
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
    /// Those of them that were bad by then; the others hold while they are to be looked at.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    bad: BTreeSet<QualityCode>,
}

impl Kept {
    /// The worst state for which a remark's dismissal holds.
    pub fn dismissed(&self, name: &str, etag: &str, code: QualityCode) -> Option<QualityState> {
        let found = self.dismissed.get(name).filter(|d| d.etag == etag)?;
        found
            .codes
            .contains(&code)
            .then(|| match found.bad.contains(&code) {
                true => QualityState::Bad,
                false => QualityState::Look,
            })
    }

    /// `seen`: how the dismissed remark stands; without it the dismissal is taken back.
    fn dismiss(&mut self, name: &str, etag: &str, code: QualityCode, seen: Option<QualityState>) {
        let entry = self.dismissed.entry(name.to_owned()).or_default();
        if entry.etag != etag {
            *entry = Dismissed {
                etag: etag.to_owned(),
                ..Dismissed::default()
            };
        }
        match seen {
            Some(seen) => {
                entry.codes.insert(code);
                if seen == QualityState::Bad {
                    entry.bad.insert(code);
                }
            }
            None => {
                entry.codes.remove(&code);
                entry.bad.remove(&code);
            }
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
    code: QualityCode,
    seen: Option<QualityState>,
) -> Result<(), AppError> {
    let (name, etag) = (name.to_owned(), etag.to_owned());
    change(state, style, move |kept| {
        kept.dismiss(&name, &etag, code, seen)
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dismissal_of_an_older_studio_holds_for_what_is_to_be_looked_at() {
        let older = json!({"dismissed": {"a.jpg": {"etag": "1", "codes": ["blur"]}}});
        let mut kept = parsed(&older);
        let (blur, crop) = (QualityCode::Blur, QualityCode::Crop);
        assert_eq!(kept.dismissed("a.jpg", "1", blur), Some(QualityState::Look));
        assert_eq!(kept.dismissed("a.jpg", "2", blur), None);
        assert_eq!(kept.dismissed("a.jpg", "1", crop), None);
        kept.dismiss("a.jpg", "1", crop, Some(QualityState::Bad));
        let again = parsed(&serde_json::to_value(&kept).expect("it can be written"));
        assert_eq!(again.dismissed("a.jpg", "1", crop), Some(QualityState::Bad));
        assert_eq!(
            again.dismissed("a.jpg", "1", blur),
            Some(QualityState::Look)
        );
        kept.dismiss("a.jpg", "1", crop, None);
        assert_eq!(
            serde_json::to_value(&kept).expect("it can be written"),
            older
        );
    }
}
