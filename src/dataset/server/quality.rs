//! Whether a style's pictures are good for training: measurements, buckets and what a person dismissed, put together.
//!
//! Nothing here waits for a measurement. What was dismissed and the training size of the last run are kept in
//! `STATE_DIR/quality/{style}.json`; a dismissal belongs to an ETag, so that a changed picture is judged again.

mod judge;
mod kept;

pub use kept::remember_run;

use super::super::model::bucket_choice::{BucketChoice, uses};
use super::super::model::filter::sort;
use super::super::model::image::TrainingImage;
use super::super::model::outliers::outliers;
use super::super::model::quality::{Quality, QualityCode, QualityState};
use super::super::model::report::{ChoiceSource, Dismissal, QualityReport, QualityRow, Scope};
use super::analysis::{Measured, Outcome};
use super::caption_checks;
use super::listing::{self, Pair};
use super::{selection_sets, smart_sets};
use crate::error::{AppError, FieldError};
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use judge::Judge;
use std::collections::HashMap;

/// Adds to the images of a list what is known of them; gives how many of the style are still being measured. `pairs` are
/// all images of the style.
pub async fn add(
    state: &AppState,
    style: &StyleId,
    pairs: &[Pair],
    images: &mut [TrainingImage],
) -> Result<usize, AppError> {
    let judge = Judge::of(state, style, pairs, None).await?;
    for image in images {
        let size = image.width.zip(image.height);
        image.problem = image
            .problem
            .take()
            .or_else(|| judge.refusal(&image.filename));
        image.bucket = judge.place(&image.filename, size);
        image.quality = judge.quality(&image.filename, &image.etag, size);
        image.hash = judge.measured(&image.filename).map(|m| m.analysis.hash);
        image.duplicates = judge.duplicates(&image.filename);
    }
    Ok(judge.analysing())
}

/// One image with what is known of it, read now.
pub async fn one(state: &AppState, style: &StyleId, name: &str) -> Result<TrainingImage, AppError> {
    let mut image = listing::one(state, style, name).await?;
    let pairs = listing::pairs(state, style).await?;
    let images = std::slice::from_mut(&mut image);
    add(state, style, &pairs, images).await?;
    caption_checks::add(state, style, &pairs, images).await?;
    Ok(image)
}

/// The quality report of a style or some of its images, for a training size or the last run's.
pub async fn report(
    state: &AppState,
    style: &StyleId,
    scope: &Scope,
    choice: Option<BucketChoice>,
) -> Result<QualityReport, AppError> {
    styles::server::get(state, style)?;
    if let Some(choice) = &choice {
        check(choice)?;
    }
    let pairs = listing::pairs(state, style).await?;
    let shown = chosen(state, style, scope, &pairs).await?;
    let judge = Judge::of(state, style, &pairs, choice).await?;
    let sizes = listing::dimensions(state, &shown).await;
    let mut images: Vec<QualityRow> = shown
        .iter()
        .zip(sizes)
        .map(|(pair, size)| row(style, &judge, pair, size))
        .collect();
    mark_outliers(&judge, &mut images);
    let count = |state| {
        let states = images.iter().filter_map(|i| i.quality.as_ref());
        states.filter(|q| q.state == state).count()
    };
    Ok(QualityReport {
        choice: judge.choice,
        choice_source: judge.source,
        choice_problem: judge.problem(),
        buckets: uses(
            images.iter().filter_map(|i| i.bucket),
            judge.choice.batch_size,
        ),
        analysing: images.iter().filter(|i| i.quality.is_none()).count(),
        fine: count(QualityState::Fine),
        look: count(QualityState::Look),
        bad: count(QualityState::Bad),
        images,
    })
}

fn check(choice: &BucketChoice) -> Result<(), AppError> {
    let problems = choice.problems().into_iter();
    let errors: Vec<FieldError> = problems
        .map(|(field, message)| FieldError {
            field: field.to_owned(),
            message,
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(AppError::invalid(errors))
    }
}

/// In the scope's order, all as the grid lists them, of a smart set what fits now; names that are not in the bucket are left out.
async fn chosen<'a>(
    state: &AppState,
    style: &StyleId,
    scope: &Scope,
    pairs: &'a [Pair],
) -> Result<Vec<&'a Pair>, AppError> {
    let names = match scope {
        Scope::All => {
            let mut all: Vec<&Pair> = pairs.iter().collect();
            all.sort_by(|a, b| sort::by_name(&a.filename, &b.filename));
            return Ok(all);
        }
        Scope::Set(set) => {
            let set = selection_sets::get(state, style, *set)?;
            smart_sets::now(state, style, set).await?.filenames
        }
        Scope::Names(names) => names.clone(),
    };
    let by_name: HashMap<&str, &Pair> = pairs.iter().map(|p| (p.filename.as_str(), p)).collect();
    let there = names.iter().filter_map(|n| by_name.get(n.as_str()));
    Ok(there.copied().collect())
}

