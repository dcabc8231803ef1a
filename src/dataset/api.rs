//! Server functions of training data.

pub mod folders;

use super::model::image::{ImagePage, TrainingImage};
use super::model::selection::SelectionSet;
use super::model::upload::{FileToUpload, Ticket};
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

#[server(prefix = "/rpc", endpoint = "images", input = GetUrl)]
pub async fn images(
    style: StyleId,
    limit: Option<usize>,
    cursor: Option<String>,
    q: Option<String>,
    filter: Option<String>,
) -> Result<ImagePage, AppError> {
    let query = super::server::listing::Query {
        limit,
        cursor,
        q,
        filter,
    };
    super::server::listing::list(&crate::server::state::app_state(), &style, query).await
}

/// One image as the list shows it, read now.
#[server(prefix = "/rpc", endpoint = "image", input = GetUrl)]
pub async fn image(style: StyleId, filename: String) -> Result<TrainingImage, AppError> {
    super::server::listing::one(&crate::server::state::app_state(), &style, &filename).await
}

/// Where a plain form goes on to. A call by script stays on its page, which knows what else is open there.
#[cfg(feature = "ssr")]
fn go_on(path: &str) {
    let accepts = use_context::<http::request::Parts>().and_then(|parts| {
        let accept = parts.headers.get(http::header::ACCEPT)?;
        accept.to_str().ok().map(str::to_owned)
    });
    if accepts.is_some_and(|accept| accept.contains("text/html")) {
        leptos_axum::redirect(path);
    }
}

/// Presigned PUTs for files. A name that is already there is refused unless `replace`: nothing is overwritten unasked.
#[server(prefix = "/rpc", endpoint = "upload_tickets", input = leptos::server_fn::codec::Json)]
pub async fn upload_tickets(
    style: StyleId,
    files: Vec<FileToUpload>,
    replace: bool,
) -> Result<Vec<Ticket>, AppError> {
    let state = crate::server::state::app_state();
    super::server::uploads::tickets_unless_there(&state, &style, files, replace).await
}

/// Writes a caption; `etag` is the one that was read, empty when there was none. Returns the new one.
#[server(prefix = "/rpc", endpoint = "save_caption")]
pub async fn save_caption(
    style: StyleId,
    filename: String,
    caption: String,
    #[server(default)] etag: String,
    #[server(default)] overwrite: bool,
) -> Result<String, AppError> {
    let state = crate::server::state::app_state();
    let expected = (!overwrite).then_some(etag.as_str());
    super::server::captions::write(&state, &style, &filename, &caption, expected).await
}

/// Deletes images with their captions; `confirmed` must be set by the page that named them. Returns the names gone.
#[server(prefix = "/rpc", endpoint = "delete_images")]
pub async fn delete_images(
    style: StyleId,
    #[server(default)] filenames: Vec<String>,
    #[server(default)] confirmed: bool,
) -> Result<Vec<String>, AppError> {
    if !confirmed {
        return Err(AppError::field(
            "confirmed",
            "Nothing was deleted: confirm the names first.",
        ));
    }
    let state = crate::server::state::app_state();
    let mut gone = Vec::new();
    for filename in &filenames {
        gone.extend(super::server::images::delete(&state, &style, filename).await?);
    }
    go_on(&format!("/styles/{style}/data?deleted={}", filenames.len()));
    Ok(gone)
}

#[server(prefix = "/rpc", endpoint = "selection_sets", input = GetUrl)]
pub async fn selection_sets(style: StyleId) -> Result<Vec<SelectionSet>, AppError> {
    super::server::selection_sets::list(&crate::server::state::app_state(), &style)
}

/// Saves the chosen names: as a new set, or into set `set`, which keeps its name. An empty `name` leaves a new set unnamed.
#[server(prefix = "/rpc", endpoint = "save_selection_set")]
pub async fn save_selection_set(
    style: StyleId,
    #[server(default)] set: Option<u64>,
    #[server(default)] name: Option<String>,
    #[server(default)] filenames: Vec<String>,
) -> Result<SelectionSet, AppError> {
    use super::server::selection_sets::{create, update};
    let state = crate::server::state::app_state();
    let draft = super::model::selection::SelectionSetDraft {
        filenames: Some(filenames),
        // one form carries both buttons, so an update brings the new set's name along
        name: name.filter(|_| set.is_none()),
    };
    let saved = match set {
        None => create(&state, &style, draft).await?,
        Some(id) => update(&state, &style, id, draft).await?,
    };
    go_on(&format!("/styles/{style}/data?set={0}&saved={0}", saved.id));
    Ok(saved)
}

#[server(prefix = "/rpc", endpoint = "rename_selection_set")]
pub async fn rename_selection_set(
    style: StyleId,
    set: u64,
    #[server(default)] name: String,
) -> Result<SelectionSet, AppError> {
    let draft = super::model::selection::SelectionSetDraft {
        filenames: None,
        name: Some(name),
    };
    let state = crate::server::state::app_state();
    super::server::selection_sets::update(&state, &style, set, draft).await
}

#[server(prefix = "/rpc", endpoint = "delete_selection_set")]
pub async fn delete_selection_set(style: StyleId, set: u64) -> Result<(), AppError> {
    let state = crate::server::state::app_state();
    super::server::selection_sets::delete(&state, &style, set).await?;
    go_on(&format!("/styles/{style}/data?gone={set}"));
    Ok(())
}
