//! Selection sets: named groups of training images of one style, by name or by a saved filter, and what can be made of two.

use super::filter::Filter;
use super::image::{check_name, listed};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};

/// Most names in a set: twice the largest style that is to be worked with. Ten such sets stay far below what a document may
/// hold, and with names of usual length the request of a run on one below RunPod's 10 MB.
pub const MAX_NAMES: usize = 20_000;
/// Longest name of a set, in characters.
pub const MAX_SET_NAME: usize = 80;
/// Longest filter of a smart set, in characters.
pub const MAX_FILTER: usize = 500;

/// One set. `id` is given by the server and never reused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SelectionSet {
    pub id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Image names in the order in which the trainer's request lists them. Of a smart set: those that fit its filter now.
    pub filenames: Vec<String>,
    /// A smart set: the filter whose images are its own, as in the filter box. Frozen to names when a run starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Changes with the set's own names, name and filter: for `If-Match`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub etag: String,
}

/// Who still needs a set: versions that were trained on it, as name and link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetUse {
    pub set: u64,
    pub by: Vec<(String, String)>,
}

impl SelectionSet {
    /// Its name, or `Set 2`.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) if !name.trim().is_empty() => name.clone(),
            _ => format!("Set {}", self.id),
        }
    }
}

/// A set that loses images: how many of how many it keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shrunk {
    pub title: String,
    pub kept: usize,
    pub all: usize,
}

/// The sets that name some of these images.
pub fn shrunk(sets: &[SelectionSet], going: &HashSet<&str>) -> Vec<Shrunk> {
    let of = |set: &SelectionSet| {
        let stays = |name: &&String| !going.contains(name.as_str());
        let all = set.filenames.len();
        let kept = set.filenames.iter().filter(stays).count();
        (kept < all).then(|| Shrunk {
            title: set.title(),
            kept,
            all,
        })
    };
    sets.iter().filter_map(of).collect()
}

/// Names told of each side of a difference.
const APART_SHOWN: usize = 5;

/// What a selection and a set that was changed meanwhile do not have in common.
pub fn difference(selected: &BTreeSet<String>, set: &[String]) -> String {
    let in_set: HashSet<&String> = set.iter().collect();
    let mine: Vec<_> = selected.iter().filter(|n| !in_set.contains(n)).collect();
    let theirs: Vec<_> = set.iter().filter(|n| !selected.contains(*n)).collect();
    let told = [("your selection", mine), ("the set", theirs)].into_iter();
    let told = told.filter(|(_, names)| !names.is_empty());
    let told = told.map(|(of, names)| format!("Only in {of}: {}.", listed(&names, APART_SHOWN)));
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return "Both hold the same images.".to_owned();
    }
    told.join(" ")
}

/// What a person may say of a set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SelectionSetDraft {
    /// Absent on a change keeps what is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filenames: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Makes a smart set: its names are those of the images that fit. Empty makes it one of names again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

impl SelectionSetDraft {
    /// Names without doubles in the order given, name and filter trimmed; or every problem as (field, message).
    pub fn check(self) -> Result<Self, Vec<(&'static str, String)>> {
        let mut problems = Vec::new();
        let name = self.name.map(|n| n.trim().to_owned());
        if let Some(name) = &name {
            let length = name.chars().count();
            if length > MAX_SET_NAME {
                problems.push((
                    "name",
                    format!("The name has {length} characters; at most {MAX_SET_NAME} fit."),
                ));
            }
            if name.chars().any(char::is_control) {
                problems.push(("name", "The name holds a control character.".into()));
            }
        }
        let filter = self.filter.map(|f| f.trim().to_owned());
        if let Some(filter) = filter.as_deref().filter(|f| !f.is_empty()) {
            problems.extend(filter_problem(filter).map(|told| ("filter", told)));
        }
        let smart = filter.as_deref().is_some_and(|f| !f.is_empty());
        // the images that fit are looked up, whatever names came along
        let names = self.filenames.filter(|_| !smart);
        let filenames = names.map(|names| distinct(names, &mut problems));
        if problems.is_empty() {
            Ok(Self {
                filenames,
                name,
                filter,
            })
        } else {
            Err(problems)
        }
    }
}

