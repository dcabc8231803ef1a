//! One image drafted: read, shrunk, shown to the model, its answer made a caption.

use super::super::super::model::drafts::{Draft, Unusable, caption_of};
use super::super::super::model::image::MAX_IMAGE_BYTES;
use super::super::pictures::decode;
use super::super::{key, listing, thumbnails};
use crate::error::{AppError, ErrorKind};
use crate::server::state::AppState;
use crate::server::vision::{Answer, Said};
use crate::styles::model::StyleId;
use std::io::Cursor;

/// Long side of what the model is shown, in pixels: enough for a scene, and models bill by the tile.
const SIDE: u32 = 768;
const JPEG_QUALITY: u8 = 85;

/// Why there is no draft.
#[derive(Debug)]
pub enum Failure {
    /// Of this image; a sentence for the person.
    Image(String),
    /// The endpoint failed on this image; on several in a row it is the endpoint.
    Endpoint(String),
    /// The others would fail in the same way.
    All(AppError),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error.kind {
            ErrorKind::Upstream | ErrorKind::Internal | ErrorKind::Unavailable => Self::All(error),
            _ => Self::Image(error.message),
        }
    }
}

/// An image ready to be shown, and what is known of its caption.
pub struct Sight {
    pub jpeg: Vec<u8>,
    /// All but its text.
    pub draft: Draft,
}

pub async fn sight(state: &AppState, style: &StyleId, name: &str) -> Result<Sight, Failure> {
    let image = listing::one(state, style, name).await?;
    if let Some(problem) = image.problem {
        return Err(Failure::Image(problem));
    }
    let key = key(style, name)?;
    let (bytes, image_etag) = state
        .s3
        .get(&key, MAX_IMAGE_BYTES)
        .await
        .map_err(AppError::from)?;
    let _permit = state.decoding.acquire().await.expect("never closed");
    let small = tokio::task::spawn_blocking(move || {
        let upright = decode(Cursor::new(&bytes))?.upright();
        thumbnails::shrink(upright, SIDE, JPEG_QUALITY)
    });
    let small = small
        .await
        .unwrap_or_else(|_| Err("made the decoder fail".to_owned()));
    let jpeg = small.map_err(|why| Failure::Image(format!("{name} {why}.")))?;
    let draft = Draft {
        filename: name.to_owned(),
        text: String::new(),
        image_etag,
        caption_etag: image.caption_etag.unwrap_or_default(),
        before: image.caption,
        made: String::new(),
    };
    Ok(Sight { jpeg, draft })
}

/// The caption in an answer, or why it has none.
pub fn read(answer: &Answer, name: &str) -> Result<String, Failure> {
    let read = match &answer.said {
        Said::Text(text) => caption_of(text),
        Said::Declined => Err(Unusable::Declined),
        Said::CutOff => Err(Unusable::CutOff),
    };
    read.map_err(|why| Failure::Image(format!("{name} {why}.")))
}
