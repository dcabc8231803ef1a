//! Whether a picture is good for training a style: remarks with the figure and the bound that speaks, in three states.
//!
//! The bounds were tried on the covers of real styles and on photographs: ink, washes and flat drawings are fine, their
//! blurred copies are not. A person may dismiss a remark; the picture's state is that of the others.

mod figures;
mod measured;
mod stored;

use super::analysis::Analysis;
use super::bucket_choice::BucketPlace;
use super::buckets::BucketError;
use super::header::Flaw;
use super::twins::Twins;
pub use figures::past;
use serde::{Deserialize, Serialize};

/// Enlarged by more than this, a picture is bad; by anything, it is looked at.
const ENLARGED_BAD: f64 = 1.5;
/// Share cut away from which a picture is looked at, and is bad.
pub const CROP_LOOK: f64 = 0.35;
const CROP_BAD: f64 = 0.5;

/// How a picture or a remark stands; the worst is the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum QualityState {
    #[default]
    Fine,
    Look,
    Bad,
}

impl QualityState {
    pub const ALL: [Self; 3] = [Self::Bad, Self::Look, Self::Fine];

    /// As [`QualityState::as_str`] has it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Look => "look",
            Self::Bad => "bad",
        }
    }

    /// The word beside the mark.
    pub fn label(self) -> &'static str {
        match self {
            Self::Fine => "Fine",
            Self::Look => "Look",
            Self::Bad => "Bad",
        }
    }
}

/// What a remark is about; by it a remark is dismissed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum QualityCode {
    /// The trainer or the studio cannot decode the picture, or it unpacks to too much.
    Unreadable,
    /// The trainer passes over files with such a name.
    Extension,
    /// The trainer stops on it at this training size.
    Untrainable,
    /// It carries a turn that the trainer applies to the size alone.
    Turned,
    Cmyk,
    Animated,
    /// Grey of 16 bits, which the trainer clips.
    Grey16,
    /// Smaller than its bucket.
    Upscaled,
    Crop,
    Duplicate,
    Blur,
    Exposure,
    Alpha,
}

impl QualityCode {
    pub const ALL: [Self; 13] = [
        Self::Unreadable,
        Self::Extension,
        Self::Untrainable,
        Self::Turned,
        Self::Cmyk,
        Self::Animated,
        Self::Grey16,
        Self::Upscaled,
        Self::Crop,
        Self::Duplicate,
        Self::Blur,
        Self::Exposure,
        Self::Alpha,
    ];

    /// As the wire and forms spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Extension => "extension",
            Self::Untrainable => "untrainable",
            Self::Turned => "turned",
            Self::Cmyk => "cmyk",
            Self::Animated => "animated",
            Self::Grey16 => "grey16",
            Self::Upscaled => "upscaled",
            Self::Crop => "crop",
            Self::Duplicate => "duplicate",
            Self::Blur => "blur",
            Self::Exposure => "exposure",
            Self::Alpha => "alpha",
        }
    }

    /// Whether the picture is not trained for it, since the trainer stops on the file or passes over it. That is no matter of
    /// taste, so a person cannot dismiss it.
    pub fn keeps_out(self) -> bool {
        matches!(self, Self::Unreadable | Self::Extension | Self::Untrainable)
    }

    /// The words before a remark.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreadable => "Unreadable",
            Self::Extension => "Passed over",
            Self::Untrainable => "Cannot be trained",
            Self::Turned => "Turned",
            Self::Cmyk => "CMYK",
            Self::Animated => "Animated",
            Self::Grey16 => "16-bit grey",
            Self::Upscaled => "Enlarged",
            Self::Crop => "Cropped",
            Self::Duplicate => "Near-duplicate",
            Self::Blur => "Blurred",
            Self::Exposure => "Exposure",
            Self::Alpha => "Transparent",
        }
    }
}

/// One thing to know about a picture, with its figure and bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct QualityRemark {
    pub code: QualityCode,
    pub state: QualityState,
    pub message: String,
    /// A person said that it is meant so.
    pub dismissed: bool,
}

impl QualityRemark {
    fn new(code: QualityCode, state: QualityState, message: impl Into<String>) -> Self {
        Self {
            code,
            state,
            message: message.into(),
            dismissed: false,
        }
    }
}

/// A picture's state: the worst of the remarks that are not dismissed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Quality {
    pub state: QualityState,
    pub remarks: Vec<QualityRemark>,
}

impl Quality {
    fn has(&self, code: QualityCode) -> bool {
        self.remarks.iter().any(|r| r.code == code)
    }

    /// Whether there is nothing to be shown of the file.
    pub fn is_unreadable(&self) -> bool {
        self.has(QualityCode::Unreadable)
    }

    /// Why the picture is not trained at all; `None` when it is. What is passed over is never opened.
    pub fn kept_out(&self) -> Option<QualityCode> {
        use QualityCode::{Extension, Unreadable, Untrainable};
        let mut codes = [Extension, Unreadable, Untrainable].into_iter();
        codes.find(|code| self.has(*code))
    }
}

/// How a file's EXIF data ask to show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    #[default]
    None,
    /// Upside down or mirrored.
    Over,
    /// By a quarter: width and height change places.
    Sideways,
}

/// What is known of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub filename: &'a str,
    /// Pixels.
    pub size: (u32, u32),
    /// Where it is trained, or why it cannot be; `None` while no training size can be had.
    pub place: Option<&'a Result<BucketPlace, BucketError>>,
    pub analysis: &'a Analysis,
    pub turn: Turn,
    /// Of the file's header.
    pub flaws: &'a [Flaw],
    /// Of the style's other pictures.
    pub twins: &'a Twins,
}

