//! Server functions of training data.

pub mod captions;
pub mod drafts;
pub mod folders;

use super::model::bucket_choice::BucketChoice;
use super::model::image::{ImagePage, TrainingImage};
use super::model::quality::{Quality, QualityCode};
use super::model::report::{QualityReport, Scope};
use super::model::selection::SelectionSet;
use super::model::upload::{FileToUpload, StoredFile, Ticket};
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// One page of the images that fit what stands in the filter box, from a cursor or a place on.
#[server(prefix = "/rpc", endpoint = "images", input = GetUrl)]
pub async fn images(
    style: StyleId,
    #[server(default)] filter: String,
    #[server(default)] sort: String,
    #[server(default)] cursor: String,
    #[server(default)] offset: usize,
) -> Result<ImagePage, AppError> {
    let (q, words) = super::model::filter::split_typed(&filter);
    let query = super::server::search::Query {
        limit: None,
        cursor: Some(cursor),
        offset: Some(offset),
        q: Some(q),
        filter: Some(words),
        sort: Some(sort),
    };
    super::server::search::page(&crate::server::state::app_state(), &style, query).await
}

/// The names of all of them, in order.
#[server(prefix = "/rpc", endpoint = "image_names", input = GetUrl)]
pub async fn image_names(
    style: StyleId,
    #[server(default)] filter: String,
    #[server(default)] sort: String,
) -> Result<Vec<String>, AppError> {
    let (q, words) = super::model::filter::split_typed(&filter);
    let query = super::server::search::Query {
        q: Some(q),
        filter: Some(words),
        sort: Some(sort),
        ..Default::default()
    };
    super::server::search::names(&crate::server::state::app_state(), &style, query).await
}

/// One image as the list shows it, read now.
#[server(prefix = "/rpc", endpoint = "image", input = GetUrl)]
pub async fn image(style: StyleId, filename: String) -> Result<TrainingImage, AppError> {
    super::server::quality::one(&crate::server::state::app_state(), &style, &filename).await
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

/// What lies in the bucket: names, sizes, ETags. An upload compares with it before anything is sent.
#[server(prefix = "/rpc", endpoint = "stored_files", input = GetUrl)]
pub async fn stored_files(style: StyleId) -> Result<Vec<StoredFile>, AppError> {
    super::server::uploads::stored(&crate::server::state::app_state(), &style).await
}

/// Presigned PUTs for files. A name that is already there is refused unless it says `replace`: nothing is overwritten unasked.
#[server(prefix = "/rpc", endpoint = "upload_tickets", input = leptos::server_fn::codec::Json)]
pub async fn upload_tickets(
    style: StyleId,
    files: Vec<FileToUpload>,
) -> Result<Vec<Ticket>, AppError> {
    let state = crate::server::state::app_state();
    super::server::uploads::tickets_unless_there(&state, &style, files).await
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
    // a plain form sends line ends as CR LF
    let caption = caption.replace("\r\n", "\n");
    super::server::captions::write(&state, &style, &filename, &caption, expected).await
}

/// Deletes images with their captions; `confirmed` must be set by the page that named them. Returns the names gone, images and
/// captions.
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
    use super::server::deletion::{delete, images_of};
    let state = crate::server::state::app_state();
    let gone = delete(&state, &style, &filenames).await?;
    go_on(&format!(
        "/styles/{style}/data?deleted={}",
        images_of(&gone)
    ));
    Ok(gone)
}

/// Deletes an image whose place another one of the same stem takes, in every set too; their caption stays. Returns how many sets
/// hold the new one instead.
#[server(prefix = "/rpc", endpoint = "replace_image")]
pub async fn replace_image(style: StyleId, gone: String, new: String) -> Result<usize, AppError> {
    use super::model::image::stem;
    use super::server::{deletion, selection_sets};
    if gone == new || stem(&gone) != stem(&new) {
        let message =
            format!("{new} cannot take the place of {gone}: both must share one caption.");
        return Err(AppError::field("new", message));
    }
    let state = crate::server::state::app_state();
    let sets = selection_sets::put_in_place(&state, &style, &gone, &new).await?;
    deletion::delete(&state, &style, &[gone]).await?;
    Ok(sets)
}

/// All sets; smart ones with the images that fit now.
#[server(prefix = "/rpc", endpoint = "selection_sets", input = GetUrl)]
pub async fn selection_sets(style: StyleId) -> Result<Vec<SelectionSet>, AppError> {
    super::server::smart_sets::list_now(&crate::server::state::app_state(), &style).await
}

/// Where a saved set is shown and said to be saved.
#[cfg(feature = "ssr")]
fn go_to_saved(style: &StyleId, set: &SelectionSet) {
    go_on(&format!("/styles/{style}/data?set={0}&saved={0}", set.id));
}

/// The ETag of a form; empty where nothing was read.
#[cfg(feature = "ssr")]
fn if_read(etag: &str) -> Option<&str> {
    (!etag.is_empty()).then_some(etag)
}

