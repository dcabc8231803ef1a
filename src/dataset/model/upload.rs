//! What a page asks before it sends files to S3, and what it is told for each.

use serde::{Deserialize, Serialize};

/// A file for which a ticket is wanted, and the ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileToUpload {
    pub filename: String,
    pub size_bytes: u64,
}

/// `url` and `headers` to PUT it with, or why it is refused. `exists`: only because a file of that name is there; asked
/// again with `replace` it is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub filename: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub refused: Option<String>,
    pub exists: bool,
}
