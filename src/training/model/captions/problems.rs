//! What to tell a person about each caption: the row of the preview with its problems and, where one is certain, the fix.
//! A fix is the whole new content of the caption file; applying it is not done here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    CaptionError, CaptionSettings, as_trained, caption_names, caption_source, is_read_as_image,
    shared_stems, stem,
};
use crate::dataset::model::buckets::{Buckets, Size};
use crate::dataset::model::caption_text::{decode, first_line, one_line, strip, without_trigger};

/// Something about an image or its caption a person should know before paying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CaptionProblem {
    /// Stable word: `missing`, `empty`, `not_utf8`, `too_long`, `blank`, `blank_first_line`, `multiline`, `trigger_doubled`, `bom`, `borrowed`,
    /// `shared`, `not_read`, `image_unusable`.
    pub code: String,
    pub message: String,
    /// Whole new content of the caption file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
    /// Whether the trainer stops on it.
    pub fatal: bool,
}

/// One image of the preview.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CaptionRow {
    pub filename: String,
    /// The caption the image is trained with; `null` when it is not trained or the run ends on it.
    pub as_trained: Option<String>,
    /// Size it is trained at; `null` when its own size is unknown or unusable.
    pub bucket: Option<Size>,
    /// Share of the picture cut away, 0 to 1.
    pub crop_loss: Option<f64>,
    pub problems: Vec<CaptionProblem>,
}

/// An image of the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageFile<'a> {
    pub filename: &'a str,
    /// As the trainer's header reader sees it; `None` when not known yet.
    pub size: Option<Size>,
    /// Why the trainer stops on the picture, a sentence.
    pub unfit: Option<&'a str>,
}

/// One row for each image, in the order given. `captions` holds the caption files that will lie beside the images, by name.
/// `buckets` is `None` when the settings allow none.
pub fn rows(
    images: &[ImageFile],
    captions: &BTreeMap<&str, &[u8]>,
    settings: &CaptionSettings,
    buckets: Option<&Buckets>,
) -> Vec<CaptionRow> {
    let trained = images
        .iter()
        .map(|image| image.filename)
        .filter(|name| is_read_as_image(name));
    let shared = shared_stems(trained);
    images
        .iter()
        .map(|image| {
            let mut row = row(image, captions, settings, buckets);
            if is_read_as_image(image.filename) && shared.contains_key(stem(image.filename)) {
                let text = format!(
                    "Another image is called “{}” too: both read the same caption file.",
                    stem(image.filename)
                );
                row.problems.push(note("shared", text));
            }
            row
        })
        .collect()
}

fn row(
    image: &ImageFile,
    captions: &BTreeMap<&str, &[u8]>,
    settings: &CaptionSettings,
    buckets: Option<&Buckets>,
) -> CaptionRow {
    let mut row = CaptionRow {
        filename: image.filename.to_owned(),
        as_trained: None,
        bucket: None,
        crop_loss: None,
        problems: Vec::new(),
    };
    if !is_read_as_image(image.filename) {
        row.problems.push(note(
            "not_read",
            "The trainer ignores this file: it reads .png, .jpg, .jpeg, .webp and .bmp, all lower or all upper case. Rename or convert it.".to_owned(),
        ));
        return row;
    }
    place(&mut row, image, buckets);
    let source = caption_source(image.filename, settings.caption_extension, |name| {
        captions.contains_key(name)
    });
    let bytes = source
        .as_deref()
        .and_then(|name| captions.get(name).copied());
    row.as_trained = as_trained(bytes, settings).ok();
    let own = caption_names(image.filename, settings.caption_extension).0;
    match source {
        None => row.problems.push(note(
            "missing",
            format!("There is no {own}: the image is trained with the trigger token alone."),
        )),
        Some(source) if source != own => row.problems.push(note(
            "borrowed",
            format!("There is no {own}: the trainer reads {source}, another image's caption. Write {own}."),
        )),
        Some(_) => {}
    }
    if let Some(bytes) = bytes {
        row.problems
            .extend(caption_problems(bytes, settings.class_tokens));
    }
    row
}

fn place(row: &mut CaptionRow, image: &ImageFile, buckets: Option<&Buckets>) {
    if let Some(unfit) = image.unfit {
        row.problems
            .push(fatal("image_unusable", unfit.to_owned(), None));
        return;
    }
    let (Some(size), Some(buckets)) = (image.size, buckets) else {
        return;
    };
    match buckets.place(size) {
        Ok(placed) => {
            row.bucket = Some(placed.bucket);
            row.crop_loss = Some(placed.crop_loss());
        }
        Err(error) => row
            .problems
            .push(fatal("image_unusable", error.to_string(), None)),
    }
}

/// Problems of one caption file's content.
pub fn caption_problems(bytes: &[u8], class_tokens: &str) -> Vec<CaptionProblem> {
    let text = match super::read(bytes) {
        Ok(text) => text,
        Err(error @ CaptionError::Empty) => return vec![fatal("empty", error.to_string(), None)],
        Err(error @ CaptionError::TooLong) => {
            return vec![fatal("too_long", error.to_string(), None)];
        }
        Err(error @ CaptionError::NotUtf8) => {
            return vec![fatal("not_utf8", error.to_string(), decode(bytes))];
        }
    };
    let mut problems = Vec::new();
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        let fix = (!rest.is_empty()).then(|| rest.to_owned());
        let message =
            "The file begins with a byte order mark: it is trained as part of the caption.";
        problems.push(fixable("bom", message, fix));
    }
    problems.extend(line_problem(text));
    let (line, rest) = first_line(text);
    if let Some(without) = without_trigger(line, class_tokens) {
        let message = format!(
            "The trainer puts “{class_tokens}” before the caption, which has it already: it is trained twice."
        );
        let fix = (!without.is_empty()).then(|| format!("{without}{rest}"));
        problems.push(fixable("trigger_doubled", &message, fix));
    }
    problems
}

/// Only the first line is trained.
fn line_problem(text: &str) -> Option<CaptionProblem> {
    let (line, rest) = first_line(text);
    let (code, message) = match (strip(line).is_empty(), strip(rest).is_empty()) {
        (false, true) => return None,
        (true, true) => {
            let message =
                "The caption is blank: the image is trained with the trigger token and a space.";
            return Some(note("blank", message.to_owned()));
        }
        (true, false) => (
            "blank_first_line",
            "The first line is blank and only the first is trained: the text below it is lost.",
        ),
        (false, false) => (
            "multiline",
            "Only the first line is trained: what follows is lost.",
        ),
    };
    Some(fixable(code, message, Some(one_line(text))))
}

fn note(code: &str, message: String) -> CaptionProblem {
    CaptionProblem {
        code: code.to_owned(),
        message,
        fix: None,
        fatal: false,
    }
}

fn fixable(code: &str, message: &str, fix: Option<String>) -> CaptionProblem {
    CaptionProblem {
        fix,
        ..note(code, message.to_owned())
    }
}

fn fatal(code: &str, message: String, fix: Option<String>) -> CaptionProblem {
    CaptionProblem {
        fix,
        fatal: true,
        ..note(code, message)
    }
}

#[cfg(test)]
mod tests;
