//! The dataset of a style: S3 is the truth for images and captions, `selection_sets.json` for sets.

pub mod analysis;
pub mod archives;
pub mod caption_checks;
pub mod caption_edits;
pub mod caption_report;
mod caption_routes;
pub mod captions;
pub mod deletion;
pub mod drafts;
pub mod fitness;
pub mod folders;
pub mod forms;
pub mod images;
pub mod intake;
pub mod listing;
pub mod pictures;
pub mod quality;
mod quality_routes;
pub mod resolve;
pub mod routes;
pub mod search;
pub mod selection_sets;
pub mod smart_sets;
pub mod spool;
pub mod thumbnails;
pub mod uploads;

use super::model::image::check_name;
use crate::error::AppError;
use crate::styles::model::StyleId;

/// `styles/{id}/`, under which everything of a style lies flat.
pub fn prefix(style: &StyleId) -> String {
    format!("styles/{style}/")
}

/// The key of a file of a style; refuses names that are none.
pub fn key(style: &StyleId, filename: &str) -> Result<String, AppError> {
    check_name(filename).map_err(|e| AppError::field("filename", e.to_string()))?;
    Ok(format!("{}{filename}", prefix(style)))
}
