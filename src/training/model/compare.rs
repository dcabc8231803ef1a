//! Two to four versions side by side: which parameters, plans and outcomes differ, and what became of the dataset.
//!
//! Pure: what was recorded goes in, rows of words come out. Columns stand in the order of time, so that what a later run
//! changed reads as a change.

use super::parameters::{self, PARAMETERS};
use super::reproduce::is_same_file;
use super::version::{Status, TrainingVersion};
use super::words::{Piece, difference};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Fewest and most versions that stand side by side.
pub const FEWEST: usize = 2;
pub const MOST: usize = 4;

/// An image of a dataset as it was when the run started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainedImage {
    pub filename: String,
    /// Empty when it was not recorded.
    pub etag: String,
    pub size_bytes: Option<u64>,
    /// As it stood in the caption's file; `None` without one.
    pub caption: Option<String>,
}

impl TrainedImage {
    /// What the trainer reads of the caption: the first line, without blanks around it.
    pub fn trained_caption(&self) -> &str {
        let text = self.caption.as_deref().unwrap_or_default();
        let text = text.trim_start_matches('\u{feff}');
        text.lines().next().unwrap_or_default().trim()
    }
}

/// One row: a name, a value for each version (`None`: not recorded), and whether the recorded ones differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Row {
    pub label: String,
    /// The parameter's own name; empty for other rows.
    pub name: String,
    pub values: Vec<Option<String>>,
    pub differs: bool,
}

impl Row {
    pub fn new(label: &str, values: Vec<Option<String>>) -> Self {
        Self {
            label: label.to_owned(),
            name: String::new(),
            differs: {
                let known: Vec<&String> = values.iter().flatten().collect();
                known.windows(2).any(|pair| pair[0] != pair[1])
            },
            values,
        }
    }

    /// Nothing is known of it for any version.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(Option::is_none)
    }

    /// It is known of some versions only.
    pub fn is_partial(&self) -> bool {
        !self.is_empty() && self.values.iter().any(Option::is_none)
    }
}

/// A caption that reads otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct CaptionChange {
    pub filename: String,
    pub pieces: Vec<Piece>,
}

/// What became of a dataset from one run to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DatasetChange {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Same name, another file.
    pub replaced: Vec<String>,
    pub captions: Vec<CaptionChange>,
    /// Images in both, with the same file and the same caption.
    pub unchanged: usize,
}

impl DatasetChange {
    /// From one dataset to another, names in alphabetical order.
    pub fn between(before: &[TrainedImage], after: &[TrainedImage]) -> Self {
        let by_name = |images: &'_ [TrainedImage]| -> BTreeMap<String, TrainedImage> {
            let named = images.iter().map(|i| (i.filename.clone(), i.clone()));
            named.collect()
        };
        let (old, new) = (by_name(before), by_name(after));
        let mut change = Self::default();
        for (name, image) in &new {
            let Some(earlier) = old.get(name) else {
                change.added.push(name.clone());
                continue;
            };
            let known = !earlier.etag.is_empty() && !image.etag.is_empty();
            let replaced = known && is_same_file(earlier, image) != Some(true);
            let recaptioned = earlier.trained_caption() != image.trained_caption();
            if replaced {
                change.replaced.push(name.clone());
            }
            if recaptioned {
                change.captions.push(CaptionChange {
                    filename: name.clone(),
                    pieces: difference(earlier.trained_caption(), image.trained_caption()),
                });
            }
            change.unchanged += usize::from(!replaced && !recaptioned);
        }
        let gone = old.keys().filter(|name| !new.contains_key(*name));
        change.removed = gone.cloned().collect();
        change
    }

    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.replaced.is_empty()
            && self.captions.is_empty()
    }
}

/// The dataset of a column, from that of the first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct DatasetStep {
    /// Names of the two versions.
    pub from: String,
    pub to: String,
    /// `null` where one of them has no snapshot; `without` names it.
    pub change: Option<DatasetChange>,
    pub without: Vec<String>,
}

/// Rows that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Section {
    pub title: String,
    pub rows: Vec<Row>,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Column {
    pub id: String,
    pub name: String,
    pub status: Status,
    pub good: bool,
    /// When it was recorded, ISO 8601.
    pub timestamp: String,
}

impl Column {
    pub fn of(version: &TrainingVersion) -> Self {
        let named = !version.name.is_empty();
        Self {
            id: version.id.clone(),
            name: if named { &version.name } else { &version.id }.clone(),
            status: version.status,
            good: version.is_good == Some(true),
            timestamp: version.timestamp.clone(),
        }
    }
}

/// Versions side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// The earliest first.
    pub columns: Vec<Column>,
    pub sections: Vec<Section>,
    /// From the first column to each of the others.
    pub datasets: Vec<DatasetStep>,
}

