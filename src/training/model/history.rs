//! Which versions of a style a person wants to see, and in which order: what stands in the address of the history.

use super::time::unix_ms;
use super::version::{Status, TrainingVersion};
use std::cmp::Ordering;

/// What the list is ordered by. What is not known comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The latest recorded first, whatever the order of the file.
    #[default]
    Newest,
    Name,
    /// The longest first.
    Duration,
    /// The dearest first.
    Cost,
    /// The most steps first.
    Steps,
}

impl Sort {
    pub const ALL: [Self; 5] = [
        Self::Newest,
        Self::Name,
        Self::Duration,
        Self::Cost,
        Self::Steps,
    ];

    /// As in the address; the usual order has no word there.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "",
            Self::Name => "name",
            Self::Duration => "duration",
            Self::Cost => "cost",
            Self::Steps => "steps",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Name => "name",
            Self::Duration => "longest",
            Self::Cost => "dearest",
            Self::Steps => "most steps",
        }
    }

    pub fn parse(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|s| s.as_str() == word);
        known.unwrap_or_default()
    }
}

/// What of the list is shown. The default shows all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all must occur in name, notes, id or error, in any case.
    pub text: String,
    /// `None`: every status.
    pub status: Option<Status>,
    /// Only the good one.
    pub good: bool,
    pub sort: Sort,
}

impl Wanted {
    /// Reads the values of the address `q`, `status`, `good` and `sort`; what is unknown there is passed over.
    pub fn read(value: impl Fn(&str) -> String) -> Self {
        Self {
            text: value("q"),
            status: Status::parse(&value("status")),
            good: !value("good").is_empty(),
            sort: Sort::parse(&value("sort")),
        }
    }

    fn fits(&self, version: &TrainingVersion) -> bool {
        let texts = [
            Some(&version.name),
            version.description.as_ref(),
            version.error.as_ref(),
            Some(&version.id),
        ];
        let whole: Vec<&str> = texts.into_iter().flatten().map(String::as_str).collect();
        let whole = whole.join("\n").to_lowercase();
        let text = self.text.to_lowercase();
        self.status.is_none_or(|status| status == version.status)
            && (!self.good || version.is_good == Some(true))
            && text.split_whitespace().all(|word| whole.contains(word))
    }

    /// The versions that fit, in the order asked for. `took_ms`: how long a run took, where that is known.
    pub fn of<'a>(
        &self,
        versions: &'a [TrainingVersion],
        took_ms: impl Fn(&TrainingVersion) -> Option<i64>,
    ) -> Vec<&'a TrainingVersion> {
        let mut shown: Vec<_> = versions.iter().filter(|v| self.fits(v)).collect();
        let most = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        match self.sort {
            Sort::Newest => shown.sort_by(|a, b| newest_first(a, b)),
            Sort::Name => shown.sort_by(|a, b| by_name(&a.name, &b.name)),
            Sort::Duration => {
                let took = |v: &TrainingVersion| took_ms(v).map(|ms| ms as f64);
                shown.sort_by(|a, b| most(took(a), took(b)));
            }
            Sort::Cost => shown.sort_by(|a, b| most(a.cost_usd(None), b.cost_usd(None))),
            Sort::Steps => {
                let steps = |v: &TrainingVersion| v.number("max_train_steps");
                shown.sort_by(|a, b| most(steps(a), steps(b)));
            }
        }
        shown
    }
}

/// The latest recorded first; what has no time comes last.
pub fn newest_first(a: &TrainingVersion, b: &TrainingVersion) -> Ordering {
    unix_ms(&b.timestamp).cmp(&unix_ms(&a.timestamp))
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// Says which sweep the runs below it are of, by its id.
    Sweep(String),
    /// A run, by its id.
    Run(String),
}

/// The runs in their order, those of one sweep together where the first of them stands.
pub fn lines(shown: &[&TrainingVersion]) -> Vec<Line> {
    let sweep = |v: &TrainingVersion| v.sweep.as_ref().map(|place| place.id.clone());
    let mut lines = Vec::new();
    for version in shown {
        let Some(id) = sweep(version) else {
            lines.push(Line::Run(version.id.clone()));
            continue;
        };
        let head = Line::Sweep(id.clone());
        if !lines.contains(&head) {
            lines.push(head);
            let members = shown.iter().filter(|v| sweep(v).as_ref() == Some(&id));
            lines.extend(members.map(|v| Line::Run(v.id.clone())));
        }
    }
    lines
}

/// `V2` before `V10`, in any case.
pub fn by_name(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (mut a, mut b) = (a.as_str(), b.as_str());
    while !a.is_empty() && !b.is_empty() {
        let (of_a, of_b) = (digits(a), digits(b));
        let step = if of_a > 0 && of_b > 0 {
            let (x, y) = (
                a[..of_a].trim_start_matches('0'),
                b[..of_b].trim_start_matches('0'),
            );
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
            (order, of_a, of_b)
        } else {
            let (x, y) = (a.chars().next(), b.chars().next());
            let width = |c: Option<char>| c.map_or(0, char::len_utf8);
            (x.cmp(&y), width(x), width(y))
        };
        if step.0 != Ordering::Equal {
            return step.0;
        }
        (a, b) = (&a[step.1..], &b[step.2..]);
    }
    a.len().cmp(&b.len())
}

