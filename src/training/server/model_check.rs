//! Whether the model in S3 is whole: a `.safetensors` file says in its head how long it must be (contracts 5).
//!
//! What does not begin like such a file is no model: an error page or zeros that somebody put in its place.

use super::lora_head::{self, Opening};
use crate::server::s3::{S3, S3Error};

/// What lies at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    Whole {
        size_bytes: u64,
        modified_ms: i64,
    },
    Cut {
        size_bytes: u64,
        needed_bytes: u64,
    },
    /// Something else, and why.
    Foreign {
        why: String,
    },
}

impl Model {
    /// Why what lies there is no result.
    pub fn reason(&self, key: &str) -> String {
        match self {
            Self::Whole { .. } => format!("The model at {key} is whole."),
            Self::Foreign { why } => format!(
                "What lies at {key} is no model. {why} Train again, or upload the model there and check again."
            ),
            Self::Cut {
                size_bytes,
                needed_bytes,
            } => format!(
                "The model at {key} is cut off: {size_bytes} of {needed_bytes} bytes. The upload broke; train again, or upload the whole file there and check again."
            ),
        }
    }
}

/// Looks at the model of this key.
///
/// # Errors
/// `NotFound` when there is none; everything else is no statement about the model.
pub async fn look(s3: &S3, key: &str) -> Result<Model, S3Error> {
    let object = s3.head(key).await?;
    let size_bytes = object.size_bytes;
    let needed_bytes = match lora_head::read(s3, &object).await? {
        Opening::Head(head) => head.described_bytes,
        Opening::Cut { needed_bytes } => needed_bytes,
        Opening::Foreign(why) => return Ok(Model::Foreign { why }),
        // a head larger than is read here: not judged
        Opening::More(_) => 0,
    };
    Ok(if size_bytes < needed_bytes {
        Model::Cut {
            size_bytes,
            needed_bytes,
        }
    } else {
        Model::Whole {
            size_bytes,
            modified_ms: object.modified_ms,
        }
    })
}
