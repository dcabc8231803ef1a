//! The tunnel as a person sees it: its state, its address, and what ngrok's error codes mean.
//!
//! A tunnel is optional: it only makes RunPod's webhook arrive, polling carries a run without one. Deliberately not here:
//! running the agent (the server's ngrok adapter), who may call the webhook.

mod codes;

use serde::{Deserialize, Serialize};

pub use codes::{NGROK_CODES, NgrokCode, explain};

/// Where the webhook is mounted, below the public address.
pub const WEBHOOK_PATH: &str = "/api/training-webhook";

/// Who gives the public address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum TunnelProvider {
    /// Nobody: runs are followed by polling.
    #[default]
    None,
    /// The ngrok agent, a child process of the studio.
    Ngrok,
    /// cloudflared's quick tunnel, likewise: no account, another address at every start.
    Cloudflared,
    /// `PUBLIC_URL`: the studio can be reached by itself.
    PublicUrl,
}

impl TunnelProvider {
    /// The word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ngrok => "ngrok",
            Self::Cloudflared => "cloudflared",
            Self::PublicUrl => "publicUrl",
        }
    }

    /// Its name as people know it.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ngrok => "ngrok",
            Self::Cloudflared => "Cloudflare quick tunnel",
            Self::PublicUrl => "PUBLIC_URL",
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum TunnelState {
    /// No tunnel, and none was asked for.
    #[default]
    None,
    Starting,
    Up,
    Failed,
}

impl TunnelState {
    /// Also the CSS class and the word of the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Starting => "starting",
            Self::Up => "up",
            Self::Failed => "failed",
        }
    }

    /// The word on the badge.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "No tunnel",
            Self::Starting => "Starting",
            Self::Up => "Up",
            Self::Failed => "Failed",
        }
    }
}

/// The answer of `GET /api/ngrok/status`, and of start and stop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TunnelStatus {
    /// A public address leads to the webhook port right now; the same as `state` being `up`.
    pub running: bool,
    pub state: TunnelState,
    pub provider: TunnelProvider,
    /// The public address, without a trailing slash.
    pub url: Option<String>,
    /// What RunPod is told to call, without the run's own token.
    pub webhook_url: Option<String>,
    /// What is wrong, in one sentence; also set while `up` if the agent has lost its connection and is trying again.
    pub error: Option<String>,
    /// What to do about `error`.
    pub remedy: Option<String>,
    /// The programs that are installed; `start` takes `provider` unless told otherwise.
    pub choices: Vec<TunnelProvider>,
    /// The last self-test of this address.
    pub round_trip: Option<RoundTrip>,
}

/// How a webhook to ourselves went: out to the public address and in at the webhook's own door.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RoundTrip {
    pub ok: bool,
    /// ISO 8601.
    pub at: String,
    pub took_ms: u32,
    pub error: Option<String>,
    pub remedy: Option<String>,
}

impl TunnelStatus {
    /// No tunnel; `provider` says which one `start` would use.
    pub fn none(provider: TunnelProvider) -> Self {
        Self {
            provider,
            ..Self::default()
        }
    }

    pub fn starting(provider: TunnelProvider) -> Self {
        Self {
            state: TunnelState::Starting,
            provider,
            ..Self::default()
        }
    }

    /// Up at `url`; a trailing slash is taken off.
    pub fn up(provider: TunnelProvider, url: &str) -> Self {
        let url = url.trim_end_matches('/');
        Self {
            running: true,
            state: TunnelState::Up,
            provider,
            url: Some(url.to_owned()),
            webhook_url: Some(webhook_url(url)),
            ..Self::default()
        }
    }

    /// Not up. `code` is ngrok's own; where the table knows it, meaning and remedy come from there instead of `error` and
    /// `remedy`.
    pub fn failed(
        provider: TunnelProvider,
        code: Option<&str>,
        error: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (error, remedy) = match code.and_then(explain) {
            Some(known) => (known.error(), known.remedy.to_owned()),
            None => (error.into(), remedy.into()),
        };
        Self {
            state: TunnelState::Failed,
            provider,
            error: Some(error),
            remedy: Some(remedy),
            ..Self::default()
        }
    }

    /// Not up, and it is started again by itself after this many seconds.
    pub fn restarting(self, seconds: u64) -> Self {
        let soon = format!("It is started again within {} s. ", seconds.max(1));
        Self {
            state: TunnelState::Starting,
            remedy: self.remedy.map(|remedy| soon + &remedy),
            ..self
        }
    }

    /// The same with a trouble that mends itself: the agent lost its connection and is trying again.
    pub fn with_trouble(self, trouble: &str) -> Self {
        let name = self.provider.label();
        Self {
            error: Some(format!("The connection to {name} was lost and is tried again: {trouble}")),
            remedy: Some("Check this machine's internet connection. Nothing is lost: the studio also asks RunPod itself.".into()),
            ..self
        }
    }
}

/// The webhook's address below a public one.
pub fn webhook_url(public_url: &str) -> String {
    format!("{}{WEBHOOK_PATH}", public_url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_code_replaces_the_agents_own_words() {
        let status =
            TunnelStatus::failed(TunnelProvider::Ngrok, Some("ERR_NGROK_4018"), "raw", "raw");
        assert_eq!(
            status.error.as_deref(),
            Some("ngrok has no authtoken (ERR_NGROK_4018).")
        );
        assert!(
            status
                .remedy
                .is_some_and(|remedy| remedy.contains("NGROK_AUTHTOKEN"))
        );
        assert!(!status.running);
    }

    #[test]
    fn an_unknown_code_or_none_keeps_what_the_adapter_said() {
        for code in [
            Some("ERR_NGROK_99999"),
            Some("334"),
            Some("ERR_NGROK_"),
            None,
        ] {
            let status = TunnelStatus::failed(TunnelProvider::Ngrok, code, "said", "do");
            assert_eq!(
                (status.error.as_deref(), status.remedy.as_deref()),
                (Some("said"), Some("do")),
                "{code:?}"
            );
        }
    }

    #[test]
    fn the_webhook_address_has_one_slash_between_host_and_path() {
        for url in ["https://x.ngrok-free.app", "https://x.ngrok-free.app/"] {
            let status = TunnelStatus::up(TunnelProvider::PublicUrl, url);
            assert_eq!(
                status.webhook_url.as_deref(),
                Some("https://x.ngrok-free.app/api/training-webhook")
            );
            assert_eq!(status.url.as_deref(), Some("https://x.ngrok-free.app"));
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_wire_is_camel_case_and_names_every_field() {
        let status = TunnelStatus::up(TunnelProvider::PublicUrl, "https://me.example");
        let wire = serde_json::to_value(&status).expect("a status is plain data");
        let keys: Vec<_> = wire
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "running",
                "state",
                "provider",
                "url",
                "webhookUrl",
                "error",
                "remedy",
                "choices",
                "roundTrip"
            ]
        );
        assert_eq!(
            (&wire["state"], &wire["provider"]),
            (&"up".into(), &"publicUrl".into())
        );
        assert_eq!(
            serde_json::from_value::<TunnelStatus>(wire).expect("it reads back"),
            status
        );
    }
}
