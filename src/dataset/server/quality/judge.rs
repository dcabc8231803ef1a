//! What is known of a style at one moment, asked image by image.

use super::kept::{self, Kept};
use super::*;
use crate::dataset::model::bucket_choice::BucketPlace;
use crate::dataset::model::buckets::{BucketError, Buckets, Size};
use crate::dataset::model::image::is_read_by_trainer;
use crate::dataset::model::quality::{Facts, Turn, judge, unreadable};
use crate::dataset::model::twins::{Measure, Twins, twins};
use crate::dataset::server::analysis::{self, Known};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};

pub struct Judge {
    pub choice: BucketChoice,
    pub source: ChoiceSource,
    known: Known,
    twins: ByName,
    buckets: Result<Buckets, BucketError>,
    kept: Kept,
}

impl Judge {
    /// `choice`: the training size asked for; the last run's or the trainer's otherwise.
    pub async fn of(
        state: &AppState,
        style: &StyleId,
        pairs: &[Pair],
        choice: Option<BucketChoice>,
    ) -> Result<Self, AppError> {
        let known = analysis::known(state, style, pairs).await;
        let kept = kept::read(state, style)?;
        let (choice, source) = match (choice, kept.last_run) {
            (Some(asked), _) => (asked, ChoiceSource::Asked),
            (None, Some(last)) => (last, ChoiceSource::LastRun),
            (None, None) => (BucketChoice::default(), ChoiceSource::Default),
        };
        Ok(Self {
            twins: groups(state, style, &known, pairs).await,
            buckets: choice.buckets(),
            choice,
            source,
            known,
            kept,
        })
    }

    pub fn analysing(&self) -> usize {
        self.known.analysing
    }

    /// Why there are no buckets.
    pub fn problem(&self) -> Option<String> {
        self.buckets.as_ref().err().map(ToString::to_string)
    }

    pub fn measured(&self, name: &str) -> Option<&Measured> {
        match self.known.outcomes.get(name)?.as_ref() {
            Outcome::Measured(measured) => Some(measured),
            Outcome::Refused(_) => None,
        }
    }

    /// Why the picture cannot be read, a sentence.
    pub fn refusal(&self, name: &str) -> Option<String> {
        match self.known.outcomes.get(name)?.as_ref() {
            Outcome::Measured(_) => None,
            Outcome::Refused(reason) => Some(reason.clone()),
        }
    }

    pub fn duplicates(&self, name: &str) -> Vec<String> {
        let twins = self.twins.get(name).into_iter().flat_map(|t| &t.listed);
        twins.map(|t| t.filename.clone()).collect()
    }

    /// `size` is the stored one; the trainer's header reader follows a turn to the side. What it passes over or stops on is in
    /// no bucket.
    fn placed(
        &self,
        name: &str,
        size: Option<(u32, u32)>,
    ) -> Option<Result<BucketPlace, BucketError>> {
        let (width, height) = size?;
        if !is_read_by_trainer(name) || self.refusal(name).is_some() {
            return None;
        }
        let sideways = self
            .measured(name)
            .is_some_and(|m| m.turn == Turn::Sideways);
        let size = if sideways {
            Size::new(height, width)
        } else {
            Size::new(width, height)
        };
        let placed = self.buckets.as_ref().ok()?.place(size);
        Some(placed.map(|placed| BucketPlace::of(size, &placed)))
    }

    pub fn place(&self, name: &str, size: Option<(u32, u32)>) -> Option<BucketPlace> {
        self.placed(name, size)?.ok()
    }

    /// `None` while the picture is being measured.
    pub fn quality(&self, name: &str, etag: &str, size: Option<(u32, u32)>) -> Option<Quality> {
        let dismissed = |code| self.kept.dismissed(name, etag, code);
        let measured = match self.known.outcomes.get(name)?.as_ref() {
            Outcome::Refused(reason) => return Some(unreadable(name, reason, dismissed)),
            Outcome::Measured(measured) => measured,
        };
        let size = size.unwrap_or((measured.width, measured.height));
        let place = self.placed(name, Some(size));
        let none = Twins::default();
        let facts = Facts {
            filename: name,
            size,
            place: place.as_ref(),
            analysis: &measured.analysis,
            turn: measured.turn,
            flaws: &measured.flaws,
            twins: self.twins.get(name).unwrap_or(&none),
        };
        Some(judge(&facts, dismissed))
    }
}

/// A style's near-duplicates, worked out anew only when other pictures are measured.
#[derive(Default)]
struct Groups(Mutex<Option<(u64, ByName)>>);

type ByName = Arc<HashMap<String, Twins>>;

async fn groups(state: &AppState, style: &StyleId, known: &Known, pairs: &[Pair]) -> ByName {
    let measured: Vec<(String, String, Arc<Outcome>)> = pairs
        .iter()
        .filter_map(|pair| {
            let outcome = known.outcomes.get(&pair.filename)?.clone();
            Some((pair.filename.clone(), pair.image.etag.clone(), outcome))
        })
        .collect();
    let mut hasher = DefaultHasher::new();
    for (name, etag, _) in &measured {
        (name, etag).hash(&mut hasher);
    }
    let print = hasher.finish();
    let kept = state.residents.of::<Groups>(style.as_str());
    if let Some((of, groups)) = &*kept.0.lock().expect("not poisoned")
        && *of == print
    {
        return groups.clone();
    }
    // every picture is compared with every other: thousands of them would hold up other requests
    let found = tokio::task::spawn_blocking(move || compare(&measured));
    let groups = Arc::new(found.await.unwrap_or_default());
    *kept.0.lock().expect("not poisoned") = Some((print, groups.clone()));
    groups
}

fn compare(measured: &[(String, String, Arc<Outcome>)]) -> HashMap<String, Twins> {
    let pictures = measured
        .iter()
        .filter_map(|(filename, etag, outcome)| match outcome.as_ref() {
            Outcome::Measured(measured) => Some(Measure {
                filename,
                etag,
                analysis: &measured.analysis,
            }),
            Outcome::Refused(_) => None,
        });
    twins(&pictures.collect::<Vec<_>>())
}
