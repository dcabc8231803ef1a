//! The last edits of a style's captions with what they replaced: `STATE_DIR/caption_edits/{style}.json`.

use super::super::super::model::caption_edit::{AppliedEdit, CaptionLeft, UndoneEdit};
use super::Kept;
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
use std::path::PathBuf;

/// Edits that can be undone, the last ones, and bytes of their captions. A single edit is at most half of that.
const EDITS: usize = 20;
const MAX_BYTES: usize = 16 << 20;

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Journal {
    /// The newest first.
    edits: Vec<Entry>,
    last_id: u64,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    edit: AppliedEdit,
    /// What can be undone.
    changes: Vec<Written>,
}

/// One caption before and after.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    pub filename: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// Of a file that was not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before_base64: Option<String>,
    pub after: String,
}

impl Written {
    fn new(filename: &str, before: &[u8], after: &str) -> Self {
        let text = std::str::from_utf8(before).ok();
        Self {
            filename: filename.to_owned(),
            before: text.map(str::to_owned),
            before_base64: text.is_none().then(|| BASE64.encode(before)),
            after: after.to_owned(),
        }
    }

    pub fn before(&self) -> Vec<u8> {
        match (&self.before, &self.before_base64) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(bytes)) => BASE64.decode(bytes).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }

    fn bytes(&self) -> usize {
        let before = self.before.as_ref().or(self.before_base64.as_ref());
        before.map_or(0, String::len) + self.after.len()
    }
}

fn file(style: &StyleId) -> PathBuf {
    PathBuf::from(format!("caption_edits/{style}.json"))
}

/// A file of another shape counts as empty: without it nothing but an undo is lost.
fn parsed(value: &Value) -> Journal {
    Journal::deserialize(value).unwrap_or_default()
}

fn read(state: &AppState, style: &StyleId) -> Result<Journal, AppError> {
    let value = state.kept.read(&file(style))?;
    Ok(value.map(|value| parsed(&value)).unwrap_or_default())
}

async fn change<T: Send + 'static>(
    state: &AppState,
    style: &StyleId,
    change: impl Fn(&mut Journal) -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let update = move |value: &mut Value| {
        let mut journal = parsed(value);
        let done = change(&mut journal)?;
        *value = serde_json::to_value(journal)
            .map_err(|_| AppError::internal("The journal of caption edits cannot be written."))?;
        Ok(done)
    };
    state.kept.update(file(style), update).await
}

/// The last edits, the newest first.
pub fn list(state: &AppState, style: &StyleId) -> Result<Vec<AppliedEdit>, AppError> {
    let edits = read(state, style)?.edits.into_iter();
    Ok(edits.map(Entry::shown).collect())
}

/// What an edit changed and an undo may bring back; empty when nothing is left to undo.
pub fn changes(state: &AppState, style: &StyleId, id: u64) -> Result<Vec<Written>, AppError> {
    let edits = read(state, style)?.edits.into_iter();
    let found = edits.into_iter().find(|entry| entry.edit.id == id);
    found.map(|entry| entry.changes).ok_or_else(|| unknown(id))
}

fn unknown(id: u64) -> AppError {
    AppError::not_found(format!(
        "There is no caption edit {id} among the last {EDITS}."
    ))
}

/// Writes down what is about to be done; its id.
pub async fn begin(state: &AppState, style: &StyleId, plan: &Kept) -> Result<u64, AppError> {
    let (plan, at) = (plan.clone(), state.now_iso());
    change(state, style, move |journal| {
        let changes = plan.changes.iter();
        let changes: Vec<Written> = changes
            .map(|c| Written::new(&c.filename, &c.before, &c.after))
            .collect();
        journal.last_id += 1;
        let edit = AppliedEdit {
            id: journal.last_id,
            at: at.clone(),
            what: plan.edit.sentence(),
            changed: changes.len(),
            left: Vec::new(),
            undoable: true,
            undone: None,
        };
        journal.edits.insert(0, Entry { edit, changes });
        journal.shorten();
        Ok(journal.last_id)
    })
    .await
}

/// Writes down which captions were left after all.
pub async fn end(
    state: &AppState,
    style: &StyleId,
    id: u64,
    left: Vec<CaptionLeft>,
) -> Result<AppliedEdit, AppError> {
    change(state, style, move |journal| {
        let entry = journal.entry(id)?;
        let names: HashSet<&str> = left.iter().map(|l| l.filename.as_str()).collect();
        entry
            .changes
            .retain(|c| !names.contains(c.filename.as_str()));
        entry.edit.changed = entry.changes.len();
        entry.edit.left = left.clone();
        Ok(entry.shown_now())
    })
    .await
}

/// Writes down an undo; `retry` are the captions another one may still bring back.
pub async fn undone(
    state: &AppState,
    style: &StyleId,
    id: u64,
    undone: UndoneEdit,
    retry: Vec<String>,
) -> Result<AppliedEdit, AppError> {
    change(state, style, move |journal| {
        let entry = journal.entry(id)?;
        entry.changes.retain(|c| retry.contains(&c.filename));
        let before = entry.edit.undone.as_ref().map_or(0, |u| u.restored);
        entry.edit.undone = Some(UndoneEdit {
            restored: before + undone.restored,
            ..undone.clone()
        });
        Ok(entry.shown_now())
    })
    .await
}

impl Journal {
    fn entry(&mut self, id: u64) -> Result<&mut Entry, AppError> {
        let found = self.edits.iter_mut().find(|entry| entry.edit.id == id);
        found.ok_or_else(|| unknown(id))
    }

    fn shorten(&mut self) {
        let mut bytes = 0;
        let mut kept = 0;
        self.edits.retain(|entry| {
            bytes += entry.changes.iter().map(Written::bytes).sum::<usize>();
            kept += 1;
            kept == 1 || (kept <= EDITS && bytes <= MAX_BYTES)
        });
    }
}

impl Entry {
    fn shown(self) -> AppliedEdit {
        AppliedEdit {
            undoable: !self.changes.is_empty(),
            ..self.edit
        }
    }

    fn shown_now(&self) -> AppliedEdit {
        AppliedEdit {
            undoable: !self.changes.is_empty(),
            ..self.edit.clone()
        }
    }
}
