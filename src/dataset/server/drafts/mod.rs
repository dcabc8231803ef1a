//! Drafts of captions: a vision model looks at images and writes them, a person accepts or discards each. Nothing is a caption
//! before that.
//!
//! Drafts, prompt and run lie in `STATE_DIR/drafts/{style}.json`, so a paid draft survives whatever happens to the studio.

mod kept;
mod look;
pub mod routes;
pub mod run;

use super::super::model::drafts::{
    Accepted, AllDecided, DEFAULT_PROMPT, Decided, Draft, DraftEdit, DraftProblem, Drafter,
    DraftsView, check_prompt,
};
use super::{captions, listing};
use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// Reasons shown in the address after a plain form.
const REASONS_SHOWN: usize = 10;
/// Captions written at the same time.
const IN_FLIGHT: usize = 8;

/// Everything about a style's drafts.
pub async fn view(state: &AppState, style: &StyleId) -> Result<DraftsView, AppError> {
    let known = styles::server::get(state, style)?;
    let (kept, run) = run::current(state, style).await?;
    Ok(DraftsView {
        drafter: state.vision.as_ref().map(|vision| Drafter {
            model: vision.model().to_owned(),
            host: vision.host(),
        }),
        prompt: kept.prompt.unwrap_or_else(|| DEFAULT_PROMPT.to_owned()),
        trigger: known.default_class_tokens(),
        drafts: kept.drafts.into_values().collect(),
        run,
    })
}

/// Keeps a style's prompt; an empty one is the default again.
pub async fn set_prompt(state: &AppState, style: &StyleId, typed: &str) -> Result<(), AppError> {
    styles::server::get(state, style)?;
    let prompt = check_prompt(typed).map_err(|told| AppError::field("prompt", told))?;
    kept::change(state, style, move |kept| kept.set_prompt(&prompt)).await
}

/// What a person saw and wrote who accepts a draft; each absent: as it was when it was drafted.
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    pub text: Option<String>,
    /// The caption's ETag; empty: none.
    pub caption_etag: Option<String>,
    pub image_etag: Option<String>,
}

/// Makes a draft the caption, as it is or as edited.
///
/// # Errors
/// [`ErrorKind::Changed`] when the caption or the image is another one than was seen; the draft stays.
pub async fn accept(
    state: &AppState,
    style: &StyleId,
    name: &str,
    acceptance: Acceptance,
) -> Result<Decided, AppError> {
    styles::server::get(state, style)?;
    let kept = kept::read(state, style)?;
    let draft = kept.drafts.get(name).ok_or_else(|| no_draft(name))?;
    let caption = acceptance.text.clone();
    let caption = caption.unwrap_or_else(|| draft.text.clone());
    let etag = write(state, style, draft, acceptance).await?;
    discard(state, style, BTreeSet::from([name.to_owned()])).await?;
    Ok(Decided {
        filename: name.to_owned(),
        caption,
        etag,
    })
}

fn no_draft(name: &str) -> AppError {
    AppError::not_found(format!("There is no draft for {name:?}."))
        .with_remedy("It may have been accepted or discarded meanwhile.")
}

async fn write(
    state: &AppState,
    style: &StyleId,
    draft: &Draft,
    acceptance: Acceptance,
) -> Result<String, AppError> {
    let name = &draft.filename;
    let text = acceptance.text.as_deref().unwrap_or(&draft.text);
    let seen = acceptance.image_etag.as_ref().unwrap_or(&draft.image_etag);
    let image = listing::one(state, style, name).await?;
    if image.etag != *seen {
        let message = format!(
            "{name} was replaced after it was drafted: the draft tells of another picture."
        );
        return Err(AppError::new(ErrorKind::Changed, message).with_remedy(
            "The draft was not accepted. Look at the picture that is there now, then accept the draft, or discard it and draft again.",
        ));
    }
    let expected = acceptance.caption_etag.as_ref();
    let expected = expected.unwrap_or(&draft.caption_etag);
    match captions::write(state, style, name, text, Some(expected)).await {
        Err(error) if error.kind == ErrorKind::Changed => {
            // accepted before, by a studio that was killed before it could note it
            match captions::read(state, style, name).await? {
                Some((bytes, etag)) if bytes.as_ref() == text.as_bytes() => Ok(etag),
                _ => Err(AppError::new(ErrorKind::Changed, error.message).with_remedy(
                    "The draft was not accepted. Look at the caption that is there now, then accept the draft over it, or discard it.",
                )),
            }
        }
        other => other,
    }
}

/// Keeps a draft as a person edited it.
pub async fn edit(
    state: &AppState,
    style: &StyleId,
    name: &str,
    text: &str,
) -> Result<(), AppError> {
    styles::server::get(state, style)?;
    captions::check(text)?;
    let (of, text) = (name.to_owned(), text.to_owned());
    let edited = kept::change(state, style, move |kept| {
        let draft = kept.drafts.get_mut(&of);
        draft.map(|draft| draft.text.clone_from(&text)).is_some()
    });
    match edited.await? {
        true => Ok(()),
        false => Err(no_draft(name)),
    }
}

/// Accepts every draft, those of `edits` with that text. Those whose caption or image changed meanwhile stay, with the reason.
pub async fn accept_all(
    state: &AppState,
    style: &StyleId,
    edits: Vec<DraftEdit>,
) -> Result<Accepted, AppError> {
    styles::server::get(state, style)?;
    let drafts = kept::read(state, style)?.drafts;
    let mut edits: BTreeMap<String, String> =
        edits.into_iter().map(|e| (e.filename, e.text)).collect();
    let writes = drafts.values().map(|draft| {
        let acceptance = Acceptance {
            text: edits.remove(&draft.filename),
            ..Acceptance::default()
        };
        async move {
            let written = write(state, style, draft, acceptance).await;
            (draft.filename.clone(), written)
        }
    });
    let writes: Vec<_> = writes.collect();
    let mut done = Accepted::default();
    let mut under_way = stream::iter(writes).buffered(IN_FLIGHT);
    while let Some((filename, written)) = under_way.next().await {
        match written {
            Ok(_) => done.accepted.push(filename),
            Err(error) => done.problems.push(DraftProblem {
                filename,
                message: error.message,
            }),
        }
    }
    discard(state, style, done.accepted.iter().cloned().collect()).await?;
    Ok(done)
}

/// Drops drafts; names without one are passed over.
pub async fn discard(
    state: &AppState,
    style: &StyleId,
    names: BTreeSet<String>,
) -> Result<(), AppError> {
    if kept::read(state, style)?.drafts.is_empty() {
        return Ok(());
    }
    let gone = move |kept: &mut kept::Kept| kept.drafts.retain(|name, _| !names.contains(name));
    kept::change(state, style, gone).await
}

/// Drops all of them; how many there were.
pub async fn discard_all(state: &AppState, style: &StyleId) -> Result<usize, AppError> {
    styles::server::get(state, style)?;
    kept::change(state, style, |kept| std::mem::take(&mut kept.drafts).len()).await
}

/// The page after a plain form about all drafts.
pub fn page_after(style: &StyleId, done: &AllDecided) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("drafts", "1");
    match done {
        AllDecided::Discarded(count) => {
            query.append_pair("discarded", &count.to_string());
        }
        AllDecided::Accepted(done) => {
            query.append_pair("accepted", &done.accepted.len().to_string());
            for problem in done.problems.iter().take(REASONS_SHOWN) {
                query.append_pair("unaccepted", &problem.sentence());
            }
        }
    }
    format!("/styles/{style}/data?{}", query.finish())
}
