//! What an edit would do to each caption, kept until it is applied.

use super::super::super::model::caption::{Unread, text};
use super::super::super::model::caption_checks::CaptionJudge;
use super::super::super::model::caption_edit::{
    CaptionChange, CaptionEdit, CaptionLeft, Operation, unfit,
};
use super::super::super::model::image::caption_name;
use super::super::caption_checks;
use super::super::listing::{Pair, caption_bytes, pairs};
use super::{Kept, pattern::Pattern};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use bytes::Bytes;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

/// Plans of a style that are kept, the last ones.
const PLANS: usize = 8;
/// Most bytes of captions in one plan; the journal keeps as much.
const MAX_PLAN_BYTES: usize = 8 << 20;

/// One caption before and after.
#[derive(Debug)]
pub struct Planned {
    pub filename: String,
    pub etag: String,
    pub before: Bytes,
    pub after: String,
}

impl Planned {
    pub fn shown(&self) -> CaptionChange {
        CaptionChange {
            filename: self.filename.clone(),
            etag: self.etag.clone(),
            before: String::from_utf8_lossy(&self.before).into_owned(),
            after: self.after.clone(),
        }
    }
}

#[derive(Debug)]
pub struct Plan {
    pub id: String,
    pub edit: CaptionEdit,
    /// The images it is about.
    pub names: Vec<String>,
    pub changes: Vec<Planned>,
    pub unchanged: usize,
    pub left: Vec<CaptionLeft>,
}

/// The plans of a style.
#[derive(Default)]
struct Plans(Mutex<VecDeque<Kept>>);

pub fn keep(state: &AppState, style: &StyleId, plan: Plan) -> Kept {
    let plan = Arc::new(plan);
    let plans = state.residents.of::<Plans>(style.as_str());
    let mut plans = plans.0.lock().expect("not poisoned");
    plans.push_back(Arc::clone(&plan));
    while plans.len() > PLANS {
        plans.pop_front();
    }
    plan
}

pub fn find(state: &AppState, style: &StyleId, id: &str) -> Option<Kept> {
    let plans = state.residents.of::<Plans>(style.as_str());
    let plans = plans.0.lock().expect("not poisoned");
    plans.iter().find(|plan| plan.id == id).cloned()
}

/// Takes a plan out: it is applied once, however often it is asked for.
pub fn take(state: &AppState, style: &StyleId, id: &str) -> Option<Kept> {
    let plans = state.residents.of::<Plans>(style.as_str());
    let mut plans = plans.0.lock().expect("not poisoned");
    let at = plans.iter().position(|plan| plan.id == id)?;
    plans.remove(at)
}

/// Works out an edit of these images' captions, in the order given.
pub async fn make(
    state: &AppState,
    style: &StyleId,
    edit: CaptionEdit,
    names: Vec<String>,
) -> Result<Plan, AppError> {
    let known = styles::server::get(state, style)?;
    let pattern = match edit.operation {
        Operation::Regex => Some(Pattern::new(&edit)?),
        _ => None,
    };
    let all = pairs(state, style).await?;
    let texts = caption_bytes(state, &all).await?;
    // judged by all captions of the style, whichever are edited
    let checked = caption_checks::of(state, &known, &all, &texts)?;
    let work = move || {
        let by_name: HashMap<&str, (&Pair, Option<&Bytes>)> = all
            .iter()
            .zip(&texts)
            .map(|(pair, text)| (pair.filename.as_str(), (pair, text.as_ref())))
            .collect();
        let mut draft = Draft::new(edit, pattern, &checked.judge);
        for name in &names {
            draft.take(name, by_name.get(name.as_str()).copied());
        }
        draft.plan.names = names;
        draft.plan()
    };
    // a pattern over thousands of captions takes a while
    let worked_out = tokio::task::spawn_blocking(work).await;
    worked_out.map_err(|_| AppError::internal("The edit could not be worked out."))?
}

/// A plan in the making.
struct Draft<'a> {
    plan: Plan,
    pattern: Option<Pattern>,
    judge: &'a CaptionJudge,
    /// Caption files that were looked at: images may share one.
    seen: HashSet<String>,
    bytes: usize,
}

impl<'a> Draft<'a> {
    fn new(edit: CaptionEdit, pattern: Option<Pattern>, judge: &'a CaptionJudge) -> Self {
        Self {
            plan: Plan {
                id: uuid::Uuid::new_v4().simple().to_string(),
                edit,
                names: Vec::new(),
                changes: Vec::new(),
                unchanged: 0,
                left: Vec::new(),
            },
            pattern,
            judge,
            seen: HashSet::new(),
            bytes: 0,
        }
    }

    fn take(&mut self, name: &str, found: Option<(&Pair, Option<&Bytes>)>) {
        if !self.seen.insert(caption_name(name)) {
            return;
        }
        match self.changed(found) {
            Err(reason) => self.plan.left.push(CaptionLeft {
                filename: name.to_owned(),
                reason,
            }),
            Ok(None) => self.plan.unchanged += 1,
            Ok(Some(change)) => {
                self.bytes += change.before.len() + change.after.len();
                self.plan.changes.push(change);
            }
        }
    }

    /// The change of one caption, `None` where the edit touches nothing, or why it has to be left.
    fn changed(&self, found: Option<(&Pair, Option<&Bytes>)>) -> Result<Option<Planned>, String> {
        let (pair, bytes) = found.ok_or("is not in the bucket")?;
        let (Some(object), Some(before)) = (&pair.caption, bytes) else {
            return Err("has no caption".into());
        };
        let after = match (self.plan.edit.operation, text(before)) {
            (Operation::Fix, _) => {
                let mended = self.judge.mended(before, self.plan.edit.code);
                let Some(mended) = mended else {
                    return Ok(None);
                };
                mended
            }
            (_, Err(Unread::NotUtf8)) => return Err("is not UTF-8".into()),
            (_, Err(Unread::TooLong)) => return Err("is too long to be a caption".into()),
            (_, Ok(text)) => match &self.pattern {
                Some(pattern) => pattern.apply(text)?,
                None => self.plan.edit.apply(text, self.judge),
            },
        };
        if after.as_bytes() == before.as_ref() {
            return Ok(None);
        }
        match unfit(&after) {
            Some(reason) => Err(reason),
            None => Ok(Some(Planned {
                filename: pair.filename.clone(),
                etag: object.etag.clone(),
                before: before.clone(),
                after,
            })),
        }
    }

    fn plan(self) -> Result<Plan, AppError> {
        if self.bytes > MAX_PLAN_BYTES {
            let told = format!(
                "The captions have {} bytes before and after the edit; at most {MAX_PLAN_BYTES} can be undone. Select fewer.",
                self.bytes
            );
            return Err(AppError::field("filenames", told));
        }
        Ok(self.plan)
    }
}
