//! What a picture is, read from its first bytes and, where needed, its last: type by signature, pixels, orientation, colour.
//!
//! Pure and total: the bytes come from strangers, so every offset is checked, every loop moves on, and nothing is ever
//! unpacked. The sentences say what the trainer does with such a file; pages and REST show the same ones. What the trainer
//! does was seen with Pillow 13, through which it loads every image (`Image.open(…).convert("RGB")`).

mod bmp;
mod ends;
mod exif;
mod gif;
mod jpeg;
mod png;
mod signature;
#[cfg(test)]
mod tests;
mod webp;

pub use signature::{Kind, kind};
pub use webp::{WEBP_FLAGS_END, hide_exif};

use super::image::extension;
use serde::{Deserialize, Serialize};

/// First bytes that are enough for nearly every file.
pub const HEAD_BYTES: u64 = 256 << 10;
/// Last bytes in which the end of a picture is looked for.
pub const TAIL_BYTES: u64 = 64 << 10;
/// Pillow opens no picture of more pixels (`DecompressionBombError`).
pub const MAX_PIXELS: u64 = 178_956_970;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Grey,
    Rgb,
    Palette,
    Cmyk,
    /// CMYK stored as luma and chroma, as Photoshop does.
    Ycck,
}

/// The facts of a file that is a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    /// Pixels as stored, before the orientation is applied.
    pub width: u32,
    pub height: u32,
    /// EXIF, 1 to 8; 1 = upright.
    pub orientation: u8,
    pub colour: Colour,
    /// Per channel.
    pub bits: u8,
    pub animated: bool,
    /// Whether there is a channel or a colour for transparency; the pixels may still be opaque.
    pub alpha: bool,
}

/// Why there is no header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Ask again with at least this many first bytes (never more than the file has).
    More(u64),
    Unfit(Unfit),
}

/// Why the trainer cannot use a file at all. Reads on after the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("is empty (0 bytes)")]
    Empty,
    #[error("is {}, not a picture: the trainer cannot identify it and stops", .0.words())]
    NoPicture(Kind),
    #[error("is {}, which the trainer does not read. Save it as JPEG or PNG", .0.words())]
    Foreign(Kind),
    #[error("is cut off: the trainer stops on a truncated image. Copy it again")]
    Truncated,
    #[error("is damaged ({0}): the trainer stops on it. Save it anew")]
    Broken(&'static str),
    #[error("is {0}, which the trainer cannot decode. Save it as an ordinary JPEG")]
    Coding(&'static str),
    #[error(
        "has {0} × {1} pixels; the trainer opens at most 178,956,970 (13,377 × 13,377). Make it smaller"
    )]
    TooManyPixels(u32, u32),
}

/// What the trainer would silently get wrong. A browser can mend each of them; elsewhere it is a reason to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    Turned(u8),
    Cmyk,
    Animated,
    Grey16,
    Transparent,
}

