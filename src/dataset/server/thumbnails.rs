//! Small pictures for grids: at most 320 px on the long side, JPEG of 10-30 kB, by ETag in `STATE_DIR/thumbnails`.
//!
//! A browser that uploads an image makes its thumbnail too and leaves it here; of images that came another way it is made
//! when first asked for. The address carries the image's ETag, so a browser keeps one for ever. Nothing of ours is
//! written into the bucket, and what is kept is bounded: the longest unseen go first.

use super::super::model::header::{self, Kind};
use super::super::model::image::MAX_IMAGE_BYTES;
use super::pictures::decode;
use super::{key, listing};
use crate::error::{AppError, ErrorKind};
use crate::server::documents::write_atomically;
use crate::server::room::{Bound, make_room};
use crate::server::s3::ObjectInfo;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GenericImageView};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{BufRead, Cursor, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Long side in pixels.
const SIDE: u32 = 320;
/// Tried from the first on: grass and hatching take more bytes than a thumbnail may have.
const JPEG_QUALITIES: [u8; 3] = [80, 60, 40];
/// So that a screen of them comes at once.
const ENOUGH_BYTES: usize = 30_000;
/// A thumbnail that a browser made may have this many bytes.
pub const MAX_THUMBNAIL_BYTES: usize = 64 << 10;
/// Kept on disk: 256 folders of this many bytes each, 256 MiB in all, some 13,000 thumbnails.
const MOST_OF_FOLDER: Bound = Bound {
    files: usize::MAX,
    bytes: 1 << 20,
};
/// A thumbnail that was looked at is young again, but not written to at every look.
const SEEN_EVERY: Duration = Duration::from_secs(3600);

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
    if let Some(bytes) = kept(state, &key, &etag).await {
        return Ok(bytes);
    }
    let object = state.s3.head(&key).await?;
    let made = match listing::size_of(state, &object).await {
        // what is no picture, or a bomb, is not even fetched
        Err(why) => Err(why),
        Ok(_) => match failure(state, &object) {
            Some(why) => Err(why),
            None => make(state, &object).await?,
        },
    };
    made.map_err(|why| {
        let message = format!("{filename} cannot be shown: it {why}.");
        AppError::new(ErrorKind::Invalid, message)
    })
}

/// Why no thumbnail could be made of this version; `None` when it could, or was never tried.
pub fn failure(state: &AppState, object: &ObjectInfo) -> Option<Arc<str>> {
    let version = (object.key.clone(), object.etag.clone());
    state.caches.unshown.get(&version)
}

async fn kept(state: &AppState, key: &str, etag: &str) -> Option<Vec<u8>> {
    let path = place(state, key, etag);
    let bytes = tokio::fs::read(&path).await.ok()?;
    let touched = tokio::task::spawn_blocking(move || look_at(&path));
    drop(touched);
    Some(bytes)
}

fn look_at(path: &Path) -> std::io::Result<()> {
    let seen = fs::metadata(path)?.modified()?;
    let now = SystemTime::now();
    if now.duration_since(seen).is_ok_and(|age| age > SEEN_EVERY) {
        File::options().write(true).open(path)?.set_modified(now)?;
    }
    Ok(())
}

/// Fetches, unpacks and shrinks; a few at a time. The inner error is the picture's fault and is remembered.
async fn make(
    state: &AppState,
    object: &ObjectInfo,
) -> Result<Result<Vec<u8>, Arc<str>>, AppError> {
    let _permit = state.decoding.acquire().await.expect("never closed");
    // somebody else may have made it while we waited
    if let Some(bytes) = kept(state, &object.key, &object.etag).await {
        return Ok(Ok(bytes));
    }
    let (bytes, etag) = state.s3.get(&object.key, MAX_IMAGE_BYTES).await?;
    let path = place(state, &object.key, &etag);
    let made = tokio::task::spawn_blocking(move || {
        let thumbnail = small(Cursor::new(&bytes))?;
        keep(&path, &thumbnail);
        Ok::<_, String>(thumbnail)
    });
    let made = made
        .await
        .unwrap_or_else(|_| Err("made the decoder fail".to_owned()));
    let made = made.map_err(Arc::from);
    if let Err(why) = &made {
        let version = (object.key.clone(), etag);
        state.caches.unshown.insert(version, Arc::clone(why));
    }
    Ok(made)
}

