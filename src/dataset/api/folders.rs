//! Server functions of a style's folder beside S3.

use super::super::model::sync::{FolderPage, Removal, Removed, Side, Transfer};
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// Both sides: `whole` compares contents and names the first files of each group, else they are only counted, as far as is
/// known.
#[server(prefix = "/rpc", endpoint = "folder", input = GetUrl)]
pub async fn folder(style: StyleId, whole: bool) -> Result<FolderPage, AppError> {
    use super::super::server::folders::{glance, look};
    let state = crate::server::state::app_state();
    match whole {
        true => look(&state, &style).await.map(FolderPage::opened),
        false => glance(&state, &style).await,
    }
}

/// Every file that one side alone has, to be asked about.
#[server(prefix = "/rpc", endpoint = "folder_removal", input = GetUrl)]
pub async fn folder_removal(style: StyleId, side: Side) -> Result<Removal, AppError> {
    let state = crate::server::state::app_state();
    super::super::server::folders::remove::proposed(&state, &style, side).await
}

/// The running transfer, or how the last one ended.
#[server(prefix = "/rpc", endpoint = "folder_transfer", input = GetUrl)]
pub async fn folder_transfer(style: StyleId) -> Result<Option<Transfer>, AppError> {
    let state = crate::server::state::app_state();
    super::super::server::folders::transfer::current(&state, &style)
}

/// `what`: `send`, `fetch`, `resume` or `cancel`.
#[server(prefix = "/rpc", endpoint = "move_folder")]
pub async fn move_folder(style: StyleId, what: String) -> Result<Transfer, AppError> {
    use super::super::model::sync::{Action, Wish};
    use super::super::server::folders::transfer::{begin, cancel, resume};
    let state = crate::server::state::app_state();
    let now = match (what.as_str(), Action::parse(&what)) {
        (_, Some(action)) => begin(&state, &style, Wish::All(action))?,
        ("resume", _) => resume(&state, &style)?,
        ("cancel", _) => cancel(&state, &style)?,
        _ => return Err(AppError::field("what", "Send, fetch, resume or cancel.")),
    };
    super::go_on(&format!("/styles/{style}/data?folder=1"));
    Ok(now)
}

/// Moves what was decided file by file (`send 1a2b3c boat.jpg`); `all` decides the same for each of them.
#[server(prefix = "/rpc", endpoint = "decide_folder")]
pub async fn decide_folder(
    style: StyleId,
    #[server(default)] decisions: Vec<String>,
    #[server(default)] all: Option<String>,
) -> Result<Transfer, AppError> {
    use super::super::model::sync::{Action, Decision, Wish};
    let all = all.as_deref().and_then(Action::parse);
    let decided = decisions.iter().filter_map(|d| Decision::parse(d, all));
    let decided: Vec<Decision> = decided.collect();
    if decided.is_empty() {
        let message = "Nothing was decided, so nothing was moved.";
        return Err(AppError::field("decisions", message));
    }
    let state = crate::server::state::app_state();
    let wish = Wish::Decided(decided);
    let now = super::super::server::folders::transfer::begin(&state, &style, wish)?;
    super::go_on(&format!("/styles/{style}/data?folder=1"));
    Ok(now)
}

/// Which folder's copy counts (`59_etheral_washes/boat.jpg`); an empty one decides nothing.
#[server(prefix = "/rpc", endpoint = "choose_folder")]
pub async fn choose_folder(
    style: StyleId,
    #[server(default)] choices: Vec<String>,
) -> Result<(), AppError> {
    let pair = |choice: &String| {
        let (folder, name) = choice.split_once('/')?;
        Some((name.to_owned(), folder.to_owned()))
    };
    let choices = choices.iter().filter_map(pair).collect();
    let state = crate::server::state::app_state();
    super::super::server::folders::choose(&state, &style, choices).await?;
    super::go_on(&format!("/styles/{style}/data?folder=1"));
    Ok(())
}

/// Removes what one side alone has (`1a2b3c boat.jpg`); `confirmed` must be set by the page that named them.
#[server(prefix = "/rpc", endpoint = "remove_folder_files")]
pub async fn remove_folder_files(
    style: StyleId,
    side: Side,
    #[server(default)] files: Vec<String>,
    #[server(default)] confirmed: bool,
) -> Result<Removed, AppError> {
    if !confirmed {
        let message = "Nothing was removed: confirm the names first.";
        return Err(AppError::field("confirmed", message));
    }
    use super::super::server::folders::remove;
    let named = files.iter().filter_map(|f| remove::named(f)).collect();
    let state = crate::server::state::app_state();
    let done = remove::remove(&state, &style, side, named).await?;
    super::go_on(&remove::page_after(&style, &done));
    Ok(done)
}