/// Every parameter that one of the versions was sent with, in the order of the form; what the table does not know last.
/// A value that means the same in another spelling (16 and 16.0) is no difference.
pub fn parameter_rows(versions: &[&TrainingVersion]) -> Vec<Row> {
    let sent = versions.iter().flat_map(|v| v.parameters.keys());
    let mut names: BTreeSet<&str> = sent.map(String::as_str).collect();
    let known = PARAMETERS.iter().filter(|p| names.remove(p.name));
    let mut order: Vec<&str> = known.map(|p| p.name).collect();
    order.extend(names);
    let row = |name: &str| {
        let value = |v: &&TrainingVersion| v.parameters.get(name).map(ToString::to_string);
        let label = parameters::find(name).map_or(name, |p| p.label);
        let mut row = Row::new(label, versions.iter().map(value).collect());
        row.name = name.to_owned();
        row
    };
    order.into_iter().map(row).collect()
}

/// The datasets of the columns, each from the first one's. `None`: that version has no snapshot.
pub fn dataset_steps(columns: &[Column], images: &[Option<Vec<TrainedImage>>]) -> Vec<DatasetStep> {
    let mut pairs = columns.iter().zip(images);
    let Some((first, before)) = pairs.next() else {
        return Vec::new();
    };
    let step = |(column, after): (&Column, &Option<Vec<TrainedImage>>)| {
        let both = before.as_ref().zip(after.as_ref());
        let lacking = [(first, before), (column, after)].into_iter();
        let lacking = lacking.filter(|(_, images)| images.is_none());
        DatasetStep {
            from: first.name.clone(),
            to: column.name.clone(),
            change: both.map(|(before, after)| DatasetChange::between(before, after)),
            without: lacking.map(|(column, _)| column.name.clone()).collect(),
        }
    };
    pairs.map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::super::version::ParameterValue;
    use super::super::words::Change;
    use super::*;

    fn image(filename: &str, etag: &str, caption: Option<&str>) -> TrainedImage {
        TrainedImage {
            filename: filename.into(),
            etag: etag.into(),
            size_bytes: None,
            caption: caption.map(str::to_owned),
        }
    }

    #[test]
    fn images_that_came_went_or_changed_are_told_apart() {
        let before = [
            image("gone.jpg", "1", Some("x")),
            image("same.jpg", "2", Some("\u{feff}a boat \r\nsecond line")),
            image("other.jpg", "3", Some("a boat")),
            image("told.jpg", "4", Some("a red boat")),
            image("bare.jpg", "", None),
        ];
        let after = [
            image("told.jpg", "4", Some("a blue boat")),
            image("same.jpg", "2", Some("a boat")),
            image("other.jpg", "33", Some("a boat")),
            image("new.jpg", "5", None),
            image("bare.jpg", "9", Some("")),
        ];
        let change = DatasetChange::between(&before, &after);
        assert_eq!(change.added, ["new.jpg"]);
        assert_eq!(change.removed, ["gone.jpg"]);
        assert_eq!(change.replaced, ["other.jpg"]);
        assert_eq!(change.unchanged, 2, "same.jpg and bare.jpg");
        let [caption] = change.captions.as_slice() else {
            panic!("{:?}", change.captions)
        };
        assert_eq!(caption.filename, "told.jpg");
        assert!(
            caption
                .pieces
                .iter()
                .any(|p| p.change == Change::Added && p.text == " blue")
        );
        assert!(DatasetChange::between(&before, &before).is_empty());
    }

    #[test]
    fn parameters_stand_in_the_order_of_the_form_and_differ_by_meaning() {
        let version = |dim, extra: Option<&str>| {
            let mut parameters = vec![
                (
                    "zz_of_another_program".to_owned(),
                    ParameterValue::Bool(true),
                ),
                ("network_dim".to_owned(), dim),
                ("learning_rate".to_owned(), ParameterValue::Float(1e-4)),
            ];
            let extra = extra.map(|n| (n.to_owned(), ParameterValue::Int(2)));
            parameters.extend(extra);
            TrainingVersion {
                parameters: parameters.into_iter().collect(),
                ..TrainingVersion::default()
            }
        };
        let (a, b) = (
            version(ParameterValue::Int(16), None),
            version(ParameterValue::Float(16.0), Some("batch_size")),
        );
        let rows = parameter_rows(&[&a, &b]);
        let names: Vec<&str> = rows.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names.last(), Some(&"zz_of_another_program"));
        let of = |name: &str| rows.iter().find(|r| r.name == name).unwrap();
        assert!(!of("network_dim").differs && !of("learning_rate").differs);
        assert_eq!(of("batch_size").values, [None, Some("2".to_owned())]);
        assert!(
            !of("batch_size").differs && of("batch_size").is_partial(),
            "what is not recorded is not known to differ"
        );
        let at = |name: &str| names.iter().position(|n| *n == name).unwrap();
        assert!(at("network_dim") < at("batch_size"));
    }

    #[test]
    fn a_version_without_a_snapshot_is_named() {
        let column = |name: &str| {
            Column::of(&TrainingVersion {
                id: format!("{name}-e1"),
                name: name.into(),
                ..TrainingVersion::default()
            })
        };
        let columns = [column("V1"), column("V2"), column("")];
        let some = Some(vec![image("a.jpg", "1", None)]);
        let steps = dataset_steps(&columns, &[some.clone(), None, some]);
        assert_eq!(steps[0].without, ["V2"]);
        assert_eq!(steps[0].change, None);
        assert_eq!(
            (steps[1].from.as_str(), steps[1].to.as_str()),
            ("V1", "-e1")
        );
        assert!(steps[1].change.as_ref().unwrap().is_empty());
    }
}
