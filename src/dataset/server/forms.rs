//! The upload form without JavaScript: a plain multipart post of images, captions and archives, answered with a page that
//! says what happened to each file.

use super::super::model::archive::MAX_TOTAL_BYTES;
use super::super::model::image::extension;
use super::super::model::upload::{Clash, is_passed_over, name_of};
use super::intake::{Piece, Report};
use super::spool::Spooled;
use super::{archives, images, intake};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use crate::styles::server::routes::style_id;
use axum::Router;
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::Redirect;
use axum::routing::post;

/// Reasons shown in the address after an upload; further ones are counted.
const REASONS_SHOWN: usize = 10;
/// Largest archive taken in, bytes (2 GB).
const MAX_ARCHIVE_BYTES: u64 = 2_000_000_000;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/forms/styles/{id}/uploads", post(upload))
        // each file has its own bound; a form of hundreds of files has none of its own
        .layer(DefaultBodyLimit::disable())
}

/// What the form brought.
#[derive(Default)]
struct Form {
    /// What to do about names that are taken.
    clash: Option<Clash>,
    pieces: Vec<Piece>,
    refused: Vec<String>,
    bytes: u64,
}

async fn upload(
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Result<Redirect, AppError> {
    let style = style_id(&id)?;
    styles::server::get(&state, &style)?;
    let mut taken_in = Form::default();
    loop {
        match form.next_field().await {
            Ok(Some(field)) => taken_in.take(&state, field).await,
            Ok(None) => break,
            Err(_) => {
                let why = "The upload broke off; send the remaining files again.";
                taken_in.refused.push(why.to_owned());
                break;
            }
        }
    }
    let mut report = intake::store_all(&state, &style, taken_in.pieces, taken_in.clash).await?;
    taken_in.refused.append(&mut report.refused);
    report.refused = taken_in.refused;
    Ok(Redirect::to(&address(&style, &report)))
}

impl Form {
    async fn take(&mut self, state: &AppState, mut field: Field<'_>) {
        if field.name() == Some("clash") {
            // a short word of ours comes in one piece; the rest of anything longer is passed over
            let word = field.chunk().await.ok().flatten().unwrap_or_default();
            self.clash = std::str::from_utf8(&word).ok().and_then(Clash::parse);
            return;
        }
        // a folder picker sends `folder/a.jpg`
        let path = field.file_name().unwrap_or_default().replace('\\', "/");
        if path.is_empty() || is_passed_over(&path) {
            return;
        }
        if self.bytes > MAX_TOTAL_BYTES {
            let why = format!(
                "{path}: more than {MAX_TOTAL_BYTES} bytes came in one form. Send it again."
            );
            self.refused.push(why);
            return;
        }
        if let Err(error) = self.keep(state, path, field).await {
            self.refused.push(error.to_string());
        }
    }

    async fn keep(
        &mut self,
        state: &AppState,
        path: String,
        field: Field<'_>,
    ) -> Result<(), AppError> {
        let name = name_of(&path);
        if extension(name).eq_ignore_ascii_case("zip") {
            let file = Spooled::receive(state, name, field, MAX_ARCHIVE_BYTES).await?;
            let (pieces, refused) = archives::unpack(state, name, file).await?;
            self.bytes += pieces.iter().map(|p| p.file.size_bytes).sum::<u64>();
            self.pieces.extend(pieces);
            self.refused.extend(refused);
        } else {
            let file = images::receive(state, name, field).await?;
            self.bytes += file.size_bytes;
            self.pieces.push(Piece { path, file });
        }
        Ok(())
    }
}

/// The page that tells what happened.
fn address(style: &StyleId, report: &Report) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("uploaded", &report.stored.to_string());
    if report.same > 0 {
        query.append_pair("same", &report.same.to_string());
    }
    for (from, to) in report.renamed.iter().take(REASONS_SHOWN) {
        query.append_pair("renamed", &format!("{from} is now {to}."));
    }
    for reason in report.refused.iter().take(REASONS_SHOWN) {
        query.append_pair("failed", reason);
    }
    let more = report.refused.len().saturating_sub(REASONS_SHOWN);
    if more > 0 {
        query.append_pair("failed", &format!("{more} more files were refused."));
    }
    format!("/styles/{style}/data?{}", query.finish())
}
