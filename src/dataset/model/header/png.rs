//! PNG: the chunks before the pixels, and whether the last one is there.

use super::ends::{Ends, be32, last_of, slice};
use super::{Colour, Header, Kind, Unfit, Unread, exif};

/// Length, type and checksum around a chunk's data.
const AROUND: usize = 12;

pub fn read(file: &Ends) -> Result<Header, Unread> {
    let head = file.head;
    let start = slice(head, 8, 21).ok_or_else(|| file.beyond(29))?;
    if be32(start, 0) != Some(13) || &start[4..8] != b"IHDR" {
        return Err(Unfit::Broken("it does not begin with its header").into());
    }
    let (bits, colour) = (start[16], start[17]);
    let mut header = Header {
        kind: Kind::Png,
        width: be32(start, 8).unwrap_or(0),
        height: be32(start, 12).unwrap_or(0),
        orientation: 1,
        colour: match colour {
            0 | 4 => Colour::Grey,
            3 => Colour::Palette,
            2 | 6 => Colour::Rgb,
            _ => return Err(Unfit::Broken("an unknown colour type").into()),
        },
        bits,
        animated: false,
        alpha: matches!(colour, 4 | 6),
    };
    chunks(file, &mut header)?;
    must_end(file)?;
    Ok(header)
}

/// Everything up to the pixels.
fn chunks(file: &Ends, header: &mut Header) -> Result<(), Unread> {
    let mut at = 33;
    loop {
        let start = slice(file.head, at, 8).ok_or_else(|| file.beyond(at as u64 + 8))?;
        let length = be32(start, 0).unwrap_or(0) as usize;
        let kind = &start[4..8];
        if kind == b"IDAT" {
            return Ok(());
        }
        if kind == b"IEND" {
            return Err(Unfit::Broken("no pixels").into());
        }
        let end = at.saturating_add(AROUND).saturating_add(length);
        // long texts and colour profiles are passed over, so only the next chunk's start is needed
        if matches!(kind, b"acTL" | b"tRNS" | b"eXIf") {
            let data = slice(file.head, at + 8, length).ok_or_else(|| file.beyond(end as u64))?;
            match kind {
                b"acTL" => header.animated = be32(data, 0).is_some_and(|frames| frames > 1),
                b"tRNS" => header.alpha = true,
                _ => header.orientation = exif::orientation(data),
            }
        }
        at = end;
    }
}

fn must_end(file: &Ends) -> Result<(), Unread> {
    if file
        .tail
        .is_none_or(|tail| last_of(tail, b"IEND").is_some())
    {
        return Ok(());
    }
    // something long was put behind the picture
    let whole = file.whole()?;
    let mut at = 8;
    while let Some(start) = slice(whole, at, 8) {
        if &start[4..8] == b"IEND" {
            return Ok(());
        }
        let length = be32(start, 0).unwrap_or(0) as usize;
        at = at.saturating_add(AROUND).saturating_add(length);
    }
    Err(Unfit::Truncated.into())
}
