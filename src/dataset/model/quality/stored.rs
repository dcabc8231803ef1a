//! What a file's name and header say: what the trainer passes over, and what it silently gets wrong.

use super::{QualityCode, QualityRemark, QualityState};
use crate::dataset::model::header::Flaw;
use crate::dataset::model::image::{is_read_by_trainer, refusal_of_type};

pub fn passed_over(filename: &str) -> Option<QualityRemark> {
    let message = (!is_read_by_trainer(filename)).then(|| refusal_of_type(filename))?;
    let remark = QualityRemark::new(QualityCode::Extension, QualityState::Bad, message);
    Some(remark)
}

pub fn flawed(filename: &str, flaws: &[Flaw]) -> impl Iterator<Item = QualityRemark> {
    flaws.iter().filter_map(move |flaw| {
        let message = flaw.said_of(filename);
        Some(QualityRemark::new(code(*flaw)?, QualityState::Bad, message))
    })
}

/// `None` for what is told by a figure of its own: how it is turned, and how much of it is transparent.
fn code(flaw: Flaw) -> Option<QualityCode> {
    match flaw {
        Flaw::Turned(_) | Flaw::Transparent => None,
        Flaw::Cmyk => Some(QualityCode::Cmyk),
        Flaw::Animated => Some(QualityCode::Animated),
        Flaw::Grey16 => Some(QualityCode::Grey16),
    }
}
