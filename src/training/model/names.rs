//! Names of versions: what a new one is called, and which names are taken, because a second model of that name would
//! overwrite the first.

use super::version::{Status, TrainingVersion};
use serde::{Deserialize, Serialize};

/// A name that a version has, and how that one stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedName {
    pub name: String,
    pub status: Status,
}

impl UsedName {
    /// `None` where a start never reached RunPod: it wrote no model, so its name is free again.
    pub fn of(version: &TrainingVersion) -> Option<Self> {
        let ended = matches!(version.status, Status::Failed | Status::Cancelled);
        let never_ran = ended && version.is_ours() && version.job_id.is_none();
        (!never_ran).then(|| Self {
            name: version.name.clone(),
            status: version.status,
        })
    }

    /// Why `name` cannot be used beside this one. Upper and lower case are one name: so they are to some file systems.
    pub fn refusal(&self, name: &str) -> Option<String> {
        self.name.eq_ignore_ascii_case(name).then(|| {
            format!(
                "There is already a version {:?} ({}); its model file would be overwritten. Choose another name.",
                self.name,
                self.status.as_str()
            )
        })
    }
}

/// `V{n}` above every name of that form; what a new version is called unless a person types another.
pub fn next_name<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let highest = names
        .filter_map(|n| n.strip_prefix(['V', 'v'])?.parse::<u32>().ok())
        .max();
    format!("V{}", highest.map_or(1, |n| n.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_name_is_above_all_that_were_used() {
        assert_eq!(next_name(["V8", "test", "V10", "v2.0"].into_iter()), "V11");
        assert_eq!(next_name([].into_iter()), "V1");
    }

    #[test]
    fn a_name_is_taken_in_any_case_unless_its_run_never_began() {
        let mut version = TrainingVersion {
            name: "v1.0".into(),
            status: Status::Failed,
            request_id: Some("1_1".into()),
            job_id: Some("j".into()),
            ..TrainingVersion::default()
        };
        let used = UsedName::of(&version).expect("it ran");
        assert!(used.refusal("V1.0").is_some_and(|m| m.contains("failed")));
        assert_eq!(used.refusal("v1.1"), None);
        version.job_id = None;
        assert_eq!(UsedName::of(&version), None);
    }
}
