//! Pure rules of the dataset: file names, captions, selection sets.

pub mod caption;
pub mod image;
pub mod selection;
pub mod sync;
pub mod upload;
