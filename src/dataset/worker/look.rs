//! Looking at a file: what it really is, what the trainer would make of it, what it measures, and a small picture of it.

use super::browser::{Context, ImageBitmap, OffscreenCanvas, create_image_bitmap, options};
use super::message::{Answer, Found};
use super::{change, reader};
use crate::dataset::model::analysis::{Analysis, SIDE};
use crate::dataset::model::header::{self, HEAD_BYTES, Header, TAIL_BYTES, Unfit, Unread};
use crate::dataset::model::image::MAX_CAPTION_BYTES;
use crate::dataset::model::mending::{self, Needs, can_be_decoded};
use crate::dataset::model::upload::{check_caption, respelled};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// Long side of a thumbnail, pixels; the server keeps none that is larger.
const THUMBNAIL_SIDE: u32 = 320;
/// So that a screen of them comes at once; the server makes its own where even the least quality is not enough.
const THUMBNAIL_BYTES: f64 = 30_000.0;
/// Rows of a large picture looked at together.
const STRIP: u32 = 256;

pub async fn caption(file: &Blob, name: &str) -> Answer {
    let Some(bytes) = reader::bytes(file, 0, MAX_CAPTION_BYTES).await else {
        return Answer::Lost;
    };
    if let Err(why) = check_caption(name, &bytes) {
        return Answer::Refused(why);
    }
    let mut found = Found {
        md5: reader::md5(file).await,
        name: name.to_owned(),
        ..Found::default()
    };
    if let Some(spelled) = respelled(name) {
        found.asks = vec![format!(
            "The trainer looks for the extension .txt: stored as {spelled}."
        )];
        found.name = spelled;
    }
    Answer::Found(Box::new(found))
}

/// `agreed`: what has to be asked was asked, so the copy is made.
pub async fn picture(file: &Blob, name: &str, agreed: bool) -> Answer {
    let Some((head, found)) = read_header(file).await else {
        return Answer::Lost;
    };
    let size = match &found {
        Ok(header) => Some(header.upright()),
        Err(Unfit::Foreign(_)) => header::claimed_size(&head),
        Err(_) => None,
    };
    let view = match size.filter(|(width, height)| can_be_decoded(*width, *height)) {
        Some(size) => View::of(file, size, found.as_ref().ok()).await,
        None => None,
    };
    if view.is_none()
        && let Err(why) = unseen(name, &found)
    {
        return Answer::Refused(why);
    }
    let transparent = match (&found, &view) {
        (Ok(header), Some(view)) if header.alpha => {
            view.analysis.transparent > 0.0 || is_transparent(file).await
        }
        (Err(_), Some(view)) => view.analysis.transparent > 0.0,
        _ => false,
    };
    match mending::needs(name, &found, transparent) {
        Err(why) => Answer::Refused(why),
        Ok(needs) => answer(file, name, (&found, transparent), needs, view, agreed).await,
    }
}

/// Whether a picture that cannot be looked at may be sent all the same: a whole one that is merely large.
fn unseen(name: &str, found: &Result<Header, Unfit>) -> Result<(), String> {
    match found {
        Err(unfit) => Err(mending::refused(name, unfit)),
        Ok(header) if !header.flaws().is_empty() || header.alpha => {
            Err(mending::cannot_change(name, found, header.alpha))
        }
        Ok(header) if can_be_decoded(header.width, header.height) => Err(format!(
            "{name} is damaged and cannot be decoded: the trainer stops on it. Save it anew."
        )),
        Ok(_) => Ok(()),
    }
}

async fn answer(
    file: &Blob,
    name: &str,
    judged: (&Result<Header, Unfit>, bool),
    needs: Needs,
    view: Option<View>,
    agreed: bool,
) -> Answer {
    let mut found = Found {
        name: needs.name,
        notes: needs.notes,
        ..Found::default()
    };
    if !agreed && !needs.asks.is_empty() {
        found.asks = needs.asks;
        // nothing is done yet
        found.notes.clear();
    } else if let Some(wanted) = needs.change {
        let header = judged.0.as_ref().ok();
        let copy = change::make(file, header, wanted).await;
        let Some(copy) = copy else {
            return Answer::Refused(mending::cannot_change(name, judged.0, judged.1));
        };
        let size = (copy.width, copy.height);
        let view = View::of(&copy.file, size, None).await;
        found.md5 = reader::md5(&copy.file).await;
        found.file = Some(copy.file);
        show(&mut found, view).await;
        return Answer::Found(Box::new(found));
    }
    found.md5 = reader::md5(file).await;
    if view.is_none() {
        found
            .notes
            .push("too large to be looked at here".to_owned());
    }
    show(&mut found, view).await;
    Answer::Found(Box::new(found))
}

async fn show(found: &mut Found, view: Option<View>) {
    if let Some(view) = view {
        (found.width, found.height) = view.size;
        found.hash = Some(view.analysis.hash);
        found.thumbnail = view.thumbnail().await;
    }
}

/// A picture at the size it is measured at.
struct View {
    size: (u32, u32),
    small: OffscreenCanvas,
    small_size: (u32, u32),
    analysis: Analysis,
}

