//! Training again what was trained before, here or elsewhere: which selection set holds the same images now.

use crate::dataset::model::selection::SelectionSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where the images of an earlier run are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetOf {
    /// Its own set still holds exactly them.
    Same(u64),
    /// Its own set does not, another one does.
    Other(u64),
    /// No set does. What became of its own, where there still is one.
    None {
        images: usize,
        changed: Option<ChangedSet>,
    },
    /// Which images it was trained on is not known; its own set is there as it is now.
    Unknown(Option<u64>),
}

/// A set that no longer holds the images of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedSet {
    pub id: u64,
    pub title: String,
    /// Images it holds now and did not then, and the other way round.
    pub more: usize,
    pub fewer: usize,
}

impl SetOf {
    /// The set the form begins with.
    pub fn id(&self) -> Option<u64> {
        match self {
            Self::Same(id) | Self::Other(id) => Some(*id),
            Self::Unknown(id) => *id,
            Self::None { changed, .. } => changed.as_ref().map(|set| set.id),
        }
    }
}

/// Finds the set. `own`: the id it was started with; `trained`: names of the images, `None` when not kept.
pub fn find_set(own: Option<u64>, trained: Option<&[String]>, sets: &[SelectionSet]) -> SetOf {
    let mine = own.and_then(|id| sets.iter().find(|set| set.id == id));
    let Some(trained) = trained else {
        return SetOf::Unknown(mine.map(|set| set.id));
    };
    let names = |list: &[String]| list.iter().cloned().collect::<BTreeSet<String>>();
    let trained = names(trained);
    let holds = |set: &&SelectionSet| names(&set.filenames) == trained;
    if let Some(set) = mine.filter(holds) {
        return SetOf::Same(set.id);
    }
    if let Some(set) = sets.iter().find(holds) {
        return SetOf::Other(set.id);
    }
    let changed = mine.map(|set| {
        let now = names(&set.filenames);
        ChangedSet {
            id: set.id,
            title: set.title(),
            more: now.difference(&trained).count(),
            fewer: trained.difference(&now).count(),
        }
    });
    SetOf::None {
        images: trained.len(),
        changed,
    }
}

/// What a Train form was filled from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOver {
    /// As in the address, `?from=`.
    pub from: String,
    /// Name of the version.
    pub name: String,
    pub set: SetOf,
    /// Values that the form does not take, each as `name = value`.
    pub left_out: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(id: u64, names: &[&str]) -> SelectionSet {
        SelectionSet {
            id,
            filenames: names.iter().map(|n| (*n).to_owned()).collect(),
            ..SelectionSet::default()
        }
    }

    #[test]
    fn the_own_set_is_taken_while_it_holds_the_same_images_in_any_order() {
        let sets = [set(1, &["b", "a"]), set(2, &["a", "b"])];
        let trained = ["a".to_owned(), "b".to_owned()];
        assert_eq!(find_set(Some(2), Some(&trained), &sets), SetOf::Same(2));
        assert_eq!(find_set(Some(9), Some(&trained), &sets), SetOf::Other(1));
        assert_eq!(find_set(None, Some(&trained), &sets).id(), Some(1));
    }

    #[test]
    fn a_set_that_changed_says_by_how_much_and_a_lost_one_is_none() {
        let sets = [set(1, &["a", "c", "d"])];
        let trained = ["a".to_owned(), "b".to_owned()];
        let found = find_set(Some(1), Some(&trained), &sets);
        let SetOf::None {
            images: 2,
            changed: Some(changed),
        } = &found
        else {
            panic!("{found:?}")
        };
        assert_eq!((changed.more, changed.fewer), (2, 1));
        assert_eq!(changed.title, "Set 1");
        assert_eq!(found.id(), Some(1));
        assert_eq!(find_set(Some(7), Some(&trained), &sets).id(), None);
        assert_eq!(find_set(Some(1), None, &sets), SetOf::Unknown(Some(1)));
        assert_eq!(find_set(Some(7), None, &sets), SetOf::Unknown(None));
    }
}
