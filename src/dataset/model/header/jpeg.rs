//! JPEG: segments up to the first scan, and whether the last one ends.

use super::ends::{Ends, be16, last_of, slice};
use super::{Colour, Header, Kind, Unfit, Unread, exif};

/// What the segments say, gathered on the way.
#[derive(Default)]
struct Seen {
    frame: Option<Frame>,
    orientation: u8,
    /// The colour transform of Adobe's segment.
    adobe: Option<u8>,
}

#[derive(Clone, Copy)]
struct Frame {
    bits: u8,
    width: u16,
    height: u16,
    components: u8,
}

pub fn read(file: &Ends) -> Result<Header, Unread> {
    let mut seen = Seen::default();
    let scan = segments(file, &mut seen)?;
    let frame = seen
        .frame
        .ok_or(Unfit::Broken("no frame before the first scan"))?;
    if frame.bits != 8 {
        return Err(Unfit::Coding("a JPEG of 12 bits").into());
    }
    let colour = match (frame.components, seen.adobe) {
        (1, _) => Colour::Grey,
        (4, Some(2)) => Colour::Ycck,
        (4, _) => Colour::Cmyk,
        _ => Colour::Rgb,
    };
    must_end(file, scan)?;
    Ok(Header {
        kind: Kind::Jpeg,
        width: frame.width.into(),
        height: frame.height.into(),
        orientation: seen.orientation.max(1),
        colour,
        bits: frame.bits,
        animated: false,
        alpha: false,
    })
}

/// Walks to the first scan and gives the place of its data.
fn segments(file: &Ends, seen: &mut Seen) -> Result<usize, Unread> {
    let head = file.head;
    let mut at = 2;
    loop {
        let (Some(mark), Some(&marker)) = (head.get(at), head.get(at + 1)) else {
            return Err(file.beyond(at as u64 + 2));
        };
        if *mark != 0xFF {
            return Err(Unfit::Broken("a segment does not begin with a marker").into());
        }
        match marker {
            // padding, and markers without a length
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            0xD9 => return Err(Unfit::Broken("it ends before the first scan").into()),
            _ => {
                let length = be16(head, at + 2).ok_or_else(|| file.beyond(at as u64 + 4))?;
                let length = usize::from(length);
                if length < 2 {
                    return Err(Unfit::Broken("a segment of no length").into());
                }
                let body = slice(head, at + 4, length - 2);
                let end = at + 2 + length;
                let body = body.ok_or_else(|| file.beyond(end as u64))?;
                if marker == 0xDA {
                    return Ok(end);
                }
                note(marker, body, seen)?;
                at = end;
            }
        }
    }
}

fn note(marker: u8, body: &[u8], seen: &mut Seen) -> Result<(), Unfit> {
    match marker {
        // baseline, extended, progressive; the last two with arithmetic coding
        0xC0..=0xC2 | 0xC9 | 0xCA => {
            let short = Unfit::Broken("a frame that is too short");
            let frame = frame(body).ok_or(short)?;
            seen.frame.get_or_insert(frame);
        }
        0xC3 | 0xC5..=0xC7 | 0xCB | 0xCD..=0xCF => {
            return Err(Unfit::Coding("a lossless or hierarchical JPEG"));
        }
        0xE1 if body.starts_with(b"Exif\0\0") && seen.orientation == 0 => {
            seen.orientation = exif::orientation(body);
        }
        0xEE if body.starts_with(b"Adobe") => seen.adobe = body.get(11).copied(),
        _ => {}
    }
    Ok(())
}

fn frame(body: &[u8]) -> Option<Frame> {
    Some(Frame {
        bits: *body.first()?,
        height: be16(body, 1)?,
        width: be16(body, 3)?,
        components: *body.get(5)?,
    })
}

/// The end marker is there, behind the scan's beginning (the small picture that a camera puts before has one too): near
/// the end, or, in a file that goes on behind its picture (a phone's moving photo), after the last scan.
fn must_end(file: &Ends, scan: usize) -> Result<(), Unread> {
    let is_behind = |tail: &[u8]| {
        let at = last_of(tail, b"\xFF\xD9").unwrap_or(0);
        file.size_bytes.saturating_sub(tail.len() as u64) + at as u64 >= scan as u64
    };
    if file
        .tail
        .is_none_or(|tail| last_of(tail, b"\xFF\xD9").is_some() && is_behind(tail))
    {
        return Ok(());
    }
    let whole = file.whole()?;
    let mut at = scan;
    while let Some(&byte) = whole.get(at) {
        if byte == 0xFF && whole.get(at + 1) == Some(&0xD9) {
            return Ok(());
        }
        at += 1;
    }
    Err(Unfit::Truncated.into())
}
