//! Whether the model in S3 is whole: a `.safetensors` file says in its head how long it must be (contracts 5).
//!
//! Two small ranged reads, never the file itself. What does not begin like such a file is not judged: a run is not called
//! failed over a format we do not know.

use crate::server::s3::{S3, S3Error};
use serde_json::Value;

/// Most bytes of a head that are read; real ones have 120 kB.
const MAX_HEAD_BYTES: u64 = 16 << 20;
/// Longer heads are refused by the format's own library.
const MAX_SAFETENSORS_HEAD: u64 = 100_000_000;

/// What lies at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    Whole { size_bytes: u64, modified_ms: i64 },
    Cut { size_bytes: u64, needed_bytes: u64 },
}

impl Model {
    /// Why a model that is cut off is no result.
    pub fn reason(&self, key: &str) -> String {
        match self {
            Self::Whole { .. } => format!("The model at {key} is whole."),
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
    let whole = Model::Whole {
        size_bytes,
        modified_ms: object.modified_ms,
    };
    let first = s3.head_bytes(key, 9).await?;
    let needed_bytes = match needs(&first, size_bytes) {
        Needs::Unknown => return Ok(whole),
        Needs::AtLeast(needed) => needed,
        Needs::Head(length) => {
            let head = s3.head_bytes(key, 8 + length).await?;
            match whole_length(&head) {
                Some(length) => length,
                None => return Ok(whole),
            }
        }
    };
    Ok(if size_bytes < needed_bytes {
        Model::Cut {
            size_bytes,
            needed_bytes,
        }
    } else {
        whole
    })
}

#[derive(Debug, PartialEq)]
enum Needs {
    /// Not a file of that format, or one whose head is too long to look into.
    Unknown,
    /// Cut off within its head.
    AtLeast(u64),
    /// The head has this length.
    Head(u64),
}

fn needs(first: &[u8], size_bytes: u64) -> Needs {
    if size_bytes < 10 {
        // not even an empty head: eight bytes of length and `{}`
        return Needs::AtLeast(10);
    }
    let Some((length, rest)) = first.split_first_chunk::<8>() else {
        return Needs::Unknown;
    };
    let length = u64::from_le_bytes(*length);
    match length {
        _ if rest.first() != Some(&b'{') => Needs::Unknown,
        _ if length > MAX_SAFETENSORS_HEAD => Needs::Unknown,
        _ if size_bytes < 8 + length => Needs::AtLeast(8 + length),
        0..=MAX_HEAD_BYTES => Needs::Head(length),
        _ => Needs::Unknown,
    }
}

/// Length of the whole file by its head; `None` when the head cannot be read.
fn whole_length(head: &[u8]) -> Option<u64> {
    let json: Value = serde_json::from_slice(head.get(8..)?).ok()?;
    let ends = json.as_object()?.iter().filter_map(|(name, tensor)| {
        let end = tensor["data_offsets"][1].as_u64();
        end.filter(|_| name != "__metadata__")
    });
    let data = ends.max().unwrap_or(0);
    (head.len() as u64).checked_add(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(data: usize) -> Vec<u8> {
        let head =
            br#"{"__metadata__":{"a":"b"},"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#;
        let length = (head.len() as u64).to_le_bytes();
        [&length[..], head, &vec![0; data]].concat()
    }

    #[test]
    fn the_head_says_how_long_the_file_is() {
        let whole = file(4);
        let size = whole.len() as u64;
        assert_eq!(needs(&whole[..9], size), Needs::Head(size - 12));
        assert_eq!(whole_length(&whole[..whole.len() - 4]), Some(size));
    }

    #[test]
    fn a_file_cut_within_its_head_is_seen() {
        let whole = file(4);
        let head = whole.len() as u64 - 4;
        assert_eq!(needs(&whole[..9], 30), Needs::AtLeast(head));
        assert_eq!(needs(b"", 0), Needs::AtLeast(10));
    }

    #[test]
    fn bytes_of_another_kind_are_not_judged() {
        for bytes in [
            &b"eight bytes and more"[..],
            b"\xff\xff\xff\xff\xff\xff\xff\xff{",
            b"PK\x03\x04 a zip file",
        ] {
            assert_eq!(needs(bytes, 1_000), Needs::Unknown, "{bytes:?}");
        }
        for head in [
            &b""[..],
            b"12345678",
            b"12345678{",
            b"12345678[1]",
            b"12345678{\"t\":{\"data_offsets\":[0,-1]}}",
        ] {
            let _ = whole_length(head);
        }
        let huge = format!("12345678{{\"t\":{{\"data_offsets\":[0,{}]}}}}", u64::MAX);
        assert_eq!(whole_length(huge.as_bytes()), None);
    }
}