/// How many ASCII digits a text begins with.
fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::super::sweep::SweepPlace;
    use super::super::version::ParameterValue;
    use super::*;

    fn versions() -> Vec<TrainingVersion> {
        let version = |name: &str, status, steps: Option<i64>, ms: Option<i64>| TrainingVersion {
            id: format!("id-{name}"),
            name: name.into(),
            status,
            execution_time_ms: ms,
            usd_per_hour: ms.map(|_| 1.0),
            parameters: steps
                .map(|s| ("max_train_steps".to_owned(), ParameterValue::Int(s)))
                .into_iter()
                .collect(),
            ..TrainingVersion::default()
        };
        let mut all = vec![
            version("V10", Status::Completed, Some(1_200), Some(3_600_000)),
            version("v2", Status::Failed, None, None),
            version("V9", Status::Completed, Some(3_600), Some(600_000)),
        ];
        all[2].is_good = Some(true);
        all[1].description = Some("Fine Lines".into());
        all
    }

    fn shown(address: &[(&str, &str)]) -> Vec<String> {
        let value = |name: &str| {
            let found = address.iter().find(|(n, _)| *n == name);
            found.map_or(String::new(), |(_, v)| (*v).to_owned())
        };
        let all = versions();
        let wanted = Wanted::read(value);
        let shown = wanted.of(&all, |v| v.execution_time_ms);
        shown.into_iter().map(|v| v.name.clone()).collect()
    }

    #[test]
    fn the_address_says_what_is_shown() {
        assert_eq!(shown(&[]), ["V10", "v2", "V9"]);
        assert_eq!(shown(&[("status", "completed")]), ["V10", "V9"]);
        assert_eq!(shown(&[("good", "1")]), ["V9"]);
        assert_eq!(shown(&[("q", " LINES fine ")]), ["v2"]);
        assert_eq!(shown(&[("q", "id-v1")]), ["V10"]);
        assert_eq!(shown(&[("q", "nothing")]), [""; 0]);
        assert_eq!(
            shown(&[("status", "odd"), ("sort", "odd")]),
            ["V10", "v2", "V9"]
        );
    }

    #[test]
    fn the_newest_stands_first_whatever_the_order_of_the_file() {
        let version = |name: &str, timestamp: &str| TrainingVersion {
            name: name.into(),
            timestamp: timestamp.into(),
            ..TrainingVersion::default()
        };
        let all = [
            version("of 2025", "2025-09-01T10:00:00.000Z"),
            version("later in 2025", "2025-10-01T10:00:00Z"),
            version("without a time", ""),
            version("today", "2026-11-28T08:00:00.000Z"),
            version("today too", "2026-11-28T09:00:00.000+01:00"),
        ];
        let shown = Wanted::default().of(&all, |_| None);
        let names: Vec<&str> = shown.iter().map(|v| v.name.as_str()).collect();
        let expected = [
            "today",
            "today too",
            "later in 2025",
            "of 2025",
            "without a time",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn runs_of_one_sweep_stand_together_where_the_first_of_them_stands() {
        let run = |id: &str, sweep: Option<&str>| TrainingVersion {
            id: id.into(),
            sweep: sweep.map(|id| SweepPlace {
                id: id.into(),
                ..SweepPlace::default()
            }),
            ..TrainingVersion::default()
        };
        let all = [
            run("a", None),
            run("s2", Some("sweep_1")),
            run("b", None),
            run("t1", Some("sweep_2")),
            run("s1", Some("sweep_1")),
        ];
        let shown: Vec<&TrainingVersion> = all.iter().collect();
        let words = lines(&shown).into_iter().map(|line| match line {
            Line::Sweep(id) => format!("{id}:"),
            Line::Run(id) => id,
        });
        let words: Vec<String> = words.collect();
        assert_eq!(words.join(" "), "a sweep_1: s2 s1 b sweep_2: t1");
    }

    #[test]
    fn each_order_puts_what_is_not_known_last() {
        assert_eq!(shown(&[("sort", "name")]), ["v2", "V9", "V10"]);
        assert_eq!(shown(&[("sort", "duration")]), ["V10", "V9", "v2"]);
        assert_eq!(shown(&[("sort", "cost")]), ["V10", "V9", "v2"]);
        assert_eq!(shown(&[("sort", "steps")]), ["V9", "V10", "v2"]);
        for sort in Sort::ALL {
            assert_eq!(Sort::parse(sort.as_str()), sort);
        }
    }

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["v1.10", "V1.9", "v01.1", "é2", "é10", "v"];
        names.sort_by(|a, b| by_name(a, b));
        assert_eq!(names, ["v", "v01.1", "V1.9", "v1.10", "é2", "é10"]);
    }
}