fn filter_problem(filter: &str) -> Option<String> {
    let length = filter.chars().count();
    if length > MAX_FILTER {
        let told =
            format!("The filter has {length} characters; at most {MAX_FILTER} fit. Shorten it.");
        return Some(told);
    }
    Filter::parse_typed(filter).err()
}

/// What can be made of two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combination {
    Union,
    Intersect,
    Subtract,
}

impl Combination {
    pub const ALL: [Self; 3] = [Self::Union, Self::Intersect, Self::Subtract];

    /// As in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Union => "union",
            Self::Intersect => "intersect",
            Self::Subtract => "subtract",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }

    /// Between the two names, in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Union => "together with",
            Self::Intersect => "only if also in",
            Self::Subtract => "without",
        }
    }

    /// Said where no image is left.
    pub fn of_nothing(self, first: &str, second: &str) -> String {
        match self {
            Self::Union => format!("Neither {first} nor {second} has an image."),
            Self::Intersect => format!("{first} and {second} have no image in common."),
            Self::Subtract => {
                format!("Every image of {first} is in {second} too, so none is left.")
            }
        }
    }

    /// In the order of the first, then of the second.
    pub fn of(self, first: &[String], second: &[String]) -> Vec<String> {
        let in_first: HashSet<&String> = first.iter().collect();
        let in_second: HashSet<&String> = second.iter().collect();
        let keeps = |name: &&String| match self {
            Self::Union => true,
            Self::Intersect => in_second.contains(*name),
            Self::Subtract => !in_second.contains(*name),
        };
        let kept = first.iter().filter(keeps).cloned();
        let added = second
            .iter()
            .filter(|name| self == Self::Union && !in_first.contains(*name));
        kept.chain(added.cloned()).collect()
    }
}

/// Ids for sets of which several may have one: the first keeps it, each later one gets the next that was never given.
/// `last_given` is the highest known.
pub fn told_apart(own: &[u64], last_given: u64) -> Vec<u64> {
    let mut last = own.iter().copied().fold(last_given, u64::max);
    let mut taken = HashSet::new();
    let free = |id: &u64| {
        if taken.insert(*id) {
            return *id;
        }
        last += 1;
        last
    };
    own.iter().map(free).collect()
}

/// The name of a set's copy: `Best copy`, `Best copy 2`, short enough to be saved.
pub fn name_of_copy(title: &str, taken: &[String]) -> String {
    let name = |end: &str| {
        let room = MAX_SET_NAME - end.chars().count();
        let begin: String = title.chars().take(room).collect();
        format!("{}{end}", begin.trim_end())
    };
    let first = std::iter::once(name(" copy"));
    let mut names = first.chain((2..).map(|n| name(&format!(" copy {n}"))));
    names.find(|n| !taken.contains(n)).unwrap_or_default()
}

