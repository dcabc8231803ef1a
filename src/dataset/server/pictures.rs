//! Pictures unpacked on the server: within bounds, and only when there is no way around it.

use super::super::model::header::{self, Flaw, HEAD_BYTES, Header, TAIL_BYTES, Unfit, Unread};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

/// A picture that unpacks to more is not shown (decompression bombs): pixels per side and bytes in all.
const MAX_SIDE: u32 = 16_384;
const MAX_DECODED_BYTES: u64 = 512 << 20;

/// A picture as stored, which is how the trainer loads it.
pub struct Decoded {
    pub picture: DynamicImage,
    /// How its EXIF data ask for it to be shown.
    pub orientation: Orientation,
}

impl Decoded {
    /// As a person sees it.
    pub fn upright(mut self) -> DynamicImage {
        self.picture.apply_orientation(self.orientation);
        self.picture
    }
}

/// Unpacks a picture, or says why not (reads on after "it"). Blocks.
pub fn decode(from: impl BufRead + Seek) -> Result<Decoded, String> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    let reader = ImageReader::new(from).with_guessed_format();
    let mut reader = reader.map_err(|e| reason(e.into()))?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(reason)?;
    limits.reserve(decoder.total_bytes()).map_err(reason)?;
    decoder.set_limits(limits).map_err(reason)?;
    // a picture without readable EXIF data is shown as it is
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    Ok(Decoded {
        picture,
        orientation,
    })
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

/// Judges a file as the trainer would meet it. Nothing can be asked here, so what a person would have to agree to is a
/// refusal. Blocks.
pub fn check(mut file: impl Read + Seek, filename: &str) -> Result<Header, String> {
    let refuse = |why: &str| Err(format!("{filename} {why}."));
    let unread = "could not be read back from disk";
    let header = match read_header(&mut file) {
        Ok(Ok(header)) => header,
        Ok(Err(unfit)) => return refuse(&unfit.to_string()),
        Err(_) => return refuse(unread),
    };
    let mut flaws = header.flaws();
    if header.alpha && !header.animated {
        let begin = file.rewind().map_err(|_| unread.to_owned());
        match begin.and_then(|()| decode(BufReader::new(file))) {
            Ok(decoded) if is_transparent(&decoded.picture) => flaws.push(Flaw::Transparent),
            Ok(_) => {}
            Err(why) => return refuse(&why),
        }
    }
    match flaws.first() {
        None => Ok(header),
        Some(flaw) => Err(flaw.said_of(filename)),
    }
}

fn is_transparent(picture: &DynamicImage) -> bool {
    picture.color().has_alpha() && picture.to_rgba8().pixels().any(|p| p.0[3] < 255)
}

fn read_header(file: &mut (impl Read + Seek)) -> std::io::Result<Result<Header, Unfit>> {
    let size = file.seek(SeekFrom::End(0))?;
    let tail = part(file, size.saturating_sub(TAIL_BYTES), TAIL_BYTES)?;
    let mut wanted = HEAD_BYTES;
    loop {
        let head = part(file, 0, wanted)?;
        match header::read(&head, &tail, size) {
            Ok(header) => return Ok(Ok(header)),
            Err(Unread::Unfit(unfit)) => return Ok(Err(unfit)),
            Err(Unread::More(more)) if more > wanted => wanted = more,
            Err(Unread::More(_)) => return Ok(Err(Unfit::Truncated)),
        }
    }
}

fn part(file: &mut (impl Read + Seek), from: u64, length: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
