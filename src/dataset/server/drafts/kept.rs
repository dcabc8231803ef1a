//! One style's file: its prompt, its drafts, its last run. Every draft is written down before the next one is counted.

use crate::dataset::model::drafts::{DEFAULT_PROMPT, Draft, DraftRun};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// `None`: the default, also that of a newer studio.
    pub prompt: Option<String>,
    /// By file name.
    pub drafts: BTreeMap<String, Draft>,
    pub run: Option<DraftRun>,
    /// Names that the run has not drafted yet.
    pub left: Vec<String>,
}

impl Kept {
    pub fn set_prompt(&mut self, prompt: &str) {
        self.prompt = (prompt != DEFAULT_PROMPT).then(|| prompt.to_owned());
    }
}

fn file(style: &StyleId) -> PathBuf {
    PathBuf::from(format!("drafts/{style}.json"))
}

/// Drafts were paid for: a file that cannot be read is not written over.
fn parsed(style: &StyleId, value: &Value) -> Result<Kept, AppError> {
    if value.is_null() {
        return Ok(Kept::default());
    }
    Kept::deserialize(value).map_err(|_| {
        let told = format!("STATE_DIR/{} holds no drafts.", file(style).display());
        AppError::internal(told)
            .with_remedy("It was left as it is: mend it by hand, or move it away.")
    })
}

pub fn read(state: &AppState, style: &StyleId) -> Result<Kept, AppError> {
    match state.kept.read(&file(style))? {
        Some(value) => parsed(style, &value),
        None => Ok(Kept::default()),
    }
}

/// Changes it on disk; `change` may run more than once.
pub async fn change<T: Send + 'static>(
    state: &AppState,
    style: &StyleId,
    change: impl Fn(&mut Kept) -> T + Send + 'static,
) -> Result<T, AppError> {
    let of = style.clone();
    let update = move |value: &mut Value| {
        let mut kept = parsed(&of, value)?;
        let result = change(&mut kept);
        *value = serde_json::to_value(kept)
            .map_err(|_| AppError::internal("The drafts' file cannot be written."))?;
        Ok(result)
    };
    state.kept.update(file(style), update).await
}
