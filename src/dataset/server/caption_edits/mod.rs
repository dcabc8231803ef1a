//! Edits of many captions at once: a preview of every change, applied with a condition on each caption, and undone again.
//!
//! A preview is kept in memory as a plan, so that exactly what was seen is applied. The journal is written before the first
//! caption: an edit that a crash cut short can be undone as far as it got.

mod journal;
mod pattern;
mod plan;

use super::super::model::caption_edit::{
    AppliedEdit, CaptionEdit, CaptionLeft, CaptionPreview, PREVIEW_PAGE, UndoneEdit,
};
use super::super::model::filter::split_typed;
use super::super::model::image::{MAX_CAPTION_BYTES, caption_name};
use super::search;
use crate::error::{AppError, ErrorKind, FieldError};
use crate::server::s3::{Precondition, S3Error};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use journal::Written;
use plan::{Plan, Planned};
use std::sync::Arc;

/// Captions written at once.
const IN_FLIGHT: usize = 32;
/// Most changes on one page of a preview.
const MAX_PAGE: usize = 1_000;

/// Which captions an edit is about: these names, or without any, those a filter keeps.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub filenames: Vec<String>,
    /// As in the filter box; empty keeps all.
    pub filter: String,
    /// Or the images of this plan again.
    pub same_as: String,
}

impl Scope {
    async fn names(self, state: &AppState, style: &StyleId) -> Result<Vec<String>, AppError> {
        if !self.filenames.is_empty() {
            return Ok(self.filenames);
        }
        if !self.same_as.is_empty() {
            let plan = plan::find(state, style, &self.same_as).ok_or_else(gone)?;
            return Ok(plan.names.clone());
        }
        let (q, words) = split_typed(&self.filter);
        let query = search::Query {
            q: Some(q),
            filter: Some(words),
            ..search::Query::default()
        };
        search::names(state, style, query).await
    }
}

/// Works out what an edit would do and keeps it as a plan; its first page.
pub async fn preview(
    state: &AppState,
    style: &StyleId,
    edit: CaptionEdit,
    scope: Scope,
) -> Result<CaptionPreview, AppError> {
    let problems = edit.problems().into_iter();
    let errors: Vec<FieldError> = problems
        .map(|(field, message)| FieldError {
            field: field.into(),
            message,
        })
        .collect();
    if !errors.is_empty() {
        return Err(AppError::invalid(errors));
    }
    let names = scope.names(state, style).await?;
    let plan = plan::make(state, style, edit, names).await?;
    Ok(page_of(&plan::keep(state, style, plan), 0, PREVIEW_PAGE))
}

/// A page of a preview that was made before.
pub fn page(
    state: &AppState,
    style: &StyleId,
    plan: &str,
    offset: usize,
    limit: Option<usize>,
) -> Result<CaptionPreview, AppError> {
    let plan = plan::find(state, style, plan).ok_or_else(gone)?;
    let limit = limit.unwrap_or(PREVIEW_PAGE).clamp(1, MAX_PAGE);
    Ok(page_of(&plan, offset, limit))
}

fn gone() -> AppError {
    AppError::not_found(
        "This preview is no longer there: it was applied, or the studio was started again.",
    )
    .with_remedy("Look at the preview of the edit again.")
}

fn page_of(plan: &Plan, offset: usize, limit: usize) -> CaptionPreview {
    let offset = offset.min(plan.changes.len());
    let shown = plan.changes[offset..].iter().take(limit);
    CaptionPreview {
        plan: plan.id.clone(),
        edit: plan.edit.clone(),
        images: plan.names.len(),
        total: plan.changes.len(),
        unchanged: plan.unchanged,
        left: plan.left.clone(),
        offset,
        changes: shown.map(Planned::shown).collect(),
    }
}

/// The last edits of a style's captions, the newest first.
pub fn list(state: &AppState, style: &StyleId) -> Result<Vec<AppliedEdit>, AppError> {
    styles::server::get(state, style)?;
    journal::list(state, style)
}

