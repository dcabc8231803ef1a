//! A picture unpacked within bounds, with the turn its EXIF data ask for.

use crate::dataset::model::quality::Turn;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use std::io::Cursor;

/// A picture that unpacks to more is refused (decompression bombs): pixels per side and bytes in all.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// A picture as stored.
pub struct Decoded {
    pub picture: DynamicImage,
    pub turn: Turn,
}

/// Blocks. The reason reads on after "it".
pub fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|e| reason(e.into()))?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(reason)?;
    limits.reserve(decoder.total_bytes()).map_err(reason)?;
    decoder.set_limits(limits).map_err(reason)?;
    // a picture without readable EXIF data is shown as it is
    let turn = turn(decoder.orientation().unwrap_or(Orientation::NoTransforms));
    let picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    Ok(Decoded { picture, turn })
}

fn turn(orientation: Orientation) -> Turn {
    use Orientation::{FlipHorizontal, FlipVertical, NoTransforms, Rotate180};
    match orientation {
        NoTransforms => Turn::None,
        Rotate180 | FlipHorizontal | FlipVertical => Turn::Over,
        _ => Turn::Sideways,
    }
}

/// The decoder's own words may quote the file.
fn reason(error: ImageError) -> String {
    match error {
        ImageError::Limits(_) => format!(
            "unpacks to more than {MAX_SIDE} pixels a side or {} MB. Make it smaller",
            MAX_DECODED_BYTES >> 20
        ),
        ImageError::Unsupported(_) => "is no picture of a kind that is read here".to_owned(),
        _ => "is damaged and cannot be decoded".to_owned(),
    }
}
