//! Near-duplicates: which of a style's pictures show nearly the same.

use super::analysis::{Analysis, near_groups};
use std::collections::HashMap;

/// Of a large group each picture's first so many others are looked at one by one; the rest are only counted.
pub const MOST_LISTED: usize = 64;

/// Another picture that shows nearly the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    pub filename: String,
    /// Bits in which the hashes differ.
    pub distance: u32,
}

/// The others of a picture's group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twins {
    /// At most [`MOST_LISTED`]; those of the very same bytes first.
    pub listed: Vec<Twin>,
    /// How many others the group has.
    pub others: usize,
    /// How many of them are the very same bytes.
    pub same_file: usize,
}

/// A picture to compare.
pub struct Measure<'a> {
    pub filename: &'a str,
    pub etag: &'a str,
    pub analysis: &'a Analysis,
}

/// The twins of every picture that has some, by name.
pub fn twins(pictures: &[Measure]) -> HashMap<String, Twins> {
    let near = |a: usize, b: usize| pictures[a].analysis.is_near(pictures[b].analysis);
    let mut found = HashMap::new();
    for group in near_groups(pictures.len(), near) {
        let mut by_bytes: HashMap<&str, Vec<usize>> = HashMap::new();
        for &one in &group {
            by_bytes.entry(pictures[one].etag).or_default().push(one);
        }
        for &one in &group {
            let own = &pictures[one];
            let same = &by_bytes[own.etag];
            let different = group.iter().filter(|o| pictures[**o].etag != own.etag);
            let others = same.iter().chain(different).filter(|o| **o != one);
            let listed = others.take(MOST_LISTED).map(|&other| Twin {
                filename: pictures[other].filename.to_owned(),
                distance: own.analysis.hash.distance(pictures[other].analysis.hash),
            });
            let twins = Twins {
                listed: listed.collect(),
                others: group.len() - 1,
                same_file: same.len() - 1,
            };
            found.insert(own.filename.to_owned(), twins);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_group_is_counted_whole_and_listed_in_part_with_its_copies_first() {
        let one = Analysis::of(8, 8, &[90; 8 * 8 * 4]).expect("pixels");
        let names: Vec<String> = (0..200).map(|n| format!("{n:03}.png")).collect();
        let pictures: Vec<Measure> = names
            .iter()
            .enumerate()
            .map(|(n, filename)| Measure {
                filename,
                // the last one has the bytes of the first
                etag: if n == 199 { "000.png" } else { filename },
                analysis: &one,
            })
            .collect();
        let found = twins(&pictures);
        assert_eq!(found.len(), 200);
        let first = &found["000.png"];
        assert_eq!((first.others, first.same_file), (199, 1));
        assert_eq!(first.listed.len(), MOST_LISTED);
        assert_eq!(first.listed[0].filename, "199.png");
        assert_eq!(found["005.png"].same_file, 0);
    }
}
