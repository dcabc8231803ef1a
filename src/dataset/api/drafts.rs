//! Server functions of drafted captions.

use super::super::model::drafts::{AllDecided, DraftEdit, DraftRun, DraftsView, Verdict};
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// Drafts, prompt, model and run of a style.
#[server(prefix = "/rpc", endpoint = "drafts", input = GetUrl)]
pub async fn drafts(style: StyleId) -> Result<DraftsView, AppError> {
    super::super::server::drafts::view(&crate::server::state::app_state(), &style).await
}

/// Begins a run and keeps its prompt. `what`: `missing`, `selected` (then `filenames`), `prompt` (keeps it, drafts nothing).
#[server(prefix = "/rpc", endpoint = "draft_captions")]
pub async fn draft_captions(
    style: StyleId,
    what: String,
    #[server(default)] filenames: Vec<String>,
    #[server(default)] prompt: Option<String>,
) -> Result<Option<DraftRun>, AppError> {
    use super::super::server::drafts::{run, set_prompt};
    let state = crate::server::state::app_state();
    let wanted = match what.as_str() {
        "missing" => Some(run::Wanted::Missing),
        "selected" => Some(run::Wanted::Names(filenames)),
        _ => None,
    };
    let run = match wanted {
        Some(wanted) => Some(run::begin(&state, &style, wanted, prompt).await?),
        None => {
            set_prompt(&state, &style, &prompt.unwrap_or_default()).await?;
            None
        }
    };
    super::go_on(&format!("/styles/{style}/data?drafts=1"));
    Ok(run)
}

/// `what`: `stop` or `resume`.
#[server(prefix = "/rpc", endpoint = "steer_drafts")]
pub async fn steer_drafts(style: StyleId, what: String) -> Result<DraftRun, AppError> {
    use super::super::server::drafts::run::{resume, stop};
    let state = crate::server::state::app_state();
    let run = match what.as_str() {
        "stop" => stop(&state, &style).await?,
        "resume" => resume(&state, &style).await?,
        _ => return Err(AppError::field("what", "Stop or resume.")),
    };
    super::go_on(&format!("/styles/{style}/data?drafts=1"));
    Ok(run)
}

/// `what`: `accept` (as it stands in `text`, over the caption of `etag`, for the image of `image`) or `discard`. An empty `text` is
/// one that was emptied, an empty `etag` is that of no caption: neither stands for what was drafted.
#[server(prefix = "/rpc", endpoint = "decide_draft")]
pub async fn decide_draft(
    style: StyleId,
    filename: String,
    what: String,
    #[server(default)] text: String,
    #[server(default)] etag: String,
    #[server(default)] image: Option<String>,
) -> Result<Verdict, AppError> {
    use super::super::server::drafts::{Acceptance, accept, discard};
    let state = crate::server::state::app_state();
    // a plain form leads back to the page it stands on
    match what.as_str() {
        "accept" => {
            let acceptance = Acceptance {
                text: Some(text),
                caption_etag: Some(etag),
                image_etag: image,
            };
            let decided = accept(&state, &style, &filename, acceptance).await?;
            Ok(Verdict::Accepted(decided))
        }
        "discard" => {
            discard(&state, &style, [filename.clone()].into()).await?;
            Ok(Verdict::Discarded(filename))
        }
        _ => Err(AppError::field("what", "Accept or discard.")),
    }
}

/// Keeps a draft as it was edited, until it is decided about.
#[server(prefix = "/rpc", endpoint = "edit_draft")]
pub async fn edit_draft(style: StyleId, filename: String, text: String) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    super::super::server::drafts::edit(&state, &style, &filename, &text).await
}

/// `what`: `accept` or `discard`, for every draft; `edits` are accepted with that text. Returns what was accepted and what could
/// not be, or how many were dropped.
#[server(prefix = "/rpc", endpoint = "decide_drafts")]
pub async fn decide_drafts(
    style: StyleId,
    what: String,
    #[server(default)] edits: Vec<DraftEdit>,
) -> Result<AllDecided, AppError> {
    use super::super::server::drafts::{accept_all, discard_all, page_after};
    let state = crate::server::state::app_state();
    let done = match what.as_str() {
        "accept" => AllDecided::Accepted(accept_all(&state, &style, edits).await?),
        "discard" => AllDecided::Discarded(discard_all(&state, &style).await?),
        _ => return Err(AppError::field("what", "Accept or discard.")),
    };
    super::go_on(&page_after(&style, &done));
    Ok(done)
}
