//! A style's images as the bucket has them: paired with captions, read, described. Filtering and paging is `search`'s.
//!
//! One S3 listing (paged past 1,000 objects) per request; captions and pixel sizes are fetched many at once and kept by
//! ETag, so that a second look costs the listing alone.

use super::super::model::caption::CaptionState;
use super::super::model::header::{self, Unread};
use super::super::model::image::{
    MAX_CAPTION_BYTES, TrainingImage, caption_name, check_name, is_caption, is_image,
};
use super::smart_sets::Membership;
use super::{prefix, thumbnails};
use crate::error::AppError;
use crate::server::s3::{ObjectInfo, S3Error};
use crate::server::state::{AppState, iso};
use crate::styles;
use crate::styles::model::StyleId;
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// S3 requests in flight for one listing.
pub(super) const IN_FLIGHT: usize = 64;
/// Enough of a picture to read its size in all but odd files.
const HEADER_BYTES: u64 = 64 << 10;
/// A long EXIF, text or colour profile pushes the size past that; a picture that hides it deeper is not one.
const MOST_HEADER_BYTES: u64 = 16 << 20;

/// Width and height in pixels, or why there are none (reads on after the file's name).
pub type Size = Result<(u32, u32), Arc<str>>;

/// An image's objects as the bucket has them.
#[derive(Clone, Debug)]
pub struct Pair {
    pub filename: String,
    pub image: ObjectInfo,
    pub caption: Option<ObjectInfo>,
}

/// Every image of a style with its caption, by name. Files with names that are none of ours are left out.
pub async fn pairs(state: &AppState, style: &StyleId) -> Result<Vec<Pair>, AppError> {
    let prefix = prefix(style);
    let objects = state.s3.list(&prefix).await?;
    let mut captions = HashMap::new();
    let mut images = Vec::new();
    for object in objects {
        let name = object.key[prefix.len()..].to_owned();
        if check_name(&name).is_err() {
            continue;
        }
        if is_caption(&name) {
            captions.insert(name, object);
        } else if is_image(&name) {
            images.push((name, object));
        }
    }
    let pair = |(filename, image): (String, ObjectInfo)| Pair {
        caption: captions.get(&caption_name(&filename)).cloned(),
        filename,
        image,
    };
    Ok(images.into_iter().map(pair).collect())
}

/// How long the list of a style's objects serves the pages after the first, ms.
const RECENT_MS: i64 = 10_000;

/// The last list of a style's objects, and when it was had.
#[derive(Default)]
struct Recent(Mutex<Option<(i64, Arc<Vec<Pair>>)>>);

/// Every image of a style, now, or for a page that `goes_on` as the page before it was cut from: listing thousands of objects
/// takes longer than all else, and pages of one list belong together.
pub async fn pairs_for(
    state: &AppState,
    style: &StyleId,
    goes_on: bool,
) -> Result<Arc<Vec<Pair>>, AppError> {
    let kept = state.residents.of::<Recent>(style.as_str());
    let now = state.now_ms();
    if goes_on
        && let Some((since, pairs)) = &*kept.0.lock().expect("not poisoned")
        && (0..RECENT_MS).contains(&(now - since))
    {
        return Ok(pairs.clone());
    }
    let fresh = Arc::new(pairs(state, style).await?);
    *kept.0.lock().expect("not poisoned") = Some((now, fresh.clone()));
    Ok(fresh)
}

/// How long counting waits for captions to be read; what is known without counts then.
const READ_PATIENCE: Duration = Duration::from_millis(1_500);

/// How closely captions are looked at to be counted.
#[derive(Clone, Copy, PartialEq)]
pub enum Counting {
    /// By their sizes and what was read before: for a grid of many styles.
    Glance,
    /// As the list of the style's images counts them, beside which they stand.
    Read,
}

