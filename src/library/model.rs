//! A card of the grid, and the state of an outside system.

use crate::styles::model::Style;
use crate::training::model::history::newest_first;
use crate::training::model::version::TrainingVersion;
use crate::tunnel::model::{TunnelProvider, TunnelState, TunnelStatus};
use serde::{Deserialize, Serialize};

/// One style with what is known of its dataset and runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StyleCard {
    pub style: Style,
    /// Images and captions in S3; `None` while S3 does not answer.
    pub counts: Option<(usize, usize)>,
    /// `None` where its documents cannot be read: its own pages say why.
    pub sets: Option<usize>,
    pub versions: Option<usize>,
    /// The unfinished run, else the newest.
    pub latest: Option<LatestRun>,
}

/// What stands around the pages of a style.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StyleFrame {
    pub card: StyleCard,
    /// What a person calls the version that is looked at.
    pub version: Option<String>,
}

/// What a card says of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatestRun {
    pub id: String,
    pub name: String,
    pub status: crate::training::model::version::Status,
    pub percent: Option<u32>,
    /// Whether the badge may still change.
    pub live: bool,
    pub timestamp: String,
}

impl LatestRun {
    /// The run a card shows.
    pub fn of(versions: &[TrainingVersion]) -> Option<Self> {
        let live = |v: &TrainingVersion| v.is_ours() && !v.status.is_final();
        let newest = || versions.iter().min_by(|a, b| newest_first(a, b));
        let version = versions.iter().find(|v| live(v)).or_else(newest)?;
        Some(Self {
            id: version.id.clone(),
            name: version.name.clone(),
            status: version.status,
            percent: version.progress.as_ref().and_then(|p| p.percent()),
            live: live(version),
            timestamp: version.timestamp.clone(),
        })
    }
}

/// How an outside system is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SystemHealth {
    /// `s3`, `trainer`, `tunnel`, `documents`, `captions`, `notices`.
    pub system: String,
    /// `rehearsal`, `live`, `off`.
    pub mode: String,
    pub ok: bool,
    /// One sentence; names no secret.
    pub detail: String,
    pub remedy: Option<String>,
}

impl SystemHealth {
    /// The tunnel, which is optional.
    pub fn of_tunnel(status: &TunnelStatus) -> Self {
        let detail = match (&status.url, &status.error) {
            (_, Some(error)) => error.clone(),
            (Some(url), None) if status.provider == TunnelProvider::PublicUrl => {
                format!("Webhooks are sent to {url} (PUBLIC_URL).")
            }
            (Some(url), None) => format!("Webhooks arrive at {url}"),
            (None, None) if status.state == TunnelState::Starting => {
                "The tunnel is starting.".into()
            }
            (None, None) => "No tunnel. None is needed: the studio asks the trainer itself.".into(),
        };
        Self {
            system: "tunnel".into(),
            mode: if status.running { "live" } else { "off" }.into(),
            ok: status.error.is_none(),
            detail,
            remedy: status.remedy.clone(),
        }
    }
}

/// All systems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Health {
    /// Whether a training can be started: everything but the tunnel works.
    pub ok: bool,
    pub systems: Vec<SystemHealth>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tunnels_row_says_how_far_it_is() {
        let url = "https://a.example";
        for (status, mode, words) in [
            (
                TunnelStatus::none(TunnelProvider::Ngrok),
                "off",
                "No tunnel",
            ),
            (
                TunnelStatus::starting(TunnelProvider::Ngrok),
                "off",
                "starting",
            ),
            (
                TunnelStatus::up(TunnelProvider::Ngrok, url),
                "live",
                "arrive at https://a.example",
            ),
            (
                TunnelStatus::up(TunnelProvider::PublicUrl, url),
                "live",
                "are sent to https://a.example",
            ),
        ] {
            let row = SystemHealth::of_tunnel(&status);
            assert!(row.ok && row.mode == mode, "{row:?}");
            assert!(row.detail.contains(words), "{row:?}");
        }
        let lost = TunnelStatus::up(TunnelProvider::Ngrok, url).with_trouble("no route");
        let row = SystemHealth::of_tunnel(&lost);
        assert!(!row.ok && row.detail.contains("no route"), "{row:?}");
    }
}
