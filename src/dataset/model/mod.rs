//! Pure rules of the dataset: file names, captions, selection sets.

pub mod archive;
pub mod caption;
pub mod header;
pub mod image;
pub mod selection;
pub mod upload;
