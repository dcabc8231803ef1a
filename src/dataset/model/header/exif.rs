//! The orientation in a block of EXIF (a little TIFF); nothing else of it is read.

use super::ends::{be16, be32, le16, le32};

const ORIENTATION: u16 = 0x0112;

/// 1 to 8; 1 where there is none or it makes no sense.
pub fn orientation(block: &[u8]) -> u8 {
    find(block.strip_prefix(b"Exif\0\0").unwrap_or(block)).unwrap_or(1)
}

fn find(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |at| if big { be16(tiff, at) } else { le16(tiff, at) };
    let long = |at| if big { be32(tiff, at) } else { le32(tiff, at) };
    let first = long(4)? as usize;
    let entries = usize::from(short(first)?);
    (0..entries)
        .find_map(|n| {
            let at = first.checked_add(2)?.checked_add(n * 12)?;
            (short(at)? == ORIENTATION).then(|| short(at + 8))?
        })
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
}