/// Applies a plan, once. A caption that was changed meanwhile is left and named.
pub async fn apply(state: &AppState, style: &StyleId, plan: &str) -> Result<AppliedEdit, AppError> {
    styles::server::get(state, style)?;
    let plan = plan::take(state, style, plan).ok_or_else(gone)?;
    let id = journal::begin(state, style, &plan).await?;
    let writes = plan.changes.iter().map(|change| async move {
        let after = change.after.as_bytes().to_vec();
        let written = put(state, style, &change.filename, after, &change.etag).await;
        (change.filename.clone(), written)
    });
    let results: Vec<_> = stream::iter(writes.collect::<Vec<_>>())
        .buffered(IN_FLIGHT)
        .collect()
        .await;
    let left = results.into_iter().filter_map(|(filename, written)| {
        let reason = match written.err()? {
            Unwritten::Changed => "was changed meanwhile".to_owned(),
            Unwritten::Failed(told) => told,
        };
        Some(CaptionLeft { filename, reason })
    });
    journal::end(state, style, id, left.collect()).await
}

/// Why a caption was not written.
enum Unwritten {
    /// Somebody else did.
    Changed,
    Failed(String),
}

/// Writes a caption if it still has this ETag.
async fn put(
    state: &AppState,
    style: &StyleId,
    image: &str,
    bytes: Vec<u8>,
    etag: &str,
) -> Result<(), Unwritten> {
    let key = super::key(style, &caption_name(image));
    let key = key.map_err(|e| Unwritten::Failed(e.to_string()))?;
    let condition = Precondition::Unchanged(etag.to_owned());
    let written = state
        .s3
        .put(&key, bytes, "text/plain; charset=utf-8", condition)
        .await;
    match written {
        Ok(_) => Ok(()),
        Err(S3Error::PreconditionFailed { .. } | S3Error::NotFound { .. }) => {
            Err(Unwritten::Changed)
        }
        Err(other) => {
            let told = format!("could not be written: {}", AppError::from(other));
            Err(Unwritten::Failed(told))
        }
    }
}

/// Brings the captions back that still read as the edit left them; the others are left and named.
pub async fn undo(state: &AppState, style: &StyleId, id: u64) -> Result<AppliedEdit, AppError> {
    styles::server::get(state, style)?;
    let changes = journal::changes(state, style, id)?;
    if changes.is_empty() {
        let told = format!("Edit {id} has nothing that could be undone.");
        return Err(AppError::new(ErrorKind::Conflict, told));
    }
    let asked = changes.iter().map(|change| restore(state, style, change));
    let results: Vec<_> = stream::iter(asked.collect::<Vec<_>>())
        .buffered(IN_FLIGHT)
        .collect()
        .await;
    let (mut left, mut retry, mut restored) = (Vec::new(), Vec::new(), 0);
    for (change, result) in changes.iter().zip(results) {
        match result {
            Ok(()) => restored += 1,
            Err(Unrestored { reason, again }) => {
                let filename = change.filename.clone();
                if again {
                    retry.push(filename.clone());
                }
                left.push(CaptionLeft { filename, reason });
            }
        }
    }
    let undone = UndoneEdit {
        at: state.now_iso(),
        restored,
        left,
    };
    journal::undone(state, style, id, undone, retry).await
}

/// A caption that an undo did not bring back.
struct Unrestored {
    reason: String,
    /// Whether another try may succeed.
    again: bool,
}

async fn restore(state: &AppState, style: &StyleId, change: &Written) -> Result<(), Unrestored> {
    let settled = |reason: &str| Unrestored {
        reason: reason.to_owned(),
        again: false,
    };
    let failed = |reason: String| Unrestored {
        reason,
        again: true,
    };
    let key = super::key(style, &caption_name(&change.filename));
    let key = key.map_err(|e| settled(&e.to_string()))?;
    let (now, etag) = match state.s3.get(&key, MAX_CAPTION_BYTES).await {
        Ok(found) => found,
        Err(S3Error::NotFound { .. }) => return Err(settled("was deleted since")),
        Err(S3Error::TooLarge { .. }) => return Err(settled("was edited since")),
        Err(other) => {
            let told = format!("could not be read: {}", AppError::from(other));
            return Err(failed(told));
        }
    };
    let before = change.before();
    if now == before {
        // an edit cut short never came to it
        return Ok(());
    }
    if now != change.after.as_bytes() {
        return Err(settled("was edited since"));
    }
    let written = put(state, style, &change.filename, before.to_vec(), &etag).await;
    written.map_err(|why| match why {
        Unwritten::Changed => settled("was edited since"),
        Unwritten::Failed(told) => failed(told),
    })
}

/// Shared with the plans.
type Kept = Arc<Plan>;
