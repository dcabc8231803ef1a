//! WebP: the first chunk says it all, but for the orientation, which comes last.

use super::ends::{Ends, last_of, le16, le24, le32, slice};
use super::{Colour, Header, Kind, Unfit, Unread, exif};

const ANIMATION: u8 = 0x02;
const EXIF: u8 = 0x08;
const ALPHA: u8 = 0x10;

/// Where the flags stand in a file with an EXIF block.
const FLAGS: usize = 20;

/// Takes the sign that an EXIF block follows out of a file's first [`WEBP_FLAGS_END`], so that no decoder turns the picture by it.
pub fn hide_exif(head: &mut [u8]) {
    if let Some(flags) = head.get_mut(FLAGS) {
        *flags &= !EXIF;
    }
}

/// So many bytes of a file say whether an EXIF block follows.
pub const WEBP_FLAGS_END: u64 = FLAGS as u64 + 1;

pub fn read(file: &Ends) -> Result<Header, Unread> {
    let head = file.head;
    let size = le32(head, 4).ok_or_else(|| file.beyond(8))?;
    // an odd length is padded, and the padding of the last chunk is left out by some writers
    if u64::from(size) + 7 > file.size_bytes {
        return Err(Unfit::Truncated.into());
    }
    let chunk = slice(head, 12, 4).ok_or_else(|| file.beyond(16))?;
    let data = slice(head, FLAGS, 10).ok_or_else(|| file.beyond(30))?;
    let mut header = Header {
        kind: Kind::Webp,
        width: 0,
        height: 0,
        orientation: 1,
        colour: Colour::Rgb,
        bits: 8,
        animated: false,
        alpha: false,
    };
    match chunk {
        b"VP8 " if data[3..6] == [0x9D, 0x01, 0x2A] => {
            header.width = u32::from(le16(data, 6).unwrap_or(0) & 0x3FFF);
            header.height = u32::from(le16(data, 8).unwrap_or(0) & 0x3FFF);
        }
        b"VP8L" if data[0] == 0x2F => {
            let bits = le32(data, 1).unwrap_or(0);
            header.width = (bits & 0x3FFF) + 1;
            header.height = ((bits >> 14) & 0x3FFF) + 1;
            header.alpha = (bits >> 28) & 1 == 1;
        }
        b"VP8X" => {
            let flags = data[0];
            header.width = le24(data, 4).unwrap_or(0) + 1;
            header.height = le24(data, 7).unwrap_or(0) + 1;
            header.animated = flags & ANIMATION != 0;
            header.alpha = flags & ALPHA != 0;
            if flags & EXIF != 0 {
                header.orientation = orientation(file)?;
            }
        }
        _ => return Err(Unfit::Broken("no picture in its first chunk").into()),
    }
    Ok(header)
}

fn orientation(file: &Ends) -> Result<u8, Unread> {
    let block = |bytes: &[u8], at: usize| {
        let length = le32(bytes, at + 4)? as usize;
        Some(exif::orientation(slice(bytes, at + 8, length)?))
    };
    let Some(tail) = file.tail else {
        return Ok(1);
    };
    if let Some(found) = last_of(tail, b"EXIF").and_then(|at| block(tail, at)) {
        return Ok(found);
    }
    let whole = file.whole()?;
    let mut at = 12usize;
    while let (Some(kind), Some(length)) = (slice(whole, at, 4), le32(whole, at.saturating_add(4)))
    {
        if kind == b"EXIF" {
            return Ok(block(whole, at).unwrap_or(1));
        }
        let length = length as usize;
        at = at
            .saturating_add(8)
            .saturating_add(length)
            .saturating_add(length % 2);
    }
    Ok(1)
}
