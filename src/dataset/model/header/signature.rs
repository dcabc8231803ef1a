//! Which type a file is, by its first bytes, whatever its name says.

use super::ends::slice;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Jpeg,
    Png,
    Webp,
    Bmp,
    Gif,
    Avif,
    Heic,
    Tiff,
    Jxl,
    Photoshop,
    Svg,
    Html,
    Pdf,
    Zip,
    Video,
    Text,
    Unknown,
}

impl Kind {
    pub fn words(self) -> &'static str {
        match self {
            Self::Jpeg => "a JPEG",
            Self::Png => "a PNG",
            Self::Webp => "a WebP",
            Self::Bmp => "a BMP",
            Self::Gif => "a GIF",
            Self::Avif => "an AVIF",
            Self::Heic => "a HEIC photo",
            Self::Tiff => "a TIFF or raw photo",
            Self::Jxl => "a JPEG XL",
            Self::Photoshop => "a Photoshop file",
            Self::Svg => "an SVG drawing",
            Self::Html => "a web page (HTML)",
            Self::Pdf => "a PDF",
            Self::Zip => "a ZIP archive",
            Self::Video => "a video",
            Self::Text => "text",
            Self::Unknown => "an unknown type of file",
        }
    }

    /// Lower-case extensions that such a file may have; none for what is no picture.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Bmp => &["bmp"],
            Self::Gif => &["gif"],
            Self::Avif => &["avif"],
            _ => &[],
        }
    }

    /// Whether the trainer reads files of this type.
    pub fn is_trained(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp | Self::Bmp)
    }

    /// Whether a copy must not lose anything either.
    pub fn is_lossless(self) -> bool {
        matches!(self, Self::Png | Self::Bmp | Self::Gif | Self::Tiff)
    }

    /// A picture in the ordinary sense, if not one that the trainer reads.
    pub fn is_picture(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Jpeg | Png | Webp | Bmp | Gif | Avif | Heic | Tiff | Jxl | Photoshop
        )
    }
}

/// The type by signature.
pub fn kind(head: &[u8]) -> Kind {
    let begins = |signature: &[u8]| head.starts_with(signature);
    let at =
        |offset: usize, signature: &[u8]| slice(head, offset, signature.len()) == Some(signature);
    match () {
        () if begins(b"\xFF\xD8\xFF") => Kind::Jpeg,
        () if begins(b"\x89PNG\r\n\x1A\n") => Kind::Png,
        () if begins(b"RIFF") && at(8, b"WEBP") => Kind::Webp,
        () if begins(b"GIF87a") || begins(b"GIF89a") => Kind::Gif,
        () if begins(b"BM") && head.len() >= 26 => Kind::Bmp,
        () if begins(b"II*\0") || begins(b"MM\0*") => Kind::Tiff,
        () if begins(b"\xFF\x0A") || begins(b"\0\0\0\x0CJXL \r\n\x87\n") => Kind::Jxl,
        () if begins(b"8BPS") => Kind::Photoshop,
        () if at(4, b"ftyp") => by_brand(head),
        () if begins(b"%PDF") => Kind::Pdf,
        () if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") => Kind::Zip,
        () if begins(b"\x1A\x45\xDF\xA3") || (begins(b"RIFF") && at(8, b"AVI ")) => Kind::Video,
        () => of_text(head),
    }
}

fn by_brand(head: &[u8]) -> Kind {
    match slice(head, 8, 4) {
        Some(b"avif" | b"avis") => Kind::Avif,
        Some(b"heic" | b"heix" | b"hevc" | b"heim" | b"heis" | b"mif1" | b"msf1") => Kind::Heic,
        _ => Kind::Video,
    }
}

/// Markup hides behind blanks, comments and a byte order mark.
fn of_text(head: &[u8]) -> Kind {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let start = &head[..head.len().min(4096)];
    let lower = start.to_ascii_lowercase();
    let has = |needle: &[u8]| lower.windows(needle.len()).any(|w| w == needle);
    let markup = lower.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'<');
    if markup && has(b"<svg") {
        Kind::Svg
    } else if markup
        && (has(b"<html") || has(b"<!doctype html") || has(b"<script") || has(b"<body"))
    {
        Kind::Html
    } else if !start.is_empty() && !start.contains(&0) && is_text(start) {
        Kind::Text
    } else {
        Kind::Unknown
    }
}

fn is_text(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // the last character may be cut
        Err(error) => error.error_len().is_none(),
    }
}
