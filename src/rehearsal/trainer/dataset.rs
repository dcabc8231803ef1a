//! The dataset as the trainer reads it: every object fetched, put into one flat folder, images paired with captions.
//!
//! Of an image only the header is read. Objects that the trainer ignores (other extensions, mixed-case ones, captions without
//! image) are ignored here too.

use std::{collections::BTreeMap, io::Cursor};

use aws_sdk_s3::{Client, error::ProvideErrorMetadata};
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::{
    buckets::Size,
    request::{S3Object, TrainingJob},
    workflow::Workflow,
};

/// Objects fetched at the same time.
const FETCHED_TOGETHER: usize = 8;
/// What the trainer takes for an image, all lower or all upper case. AVIF and JPEG XL need plug-ins and count as absent.
const IMAGE_EXTENSIONS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];

/// One image with what it is trained with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingImage {
    pub filename: String,
    pub size: Size,
    /// First line of the caption file without blanks around it; `None` where there is no file.
    pub caption: Option<String>,
}

/// Fetches every object; `fetched` is told how many are there.
///
/// # Errors
/// Two objects of one name, or an object that cannot be read; the text names it.
pub async fn fetch(
    s3: &Client,
    objects: &[S3Object],
    mut fetched: impl FnMut(u64),
) -> Result<BTreeMap<String, Bytes>, String> {
    check_names(objects)?;
    // owned pairs: a closure over borrowed ones would not be general enough for a spawned task
    let wanted: Vec<(Client, S3Object)> = objects
        .iter()
        .map(|object| (s3.clone(), object.clone()))
        .collect();
    let mut answers = stream::iter(wanted)
        .map(|(s3, object)| async move {
            let answer = get(&s3, &object).await;
            (object, answer)
        })
        .buffered(FETCHED_TOGETHER);
    let mut folder = BTreeMap::new();
    let mut first_error = None;
    while let Some((object, answer)) = answers.next().await {
        match answer {
            Ok(content) => {
                folder.insert(object.basename().to_owned(), content);
                fetched(folder.len() as u64);
            }
            Err(code) => {
                let text = format!("Failed to download {}: {code}", object.url());
                first_error.get_or_insert(text);
            }
        }
    }
    match first_error {
        None => Ok(folder),
        Some(error) if folder.is_empty() => {
            Err(format!("No files were downloaded from S3. {error}"))
        }
        Some(error) => Err(error),
    }
}

/// Pairs images with captions and checks both.
///
/// # Errors
/// The first thing the container or the trainer dies of, with the file's name.
pub fn pair(
    job: &TrainingJob,
    workflow: &Workflow,
    folder: &BTreeMap<String, Bytes>,
) -> Result<Vec<TrainingImage>, String> {
    let mut images = Vec::new();
    for (filename, content) in folder.iter().filter(|(name, _)| is_image(name)) {
        let stem = filename.rsplit_once('.').map_or("", |(stem, _)| stem);
        let caption_name = caption_name(folder, stem, workflow.caption_extension());
        let caption = match folder.get_key_value(&caption_name) {
            Some((name, content)) => Some(read_caption(name, content)?),
            None if job.needs_captions() => {
                return Err(format!(
                    "Missing caption file for {filename}: mode {} needs {stem}{}",
                    job.mode,
                    workflow.caption_extension()
                ));
            }
            None => None,
        };
        images.push(TrainingImage {
            filename: filename.clone(),
            size: read_size(filename, content)?,
            caption,
        });
    }
    if images.is_empty() {
        return Err(
            "AttributeError: 'FluxNetworkTrainer' object has no attribute 'num_train_epochs' (no image was found in the dataset)".to_owned(),
        );
    }
    Ok(images)
}

async fn get(s3: &Client, object: &S3Object) -> Result<Bytes, String> {
    let request = s3.get_object().bucket(&object.bucket).key(&object.key);
    let answer = request
        .send()
        .await
        .map_err(|error| error.code().unwrap_or("S3 did not answer").to_owned())?;
    let body = answer
        .body
        .collect()
        .await
        .map_err(|_| "the download broke off".to_owned())?;
    Ok(body.into_bytes())
}

/// Everything lands in one folder, so two objects of one name would overwrite each other.
fn check_names(objects: &[S3Object]) -> Result<(), String> {
    let mut seen: BTreeMap<&str, &S3Object> = BTreeMap::new();
    for object in objects {
        if let Some(other) = seen.insert(object.basename(), object) {
            return Err(format!(
                "Two objects have the name {:?} and would overwrite each other: {} and {}",
                object.basename(),
                other.url(),
                object.url()
            ));
        }
    }
    Ok(())
}

fn is_image(name: &str) -> bool {
    if name.starts_with('.') {
        return false;
    }
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    IMAGE_EXTENSIONS
        .iter()
        .any(|known| *known == extension || known.to_uppercase() == extension)
}

/// The caption's name: the image's stem, or for a long underscored name without its own caption the stem without its last four
/// parts, where such a file exists.
fn caption_name(folder: &BTreeMap<String, Bytes>, stem: &str, extension: &str) -> String {
    let own = format!("{stem}{extension}");
    if folder.contains_key(&own) {
        return own;
    }
    let parts: Vec<&str> = stem.split('_').collect();
    if parts.len() >= 5 {
        let shortened = format!("{}{extension}", parts[..parts.len() - 4].join("_"));
        if folder.contains_key(&shortened) {
            return shortened;
        }
    }
    own
}

fn read_caption(name: &str, content: &[u8]) -> Result<String, String> {
    if content.is_empty() {
        return Err(format!("AssertionError: caption file is empty: {name}"));
    }
    let text = std::str::from_utf8(content).map_err(|error| {
        let position = error.valid_up_to();
        let byte = content.get(position).copied().unwrap_or_default();
        format!("UnicodeDecodeError: 'utf-8' codec can't decode byte 0x{byte:02x} in position {position}: {name}")
    })?;
    // CR ends a line too; U+2028 does not
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    Ok(line.trim().to_owned())
}

fn read_size(name: &str, content: &[u8]) -> Result<Size, String> {
    let broken = || format!("ZeroDivisionError: division by zero (broken or empty image: {name})");
    let reader = image::ImageReader::new(Cursor::new(content))
        .with_guessed_format()
        .map_err(|_| broken())?;
    let size = reader.into_dimensions().map_err(|_| broken())?;
    if size.0 == 0 || size.1 == 0 {
        return Err(broken());
    }
    if is_cut_off(content) {
        return Err(format!("OSError: image file is truncated: {name}"));
    }
    Ok(size)
}

/// Whether a JPEG or PNG lacks its end, on which Pillow stops when it loads the pixels.
fn is_cut_off(content: &[u8]) -> bool {
    const WITHIN: usize = 64 << 10;
    let end = &content[content.len().saturating_sub(WITHIN)..];
    let has = |mark: &[u8]| end.windows(mark.len()).any(|w| w == mark);
    match image::guess_format(content) {
        Ok(image::ImageFormat::Jpeg) => !has(b"\xff\xd9"),
        Ok(image::ImageFormat::Png) => !has(b"IEND"),
        _ => false,
    }
}
