//! A model file in the bucket that no version knows: whose it is, what it would be called. Pure; the file is not read here.

use super::names::NAME_MAX;
use super::version::Status;
use serde::{Deserialize, Serialize};

/// The trainer of an imported version: nobody knows who that was, nor how long it took.
pub const IMPORTED: &str = "imported";

/// The end of a model file's name.
pub const EXTENSION: &str = ".safetensors";

/// What a file says of its training in its header; what it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ModelFacts {
    pub network_dim: Option<u32>,
    pub network_alpha: Option<f64>,
    pub learning_rate: Option<f64>,
    pub steps: Option<u32>,
    /// As the trainer calls it, e.g. `flux1`.
    pub base_model: Option<String>,
    pub tensors: u32,
}

/// A model that no version of its style knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct UnknownModel {
    /// `style_16_vV10.safetensors`.
    pub file: String,
    /// The name its version would get.
    pub name: String,
    pub size_bytes: u64,
    /// ISO 8601.
    pub modified: String,
    pub facts: Option<ModelFacts>,
    /// Why it cannot be imported: cut off, or no LoRA file.
    pub problem: Option<String>,
    /// The run it is of, which counts as failed or cancelled: it is checked again, not imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<EndedRun>,
}

/// A run that ended badly, whose model is there nevertheless.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EndedRun {
    /// Id of the version.
    pub id: String,
    pub name: String,
    pub status: Status,
}

/// A file that was not imported, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct NotImported {
    pub file: String,
    pub message: String,
}

/// What an import came to, for a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Imports {
    /// Names of the versions that were made.
    pub names: Vec<String>,
    pub refused: Vec<NotImported>,
}

/// The stem of a model's file name; `None` for other files and names that lead elsewhere.
pub fn stem(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(EXTENSION)?;
    let plain = !stem.is_empty() && !stem.starts_with('.');
    (plain && !stem.contains(['/', '\\']) && !stem.chars().any(char::is_control)).then_some(stem)
}

/// The style a stem belongs to and the rest of it: `style_16_vV10` -> (`16`, `vV10`). Of ids that both fit (`1` and
/// `1_b`) the longer one is meant.
pub fn owner<'a>(stem: &'a str, ids: impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let rest = stem.strip_prefix("style_")?;
    let fitting = ids.filter_map(|id| {
        let name = rest.strip_prefix(id)?.strip_prefix('_')?;
        (!name.is_empty()).then_some((id, name))
    });
    fitting.max_by_key(|(id, _)| id.len())
}

/// What a person calls it. The older system writes `vV10` for V10; other names stay as they are.
pub fn version_name(rest: &str) -> &str {
    match rest.strip_prefix('v') {
        Some(name) if name.starts_with('V') => name,
        _ => rest,
    }
}

/// The name, or with a remark such as `from S3` if another version has it; cut where a name may be no longer.
pub fn free_name(wanted: &str, remark: &str, taken: impl Fn(&str) -> bool) -> String {
    let with = |end: String| {
        let room = NAME_MAX.saturating_sub(end.chars().count());
        let begin: String = wanted.chars().take(room).collect();
        format!("{}{end}", begin.trim_end())
    };
    let remarked = (1..).map(|n| match n {
        1 => with(format!(" {remark}")),
        n => with(format!(" {remark} ({n})")),
    });
    let mut names = std::iter::once(with(String::new())).chain(remarked);
    names.find(|n| !taken(n)).expect("one is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_longest_id_that_fits() {
        let ids = || ["1", "16", "1_b"].into_iter();
        assert_eq!(owner("style_16_vV10", ids()), Some(("16", "vV10")));
        assert_eq!(owner("style_1_b_V2", ids()), Some(("1_b", "V2")));
        assert_eq!(owner("style_1_c", ids()), Some(("1", "c")));
        for foreign in ["style_7_V1", "actor_1_V1", "style_1", "style_1_"] {
            assert_eq!(owner(foreign, ids()), None, "{foreign}");
        }
    }

    #[test]
    fn names_are_as_people_know_them() {
        assert_eq!(version_name("vV10"), "V10");
        assert_eq!(version_name("v1.0"), "v1.0");
        assert_eq!(version_name("V3"), "V3");
        assert_eq!(free_name("V6", "from S3", |_| false), "V6");
        assert_eq!(free_name("V6", "from S3", |n| n == "V6"), "V6 from S3");
        assert_eq!(
            free_name("V6", "from S3", |n| !n.ends_with(')')),
            "V6 from S3 (2)"
        );
        let long = "x".repeat(180);
        let first = free_name(&long, "from S3", |_| false);
        let second = free_name(&long, "from S3", |n| n == first);
        assert_eq!(first.len(), NAME_MAX);
        assert!(second.len() == NAME_MAX && second.ends_with("x from S3"));
    }

    #[test]
    fn only_plain_names_of_model_files_count() {
        assert_eq!(stem("style_1_vV9.safetensors"), Some("style_1_vV9"));
        for other in [
            "x.ckpt",
            ".safetensors",
            "../x.safetensors",
            "a/b.safetensors",
        ] {
            assert_eq!(stem(other), None, "{other}");
        }
    }
}
