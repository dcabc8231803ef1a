//! What is known of a style at one moment, asked image by image.

use super::kept::{self, Kept};
use super::*;
use crate::dataset::model::analysis::near_groups;
use crate::dataset::model::bucket_choice::BucketPlace;
use crate::dataset::model::buckets::{BucketError, Buckets, Size};
use crate::dataset::model::quality::{Facts, Turn, Twin, judge, unreadable};
use crate::dataset::server::analysis::{self, Known};

pub struct Judge {
    pub choice: BucketChoice,
    pub source: ChoiceSource,
    known: Known,
    twins: HashMap<String, Vec<Twin>>,
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
            twins: twins(&known, pairs),
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

    pub fn duplicates(&self, name: &str) -> Vec<String> {
        let twins = self.twins.get(name).into_iter().flatten();
        twins.map(|t| t.filename.clone()).collect()
    }

    /// `size` is the stored one; the trainer's header reader follows a turn to the side.
    fn placed(
        &self,
        name: &str,
        size: Option<(u32, u32)>,
    ) -> Option<Result<BucketPlace, BucketError>> {
        let (width, height) = size?;
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
        let is_dismissed = |code| self.kept.is_dismissed(name, etag, code);
        let measured = match self.known.outcomes.get(name)?.as_ref() {
            Outcome::Refused(reason) => return Some(unreadable(reason, is_dismissed)),
            Outcome::Measured(measured) => measured,
        };
        let size = size.unwrap_or((measured.width, measured.height));
        let place = self.placed(name, Some(size));
        let facts = Facts {
            size,
            place: place.as_ref(),
            analysis: &measured.analysis,
            turn: measured.turn,
            twins: self.twins.get(name).map_or(&[], Vec::as_slice),
        };
        Some(judge(&facts, is_dismissed))
    }
}

/// The others of each image's group of near-duplicates.
fn twins(known: &Known, pairs: &[Pair]) -> HashMap<String, Vec<Twin>> {
    let measured: Vec<(&Pair, &Measured)> = pairs
        .iter()
        .filter_map(|pair| match known.outcomes.get(&pair.filename)?.as_ref() {
            Outcome::Measured(measured) => Some((pair, measured)),
            Outcome::Refused(_) => None,
        })
        .collect();
    let near = |a: usize, b: usize| measured[a].1.analysis.is_near(&measured[b].1.analysis);
    let mut twins = HashMap::new();
    for group in near_groups(measured.len(), near) {
        for &one in &group {
            let (pair, own) = measured[one];
            let others = group.iter().filter(|other| **other != one).map(|&other| {
                let (other, theirs) = measured[other];
                Twin {
                    filename: other.filename.clone(),
                    distance: own.analysis.hash.distance(theirs.analysis.hash),
                    same_file: other.image.etag == pair.image.etag,
                }
            });
            twins.insert(pair.filename.clone(), others.collect());
        }
    }
    twins
}