fn distinct(names: Vec<String>, problems: &mut Vec<(&'static str, String)>) -> Vec<String> {
    if names.is_empty() {
        problems.push(("filenames", "Select at least one image.".into()));
    }
    if names.len() > MAX_NAMES {
        let count = names.len();
        problems.push((
            "filenames",
            format!(
                "The set has {count} names; at most {MAX_NAMES} fit. A smart set holds as many as fit its filter."
            ),
        ));
    }
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::with_capacity(names.len());
    for name in names {
        if let Err(problem) = check_name(&name) {
            problems.push(("filenames", problem.to_string()));
        } else if seen.insert(name.clone()) {
            kept.push(name);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_windows_made_of_a_set_is_told_by_name() {
        let mine: BTreeSet<String> = ["a.png", "b.png"].map(str::to_owned).into();
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let apart = |names: &[&str]| difference(&mine, &set(names));
        assert_eq!(apart(&["b.png", "a.png"]), "Both hold the same images.");
        assert_eq!(
            apart(&["b.png", "c.png"]),
            "Only in your selection: a.png. Only in the set: c.png."
        );
        assert_eq!(apart(&[]), "Only in your selection: a.png, b.png.");
        let more = ["a.png", "b.png", "1", "2", "3", "4", "5", "6", "7"];
        assert_eq!(apart(&more), "Only in the set: 1, 2, 3, 4, 5 and 2 more.");
    }

    #[test]
    fn doubles_fall_away_and_the_order_stays() {
        let draft = SelectionSetDraft {
            filenames: Some(vec!["b.jpg".into(), "a.jpg".into(), "b.jpg".into()]),
            name: Some(" Best ".into()),
            filter: None,
        };
        let checked = draft.check().unwrap();
        assert_eq!(checked.filenames.unwrap(), ["b.jpg", "a.jpg"]);
        assert_eq!(checked.name.as_deref(), Some("Best"));
    }

    #[test]
    fn an_empty_set_and_a_name_that_leads_elsewhere_are_refused() {
        for names in [vec![], vec!["../x.jpg".to_string()]] {
            let draft = SelectionSetDraft {
                filenames: Some(names),
                ..SelectionSetDraft::default()
            };
            assert_eq!(draft.check().unwrap_err()[0].0, "filenames");
        }
    }

    #[test]
    fn ten_thousand_images_are_a_set_and_too_many_are_sent_to_a_smart_one() {
        let of = |count: usize| SelectionSetDraft {
            filenames: Some((0..count).map(|n| format!("{n}.png")).collect()),
            ..SelectionSetDraft::default()
        };
        assert_eq!(of(10_000).check().unwrap().filenames.unwrap().len(), 10_000);
        let (field, told) = of(MAX_NAMES + 1).check().unwrap_err().remove(0);
        assert_eq!(field, "filenames");
        assert!(told.contains("20001 names; at most 20000 fit") && told.contains("smart set"));
    }

    #[test]
    fn a_smart_set_needs_a_filter_that_can_be_read_and_no_names() {
        let draft = |filter: &str| SelectionSetDraft {
            filenames: Some(vec![]),
            name: None,
            filter: Some(filter.into()),
        };
        let checked = draft(" w>=512 -missing:caption ").check().unwrap();
        assert_eq!(checked.filter.as_deref(), Some("w>=512 -missing:caption"));
        assert_eq!(checked.filenames, None);
        let (field, told) = draft("near:x").check().unwrap_err().remove(0);
        assert_eq!(field, "filter");
        assert!(told.contains("near:x"));
        assert_eq!(draft(&"x".repeat(501)).check().unwrap_err()[0].0, "filter");
        assert_eq!(draft("").check().unwrap_err()[0].0, "filenames");
    }

    #[test]
    fn two_sets_are_joined_crossed_and_parted_in_their_order() {
        let names = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let of = |how: Combination| how.of(&names("cab"), &names("dba")).concat();
        assert_eq!(of(Combination::Union), "cabd");
        assert_eq!(of(Combination::Intersect), "ab");
        assert_eq!(of(Combination::Subtract), "c");
        for how in Combination::ALL {
            assert_eq!(Combination::parse(how.as_str()), Some(how));
        }
    }

    #[test]
    fn of_two_sets_with_one_id_the_first_keeps_it_and_the_later_gets_one_never_given() {
        assert_eq!(told_apart(&[1, 2, 3], 3), [1, 2, 3]);
        assert_eq!(told_apart(&[1, 2, 1, 3, 2], 0), [1, 2, 4, 3, 5]);
        // 7 was given once and deleted
        assert_eq!(told_apart(&[1, 1], 7), [1, 8]);
    }

    #[test]
    fn a_copy_has_a_name_of_its_own_that_fits() {
        assert_eq!(name_of_copy("Best", &[]), "Best copy");
        assert_eq!(name_of_copy("Best", &["Best copy".into()]), "Best copy 2");
        let long = name_of_copy(&"é".repeat(80), &[]);
        assert_eq!(long.chars().count(), 80);
        assert!(long.ends_with("é copy"));
    }
}
