//! Documents that hold a list under a key, `{"versions": […]}`: read and written only as such. One that a person broke by hand is
//! named and left as it is; it never passes for an empty one, which the next write would make true.

use super::Documents;
use crate::error::AppError;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// What one kind of document looks like.
pub struct Listed {
    pub file: &'static str,
    pub key: &'static str,
    /// What it is a list of, in words.
    pub of: &'static str,
}

impl Listed {
    /// The document, `None` when there is none.
    ///
    /// # Errors
    /// It is something else than an object with that list.
    pub fn read(&self, documents: &Documents, path: &Path) -> Result<Option<Arc<Value>>, AppError> {
        let document = documents.read(path)?;
        match &document {
            Some(found) if !found[self.key].is_array() => Err(self.broken(&path.display())),
            _ => Ok(document),
        }
    }

    /// The list of a document that was read.
    pub fn entries<'a>(&self, document: &'a Value) -> &'a [Value] {
        document[self.key].as_array().map_or(&[], Vec::as_slice)
    }

    /// The list to be changed; a document that is not there yet is begun.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    pub fn entries_mut<'a>(&self, document: &'a mut Value) -> Result<&'a mut Vec<Value>, AppError> {
        if document.is_null() {
            *document = json!({ self.key: [] });
        }
        let list = document.get_mut(self.key).and_then(Value::as_array_mut);
        list.ok_or_else(|| self.broken(&self.file))
    }

    fn broken(&self, path: &dyn std::fmt::Display) -> AppError {
        let Self { key, of, .. } = self;
        AppError::internal(format!(
            "{path} is not a list of {of}: it holds no list named {key:?}."
        ))
        .with_remedy("It was left as it is: mend it by hand or restore a copy.")
    }
}