impl Header {
    /// Flaws that the header alone shows. Transparency needs the pixels: see [`Header::alpha`].
    pub fn flaws(&self) -> Vec<Flaw> {
        let cmyk = matches!(self.colour, Colour::Cmyk | Colour::Ycck);
        [
            (self.orientation > 1).then_some(Flaw::Turned(self.orientation)),
            cmyk.then_some(Flaw::Cmyk),
            self.animated.then_some(Flaw::Animated),
            (self.bits == 16 && self.colour == Colour::Grey && !self.alpha).then_some(Flaw::Grey16),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Width and height as people see the picture.
    pub fn upright(&self) -> (u32, u32) {
        if self.orientation >= 5 {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        }
    }

    /// A remark when the name's extension says another type; the trainer goes by the content.
    pub fn misnamed(&self, name: &str) -> Option<String> {
        let ext = extension(name).to_ascii_lowercase();
        let fits = self.kind.extensions().contains(&ext.as_str());
        (!fits).then(|| format!("It is {} under the name .{ext}.", self.kind.words()))
    }
}

impl Flaw {
    /// Reads on after the file's name; names what the trainer does.
    pub fn why(self) -> &'static str {
        match self {
            Self::Turned(_) => {
                "is stored turned (EXIF orientation): the trainer chooses the bucket for the upright picture but loads the pixels as stored, sideways and squashed"
            }
            Self::Cmyk => {
                "is CMYK: the trainer turns it into RGB without its colour profile, with other colours"
            }
            Self::Animated => "is animated: the trainer reads only its first frame",
            Self::Grey16 => {
                "has 16-bit grey: the trainer clips it to 8 bits, which leaves it almost white"
            }
            Self::Transparent => {
                "has transparent parts: the trainer drops the transparency and shows the colours hidden beneath"
            }
        }
    }

    /// What a person does about it who cannot have it mended here.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Turned(_) => "Turn the pixels upright and save it without the orientation.",
            Self::Cmyk => "Save it as RGB.",
            Self::Animated => "Save the frame you want as a picture of its own.",
            Self::Grey16 => "Save it with 8 bits.",
            Self::Transparent => "Put it on a background.",
        }
    }

    /// `scan.jpg is CMYK: … Save it as RGB.`
    pub fn said_of(self, filename: &str) -> String {
        format!("{filename} {}. {}", self.why(), self.remedy())
    }

    /// What a browser makes of it.
    pub fn mended(self) -> &'static str {
        match self {
            Self::Turned(_) => "turned upright",
            Self::Cmyk => "converted to RGB",
            Self::Animated => "first frame kept",
            Self::Grey16 => "converted to 8 bits",
            Self::Transparent => "put on white",
        }
    }
}

/// Reads a picture's facts. `head`: its first bytes, `tail`: its last (both the whole file if it is short), of `size_bytes`.
pub fn read(head: &[u8], tail: &[u8], size_bytes: u64) -> Result<Header, Unread> {
    read_ends(&ends::Ends {
        head,
        tail: Some(tail),
        size_bytes,
    })
}

/// The same by the first bytes alone, for lists of many: whether the file is cut off is not looked at, nor the orientation
/// of a WebP, which stands at its end.
pub fn glance(head: &[u8], size_bytes: u64) -> Result<Header, Unread> {
    read_ends(&ends::Ends {
        head,
        tail: None,
        size_bytes,
    })
}

fn read_ends(file: &ends::Ends) -> Result<Header, Unread> {
    if file.size_bytes == 0 {
        return Err(Unread::Unfit(Unfit::Empty));
    }
    let header = match kind(file.head) {
        Kind::Jpeg => jpeg::read(file),
        Kind::Png => png::read(file),
        Kind::Webp => webp::read(file),
        Kind::Bmp => bmp::read(file),
        Kind::Gif => gif::read(file),
        foreign if foreign.is_picture() => Err(Unfit::Foreign(foreign).into()),
        other => Err(Unfit::NoPicture(other).into()),
    }?;
    if header.width == 0 || header.height == 0 {
        return Err(Unfit::Broken("no width or height").into());
    }
    if u64::from(header.width) * u64::from(header.height) > MAX_PIXELS {
        return Err(Unfit::TooManyPixels(header.width, header.height).into());
    }
    Ok(header)
}

/// Reads a whole file that lies in memory.
pub fn read_whole(bytes: &[u8]) -> Result<Header, Unfit> {
    let tail = &bytes[bytes.len().saturating_sub(TAIL_BYTES as usize)..];
    read(bytes, tail, bytes.len() as u64).map_err(|unread| match unread {
        Unread::Unfit(unfit) => unfit,
        // nothing more can come
        Unread::More(_) => Unfit::Truncated,
    })
}

/// Width and height that an AVIF or HEIC claims for its largest part; `None` where no such claim is in its first bytes.
pub fn claimed_size(head: &[u8]) -> Option<(u32, u32)> {
    let claims = head.windows(4).enumerate().filter(|(_, w)| *w == b"ispe");
    let sizes =
        claims.filter_map(|(at, _)| Some((ends::be32(head, at + 8)?, ends::be32(head, at + 12)?)));
    sizes.max_by_key(|(width, height)| u64::from(*width) * u64::from(*height))
}

impl From<Unfit> for Unread {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}
