//! A copy of a picture as the trainer needs it: upright, RGB, 8 bits, one frame, opaque.

use super::browser::{Context, ImageBitmap, options};
use super::look::{canvas, decode, encode};
use super::reader;
use crate::dataset::model::header::{self, Header, Kind};
use crate::dataset::model::mending::{Change, can_be_decoded};
use js_sys::{Array, Uint8Array};
use web_sys::Blob;

/// Of JPEG and WebP: what a photo loses at this cannot be seen.
const QUALITY: f64 = 0.95;

pub struct Copy {
    pub file: Blob,
    pub width: u32,
    pub height: u32,
}

/// Decodes the whole picture and encodes it anew; `None` when this browser cannot.
pub async fn make(file: &Blob, header: Option<&Header>, wanted: Change) -> Option<Copy> {
    let (bitmap, turn) = decoded(file, header).await?;
    let (mut width, mut height) = (bitmap.width(), bitmap.height());
    if turn >= 5 {
        (width, height) = (height, width);
    }
    if !can_be_decoded(width, height) {
        return None;
    }
    let (canvas, context) = canvas(width, height)?;
    if wanted.on_white || wanted.to == Kind::Jpeg {
        context.set_fill_style("#ffffff");
        context.fill_rect(0.0, 0.0, width.into(), height.into());
    }
    turn_context(&context, turn, width.into(), height.into());
    let (w, h) = (bitmap.width().into(), bitmap.height().into());
    context.draw_image(&bitmap, 0.0, 0.0, w, h);
    bitmap.close();
    let kind = match wanted.to {
        Kind::Jpeg => "image/jpeg",
        Kind::Webp => "image/webp",
        _ => "image/png",
    };
    let file = encode(&canvas, kind, QUALITY).await?;
    // what a browser cannot encode it makes a PNG of, under another type's name
    (file.type_() == kind).then_some(Copy {
        file,
        width,
        height,
    })
}

/// The picture, and the orientation that is left to apply to it.
async fn decoded(file: &Blob, header: Option<&Header>) -> Option<(ImageBitmap, u8)> {
    let (source, turn) = source(file, header).await?;
    let bitmap = decode(&source, &options(&[])).await?;
    let turn = if turn > 1 {
        turn
    } else {
        left_to_turn(&bitmap, header)
    };
    Some((bitmap, turn))
}

/// What to decode, and the orientation to apply to it. Of a WebP nobody knows which browser turns it (Chromium does not): it is
/// decoded without its EXIF block, and turned here.
pub async fn source(file: &Blob, header: Option<&Header>) -> Option<(Blob, u8)> {
    match header {
        Some(h) if h.kind == Kind::Webp && h.orientation > 1 => {
            Some((without_exif(file).await?, h.orientation))
        }
        _ => Some((file.clone(), 1)),
    }
}

async fn without_exif(file: &Blob) -> Option<Blob> {
    let mut head = reader::bytes(file, 0, header::WEBP_FLAGS_END).await?;
    header::hide_exif(&mut head);
    let rest = file.slice_with_f64(header::WEBP_FLAGS_END as f64).ok()?;
    let parts = Array::of2(&Uint8Array::from(&head[..]), &rest);
    Blob::new_with_u8_array_sequence(&parts).ok()
}

/// Browsers turn upright what they decode; one that did not do so shows it by the lengths of the sides.
fn left_to_turn(bitmap: &ImageBitmap, header: Option<&Header>) -> u8 {
    let sideways = header.filter(|h| h.orientation >= 5 && h.width != h.height);
    match sideways {
        Some(h) if bitmap.width() == h.width => h.orientation,
        _ => 1,
    }
}

/// What is drawn from now on is turned by an EXIF orientation, onto a canvas of `width` × `height`.
pub fn turn_context(context: &Context, orientation: u8, width: f64, height: f64) {
    let [a, b, c, d, e, f] = transform(orientation, width, height);
    context.set_transform(a, b, c, d, e, f);
}

/// The canvas transform for an EXIF orientation, onto a canvas of `width` × `height`.
fn transform(orientation: u8, width: f64, height: f64) -> [f64; 6] {
    match orientation {
        2 => [-1.0, 0.0, 0.0, 1.0, width, 0.0],
        3 => [-1.0, 0.0, 0.0, -1.0, width, height],
        4 => [1.0, 0.0, 0.0, -1.0, 0.0, height],
        5 => [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        6 => [0.0, 1.0, -1.0, 0.0, width, 0.0],
        7 => [0.0, -1.0, -1.0, 0.0, width, height],
        8 => [0.0, -1.0, 1.0, 0.0, 0.0, height],
        _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
    }
}
