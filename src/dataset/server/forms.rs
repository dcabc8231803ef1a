//! The upload form without JavaScript: a plain multipart post, answered with a page that says what happened to each file.

use super::images;
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::server::routes::style_id;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::response::Redirect;
use axum::routing::post;

/// Reasons shown in the address after an upload; further ones are counted.
const REASONS_SHOWN: usize = 10;

pub fn router() -> Router<AppState> {
    Router::new()
        .route("/forms/styles/{id}/uploads", post(upload))
        // each file has its own bound; a form of hundreds of files has none of its own
        .layer(DefaultBodyLimit::disable())
}

async fn upload(
    State(state): State<AppState>,
    Path(id): Path<String>,
    mut form: Multipart,
) -> Result<Redirect, AppError> {
    let style = style_id(&id)?;
    let mut stored = 0;
    let mut failed = Vec::new();
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => {
                failed.push("The upload broke off; send the remaining files again.".to_owned());
                break;
            }
        };
        // a folder picker sends `folder/a.jpg`: S3 holds the files flat
        let name = field.file_name().unwrap_or_default();
        let name = name
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned();
        if name.is_empty() {
            continue;
        }
        match images::store(&state, &style, &name, field).await {
            Ok(_) => stored += 1,
            Err(error) => failed.push(error.to_string()),
        }
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("uploaded", &stored.to_string());
    for reason in failed.iter().take(REASONS_SHOWN) {
        query.append_pair("failed", reason);
    }
    let more = failed.len().saturating_sub(REASONS_SHOWN);
    if more > 0 {
        query.append_pair("failed", &format!("{more} more files were refused."));
    }
    Ok(Redirect::to(&format!(
        "/styles/{style}/data?{}",
        query.finish()
    )))
}
