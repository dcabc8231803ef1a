//! Smart sets: a saved filter instead of names. Whoever asks gets the images that fit at that moment; a run freezes them in
//! its snapshot.
//!
//! `filenames` in the file is what fitted when the set was last saved, for programs that know no filters. A smart set may
//! name other sets, but no smart ones: nothing depends on itself.

use super::super::model::filter::Filter;
use super::super::model::image::TrainingImage;
use super::super::model::selection::SelectionSet;
use super::{search, selection_sets};
use crate::error::AppError;
use crate::server::state::AppState;
use crate::styles::model::{Style, StyleId};
use std::collections::HashMap;

/// Which sets hold an image.
pub struct Membership {
    by_name: HashMap<String, Vec<u64>>,
    smart: Vec<(u64, Filter)>,
}

impl Membership {
    pub fn of(state: &AppState, style: &Style) -> Result<Self, AppError> {
        let mut membership = Self {
            by_name: HashMap::new(),
            smart: Vec::new(),
        };
        for set in selection_sets::list_of(state, style)? {
            match filter_of(&set) {
                Some(filter) => membership.smart.push((set.id, filter)),
                None => {
                    for name in set.filenames {
                        membership.by_name.entry(name).or_default().push(set.id);
                    }
                }
            }
        }
        Ok(membership)
    }

    pub fn needs_pixels(&self) -> bool {
        self.smart.iter().any(|(_, f)| f.needs_pixels())
    }

    /// Fills in the sets of an image of which all else is known.
    pub fn fill(&self, image: &mut TrainingImage) {
        let named = self.by_name.get(&image.filename);
        image.sets = named.cloned().unwrap_or_default();
        let fits = self.smart.iter().filter(|(_, f)| f.accepts(image));
        let smart: Vec<u64> = fits.map(|(id, _)| *id).collect();
        image.sets.extend(smart);
        image.sets.sort_unstable();
        image.sets.dedup();
    }
}

/// A filter that cannot be read (a newer program wrote it) leaves the set to its names.
fn filter_of(set: &SelectionSet) -> Option<Filter> {
    Filter::parse_typed(set.filter.as_deref()?).ok()
}

/// All sets of a style; smart ones with the images that fit now.
pub async fn list_now(state: &AppState, style: &StyleId) -> Result<Vec<SelectionSet>, AppError> {
    let mut sets = selection_sets::list(state, style)?;
    if sets.iter().any(|s| filter_of(s).is_some()) {
        let images = search::all(state, style).await?;
        for set in sets.iter_mut().filter(|s| filter_of(s).is_some()) {
            let holds = images.iter().filter(|i| i.sets.contains(&set.id));
            set.filenames = holds.map(|i| i.filename.clone()).collect();
        }
    }
    Ok(sets)
}

/// One set with the names it has now.
pub async fn now(
    state: &AppState,
    style: &StyleId,
    set: SelectionSet,
) -> Result<SelectionSet, AppError> {
    match filter_of(&set) {
        None => Ok(set),
        Some(filter) => Ok(SelectionSet {
            filenames: search::names_of(state, style, filter).await?,
            ..set
        }),
    }
}

/// Refuses a filter that names a set which is not there: it would silently find nothing.
pub fn check_known(sets: &[SelectionSet], filter: &Filter) -> Result<(), AppError> {
    let named = filter.sets();
    let unknown = named.iter().find(|id| !sets.iter().any(|s| s.id == **id));
    unknown.map_or(Ok(()), |id| {
        let told = format!(
            "There is no set {id} in this style: put the number of one in place of set:{id}."
        );
        Err(AppError::field("filter", told))
    })
}

/// Refuses a filter that names no set or a smart one, or makes a smart set of one that another depends on.
pub fn check_sets(
    sets: &[SelectionSet],
    own: Option<u64>,
    filter: &Filter,
) -> Result<(), AppError> {
    check_known(sets, filter)?;
    let named = filter.sets();
    let told = if let Some(own) = own.filter(|id| named.contains(id)) {
        format!("A smart set cannot be made of itself: leave out set:{own}.")
    } else if let Some(set) = sets
        .iter()
        .find(|s| named.contains(&s.id) && s.filter.is_some())
    {
        format!(
            "{} is a smart set itself; put its filter {:?} in place of set:{}.",
            set.title(),
            set.filter.as_deref().unwrap_or_default(),
            set.id
        )
    } else if let Some(set) = sets.iter().find(|s| depends_on(s, own)) {
        format!(
            "The smart set {} is made of this one, which has to stay one of names. Change that filter first.",
            set.title()
        )
    } else {
        return Ok(());
    };
    Err(AppError::field("filter", told))
}

/// Refuses to do without a set that filters of others name: they would silently hold other images.
pub fn check_unneeded(sets: &[SelectionSet], set: u64) -> Result<(), AppError> {
    let needing = sets.iter().filter(|s| depends_on(s, Some(set)));
    let needing: Vec<String> = needing.map(SelectionSet::title).collect();
    let (of, whose) = match needing.as_slice() {
        [] => return Ok(()),
        [_] => ("smart set", "Change its filter or delete it first."),
        _ => ("smart sets", "Change their filters or delete them first."),
    };
    let titled = sets.iter().find(|s| s.id == set).map(SelectionSet::title);
    let told = format!(
        "{} cannot be deleted: the {of} {} would hold other images without it, as set:{set} stands in the filter.",
        titled.unwrap_or_default(),
        needing.join(", ")
    );
    Err(AppError::conflict(told).with_remedy(whose))
}

fn depends_on(set: &SelectionSet, on: Option<u64>) -> bool {
    let filter = filter_of(set);
    on.zip(filter).is_some_and(|(id, f)| f.sets().contains(&id))
}
