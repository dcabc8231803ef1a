//! GIF: its size, and whether a second frame follows. The trainer reads no GIF; a browser can make a PNG of it.

use super::ends::{Ends, le16};
use super::{Colour, Header, Kind, Unread};

pub fn read(file: &Ends) -> Result<Header, Unread> {
    let short = || file.beyond(13);
    let width = le16(file.head, 6).ok_or_else(short)?;
    let height = le16(file.head, 8).ok_or_else(short)?;
    Ok(Header {
        kind: Kind::Gif,
        width: width.into(),
        height: height.into(),
        orientation: 1,
        colour: Colour::Palette,
        bits: 8,
        animated: frames(file.head) > 1,
        alpha: false,
    })
}

/// Frames that begin within the first bytes; two are as good as many.
fn frames(head: &[u8]) -> usize {
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        }
    };
    let mut at = 13 + head.get(10).map_or(0, |f| table(*f));
    let mut frames = 0;
    while frames < 2 {
        match head.get(at) {
            Some(0x21) => at = after_blocks(head, at + 2),
            Some(0x2C) => {
                frames += 1;
                let own = head.get(at + 9).map_or(0, |f| table(*f));
                at = after_blocks(head, at + 11 + own);
            }
            _ => break,
        }
    }
    frames
}

/// Behind a chain of blocks, each with its length before it, up to an empty one.
fn after_blocks(head: &[u8], mut at: usize) -> usize {
    while let Some(&length) = head.get(at) {
        at += 1 + usize::from(length);
        if length == 0 {
            break;
        }
    }
    at
}
