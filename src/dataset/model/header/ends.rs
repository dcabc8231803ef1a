//! Reading numbers out of bytes that may end anywhere.

use super::{Unfit, Unread};

/// What is known of a file: its first bytes, its last, and how long it is.
pub struct Ends<'a> {
    pub head: &'a [u8],
    /// `None`: the end is not looked at.
    pub tail: Option<&'a [u8]>,
    pub size_bytes: u64,
}

impl Ends<'_> {
    pub fn is_whole(&self) -> bool {
        self.head.len() as u64 >= self.size_bytes
    }

    /// The first bytes ended before `needed`: more of them, or the file itself is too short.
    pub fn beyond(&self, needed: u64) -> Unread {
        if self.is_whole() || needed > self.size_bytes {
            return Unfit::Truncated.into();
        }
        // a little more at once, so that a chain of segments is not asked for one by one
        let wanted = needed.saturating_mul(2).max(self.head.len() as u64 * 4);
        Unread::More(wanted.min(self.size_bytes))
    }

    /// The file in one piece, or a request for it.
    pub fn whole(&self) -> Result<&[u8], Unread> {
        if self.is_whole() {
            Ok(self.head)
        } else {
            Err(Unread::More(self.size_bytes))
        }
    }
}

pub fn slice(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    slice(bytes, at, N)?.try_into().ok()
}

pub fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

pub fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = array(bytes, at)?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

pub fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// The last place at which `needle` begins.
pub fn last_of(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|w| w == needle)
}