/// Saves the chosen names: as a new set, or into set `set`, which keeps its name. An empty `name` leaves a new set unnamed.
/// With `filter` a smart set is saved, whose names are those that fit. `etag`: of the set as it was read; one that is another
/// by now is left as it is. `over`: into this set, whatever became of it.
#[server(prefix = "/rpc", endpoint = "save_selection_set")]
pub async fn save_selection_set(
    style: StyleId,
    #[server(default)] set: Option<u64>,
    #[server(default)] name: Option<String>,
    #[server(default)] filenames: Vec<String>,
    #[server(default)] smart: Option<String>,
    #[server(default)] etag: String,
    #[server(default)] over: Option<u64>,
) -> Result<SelectionSet, AppError> {
    use super::server::selection_sets::{create, update};
    let state = crate::server::state::app_state();
    let expected = over.is_none().then_some(etag.as_str()).and_then(if_read);
    let set = over.or(set);
    let draft = super::model::selection::SelectionSetDraft {
        filenames: Some(filenames),
        // one form carries both buttons, so an update brings the new set's name along
        name: name.filter(|_| set.is_none()),
        filter: smart,
    };
    let saved = match set {
        None => create(&state, &style, draft).await?,
        Some(id) => update(&state, &style, id, draft, expected).await?,
    };
    go_to_saved(&style, &saved);
    Ok(saved)
}

/// Another name; of a smart set also another filter.
#[server(prefix = "/rpc", endpoint = "rename_selection_set")]
pub async fn rename_selection_set(
    style: StyleId,
    set: u64,
    #[server(default)] name: String,
    #[server(default)] smart: Option<String>,
    #[server(default)] etag: String,
) -> Result<SelectionSet, AppError> {
    let draft = super::model::selection::SelectionSetDraft {
        filenames: None,
        name: Some(name),
        filter: smart,
    };
    let state = crate::server::state::app_state();
    let renamed =
        super::server::selection_sets::update(&state, &style, set, draft, if_read(&etag)).await?;
    go_to_saved(&style, &renamed);
    Ok(renamed)
}

/// A new set out of others: a copy of `set`, or with `how` (`union`, `intersect`, `subtract`) what it makes with `other`.
#[server(prefix = "/rpc", endpoint = "derive_selection_set")]
pub async fn derive_selection_set(
    style: StyleId,
    set: u64,
    #[server(default)] how: String,
    #[server(default)] other: Option<u64>,
) -> Result<SelectionSet, AppError> {
    use super::server::selection_sets::{combine, duplicate};
    let state = crate::server::state::app_state();
    let how = super::model::selection::Combination::parse(&how);
    let made = match how.zip(other) {
        Some((how, other)) => combine(&state, &style, (set, how, other)).await?,
        None => duplicate(&state, &style, set).await?,
    };
    go_to_saved(&style, &made);
    Ok(made)
}

/// Takes the names out of a set whose images are no longer in the bucket.
#[server(prefix = "/rpc", endpoint = "drop_gone_names")]
pub async fn drop_gone_names(style: StyleId, set: u64) -> Result<SelectionSet, AppError> {
    let state = crate::server::state::app_state();
    let set = super::server::selection_sets::drop_gone(&state, &style, set).await?;
    go_to_saved(&style, &set);
    Ok(set)
}

/// Returns what it was called.
#[server(prefix = "/rpc", endpoint = "delete_selection_set")]
pub async fn delete_selection_set(style: StyleId, set: u64) -> Result<String, AppError> {
    use super::server::selection_sets::{delete, get, page_without};
    let state = crate::server::state::app_state();
    let title = get(&state, &style, set)?.title();
    delete(&state, &style, set).await?;
    go_on(&page_without(&style, &title));
    Ok(title)
}

/// Whether images of the style are good for training at a size; without one at that of the last run.
#[server(prefix = "/rpc", endpoint = "judge_images", input = leptos::server_fn::codec::Json)]
pub async fn judge_images(
    style: StyleId,
    scope: Scope,
    choice: Option<BucketChoice>,
) -> Result<QualityReport, AppError> {
    let state = crate::server::state::app_state();
    super::server::quality::report(&state, &style, &scope, choice).await
}

/// Dismisses a remark of an image as it is now, or takes that back. `choice`: the training size at which it is shown, where one
/// was asked for.
#[server(prefix = "/rpc", endpoint = "dismiss_remark")]
pub async fn dismiss_remark(
    style: StyleId,
    filename: String,
    code: QualityCode,
    #[server(default)] dismissed: bool,
    #[server(default)] choice: Option<BucketChoice>,
) -> Result<Quality, AppError> {
    let state = crate::server::state::app_state();
    let dismissal = super::model::report::Dismissal { code, dismissed };
    super::server::quality::dismiss(&state, &style, &filename, choice, dismissal).await
}