/// How many images a style has, and how many of them have a caption with text.
pub async fn counts(
    state: &AppState,
    style: &StyleId,
    how: Counting,
) -> Result<(usize, usize), AppError> {
    let known = state.caches.counts.get(style.as_str());
    if let Some((images, captions, _)) = known.filter(|k| k.2 || how == Counting::Glance) {
        return Ok((images, captions));
    }
    let pairs = pairs(state, style).await?;
    let read = match how {
        Counting::Glance => None,
        Counting::Read => {
            let reading = tokio::time::timeout(READ_PATIENCE, caption_bytes(state, &pairs));
            reading.await.ok().and_then(Result::ok)
        }
    };
    let has_text = |bytes: Option<&[u8]>| CaptionState::read(bytes).0.is_present();
    let captions = match &read {
        Some(texts) => texts.iter().filter(|t| has_text(t.as_deref())).count(),
        None => {
            let seems = |p: &&Pair| p.caption.as_ref().is_some_and(|c| seems_present(state, c));
            pairs.iter().filter(seems).count()
        }
    };
    let known = (pairs.len(), captions, read.is_some());
    state.caches.counts.insert(style.to_string(), known);
    Ok((pairs.len(), captions))
}

/// Whether a caption has text, as far as is known without asking for it.
fn seems_present(state: &AppState, caption: &ObjectInfo) -> bool {
    let version = (caption.key.clone(), caption.etag.clone());
    match state.caches.captions.get(&version) {
        Some(bytes) => CaptionState::read(Some(&bytes)).0.is_present(),
        None => (1..=MAX_CAPTION_BYTES).contains(&caption.size_bytes),
    }
}

/// One image as the list shows it.
pub async fn one(state: &AppState, style: &StyleId, name: &str) -> Result<TrainingImage, AppError> {
    let gone = || AppError::not_found(format!("There is no image {name:?} in style {style}."));
    check_name(name).map_err(|_| gone())?;
    let known = styles::server::get(state, style)?;
    let image = state.s3.head(&super::key(style, name)?).await;
    let image = image.map_err(|e| match e {
        S3Error::NotFound { .. } => gone(),
        other => other.into(),
    })?;
    let caption = match state
        .s3
        .head(&super::key(style, &caption_name(name))?)
        .await
    {
        Ok(object) => Some(object),
        Err(S3Error::NotFound { .. }) => None,
        Err(other) => return Err(other.into()),
    };
    let pair = Pair {
        filename: name.to_owned(),
        image,
        caption,
    };
    let text = caption_bytes(state, std::slice::from_ref(&pair)).await?;
    let size = size_of(state, &pair.image).await;
    let seen = Seen::new(state, &pair.image, size);
    let mut image = describe(style, &pair, text[0].as_deref(), seen);
    Membership::of(state, &known)?.fill(&mut image);
    Ok(image)
}

/// What is known of a picture's inside.
#[derive(Default)]
pub struct Seen {
    size: Option<(u32, u32)>,
    /// Why it has no size or no thumbnail.
    problem: Option<Arc<str>>,
}

impl Seen {
    fn new(state: &AppState, image: &ObjectInfo, size: Size) -> Self {
        Self {
            size: size.as_ref().ok().copied(),
            problem: size.err().or_else(|| thumbnails::failure(state, image)),
        }
    }

    /// Fills it in.
    pub fn show(self, image: &mut TrainingImage) {
        image.width = self.size.map(|s| s.0);
        image.height = self.size.map(|s| s.1);
        image.problem = self.problem.map(|why| format!("{} {why}.", image.filename));
    }
}

/// What is known of an image; which sets hold it is filled in by [`Membership`], what is wrong with its caption by
/// `caption_checks`.
pub fn describe(style: &StyleId, pair: &Pair, caption: Option<&[u8]>, seen: Seen) -> TrainingImage {
    let (caption_state, text) = CaptionState::read(caption);
    let (url, thumbnail_url) = addresses(style, pair);
    let mut image = TrainingImage {
        url,
        thumbnail_url,
        filename: pair.filename.clone(),
        size_bytes: pair.image.size_bytes,
        etag: pair.image.etag.clone(),
        last_modified: iso(pair.image.modified_ms),
        width: None,
        height: None,
        problem: None,
        caption: text,
        caption_state,
        caption_etag: pair.caption.as_ref().map(|c| c.etag.clone()),
        caption_problems: Vec::new(),
        sets: Vec::new(),
        bucket: None,
        quality: None,
        hash: None,
        duplicates: Vec::new(),
    };
    seen.show(&mut image);
    image
}

/// Where the image and its thumbnail are shown.
pub fn addresses(style: &StyleId, pair: &Pair) -> (String, String) {
    let name = utf8_percent_encode(&pair.filename, NON_ALPHANUMERIC);
    let etag = utf8_percent_encode(&pair.image.etag, NON_ALPHANUMERIC);
    let url = format!("/api/styles/{style}/images/{name}");
    let thumbnail = format!("{url}/thumbnail?v={etag}");
    (url, thumbnail)
}

