//! Which rows of a report its table shows, in which order, page by page.

use super::{QualityReport, QualityRow};
use crate::dataset::model::quality::QualityState;

/// Rows of one page: each has remarks with forms.
pub const ROWS: usize = 300;

/// By what the rows are ordered; equals stand as the report has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Listed,
    /// The worst first.
    State,
    /// By width, then height; what is in no bucket last.
    Bucket,
}

impl Order {
    /// Every order as the address has it, with its words for a person.
    pub const ALL: [(Self, &str, &str); 3] = [
        (Self::Listed, "", "As listed"),
        (Self::State, "state", "Worst first"),
        (Self::Bucket, "bucket", "By bucket"),
    ];

    /// What is no order is the listed one.
    pub fn parse(text: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(_, name, _)| *name == text);
        found.map_or(Self::Listed, |(order, ..)| order)
    }

    fn rank(self, row: &QualityRow) -> (u32, u32) {
        match self {
            Self::Listed => (0, 0),
            Self::State => {
                let rank = match row.quality.as_ref().map(|q| q.state) {
                    Some(QualityState::Bad) => 0,
                    Some(QualityState::Look) => 1,
                    None => 2,
                    Some(QualityState::Fine) => 3,
                };
                (rank, 0)
            }
            Self::Bucket => bucket(row).unwrap_or((u32::MAX, u32::MAX)),
        }
    }
}

fn bucket(row: &QualityRow) -> Option<(u32, u32)> {
    row.bucket.map(|b| (b.width, b.height))
}

/// What a table is asked for; the default is all, from the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub state: Option<QualityState>,
    /// Width and height, pixels.
    pub bucket: Option<(u32, u32)>,
    pub order: Order,
    /// How many rows that fit to pass over.
    pub offset: usize,
}

/// One page of the rows that fit.
#[derive(Debug, PartialEq)]
pub struct Page<'a> {
    pub rows: Vec<&'a QualityRow>,
    pub offset: usize,
    /// How many fit in all.
    pub total: usize,
}

impl Wanted {
    pub fn page<'a>(&self, report: &'a QualityReport) -> Page<'a> {
        let mut fitting: Vec<_> = self.of_bucket(report).collect();
        fitting.retain(|row| self.state.is_none() || state(row) == self.state);
        fitting.sort_by_key(|row| self.order.rank(row));
        let total = fitting.len();
        // rows may have gone since the link was made
        let last = total.saturating_sub(1) / ROWS * ROWS;
        let offset = self.offset.min(last);
        let rows = fitting.into_iter().skip(offset).take(ROWS);
        Page {
            rows: rows.collect(),
            offset,
            total,
        }
    }

    /// How many rows there are of a state, or of any.
    pub fn count(&self, report: &QualityReport, of: Option<QualityState>) -> usize {
        let fits = |row: &&QualityRow| of.is_none() || state(row) == of;
        self.of_bucket(report).filter(fits).count()
    }

    fn of_bucket<'a>(&self, report: &'a QualityReport) -> impl Iterator<Item = &'a QualityRow> {
        let wanted = self.bucket;
        let fits = move |row: &&QualityRow| wanted.is_none() || bucket(row) == wanted;
        report.images.iter().filter(fits)
    }
}

fn state(row: &QualityRow) -> Option<QualityState> {
    row.quality.as_ref().map(|q| q.state)
}

#[cfg(test)]
mod tests;
