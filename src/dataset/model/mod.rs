//! Pure rules of the dataset: file names, captions, selection sets; what a picture measures, which size it is trained at, what
//! that means for a style.

pub mod analysis;
pub mod archive;
pub mod bucket_choice;
pub mod buckets;
pub mod caption;
pub mod caption_checks;
pub mod caption_edit;
pub mod caption_report;
pub mod caption_text;
pub mod caption_words;
pub mod deletion;
pub mod drafts;
pub mod filter;
pub mod header;
pub mod image;
pub mod mending;
pub mod outliers;
pub mod quality;
pub mod report;
pub mod selection;
pub mod sync;
pub mod text_diff;
pub mod twins;
pub mod upload;
