//! Names of versions: what a new one is called, and which names are taken, because a second model of that name would
//! overwrite the first.

use super::version::{Status, TrainingVersion};
use serde::{Deserialize, Serialize};

/// Code of a name that only a model file has: the browser does not know of it by itself.
pub const MODEL_THERE: &str = "model_there";
/// Longest name of a version that is given to it later, in characters; a run's own becomes a file's and is shorter.
pub const NAME_MAX: usize = 80;

/// A name that a version has, and how that one stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedName {
    pub name: String,
    /// `None`: there is no such version, but a model file of that name.
    pub status: Option<Status>,
    /// What the version is called now, where only its model file still has the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed: Option<String>,
}

impl UsedName {
    /// Its name and, if it was renamed, the one its model file has. None where a start never reached RunPod: it wrote no model, so
    /// its name is free again.
    pub fn of(version: &TrainingVersion) -> Vec<Self> {
        let ended = matches!(version.status, Status::Failed | Status::Cancelled);
        if ended && version.is_ours() && version.job_id.is_none() {
            return Vec::new();
        }
        let used = |name: &str, renamed: Option<String>| Self {
            name: name.to_owned(),
            status: Some(version.status),
            renamed,
        };
        let by_file = version.started_as();
        let by_file = by_file.filter(|name| !name.eq_ignore_ascii_case(&version.name));
        let renamed = by_file.map(|name| used(name, Some(version.name.clone())));
        [Some(used(&version.name, None)), renamed]
            .into_iter()
            .flatten()
            .collect()
    }

    /// A name that only a model file has: of a run that was taken off the list, or of another program.
    pub fn of_file(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            status: None,
            renamed: None,
        }
    }

    /// Code of the remark that refuses the name.
    pub fn code(&self) -> &'static str {
        match self.status {
            Some(_) => "name_taken",
            None => MODEL_THERE,
        }
    }

    /// Why `name` cannot be used beside this one. Upper and lower case are one name: so they are to some file systems.
    pub fn refusal(&self, name: &str) -> Option<String> {
        self.name.eq_ignore_ascii_case(name).then(|| {
            let name = &self.name;
            let whose = match (self.status.map(Status::as_str), &self.renamed) {
                (None, _) => {
                    return format!(
                        "The bucket holds a model file of the name {name:?} already, which would be overwritten. Choose another name; Versions offers to import the file."
                    );
                }
                (Some(status), Some(now)) => {
                    format!("The version {now:?} ({status}) was started as {name:?}")
                }
                (Some(status), None) => format!("There is already a version {name:?} ({status})"),
            };
            format!("{whose}; its model file would be overwritten. Choose another name.")
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

/// What a run that is started once more is called: its own name where that is free, the next `V{n}` of such a name, else the
/// name with a number. `next` is what any new version would be called.
pub fn name_again(name: &str, next: &str, used: &[UsedName]) -> String {
    let is_free = |name: &str| used.iter().all(|u| u.refusal(name).is_none());
    let is_plain = name
        .strip_prefix(['V', 'v'])
        .is_some_and(|n| n.parse::<u32>().is_ok());
    if is_plain && !is_free(name) {
        return next.to_owned();
    }
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| is_free(name)).expect("one is free")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_started_once_more_keeps_what_its_name_says() {
        let used: Vec<UsedName> = ["V3", "lr1e-4-r12", "lr1e-4-r12-2"]
            .into_iter()
            .map(|name| UsedName {
                name: name.into(),
                status: Some(Status::Failed),
                renamed: None,
            })
            .collect();
        assert_eq!(name_again("V3", "V4", &used), "V4");
        assert_eq!(name_again("V2", "V4", &used), "V2");
        assert_eq!(name_again("lr1e-4-r12", "V4", &used), "lr1e-4-r12-3");
        assert_eq!(name_again("free", "V4", &used), "free");
    }

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
        let refusal = |version: &TrainingVersion, name: &str| {
            let used = UsedName::of(version);
            used.iter().find_map(|used| used.refusal(name))
        };
        assert!(refusal(&version, "V1.0").is_some_and(|m| m.contains("failed")));
        assert_eq!(refusal(&version, "v1.1"), None);
        version.model_name = Some("style_1_v1.0".into());
        version.name = "Best so far".into();
        let renamed = refusal(&version, "v1.0").expect("its file has the name still");
        assert!(renamed.contains("\"Best so far\" (failed) was started as"));
        assert!(refusal(&version, "best so far").is_some());
        version.job_id = None;
        assert_eq!(UsedName::of(&version), []);
    }
}
