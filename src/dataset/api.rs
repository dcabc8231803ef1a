//! Server functions of training data.

use super::model::image::ImagePage;
use super::model::selection::SelectionSet;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[server(prefix = "/rpc", endpoint = "images", input = GetUrl)]
pub async fn images(
    style: StyleId,
    cursor: Option<String>,
    q: Option<String>,
    filter: Option<String>,
) -> Result<ImagePage, AppError> {
    let query = super::server::listing::Query {
        limit: None,
        cursor,
        q,
        filter,
    };
    super::server::listing::list(&crate::server::state::app_state(), &style, query).await
}

/// A file for which a ticket is wanted, and the ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileToUpload {
    pub filename: String,
    pub size_bytes: u64,
}

/// `url` and `headers` to PUT it with, or why it is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub filename: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub refused: Option<String>,
}

#[server(prefix = "/rpc", endpoint = "upload_tickets", input = leptos::server_fn::codec::Json)]
pub async fn upload_tickets(
    style: StyleId,
    files: Vec<FileToUpload>,
) -> Result<Vec<Ticket>, AppError> {
    use super::server::uploads::{WantedUpload, tickets};
    let wanted = files.into_iter().map(|f| WantedUpload {
        filename: f.filename,
        size_bytes: f.size_bytes,
        content_type: None,
    });
    let state = crate::server::state::app_state();
    let answer = tickets(&state, &style, wanted.collect()).await?;
    let granted = answer.uploads.into_iter().map(|t| Ticket {
        filename: t.filename,
        url: t.url,
        headers: t.headers.into_iter().collect(),
        refused: None,
    });
    let refused = answer.rejected.into_iter().map(|r| Ticket {
        filename: r.filename,
        url: String::new(),
        headers: Vec::new(),
        refused: Some(r.message),
    });
    Ok(granted.chain(refused).collect())
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
        return Err(AppError::field("confirmed", "Nothing was deleted: confirm the names first."));
    }
    let state = crate::server::state::app_state();
    let mut gone = Vec::new();
    for filename in &filenames {
        gone.extend(super::server::images::delete(&state, &style, filename).await?);
    }
    leptos_axum::redirect(&format!("/styles/{style}/data"));
    Ok(gone)
}

#[server(prefix = "/rpc", endpoint = "selection_sets", input = GetUrl)]
pub async fn selection_sets(style: StyleId) -> Result<Vec<SelectionSet>, AppError> {
    super::server::selection_sets::list(&crate::server::state::app_state(), &style)
}

/// Saves the chosen names: as a new set, or into set `set`. An empty `name` on a new set leaves it unnamed.
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
        name,
    };
    let saved = match set {
        None => create(&state, &style, draft).await?,
        Some(id) => update(&state, &style, id, draft).await?,
    };
    leptos_axum::redirect(&format!("/styles/{style}/data?set={}", saved.id));
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
    leptos_axum::redirect(&format!("/styles/{style}/data"));
    Ok(())
}
