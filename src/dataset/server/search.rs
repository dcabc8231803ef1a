//! The images of a style that fit a filter, in an order, page by page.

use super::super::model::filter::{Filter, sort::Sort};
use super::super::model::image::{ImagePage, TrainingImage};
use super::listing::{Pair, Seen, caption_bytes, describe, look, pairs_for};
use super::smart_sets::{self, Membership};
use super::{caption_checks, quality, selection_sets};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles;
use crate::styles::model::StyleId;
use std::collections::HashMap;
use std::sync::Arc;

/// Images on a page unless asked otherwise, and at most.
pub const DEFAULT_LIMIT: usize = 200;
pub const MAX_LIMIT: usize = 1_000;

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Instead of a cursor: how many that match to pass over.
    pub offset: Option<usize>,
    /// Text in the file name or the caption.
    pub q: Option<String>,
    /// Words like `set:2`.
    pub filter: Option<String>,
    /// `name`, `-date`, …
    pub sort: Option<String>,
}

/// A query that can be answered.
pub struct Search {
    pub filter: Filter,
    pub sort: Sort,
}

impl Search {
    pub fn parse(query: &Query) -> Result<Self, AppError> {
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let filter = Filter::parse(&text(&query.q), &text(&query.filter))
            .map_err(|told| AppError::field("filter", told))?;
        let sort = Sort::parse(&text(&query.sort)).map_err(|told| AppError::field("sort", told))?;
        Ok(Self { filter, sort })
    }

    /// All that match, in order. Pixel sizes are filled in where the answer depends on them.
    /// `goes_on`: the page before showed the beginning.
    async fn run(
        &self,
        state: &AppState,
        style: &StyleId,
        goes_on: bool,
    ) -> Result<Found, AppError> {
        let known = styles::server::get(state, style)?;
        let membership = Membership::of(state, &known)?;
        let pairs = pairs_for(state, style, goes_on).await?;
        let texts = caption_bytes(state, &pairs).await?;
        let checked = caption_checks::of(state, &known, &pairs, &texts)?;
        let measured =
            self.filter.needs_pixels() || self.sort.needs_pixels() || membership.needs_pixels();
        let seen = if measured {
            look(state, &pairs.iter().collect::<Vec<_>>()).await
        } else {
            pairs.iter().map(|_| Seen::default()).collect()
        };
        let described = pairs
            .iter()
            .zip(texts)
            .zip(seen)
            .map(|((pair, text), seen)| describe(style, pair, text.as_deref(), seen));
        let mut images: Vec<_> = described.collect();
        if measured {
            quality::add(state, style, &pairs, &mut images).await?;
        }
        for image in &mut images {
            // a smart set may ask for them
            checked.fill(image);
            membership.fill(image);
        }
        images.retain(|image| self.filter.accepts(image));
        self.sort.apply(&mut images);
        Ok(Found {
            images,
            pairs,
            measured,
        })
    }
}

struct Found {
    images: Vec<TrainingImage>,
    pairs: Arc<Vec<Pair>>,
    /// Whether pixel sizes are there already.
    measured: bool,
}

impl Found {
    /// Fills in the pixel sizes of what is shown.
    async fn measure(&self, state: &AppState, shown: &mut [TrainingImage]) {
        if self.measured {
            return;
        }
        let by_name: HashMap<&str, &Pair> = self
            .pairs
            .iter()
            .map(|p| (p.filename.as_str(), p))
            .collect();
        let asked: Vec<&Pair> = shown.iter().map(|i| by_name[i.filename.as_str()]).collect();
        for (image, seen) in shown.iter_mut().zip(look(state, &asked).await) {
            seen.show(image);
        }
    }
}

/// One page of the images that match.
pub async fn page(state: &AppState, style: &StyleId, query: Query) -> Result<ImagePage, AppError> {
    let search = Search::parse(&query)?;
    smart_sets::check_known(&selection_sets::list(state, style)?, &search.filter)?;
    let cursor = query.cursor.filter(|c| !c.is_empty());
    let goes_on = cursor.is_some() || query.offset.is_some_and(|offset| offset > 0);
    let found = search.run(state, style, goes_on).await?;
    let total = found.images.len();
    let lacks = |i: &&TrainingImage| !i.caption_state.is_present();
    let without_caption = found.images.iter().filter(lacks).count();
    let remarked = |i: &&TrainingImage| !i.caption_problems.is_empty();
    let caption_problems = found.images.iter().filter(remarked).count();
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let offset = match cursor {
        Some(cursor) => {
            let after = |i: &TrainingImage| search.sort.is_after(i, &cursor);
            found.images.iter().position(after).unwrap_or(total)
        }
        None => query.offset.unwrap_or(0).min(total),
    };
    let end = offset.saturating_add(limit).min(total);
    let mut images = found.images[offset..end].to_vec();
    found.measure(state, &mut images).await;
    let analysing = quality::add(state, style, &found.pairs, &mut images).await?;
    let last = images.last().filter(|_| end < total);
    Ok(ImagePage {
        next_cursor: last.map(|i| search.sort.cursor(i)),
        images,
        total,
        offset,
        without_caption,
        caption_problems,
        analysing,
    })
}

/// The names of all images that match, in order.
pub async fn names(
    state: &AppState,
    style: &StyleId,
    query: Query,
) -> Result<Vec<String>, AppError> {
    let found = Search::parse(&query)?.run(state, style, false).await?;
    Ok(found.images.into_iter().map(|i| i.filename).collect())
}

/// The names of all images that a filter keeps, by name.
pub async fn names_of(
    state: &AppState,
    style: &StyleId,
    filter: Filter,
) -> Result<Vec<String>, AppError> {
    let sort = Sort::default();
    let found = Search { filter, sort }.run(state, style, false).await?;
    Ok(found.images.into_iter().map(|i| i.filename).collect())
}

/// Every image by name, with the sets that hold it.
pub async fn all(state: &AppState, style: &StyleId) -> Result<Vec<TrainingImage>, AppError> {
    let search = Search::parse(&Query::default())?;
    Ok(search.run(state, style, false).await?.images)
}
