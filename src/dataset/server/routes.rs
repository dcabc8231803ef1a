//! `/api/styles/{id}/…`: images, thumbnails, captions, uploads, selection sets.

use super::super::model::image::{ImagePage, MAX_CAPTION_BYTES, MAX_IMAGE_BYTES, content_type};
use super::super::model::selection::{SelectionSet, SelectionSetDraft};
use super::uploads::{UploadTickets, WantedUpload};
use super::{captions, deletion, images, search, selection_sets, smart_sets, thumbnails, uploads};
use crate::error::AppError;
use crate::server::etag::matches;
use crate::server::problem::{Body, Problem};
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(upload_tickets))
        .routes(routes!(put_image, get_image, delete_image))
        .routes(routes!(thumbnail, put_thumbnail))
        .merge(super::quality_routes::router())
        .routes(routes!(get_caption, put_caption))
        .merge(super::caption_routes::router())
        .routes(routes!(list_sets, create_set))
        .routes(routes!(update_set, delete_set))
        .layer(DefaultBodyLimit::max(MAX_IMAGE_BYTES as usize + 1024))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Images on a page: 1 to 1000, 200 unless given.
    limit: Option<usize>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// Words and "quoted phrases" that all are in the file name or the caption; `-` before one: is not.
    q: Option<String>,
    /// All of these, separated by blanks: `missing:caption`, `set:2`, `set:none`, `problem:` (or `problem:CODE`, or
    /// `problem:caption` for any of a caption), `word:boat`, `dup:`, `w<512`, `h>=768`, `size>2MB`, `words<5`; each with `-` before it for the opposite.
    filter: Option<String>,
    /// `name` (as people read it: `img2` before `img10`, whatever the capitals), `date`, `size`, `resolution`, `caption` (its
    /// length); `-` before it turns the order around.
    sort: Option<String>,
}