impl View {
    /// Decodes to the upright `size`; `None` when the browser cannot.
    async fn of(file: &Blob, size: (u32, u32), header: Option<&Header>) -> Option<Self> {
        let (width, height) = fit(size, SIDE);
        let (source, turn) = change::source(file, header).await?;
        let (lying_width, lying_height) = if turn >= 5 {
            (height, width)
        } else {
            (width, height)
        };
        let how = options(&[
            ("resizeWidth", lying_width.into()),
            ("resizeHeight", lying_height.into()),
            ("resizeQuality", "high".into()),
            // measured as the trainer reads it: without its colour profile
            ("colorSpaceConversion", "none".into()),
        ]);
        let bitmap = decode(&source, &how).await?;
        let (small, context) = canvas(width, height)?;
        change::turn_context(&context, turn, width.into(), height.into());
        let (w, h) = (lying_width.into(), lying_height.into());
        context.draw_image(&bitmap, 0.0, 0.0, w, h);
        bitmap.close();
        let rgba = pixels(&context, width, height)?;
        Some(Self {
            size,
            small,
            small_size: (width, height),
            analysis: Analysis::of(width, height, &rgba)?,
        })
    }

    async fn thumbnail(&self) -> Option<Blob> {
        let (width, height) = fit(self.small_size, THUMBNAIL_SIDE);
        let (canvas, context) = canvas(width, height)?;
        // neither black nor white drawings vanish on it
        context.set_fill_style("#808080");
        context.fill_rect(0.0, 0.0, width.into(), height.into());
        context.set_smoothing("high");
        let (w, h) = (width.into(), height.into());
        context.draw_image(&self.small, 0.0, 0.0, w, h);
        for quality in [0.8, 0.6, 0.4] {
            let jpeg = encode(&canvas, "image/jpeg", quality).await?;
            if jpeg.size() <= THUMBNAIL_BYTES {
                return Some(jpeg);
            }
        }
        None
    }
}

/// Shrunk, never enlarged, until the longer side is at most `side`.
fn fit((width, height): (u32, u32), side: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= side {
        return (width, height);
    }
    let shrunk = |n: u32| (f64::from(n) * f64::from(side) / f64::from(long)).round() as u32;
    (shrunk(width).max(1), shrunk(height).max(1))
}

pub async fn decode(file: &Blob, how: &js_sys::Object) -> Option<ImageBitmap> {
    let bitmap = JsFuture::from(create_image_bitmap(file, how)).await.ok()?;
    Some(bitmap.unchecked_into())
}

pub async fn encode(canvas: &OffscreenCanvas, kind: &str, quality: f64) -> Option<Blob> {
    let how = options(&[("type", kind.into()), ("quality", quality.into())]);
    let blob = JsFuture::from(canvas.convert_to_blob(&how)).await.ok()?;
    blob.dyn_into().ok()
}

pub fn canvas(width: u32, height: u32) -> Option<(OffscreenCanvas, Context)> {
    let canvas = OffscreenCanvas::new(width, height).ok()?;
    // read back at once: a graphics card would only be in the way
    let how = options(&[("willReadFrequently", JsValue::TRUE)]);
    let context = canvas.get_context("2d", &how)?;
    Some((canvas, context))
}

fn pixels(context: &Context, width: u32, height: u32) -> Option<Vec<u8>> {
    let (width, height) = (i32::try_from(width).ok()?, i32::try_from(height).ok()?);
    let data = context.get_image_data(0, 0, width, height).ok()?;
    Some(data.data().to_vec())
}

/// Whether any pixel of the whole picture is not opaque.
async fn is_transparent(file: &Blob) -> bool {
    let Some(bitmap) = decode(file, &options(&[])).await else {
        return false;
    };
    let (width, height) = (bitmap.width(), bitmap.height());
    let seen = any_strip(&bitmap, width, height);
    bitmap.close();
    seen.unwrap_or(false)
}

fn any_strip(bitmap: &ImageBitmap, width: u32, height: u32) -> Option<bool> {
    let (_canvas, context) = canvas(width, STRIP.min(height))?;
    let mut top = 0;
    while top < height {
        let rows = STRIP.min(height - top);
        context.clear_rect(0.0, 0.0, width.into(), STRIP.into());
        let at = -f64::from(top);
        context.draw_image(bitmap, 0.0, at, width.into(), height.into());
        let rgba = pixels(&context, width, rows)?;
        if rgba.iter().skip(3).step_by(4).any(|alpha| *alpha < 255) {
            return Some(true);
        }
        top += rows;
    }
    Some(false)
}

/// First bytes and header; `None` when the file cannot be read any more.
async fn read_header(file: &Blob) -> Option<(Vec<u8>, Result<Header, Unfit>)> {
    let size = file.size() as u64;
    let tail = reader::bytes(file, size.saturating_sub(TAIL_BYTES), size).await?;
    let mut wanted = HEAD_BYTES;
    loop {
        let head = reader::bytes(file, 0, wanted.min(size)).await?;
        match header::read(&head, &tail, size) {
            Ok(header) => return Some((head, Ok(header))),
            Err(Unread::Unfit(unfit)) => return Some((head, Err(unfit))),
            Err(Unread::More(more)) if more > wanted => wanted = more,
            Err(Unread::More(_)) => return Some((head, Err(Unfit::Truncated))),
        }
    }
}
