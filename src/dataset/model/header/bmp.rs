//! BMP: sizes in the header, and whether its rows are all there.

use super::ends::{Ends, le16, le32};
use super::{Colour, Header, Kind, Unfit, Unread};

pub fn read(file: &Ends) -> Result<Header, Unread> {
    let head = file.head;
    let short = || file.beyond(54);
    let header_bytes = le32(head, 14).ok_or_else(short)?;
    let (width, height, bits, packed) = if header_bytes == 12 {
        let width = le16(head, 18).ok_or_else(short)?;
        let height = le16(head, 20).ok_or_else(short)?;
        (
            width.into(),
            height.into(),
            le16(head, 24).ok_or_else(short)?,
            false,
        )
    } else if header_bytes >= 40 {
        // a negative height only means that the rows come from the top
        let height = (le32(head, 22).ok_or_else(short)? as i32).unsigned_abs();
        let packed = !matches!(le32(head, 30).ok_or_else(short)?, 0 | 3 | 6);
        let bits = le16(head, 28).ok_or_else(short)?;
        (le32(head, 18).ok_or_else(short)?, height, bits, packed)
    } else {
        return Err(Unfit::Broken("an unknown header").into());
    };
    let row = (u64::from(width) * u64::from(bits)).div_ceil(32) * 4;
    let start = u64::from(le32(head, 10).ok_or_else(short)?);
    let end = row.saturating_mul(height.into()).saturating_add(start);
    if !packed && end > file.size_bytes {
        return Err(Unfit::Truncated.into());
    }
    Ok(Header {
        kind: Kind::Bmp,
        width,
        height,
        orientation: 1,
        colour: if bits <= 8 {
            Colour::Palette
        } else {
            Colour::Rgb
        },
        bits: 8,
        animated: false,
        alpha: false,
    })
}