/// Judges a picture; `dismissed` says of which remarks of this very file a person has said that they are meant so, and how bad
/// they were then: what has become worse counts again.
pub fn judge(
    facts: &Facts<'_>,
    dismissed: impl Fn(QualityCode) -> Option<QualityState>,
) -> Quality {
    let in_file = stored::passed_over(facts.filename)
        .into_iter()
        .chain(stored::flawed(facts.filename, facts.flaws));
    let found = [
        turned(facts.turn),
        facts.place.and_then(|place| size(facts.size, place)),
        facts.place.and_then(crop),
        duplicate(facts.twins),
        measured::blur(facts.analysis),
        measured::exposure(facts.analysis),
        measured::alpha(facts.analysis),
    ];
    settle(in_file.chain(found.into_iter().flatten()), dismissed)
}

/// A picture that could not be measured, with the reason.
pub fn unreadable(
    filename: &str,
    reason: &str,
    dismissed: impl Fn(QualityCode) -> Option<QualityState>,
) -> Quality {
    let remark = QualityRemark::new(QualityCode::Unreadable, QualityState::Bad, reason);
    let passed_over = stored::passed_over(filename);
    settle([remark].into_iter().chain(passed_over), dismissed)
}

fn settle(
    remarks: impl IntoIterator<Item = QualityRemark>,
    dismissed: impl Fn(QualityCode) -> Option<QualityState>,
) -> Quality {
    let mut remarks: Vec<QualityRemark> = remarks.into_iter().collect();
    // what keeps a picture out counts, also where an older studio let it be dismissed
    for remark in remarks.iter_mut().filter(|r| !r.code.keeps_out()) {
        remark.dismissed = dismissed(remark.code).is_some_and(|worst| remark.state <= worst);
    }
    let open = remarks.iter().filter(|r| !r.dismissed);
    Quality {
        state: open.map(|r| r.state).max().unwrap_or_default(),
        remarks,
    }
}

fn turned(turn: Turn) -> Option<QualityRemark> {
    let message = match turn {
        Turn::None => return None,
        Turn::Over => {
            "The file asks to be shown upside down or mirrored (EXIF); the trainer reads it as it is stored. Save it turned."
        }
        Turn::Sideways => {
            "The file asks to be shown turned sideways (EXIF): the trainer chooses the bucket for the turned picture and trains the unturned one, squashed. Save it turned."
        }
    };
    Some(QualityRemark::new(
        QualityCode::Turned,
        QualityState::Bad,
        message,
    ))
}

fn size((width, _): (u32, u32), place: &Result<BucketPlace, BucketError>) -> Option<QualityRemark> {
    let place = match place {
        Ok(place) => place,
        Err(error) => {
            let remark = QualityRemark::new(
                QualityCode::Untrainable,
                QualityState::Bad,
                error.to_string(),
            );
            return Some(remark);
        }
    };
    if place.scale <= 1.0 {
        return None;
    }
    let state = if place.scale > ENLARGED_BAD {
        QualityState::Bad
    } else {
        QualityState::Look
    };
    let message = format!(
        "At {width} px width it is enlarged {} times for its bucket of {} × {}; anything above 1 adds softness, above {ENLARGED_BAD} it is bad.",
        past(place.scale, &[1.0, ENLARGED_BAD], 2),
        place.width,
        place.height
    );
    Some(QualityRemark::new(QualityCode::Upscaled, state, message))
}

fn crop(place: &Result<BucketPlace, BucketError>) -> Option<QualityRemark> {
    let place = place.as_ref().ok()?;
    let state = from(place.crop_loss, CROP_LOOK, CROP_BAD)?;
    let bounds = [CROP_LOOK, CROP_BAD].map(|share| share * 100.0);
    let message = format!(
        "{} % of the picture is cut away for its bucket of {} × {}; above {:.0} % look at what is lost, above {:.0} % it is bad.",
        past(place.crop_loss * 100.0, &bounds, 0),
        place.width,
        place.height,
        bounds[0],
        bounds[1]
    );
    Some(QualityRemark::new(QualityCode::Crop, state, message))
}

/// Names shown of a larger group.
const TWINS_SHOWN: usize = 4;

fn duplicate(twins: &Twins) -> Option<QualityRemark> {
    use super::analysis::NEAR;
    let first = twins.listed.first()?;
    if twins.same_file > 0 {
        let message = format!(
            "The same file as {}: it is trained {} times as often as the others.",
            first.filename,
            twins.same_file + 1
        );
        return Some(QualityRemark::new(
            QualityCode::Duplicate,
            QualityState::Bad,
            message,
        ));
    }
    let named = twins.listed.iter().take(TWINS_SHOWN);
    let names: Vec<&str> = named.map(|t| t.filename.as_str()).collect();
    let more = match twins.others - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let least = twins.listed.iter().map(|t| t.distance).min();
    let message = format!(
        "Nearly the same picture as {}{more}: {} of 64 bits of their hashes differ; up to {NEAR} count as the same.",
        names.join(", "),
        least.unwrap_or(first.distance)
    );
    Some(QualityRemark::new(
        QualityCode::Duplicate,
        QualityState::Look,
        message,
    ))
}

/// The state of a value that grows worse upwards; `None` below `look`.
fn from(value: f64, look: f64, bad: f64) -> Option<QualityState> {
    if value > bad {
        Some(QualityState::Bad)
    } else if value > look {
        Some(QualityState::Look)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
