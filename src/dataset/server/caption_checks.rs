//! What is wrong with a style's captions: worked out once for each state of them, and the rules a person set.
//!
//! The rules are kept in `STATE_DIR/captions/{style}.json`; a style without that file has the default ones.

use super::super::model::caption_checks::{
    CaptionFile, CaptionJudge, CaptionRemark, CaptionRules, check,
};
use super::super::model::caption_words::parse_style_words;
use super::super::model::image::TrainingImage;
use super::listing::{Pair, caption_bytes};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::{Style, StyleId};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The captions of a style, judged.
pub struct Checked {
    /// Of the captions, the trigger and the rules.
    fingerprint: u64,
    pub judge: CaptionJudge,
    remarks: HashMap<String, Vec<CaptionRemark>>,
}

impl Checked {
    pub fn remarks(&self, filename: &str) -> &[CaptionRemark] {
        self.remarks.get(filename).map_or(&[], Vec::as_slice)
    }

    pub fn fill(&self, image: &mut TrainingImage) {
        image.caption_problems = self.remarks(&image.filename).to_vec();
    }
}

/// The last one of a style.
#[derive(Default)]
struct Last(Mutex<Option<Arc<Checked>>>);

/// Judges all captions of a style; `texts` are those of `pairs`, in order.
pub fn of(
    state: &AppState,
    style: &Style,
    pairs: &[Pair],
    texts: &[Option<Bytes>],
) -> Result<Arc<Checked>, AppError> {
    let rules = rules(state, &style.id)?;
    let trigger = style.default_class_tokens();
    let fingerprint = fingerprint(pairs, &trigger, &rules);
    let last = state.residents.of::<Last>(style.id.as_str());
    let known = last.0.lock().expect("not poisoned").clone();
    if let Some(known) = known.filter(|k| k.fingerprint == fingerprint) {
        return Ok(known);
    }
    let files = files(pairs, texts);
    let judge = CaptionJudge::new(&files, &trigger, &rules);
    let remarks = check(&files, &judge);
    let names = pairs.iter().map(|pair| pair.filename.clone());
    let checked = Arc::new(Checked {
        fingerprint,
        judge,
        remarks: names.zip(remarks).collect(),
    });
    *last.0.lock().expect("not poisoned") = Some(Arc::clone(&checked));
    Ok(checked)
}

pub fn files<'a>(pairs: &'a [Pair], texts: &'a [Option<Bytes>]) -> Vec<CaptionFile<'a>> {
    let file = |(pair, bytes): (&'a Pair, &'a Option<Bytes>)| CaptionFile {
        filename: &pair.filename,
        bytes: bytes.as_deref(),
    };
    pairs.iter().zip(texts).map(file).collect()
}

fn fingerprint(pairs: &[Pair], trigger: &str, rules: &CaptionRules) -> u64 {
    let mut hasher = DefaultHasher::new();
    for pair in pairs {
        pair.filename.hash(&mut hasher);
        pair.caption.as_ref().map(|c| &c.etag).hash(&mut hasher);
    }
    (trigger, &rules.style_words, rules.trigger_place.as_str()).hash(&mut hasher);
    hasher.finish()
}

/// Adds to single images what is wrong with their captions; `pairs` are all images of the style.
pub async fn add(
    state: &AppState,
    style: &StyleId,
    pairs: &[Pair],
    images: &mut [TrainingImage],
) -> Result<(), AppError> {
    let known = styles::server::get(state, style)?;
    let texts = caption_bytes(state, pairs).await?;
    let checked = of(state, &known, pairs, &texts)?;
    images.iter_mut().for_each(|image| checked.fill(image));
    Ok(())
}

fn file(style: &StyleId) -> PathBuf {
    PathBuf::from(format!("captions/{style}.json"))
}

/// The rules a person set for a style, else the default ones.
pub fn rules(state: &AppState, style: &StyleId) -> Result<CaptionRules, AppError> {
    let value = state.kept.read(&file(style))?;
    // a file of another shape counts as absent: it is ours, and all of it can be said again
    let kept = value.and_then(|value| CaptionRules::deserialize(&*value).ok());
    Ok(kept.unwrap_or_default())
}

/// Sets the rules of a style; what they are then.
pub async fn set_rules(
    state: &AppState,
    style: &StyleId,
    rules: CaptionRules,
) -> Result<CaptionRules, AppError> {
    styles::server::get(state, style)?;
    let style_words = parse_style_words(&rules.style_words.join("\n"))
        .map_err(|told| AppError::field("styleWords", told))?;
    let rules = CaptionRules {
        style_words,
        ..rules
    };
    let value = serde_json::to_value(&rules)
        .map_err(|_| AppError::internal("The caption rules cannot be written."))?;
    let write = move |kept: &mut Value| {
        *kept = value.clone();
        Ok::<(), AppError>(())
    };
    state.kept.update(file(style), write).await?;
    Ok(rules)
}
