//! What a picture needs before it is sent: which name, which change to its pixels, and whether a person is asked first.
//!
//! Decided from what was found in the file; the changing itself is done by whoever has a decoder. The sentences name what
//! the trainer would do with the file as it is.

use super::header::{Flaw, Header, Kind, Unfit};
use super::image::{extension, is_read_by_trainer, stem};
use super::upload::respelled;

/// A browser decodes no picture of more: pixels per side, and in all (512 MiB unpacked).
pub const MAX_SIDE: u32 = 16_384;
pub const MAX_DECODED_PIXELS: u64 = 128 << 20;

/// Whether a picture of this size is small enough to be decoded.
pub fn can_be_decoded(width: u32, height: u32) -> bool {
    width.max(height) <= MAX_SIDE && u64::from(width) * u64::from(height) <= MAX_DECODED_PIXELS
}

/// A copy with other pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// JPEG, PNG or WebP.
    pub to: Kind,
    /// Transparent parts become white.
    pub on_white: bool,
}

/// What is to be done with a picture before it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Needs {
    /// The name to store it under.
    pub name: String,
    pub change: Option<Change>,
    /// What and why, for a person to agree to; empty when it is not worth a question.
    pub asks: Vec<String>,
    /// What was found that is worth telling, and what is done by the change once it is made.
    pub notes: Vec<String>,
}

/// Judges a picture by its header. `transparent`: some pixel is not opaque. The error refuses it by name.
pub fn needs(
    name: &str,
    found: &Result<Header, Unfit>,
    transparent: bool,
) -> Result<Needs, String> {
    let (kind, mut flaws, lossless) = match found {
        Ok(header) => (header.kind, header.flaws(), header.kind.is_lossless()),
        Err(Unfit::Foreign(kind)) => (*kind, Vec::new(), kind.is_lossless()),
        Err(unfit) => return Err(refused(name, unfit)),
    };
    if transparent {
        flaws.push(Flaw::Transparent);
    }
    let foreign = !kind.is_trained();
    let change = (foreign || !flaws.is_empty()).then_some(Change {
        to: match kind {
            Kind::Jpeg | Kind::Webp => kind,
            _ if lossless => Kind::Png,
            _ => Kind::Jpeg,
        },
        on_white: transparent,
    });
    let new_name = name_for(name, change.map_or(kind, |c| c.to));
    let mut asks = Vec::new();
    if foreign {
        let to = change.map_or(Kind::Jpeg, |c| c.to);
        asks.push(format!(
            "It is {}, which the trainer does not read: converted to {}.",
            kind.words(),
            to.words()
        ));
    }
    let worth_asking = flaws.iter().filter(|f| !matches!(f, Flaw::Turned(_)));
    asks.extend(worth_asking.map(|f| format!("It {}: {}.", f.why(), f.mended())));
    if new_name != name && !foreign {
        let ext = extension(name);
        asks.push(format!(
            "The trainer passes over the extension .{ext}: stored as {new_name}."
        ));
    }
    let misnamed = found.as_ref().ok().filter(|_| change.is_none());
    let converted = change.filter(|_| foreign);
    let mut notes: Vec<String> = flaws.iter().map(|f| f.mended().to_owned()).collect();
    notes.extend(converted.map(|c| format!("converted to {}", c.to.words())));
    notes.extend(misnamed.and_then(|h| h.misnamed(&new_name)));
    Ok(Needs {
        name: new_name,
        change,
        asks,
        notes,
    })
}

/// `fog.jpg is cut off: …`.
pub fn refused(name: &str, unfit: &Unfit) -> String {
    format!("{name} {unfit}.")
}

/// Why a change cannot be made here, and what a person can do instead.
pub fn cannot_change(name: &str, found: &Result<Header, Unfit>, transparent: bool) -> String {
    let flaw = match found {
        Err(unfit) => return refused(name, unfit),
        Ok(header) => header.flaws().first().copied(),
    };
    match flaw.or(transparent.then_some(Flaw::Transparent)) {
        Some(flaw) => flaw.said_of(name),
        None => format!("{name} cannot be converted here. Save it as JPEG or PNG."),
    }
}