/// Keeps a thumbnail that the uploading browser made, if it is one: a small upright JPEG of the image's proportions, of the
/// version that lies in the bucket.
pub async fn accept(
    state: &AppState,
    style: &StyleId,
    filename: &str,
    etag: &str,
    bytes: Vec<u8>,
) -> Result<(), AppError> {
    let refuse =
        |why: &str| AppError::field("thumbnail", format!("The thumbnail of {filename} {why}."));
    if bytes.len() > MAX_THUMBNAIL_BYTES {
        return Err(refuse(&format!(
            "has more than {MAX_THUMBNAIL_BYTES} bytes"
        )));
    }
    let header = header::read_whole(&bytes).map_err(|unfit| refuse(&unfit.to_string()))?;
    if header.kind != Kind::Jpeg
        || header.width.max(header.height) > SIDE
        || !header.flaws().is_empty()
    {
        return Err(refuse("is not an upright JPEG of at most 320 pixels"));
    }
    let object = state.s3.head(&key(style, filename)?).await?;
    if object.etag != etag {
        return Err(AppError::new(
            ErrorKind::Changed,
            format!("{filename} is another version by now."),
        ));
    }
    let size = listing::size_of(state, &object).await;
    let size = size.map_err(|why| refuse(&format!("belongs to a file that {why}")))?;
    if !is_of_shape((header.width, header.height), size) {
        return Err(refuse("has other proportions than the image"));
    }
    let path = place(state, &object.key, etag);
    let kept = tokio::task::spawn_blocking(move || {
        // unpacked once: what browsers are sent must be a picture to its end
        decode(Cursor::new(&bytes))?;
        keep(&path, &bytes);
        Ok::<_, String>(())
    });
    let kept = kept.await.map_err(|_| refuse("cannot be decoded"))?;
    kept.map_err(|why| refuse(&why))
}

/// A pixel more or less on the short side comes from rounding.
fn is_of_shape(small: (u32, u32), whole: (u32, u32)) -> bool {
    let fits = |(width, height): (u32, u32)| {
        let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
        let expected = (f64::from(small.0.max(small.1)) * short / long).max(1.0);
        let lies = (small.0 >= small.1) == (width >= height) || small.0 == small.1;
        lies && (f64::from(small.0.min(small.1)) - expected).abs() <= 2.0
    };
    fits(whole)
}

fn place(state: &AppState, key: &str, etag: &str) -> PathBuf {
    let name = hex::encode(Sha256::digest(format!("{key}\n{etag}")));
    let folder = state.config.state_dir.join("thumbnails").join(&name[..2]);
    folder.join(format!("{name}.jpg"))
}

/// A full disk costs the memory of a thumbnail, not the picture.
fn keep(path: &Path, thumbnail: &[u8]) {
    let kept = write_atomically(path, thumbnail).map_err(std::io::Error::other);
    let folder = path.parent().unwrap_or(path);
    if let Err(error) = kept.and_then(|()| make_room(folder, MOST_OF_FOLDER)) {
        tracing::warn!(%error, "thumbnail not kept");
    }
}

/// A picture's thumbnail, or why there is none (reads on after the file's name). Blocks.
pub fn small(from: impl BufRead + Seek) -> Result<Vec<u8>, String> {
    let picture = small_picture(decode(from)?.picture, SIDE);
    let mut thumbnail = Vec::new();
    for quality in JPEG_QUALITIES {
        thumbnail = jpeg(&picture, quality)?;
        if thumbnail.len() <= ENOUGH_BYTES {
            break;
        }
    }
    Ok(thumbnail)
}

/// A JPEG of at most `side` pixels, or why there is none (reads on after the file's name). Blocks.
pub fn shrink(picture: DynamicImage, side: u32, quality: u8) -> Result<Vec<u8>, String> {
    jpeg(&small_picture(picture, side), quality)
}

fn small_picture(picture: DynamicImage, side: u32) -> image::RgbImage {
    let (width, height) = picture.dimensions();
    on_grey(&match width.max(height) > side {
        true => picture.thumbnail(side, side),
        false => picture,
    })
}

fn jpeg(picture: &image::RgbImage, quality: u8) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut out, quality);
    picture
        .write_with_encoder(encoder)
        .map_err(|_| "cannot be made into a JPEG".to_owned())?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_has_the_shape_of_its_image() {
        assert!(is_of_shape((320, 213), (6000, 4000)));
        assert!(is_of_shape((213, 320), (4000, 6000)));
        assert!(is_of_shape((64, 64), (64, 64)));
        assert!(!is_of_shape((213, 320), (6000, 4000)));
        assert!(!is_of_shape((320, 320), (6000, 4000)));
        assert!(is_of_shape((320, 1), (10_000, 2)));
    }
}
