//! What tells that a set was changed since somebody read it. Worked out from what lies in the file, never written there.

use crate::dataset::model::selection::SelectionSet;
use crate::error::{AppError, ErrorKind};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The set with the ETag of its own names (of a smart one: those that were saved with it), its name and its filter.
pub fn given(mut set: SelectionSet) -> SelectionSet {
    let told = json!([set.name, set.filenames, set.filter]).to_string();
    set.etag = hex::encode(&Sha256::digest(told)[..8]);
    set
}

pub fn must_be(expected: &str, now: &SelectionSet) -> Result<(), AppError> {
    if now.etag == expected {
        return Ok(());
    }
    let images = match now.filenames.len() {
        1 => "1 image".to_owned(),
        many => format!("{many} images"),
    };
    let told = format!(
        "{} was changed by somebody else meanwhile and has {images} now. Yours is not saved.",
        now.title()
    );
    let error = AppError::new(ErrorKind::Changed, told);
    Err(error.with_remedy("Load theirs, or choose what becomes of yours."))
}
