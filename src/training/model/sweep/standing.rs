//! How a sweep stands, worked out from its versions: there is no record of a sweep besides them.

use crate::training::model::costs::cents;
use crate::training::model::parameters::find;
use crate::training::model::version::{Status, TrainingVersion};
use serde::{Deserialize, Serialize};

/// A sweep and how its runs stand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sweep {
    pub id: String,
    pub style_id: String,
    /// What the names of all its runs begin with.
    pub name: String,
    /// When it was recorded, ISO 8601.
    pub timestamp: String,
    /// Runs that may be on their way at once.
    pub in_flight: u32,
    /// Labels of the parameters that differ.
    pub varies: Vec<String>,
    /// Not yet sent.
    pub waiting: usize,
    /// Sent, and not ended.
    pub running: usize,
    pub completed: usize,
    pub failed: usize,
    pub cancelled: usize,
    /// Cost of what has ended and the estimate of the rest; absent where nothing is paid or no price is known.
    pub cost_usd: Option<f64>,
    /// In the order they are sent; a version that was removed is missing.
    pub runs: Vec<SweepMember>,
}

/// A run as its sweep shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SweepMember {
    pub id: String,
    pub name: String,
    pub status: Status,
    /// It waits for its turn.
    pub queued: bool,
    /// 0-100 while it trains.
    pub percent: Option<u32>,
    /// Values of `varies`.
    pub values: Vec<String>,
    pub loss: Option<f64>,
    pub cost_usd: Option<f64>,
    pub error: Option<String>,
}

impl Sweep {
    /// Whether a run of it has not ended.
    pub fn is_live(&self) -> bool {
        self.waiting + self.running > 0
    }

    /// Runs that have ended, however.
    pub fn ended(&self) -> usize {
        self.completed + self.failed + self.cancelled
    }
}

/// The sweeps among a style's versions, newest first.
pub fn standing(style: &str, versions: &[TrainingVersion]) -> Vec<Sweep> {
    let mut ids: Vec<&str> = Vec::new();
    for place in versions.iter().filter_map(|v| v.sweep.as_ref()) {
        if !ids.contains(&place.id.as_str()) {
            ids.push(&place.id);
        }
    }
    ids.into_iter()
        .filter_map(|id| standing_of(style, id, versions))
        .collect()
}

/// One sweep by its id; `None` when no version of it is left.
pub fn standing_of(style: &str, id: &str, versions: &[TrainingVersion]) -> Option<Sweep> {
    let mut members: Vec<(u32, &TrainingVersion)> = versions
        .iter()
        .filter_map(|v| {
            let place = v.sweep.as_ref().filter(|place| place.id == id)?;
            Some((place.number, v))
        })
        .collect();
    members.sort_by_key(|(number, _)| *number);
    let first = members.first()?.1;
    let place = first.sweep.clone().unwrap_or_default();
    let count =
        |fits: &dyn Fn(&TrainingVersion) -> bool| members.iter().filter(|(_, v)| fits(v)).count();
    let is = |status: Status| count(&|v| v.status == status);
    let costs: Vec<f64> = members
        .iter()
        .filter_map(|(_, v)| v.cost_usd(None))
        .collect();
    let label = |name: &String| find(name).map_or(name.clone(), |p| p.label.to_owned());
    Some(Sweep {
        id: id.to_owned(),
        style_id: style.to_owned(),
        name: common_start(members.iter().map(|(_, v)| v.name.as_str())),
        timestamp: first.timestamp.clone(),
        in_flight: place.in_flight,
        varies: place.varies.iter().map(label).collect(),
        waiting: count(&|v| v.is_queued()),
        running: count(&|v| !v.is_queued() && !v.status.is_final()),
        completed: is(Status::Completed),
        failed: is(Status::Failed),
        cancelled: is(Status::Cancelled),
        cost_usd: (!costs.is_empty()).then(|| cents(costs.iter().sum())),
        runs: members
            .iter()
            .map(|(_, v)| member(v, &place.varies))
            .collect(),
    })
}

fn member(version: &TrainingVersion, varies: &[String]) -> SweepMember {
    let value = |name: &String| {
        let value = version.parameters.get(name);
        value.map_or(String::new(), ToString::to_string)
    };
    let training = version.status == Status::Training;
    let counted = version
        .progress
        .as_ref()
        .filter(|p| p.stage != "downloading");
    SweepMember {
        id: version.id.clone(),
        name: version.name.clone(),
        status: version.status,
        queued: version.is_queued(),
        percent: counted.filter(|_| training).and_then(|p| p.percent()),
        values: varies.iter().map(value).collect(),
        loss: version.progress.as_ref().and_then(|p| p.loss),
        cost_usd: version.cost_usd(None),
        error: version
            .error
            .clone()
            .filter(|_| version.status == Status::Failed),
    }
}

/// `V9` of `V9-lr1e-4` and `V9-lr4e-4`: as far as all agree, up to a dash.
fn common_start<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let first = names.next().unwrap_or_default();
    let mut length = first.len();
    for name in names {
        let same = first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b);
        length = length.min(same.count());
    }
    let common = first.get(..length).unwrap_or(first);
    if length == first.len() {
        return first.to_owned();
    }
    match common.rfind('-') {
        Some(dash) if dash > 0 => common[..dash].to_owned(),
        _ => common.to_owned(),
    }
}
