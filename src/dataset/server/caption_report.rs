//! A style's captions at a glance, for the page and for scripts.

use super::super::model::caption_checks::CaptionCode;
use super::super::model::caption_checks::scene;
use super::super::model::caption_report::{CaptionReport, CaptionView, CodeCount};
use super::super::model::caption_words::{CaptionWords, count_words};
use super::listing::{caption_bytes, pairs};
use super::{caption_checks, caption_edits};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;

/// Words on a page unless asked otherwise, and at most.
const WORDS: usize = 60;
const MAX_WORDS: usize = 1_000;

/// What the checks say of all captions.
pub async fn report(state: &AppState, style: &StyleId) -> Result<CaptionReport, AppError> {
    let known = styles::server::get(state, style)?;
    let pairs = pairs(state, style).await?;
    let texts = caption_bytes(state, &pairs).await?;
    let checked = caption_checks::of(state, &known, &pairs, &texts)?;
    let remarks: Vec<_> = pairs.iter().map(|p| checked.remarks(&p.filename)).collect();
    let count = |code: CaptionCode| {
        let of_code = remarks
            .iter()
            .flat_map(|r| r.iter())
            .filter(|r| r.code == code);
        let (images, fixable) = of_code.fold((0, 0), |(images, fixable), r| {
            (images + 1, fixable + usize::from(r.remedy().is_some()))
        });
        (images > 0).then_some(CodeCount {
            code,
            images,
            fixable,
        })
    };
    let rules = caption_checks::rules(state, style)?;
    Ok(CaptionReport {
        images: pairs.len(),
        remarked: remarks.iter().filter(|r| !r.is_empty()).count(),
        problems: CaptionCode::ALL.into_iter().filter_map(count).collect(),
        trigger: checked.judge.trigger.clone(),
        trigger_place: checked.judge.trigger_place,
        rules_are_own: rules != Default::default(),
        rules,
    })
}

/// One page of the words that the captions use, the trigger left out.
pub async fn words(
    state: &AppState,
    style: &StyleId,
    offset: usize,
    limit: Option<usize>,
) -> Result<CaptionWords, AppError> {
    let known = styles::server::get(state, style)?;
    let pairs = pairs(state, style).await?;
    let texts = caption_bytes(state, &pairs).await?;
    let checked = caption_checks::of(state, &known, &pairs, &texts)?;
    let files = caption_checks::files(&pairs, &texts);
    let lines = files.iter().filter_map(|file| file.line());
    let scenes: Vec<_> = lines
        .map(|line| scene(line, &checked.judge.trigger))
        .collect();
    let counted = count_words(scenes.iter().map(AsRef::as_ref), &checked.judge.style_words);
    let limit = limit.unwrap_or(WORDS).clamp(1, MAX_WORDS);
    let offset = offset.min(counted.len());
    Ok(CaptionWords {
        total: counted.len(),
        offset,
        captions: scenes.len(),
        words: counted.into_iter().skip(offset).take(limit).collect(),
    })
}

/// All that the captions view shows.
pub async fn view(
    state: &AppState,
    style: &StyleId,
    words_from: usize,
) -> Result<CaptionView, AppError> {
    Ok(CaptionView {
        report: report(state, style).await?,
        words: words(state, style, words_from, None).await?,
        edits: caption_edits::list(state, style)?,
    })
}
