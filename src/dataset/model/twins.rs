//! Near-duplicates: which of a style's pictures show nearly the same.

use super::analysis::Analysis;
use std::collections::HashMap;

/// Of many others the first so many are looked at one by one; the rest are only counted.
pub const MOST_LISTED: usize = 64;

/// Another picture that shows nearly the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    pub filename: String,
    /// Bits in which the hashes differ.
    pub distance: u32,
}

/// The others that a picture is near.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twins {
    /// At most [`MOST_LISTED`]; those of the very same bytes first.
    pub listed: Vec<Twin>,
    /// How many others there are.
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

/// The twins of every picture that has some, by name. A twin of a twin is none, unless it is near enough itself.
pub fn twins(pictures: &[Measure]) -> HashMap<String, Twins> {
    let mut by_bytes: HashMap<&str, Vec<&Measure>> = HashMap::new();
    for one in pictures {
        by_bytes.entry(one.etag).or_default().push(one);
    }
    let of = |own: &Measure| {
        let same = by_bytes[own.etag].iter().copied();
        let same = same.filter(|o| o.filename != own.filename);
        let near = pictures
            .iter()
            .filter(|o| o.etag != own.etag && is_near(own, o));
        let listed = same.clone().chain(near.clone()).take(MOST_LISTED);
        let (same, near) = (same.count(), near.count());
        let twins = Twins {
            listed: listed.map(|other| twin(own, other)).collect(),
            others: same + near,
            same_file: same,
        };
        (twins.others > 0).then(|| (own.filename.to_owned(), twins))
    };
    pictures.iter().filter_map(of).collect()
}

fn is_near(one: &Measure, other: &Measure) -> bool {
    one.analysis.is_near(other.analysis) && other.analysis.is_near(one.analysis)
}

fn twin(own: &Measure, other: &Measure) -> Twin {
    Twin {
        filename: other.filename.to_owned(),
        distance: own.analysis.hash.distance(other.analysis.hash),
    }
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
    #[test]
    fn pictures_that_drift_from_one_another_are_twins_of_their_neighbours_only() {
        let plain = Analysis::of(8, 8, &[90; 8 * 8 * 4]).expect("pixels");
        // each differs from the next by four bits; the first has enough of them to be no plain one
        let drifting: Vec<Analysis> = (0..4)
            .map(|step| Analysis {
                hash: format!("{:016x}", 0xffff_u64 | ((1 << (4 * step)) - 1) << 16)
                    .parse()
                    .expect("a hash"),
                ..plain.clone()
            })
            .collect();
        let names = ["a", "b", "c", "d"];
        let measure = |(filename, analysis)| Measure {
            filename,
            etag: filename,
            analysis,
        };
        let pictures: Vec<Measure> = names.into_iter().zip(&drifting).map(measure).collect();
        let found = twins(&pictures);
        let named = |name: &str| {
            let listed = found[name].listed.iter();
            listed
                .map(|t| (t.filename.as_str(), t.distance))
                .collect::<Vec<_>>()
        };
        assert_eq!(named("a"), [("b", 4)]);
        assert_eq!(named("b"), [("a", 4), ("c", 4)]);
        assert_eq!(found["b"].others, 2);
        assert_eq!(named("d"), [("c", 4)]);
    }
}