/// The caption files' bytes, in the order of the pairs; `None` = no file.
pub async fn caption_bytes(
    state: &AppState,
    pairs: &[Pair],
) -> Result<Vec<Option<Bytes>>, AppError> {
    let asked: Vec<_> = pairs
        .iter()
        .map(|p| one_caption(state, p.caption.as_ref()))
        .collect();
    stream::iter(asked)
        .buffered(IN_FLIGHT)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .map(|r| r.map_err(AppError::from))
        .collect()
}

async fn one_caption(
    state: &AppState,
    object: Option<&ObjectInfo>,
) -> Result<Option<Bytes>, S3Error> {
    let Some(object) = object else {
        return Ok(None);
    };
    let version = (object.key.clone(), object.etag.clone());
    if let Some(known) = state.caches.captions.get(&version) {
        return Ok(Some(known));
    }
    match state.s3.get(&object.key, MAX_CAPTION_BYTES).await {
        Ok((bytes, etag)) => {
            state
                .caches
                .captions
                .insert((object.key.clone(), etag), bytes.clone());
            Ok(Some(bytes))
        }
        // deleted since the listing
        Err(S3Error::NotFound { .. }) => Ok(None),
        // no caption; its first bytes say so, and the list shows the rest
        Err(S3Error::TooLarge { .. }) => {
            let bytes = state
                .s3
                .head_bytes(&object.key, MAX_CAPTION_BYTES + 1)
                .await?;
            state.caches.captions.insert(version, bytes.clone());
            Ok(Some(bytes))
        }
        Err(other) => Err(other),
    }
}

/// Pixel sizes as stored (EXIF orientation not applied), in order. An image that cannot be read has none; the rest of the
/// page is not held up by it.
pub async fn dimensions(state: &AppState, pairs: &[&Pair]) -> Vec<Option<(u32, u32)>> {
    let sizes = sizes(state, pairs).await;
    sizes.into_iter().map(Result::ok).collect()
}

/// What is known of each picture's inside, in order.
pub async fn look(state: &AppState, pairs: &[&Pair]) -> Vec<Seen> {
    let sizes = sizes(state, pairs).await.into_iter().zip(pairs);
    let seen = sizes.map(|(size, pair)| Seen::new(state, &pair.image, size));
    seen.collect()
}

async fn sizes(state: &AppState, pairs: &[&Pair]) -> Vec<Size> {
    let asked: Vec<_> = pairs.iter().map(|p| size_of(state, &p.image)).collect();
    stream::iter(asked).buffered(IN_FLIGHT).collect().await
}

/// Width and height of an object, or why it has none. Kept by ETag, unless it is the bucket that failed.
pub async fn size_of(state: &AppState, object: &ObjectInfo) -> Size {
    let version = (object.key.clone(), object.etag.clone());
    if let Some(known) = state.caches.dimensions.get(&version) {
        return known;
    }
    let glance = |head: &[u8]| {
        let header = header::glance(head, object.size_bytes)?;
        Ok((header.width, header.height))
    };
    let size = by_head(state, object, glance).await;
    let size = size.map_err(|_| Arc::from("could not be read from the bucket"))?;
    state.caches.dimensions.insert(version, size.clone());
    size
}

/// What `read` makes of a picture's first bytes, of more of them as long as it asks for more; the inner error is why the file
/// is no picture (reads on after its name).
pub(super) async fn by_head<T>(
    state: &AppState,
    object: &ObjectInfo,
    read: impl Fn(&[u8]) -> Result<T, Unread>,
) -> Result<Result<T, Arc<str>>, S3Error> {
    let mut wanted = HEADER_BYTES;
    loop {
        let head = state.s3.head_bytes(&object.key, wanted).await?;
        match read(&head) {
            Ok(found) => return Ok(Ok(found)),
            Err(Unread::More(more)) if more > wanted && more <= MOST_HEADER_BYTES => wanted = more,
            Err(Unread::More(_)) => {
                return Ok(Err(Arc::from("hides its size too deep to be read")));
            }
            Err(Unread::Unfit(unfit)) => return Ok(Err(Arc::from(unfit.to_string()))),
        }
    }
}