/// A page of a style's training images that match, in the order asked for.
#[utoipa::path(get, path = "/api/styles/{id}/images", tag = "images", params(("id" = String, Path), ListQuery),
    responses((status = 200, body = ImagePage), (status = 400, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
async fn list(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(query): Query<ListQuery>,
) -> Result<Json<ImagePage>, AppError> {
    let query = search::Query {
        limit: query.limit,
        cursor: query.cursor,
        offset: None,
        q: query.q,
        filter: query.filter,
        sort: query.sort,
    };
    Ok(Json(search::page(&state, &style_id(&id)?, query).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct WantedUploads {
    files: Vec<WantedUpload>,
}

/// Presigned PUTs for files; each one is granted or refused with a reason.
#[utoipa::path(post, path = "/api/styles/{id}/uploads", tag = "images", params(("id" = String, Path)), request_body = WantedUploads,
    responses((status = 200, body = UploadTickets), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn upload_tickets(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(wanted): Body<WantedUploads>,
) -> Result<Json<UploadTickets>, AppError> {
    let tickets = uploads::tickets(&state, &style_id(&id)?, wanted.files).await?;
    Ok(Json(tickets))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Stored {
    filename: String,
    etag: String,
}

/// Stores one image (or, named `….txt`, one caption) through the studio, for scripts.
#[utoipa::path(put, path = "/api/styles/{id}/images/{filename}", tag = "images", params(("id" = String, Path), ("filename" = String, Path)),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200, body = Stored), (status = 400, body = Problem), (status = 404, body = Problem), (status = 413, body = Problem)))]
async fn put_image(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    body: HttpBody,
) -> Result<Json<Stored>, AppError> {
    let stream = body.into_data_stream();
    let etag = images::store(&state, &style_id(&id)?, &filename, stream).await?;
    Ok(Json(Stored { filename, etag }))
}

/// The image itself, with ranges, as it lies in S3.
#[utoipa::path(get, path = "/api/styles/{id}/images/{filename}", tag = "images", params(("id" = String, Path), ("filename" = String, Path)),
    responses((status = 200, content((String = "image/*"), (String = "text/plain; charset=utf-8"))), (status = 206), (status = 304), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn get_image(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let key = super::key(&style_id(&id)?, &filename)?;
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let range = text(header::RANGE).map(str::to_owned);
    let object = state.s3.open(&key, range).await?;
    let etag = object.e_tag().unwrap_or("").to_owned();
    if text(header::IF_NONE_MATCH).is_some_and(|asked| matches(asked, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let status = match object.content_range() {
        Some(_) => StatusCode::PARTIAL_CONTENT,
        None => StatusCode::OK,
    };
    let mut answer = Response::builder()
        .status(status)
        // by the name, never by what an uploader said: nothing but pictures and text leaves here
        .header(
            header::CONTENT_TYPE,
            content_type(&filename).unwrap_or("application/octet-stream"),
        )
        .header(header::ETAG, etag)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "private, no-cache")
        .header(
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        );
    if let Some(length) = object.content_length() {
        answer = answer.header(header::CONTENT_LENGTH, length);
    }
    if let Some(range) = object.content_range() {
        answer = answer.header(header::CONTENT_RANGE, range);
    }
    let stream = ReaderStream::new(object.body.into_async_read());
    answer
        .body(HttpBody::from_stream(stream))
        .map_err(|_| AppError::internal("The image could not be passed on."))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Deleted {
    /// The image, and its caption unless another image shares it.
    deleted: Vec<String>,
}

/// Deletes one image and its caption.
#[utoipa::path(delete, path = "/api/styles/{id}/images/{filename}", tag = "images", params(("id" = String, Path), ("filename" = String, Path)),
    responses((status = 200, body = Deleted), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn delete_image(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
) -> Result<Json<Deleted>, AppError> {
    let deleted = deletion::delete(&state, &style_id(&id)?, &[filename]).await?;
    Ok(Json(Deleted { deleted }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ThumbnailQuery {
    /// The image's ETag: with it the answer may be kept for ever.
    v: Option<String>,
}

/// A JPEG of at most 320 px.
#[utoipa::path(get, path = "/api/styles/{id}/images/{filename}/thumbnail", tag = "images",
    params(("id" = String, Path), ("filename" = String, Path), ThumbnailQuery),
    responses((status = 200, content_type = "image/jpeg"), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn thumbnail(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    Query(query): Query<ThumbnailQuery>,
) -> Result<Response, AppError> {
    let cache = match query.v {
        Some(_) => "public, max-age=31536000, immutable",
        None => "private, no-cache",
    };
    let bytes = thumbnails::get(&state, &style_id(&id)?, &filename, query.v).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, cache),
    ];
    Ok((headers, bytes).into_response())
}

/// Keeps a thumbnail that the uploading browser made of the version `v`. It is refused unless it is a small upright JPEG of
/// the image's proportions.
#[utoipa::path(put, path = "/api/styles/{id}/images/{filename}/thumbnail", tag = "images",
    params(("id" = String, Path), ("filename" = String, Path), ThumbnailQuery),
    request_body(content = String, content_type = "image/jpeg"),
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem)))]
async fn put_thumbnail(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    Query(query): Query<ThumbnailQuery>,
    body: Bytes,
) -> Result<StatusCode, AppError> {
    let etag = query.v.ok_or_else(|| {
        AppError::field("v", "Name the version (ETag) the thumbnail was made of.")
    })?;
    thumbnails::accept(&state, &style_id(&id)?, &filename, &etag, body.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The version that a write is to change; `None` when any will do.
fn if_match(headers: &HeaderMap) -> Option<&str> {
    let asked = headers.get(header::IF_MATCH)?.to_str().ok()?.trim();
    (asked != "*").then(|| asked.trim_start_matches("W/").trim_matches('"'))
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// The caption file as it is.
#[utoipa::path(get, path = "/api/styles/{id}/images/{filename}/caption", tag = "captions", params(("id" = String, Path), ("filename" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn get_caption(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let found = captions::read(&state, &style_id(&id)?, &filename).await?;
    let (bytes, etag) =
        found.ok_or_else(|| AppError::not_found(format!("{filename:?} has no caption.")))?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::ETAG, quoted(&etag)),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// Writes the caption. `If-Match` with the ETag that was read, or `If-None-Match: *` for a first one, guards against
/// overwriting somebody else's text (412).
#[utoipa::path(put, path = "/api/styles/{id}/images/{filename}/caption", tag = "captions", params(("id" = String, Path), ("filename" = String, Path)),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 204), (status = 400, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem), (status = 413, body = Problem)))]
async fn put_caption(
    State(state): State<AppState>,
    Path((id, filename)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, AppError> {
    if body.len() as u64 > MAX_CAPTION_BYTES {
        let message = format!("The caption is larger than {MAX_CAPTION_BYTES} bytes.");
        let error = AppError::field("caption", message);
        return Err(AppError {
            kind: crate::error::ErrorKind::TooLarge,
            ..error
        });
    }
    let text = std::str::from_utf8(&body)
        .map_err(|_| AppError::field("caption", "The caption is not UTF-8 text."))?;
    let is_first =
        headers.contains_key(header::IF_NONE_MATCH) && !headers.contains_key(header::IF_MATCH);
    let expected = if is_first {
        Some("")
    } else {
        if_match(&headers)
    };
    let etag = captions::write(&state, &style_id(&id)?, &filename, text, expected).await?;
    Ok((StatusCode::NO_CONTENT, [(header::ETAG, quoted(&etag))]).into_response())
}

#[derive(Serialize, utoipa::ToSchema)]
struct SetList {
    sets: Vec<SelectionSet>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct OneSet {
    set: SelectionSet,
}

fn set_id(text: &str) -> Result<u64, AppError> {
    let unknown = || AppError::not_found(format!("There is no selection set {text:?}."));
    text.parse().map_err(|_| unknown())
}

/// All selection sets of a style; a smart set with the names that fit its filter now.
#[utoipa::path(get, path = "/api/styles/{id}/selection-sets", tag = "selection sets", params(("id" = String, Path)),
    responses((status = 200, body = SetList), (status = 404, body = Problem)))]
async fn list_sets(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<SetList>, AppError> {
    let sets = smart_sets::list_now(&state, &style_id(&id)?).await?;
    Ok(Json(SetList { sets }))
}

/// Saves a new set of names, or with `filter` a smart one; the server gives the id.
#[utoipa::path(post, path = "/api/styles/{id}/selection-sets", tag = "selection sets", params(("id" = String, Path)), request_body = SelectionSetDraft,
    responses((status = 201, body = OneSet), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn create_set(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Body(draft): Body<SelectionSetDraft>,
) -> Result<(StatusCode, Json<OneSet>), AppError> {
    let set = selection_sets::create(&state, &style_id(&id)?, draft).await?;
    Ok((StatusCode::CREATED, Json(OneSet { set })))
}

/// Changes a set's images, its name, its filter. `If-Match` with the set's `etag` guards against overwriting what somebody
/// else changed meanwhile (412).
#[utoipa::path(put, path = "/api/styles/{id}/selection-sets/{setId}", tag = "selection sets", params(("id" = String, Path), ("setId" = u64, Path)),
    request_body = SelectionSetDraft,
    responses((status = 200, body = OneSet), (status = 400, body = Problem), (status = 404, body = Problem), (status = 412, body = Problem)))]
async fn update_set(
    State(state): State<AppState>,
    Path((id, set)): Path<(String, String)>,
    headers: HeaderMap,
    Body(draft): Body<SelectionSetDraft>,
) -> Result<Json<OneSet>, AppError> {
    let (style, id) = (style_id(&id)?, set_id(&set)?);
    let set = selection_sets::update(&state, &style, id, draft, if_match(&headers)).await?;
    Ok(Json(OneSet { set }))
}

/// Deletes a set; the images stay.
#[utoipa::path(delete, path = "/api/styles/{id}/selection-sets/{setId}", tag = "selection sets", params(("id" = String, Path), ("setId" = u64, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem, description = "the filter of a smart set names it")))]
async fn delete_set(
    State(state): State<AppState>,
    Path((id, set)): Path<(String, String)>,
) -> Result<StatusCode, AppError> {
    selection_sets::delete(&state, &style_id(&id)?, set_id(&set)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