/// The name with an extension that the trainer reads. It goes by the content, so one of another type is left alone.
fn name_for(name: &str, kind: Kind) -> String {
    let spelled = respelled(name).unwrap_or_else(|| name.to_owned());
    if is_read_by_trainer(&spelled) {
        return spelled;
    }
    let ext = kind.extensions().first().unwrap_or(&"jpg");
    format!("{}.{ext}", stem(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::model::header::Colour;

    fn header(kind: Kind) -> Header {
        Header {
            kind,
            width: 8,
            height: 8,
            orientation: 1,
            colour: Colour::Rgb,
            bits: 8,
            animated: false,
            alpha: false,
        }
    }

    #[test]
    fn a_good_picture_goes_as_it_is() {
        let found = needs("a b.JPG", &Ok(header(Kind::Jpeg)), false).unwrap();
        let as_it_is = Needs {
            name: "a b.JPG".into(),
            change: None,
            asks: vec![],
            notes: vec![],
        };
        assert_eq!(found, as_it_is);
        let misnamed = needs("a.jpg", &Ok(header(Kind::Png)), false).unwrap();
        assert_eq!(misnamed.name, "a.jpg");
        assert_eq!(misnamed.notes, ["It is a PNG under the name .jpg."]);
        assert!(misnamed.asks.is_empty() && misnamed.change.is_none());
    }

    #[test]
    fn a_turned_photo_is_turned_upright_without_a_question() {
        let turned = Header {
            orientation: 6,
            ..header(Kind::Jpeg)
        };
        let found = needs("phone.jpg", &Ok(turned), false).unwrap();
        assert_eq!(found.change.unwrap().to, Kind::Jpeg);
        assert_eq!(
            (found.asks.len(), &found.notes[0][..]),
            (0, "turned upright")
        );
    }

    #[test]
    fn what_changes_a_name_or_colours_asks_first() {
        let spelled = needs("a.Jpg", &Ok(header(Kind::Jpeg)), false).unwrap();
        assert_eq!((spelled.name.as_str(), spelled.change), ("a.jpg", None));
        assert!(spelled.asks[0].contains("passes over the extension .Jpg"));
        let camera = needs("a.jfif", &Ok(header(Kind::Jpeg)), false).unwrap();
        assert_eq!((camera.name.as_str(), camera.change), ("a.jpg", None));
        let cmyk = Header {
            colour: Colour::Cmyk,
            ..header(Kind::Jpeg)
        };
        let cmyk = needs("a.jpg", &Ok(cmyk), false).unwrap();
        assert!(cmyk.asks[0].ends_with("with other colours: converted to RGB."));
        assert_eq!(cmyk.notes, ["converted to RGB"]);
        let glass = needs("a.png", &Ok(header(Kind::Png)), true).unwrap();
        let on_white = Change {
            to: Kind::Png,
            on_white: true,
        };
        assert_eq!(glass.change, Some(on_white));
        assert!(glass.asks[0].contains("transparent parts"));
    }

    #[test]
    fn types_the_trainer_does_not_read_become_ones_it_does() {
        let gif = needs("a.gif", &Ok(header(Kind::Gif)), false).unwrap();
        assert_eq!(
            (gif.name.as_str(), gif.change.unwrap().to),
            ("a.png", Kind::Png)
        );
        assert_eq!(gif.notes, ["converted to a PNG"]);
        let avif = needs("a.jpg", &Err(Unfit::Foreign(Kind::Avif)), false).unwrap();
        assert_eq!(
            (avif.name.as_str(), avif.change.unwrap().to),
            ("a.jpg", Kind::Jpeg)
        );
        assert!(avif.asks[0].contains("an AVIF, which the trainer does not read"));
        let page = needs("a.jpg", &Err(Unfit::NoPicture(Kind::Html)), false);
        assert!(page.unwrap_err().starts_with("a.jpg is a web page (HTML)"));
    }

    #[test]
    fn what_is_too_large_to_decode_says_so() {
        assert!(can_be_decoded(12_000, 9_000));
        assert!(!can_be_decoded(16_385, 10) && !can_be_decoded(13_000, 13_000));
        let scan = Header {
            colour: Colour::Cmyk,
            ..header(Kind::Jpeg)
        };
        assert!(cannot_change("a.jpg", &Ok(scan), false).ends_with("Save it as RGB."));
    }
}