fn row(style: &StyleId, judge: &Judge, pair: &Pair, size: Option<(u32, u32)>) -> QualityRow {
    let name = &pair.filename;
    let (url, thumbnail_url) = listing::addresses(style, pair);
    let analysis = judge.measured(name).map(|m| &m.analysis);
    QualityRow {
        etag: pair.image.etag.clone(),
        url,
        thumbnail_url,
        width: size.map(|s| s.0),
        height: size.map(|s| s.1),
        bucket: judge.place(name, size),
        quality: judge.quality(name, &pair.image.etag, size),
        hash: analysis.map(|a| a.hash),
        duplicates: judge.duplicates(name),
        palette: analysis.map(|a| a.palette.clone()).unwrap_or_default(),
        luma: analysis.map(|a| a.luma),
        outlier: None,
        filename: name.clone(),
    }
}

fn mark_outliers(judge: &Judge, images: &mut [QualityRow]) {
    let measured: Vec<(usize, &Measured)> = images
        .iter()
        .enumerate()
        .filter_map(|(i, image)| Some((i, judge.measured(&image.filename)?)))
        .collect();
    let means: Vec<_> = measured.iter().map(|(_, m)| m.analysis.mean).collect();
    let places: Vec<usize> = measured.iter().map(|(i, _)| *i).collect();
    for (place, outlier) in places.into_iter().zip(outliers(&means)) {
        images[place].outlier = outlier;
    }
}

/// Dismisses a remark of an image as it is now, or takes that back; how the image stands then. `choice`: the training size for
/// which it was seen, as for the report.
pub async fn dismiss(
    state: &AppState,
    style: &StyleId,
    filename: &str,
    choice: Option<BucketChoice>,
    dismissal: Dismissal,
) -> Result<Quality, AppError> {
    if let Some(choice) = &choice {
        check(choice)?;
    }
    if dismissal.dismissed {
        check_dismissable(filename, dismissal.code)?;
    }
    let image = listing::one(state, style, filename).await?;
    let pairs = listing::pairs(state, style).await?;
    let size = image.width.zip(image.height);
    let code = dismissal.code;
    let seen = match dismissal.dismissed {
        false => None,
        true => {
            let judge = Judge::of(state, style, &pairs, choice).await?;
            let quality = judge.quality(filename, &image.etag, size);
            Some(remarked(filename, quality, code, &judge.choice)?)
        }
    };
    kept::dismiss(state, style, filename, &image.etag, code, seen).await?;
    let judge = Judge::of(state, style, &pairs, choice).await?;
    Ok(judge
        .quality(filename, &image.etag, size)
        .unwrap_or_default())
}

/// What keeps a picture out of the training is there to be mended.
fn check_dismissable(filename: &str, code: QualityCode) -> Result<(), AppError> {
    if !code.keeps_out() {
        return Ok(());
    }
    let told = format!(
        "{:?} of {filename} cannot be dismissed: the trainer stops on such a file or passes over it.",
        code.as_str()
    );
    let remedy = "Put a picture there that it reads, or leave it out of the set.";
    Err(AppError::field("code", told).with_remedy(remedy))
}

/// How the remark stands that is dismissed; one that is not there would hide another one to come.
fn remarked(
    filename: &str,
    quality: Option<Quality>,
    code: QualityCode,
    choice: &BucketChoice,
) -> Result<QualityState, AppError> {
    let quality = quality.ok_or_else(|| {
        AppError::conflict(format!("{filename} is still being measured."))
            .with_remedy("Dismiss the remark once it is there.")
    })?;
    let remark = quality.remarks.iter().find(|r| r.code == code);
    let nothing = || {
        let (width, height) = (choice.width, choice.height);
        AppError::not_found(format!(
            "{filename} has no remark {:?} at a training size of {width} × {height}, so nothing was dismissed.",
            code.as_str()
        ))
        .with_remedy("Name the training size at which it was shown, or look at the image again.")
    };
    remark.map(|r| r.state).ok_or_else(nothing)
}
