//! What the browser holds for a file on its way, and what was decided for many.

use super::super::queue::Row;
use crate::dataset::model::analysis::Hash;
use crate::dataset::model::upload::{Clash, Ticket};
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, ProgressEvent, XmlHttpRequest};

/// What the browser holds for a row that is not stored yet.
pub struct Job {
    /// What was chosen.
    pub original: Blob,
    /// What is sent: the same, or a changed copy.
    pub file: Blob,
    /// The name to store it under, as far as it is known.
    pub name: String,
    pub md5: Option<String>,
    pub hash: Option<Hash>,
    pub thumbnail: Option<Blob>,
    /// The person agreed to the change it needs.
    pub agreed: bool,
    /// Name and content are decided: only the sending is left.
    pub is_placed: bool,
    /// It may overwrite the file of its name.
    pub replace: bool,
    /// The bucket refused to look at a condition.
    pub unconditional: bool,
    /// A caption whose image was left out, and nothing else is against it.
    pub left_with_image: bool,
    /// Another image, named to the person, whose place it takes.
    pub replaces: Option<String>,
    /// The bucket had its name before it arrived.
    pub was_taken: bool,
    /// What the worker does for it.
    pub task: Option<u32>,
    pub ticket: Option<Ticket>,
    pub request: Option<XmlHttpRequest>,
    /// Kept alive while the request runs.
    pub progress: Option<Closure<dyn FnMut(ProgressEvent)>>,
}

/// What was decided for all files of a kind, until the queue rests: with the last drop that was there, since of files that came
/// later nobody was asked.
#[derive(Clone, Copy, Default)]
pub struct ForAll {
    pub clash: Option<(Clash, u32)>,
    pub change: Option<(bool, u32)>,
}

impl ForAll {
    pub fn clash(self, row: &Row) -> Option<Clash> {
        let (clash, batch) = self.clash?;
        (row.group.batch <= batch).then_some(clash)
    }

    pub fn change(self, row: &Row) -> Option<bool> {
        let (change, batch) = self.change?;
        (row.group.batch <= batch).then_some(change)
    }
}

impl Job {
    pub fn new(file: Blob, name: &str) -> Self {
        Self {
            original: file.clone(),
            file,
            name: name.to_owned(),
            md5: None,
            hash: None,
            thumbnail: None,
            agreed: false,
            is_placed: false,
            replace: false,
            unconditional: false,
            left_with_image: false,
            replaces: None,
            was_taken: false,
            task: None,
            ticket: None,
            request: None,
            progress: None,
        }
    }
}
