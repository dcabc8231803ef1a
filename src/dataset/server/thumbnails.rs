//! Small pictures for grids: at most 320 px on the long side, JPEG of 10-30 kB, made when first asked for and kept on disk.
//!
//! The address carries the image's ETag, so a browser keeps one for ever. Nothing of ours is written into the bucket.

use super::super::model::image::MAX_IMAGE_BYTES;
use super::key;
use crate::error::{AppError, ErrorKind};
use crate::server::documents::write_atomically;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GenericImageView, ImageReader, Limits};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use std::path::PathBuf;

/// Long side in pixels.
const SIDE: u32 = 320;
const JPEG_QUALITY: u8 = 80;
/// A picture that unpacks to more is refused (decompression bombs): pixels per side and bytes in all.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// The thumbnail's JPEG bytes. `etag` is the version asked for; without it the current one is looked up.
pub async fn get(
    state: &AppState,
    style: &StyleId,
    filename: &str,
    etag: Option<String>,
) -> Result<Vec<u8>, AppError> {
    let key = key(style, filename)?;
    let etag = match etag {
        Some(etag) => etag,
        None => state.s3.head(&key).await?.etag,
    };
    let path = cached(state, &key, &etag);
    if let Ok(bytes) = tokio::fs::read(&path).await {
        return Ok(bytes);
    }
    let permit = state.decoding.acquire().await.expect("never closed");
    // somebody else may have made it while we waited
    if let Ok(bytes) = tokio::fs::read(&path).await {
        return Ok(bytes);
    }
    let (bytes, current) = state.s3.get(&key, MAX_IMAGE_BYTES).await?;
    let path = cached(state, &key, &current);
    let made = tokio::task::spawn_blocking(move || {
        let thumbnail = shrink(&bytes)?;
        // a full disk costs the memory of it, not the picture
        if let Err(error) = write_atomically(&path, &thumbnail) {
            tracing::warn!(%error, "thumbnail not kept");
        }
        Ok(thumbnail)
    });
    let made = made.await.expect("decoding does not panic");
    drop(permit);
    made.map_err(|reason: String| {
        let message = format!("{filename} cannot be shown: {reason}");
        AppError::new(ErrorKind::Invalid, message)
    })
}

fn cached(state: &AppState, key: &str, etag: &str) -> PathBuf {
    let name = hex::encode(Sha256::digest(format!("{key}\n{etag}")));
    let folder = state.config.state_dir.join("thumbnails").join(&name[..2]);
    folder.join(format!("{name}.jpg"))
}

fn shrink(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|e| e.to_string())?;
    reader.limits(limits);
    let picture = reader.decode().map_err(|e| e.to_string())?;
    let (width, height) = picture.dimensions();
    let small = if width.max(height) > SIDE {
        picture.thumbnail(SIDE, SIDE)
    } else {
        picture
    };
    let mut out = Vec::new();
    let rgb = DynamicImage::ImageRgb8(on_grey(&small));
    let encoder = JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY);
    rgb.write_with_encoder(encoder).map_err(|e| e.to_string())?;
    Ok(out)
}

/// Transparent parts over mid grey, so that neither black nor white drawings vanish.
fn on_grey(picture: &DynamicImage) -> image::RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let rgba = picture.to_rgba8();
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0;
        let over = |c: u8| ((u32::from(c) * u32::from(a) + 128 * (255 - u32::from(a))) / 255) as u8;
        image::Rgb([over(r), over(g), over(b)])
    })
}
