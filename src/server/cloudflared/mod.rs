//! cloudflared's quick tunnel: a public address without an account, another one at every start.
//!
//! Nothing of a person's own cloudflared configuration is used: its rules would lead the address elsewhere.

mod log;

use std::net::SocketAddr;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::server::agent::{About, Program, Reader, local_page};

#[derive(Clone, Debug)]
pub struct Cloudflared {
    /// Program name looked up in `PATH`, or a path (`CLOUDFLARED_BIN`, default `cloudflared`); a script will do.
    pub bin: String,
}

const ABOUT: About = About {
    name: "cloudflared",
    variable: "CLOUDFLARED_BIN",
    download: "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/",
    try_it: "cloudflared tunnel --url http://127.0.0.1:80",
    reaches: "api.trycloudflare.com, port 443, and UDP or TCP port 7844",
    codes: "",
};
/// It waits for requests under way, half a minute unless told otherwise.
const GRACE: &str = "1s";

impl Program for Cloudflared {
    fn about(&self) -> About {
        ABOUT
    }

    fn bin(&self) -> &str {
        &self.bin
    }

    fn arguments(&self, upstream: SocketAddr) -> Vec<String> {
        let url = format!("http://{upstream}");
        let arguments = [
            "tunnel",
            // a configuration file's ingress rules would win over --url
            "--config",
            "/dev/null",
            // an update ends the process
            "--no-autoupdate",
            "--loglevel",
            "info",
            "--output",
            "default",
            // its page says the address too; the usual ports may be taken
            "--metrics",
            "127.0.0.1:0",
            "--grace-period",
            GRACE,
            "--url",
            &url,
        ];
        arguments.map(str::to_owned).to_vec()
    }

    /// `TUNNEL_…` variables are flags of its own: `TUNNEL_NAME` would run another tunnel.
    fn environment(&self) -> Vec<(String, Option<String>)> {
        std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with("TUNNEL_"))
            .map(|name| (name, None))
            .collect()
    }

    fn is_started_with(&self, arguments: &[&[u8]]) -> bool {
        let has = |words: [&str; 2]| {
            arguments
                .windows(2)
                .any(|pair| pair[0] == words[0].as_bytes() && pair[1] == words[1].as_bytes())
        };
        has(["tunnel", "--config"]) && has(["--grace-period", GRACE])
    }

    fn reader(&self, _upstream: SocketAddr) -> Box<dyn Reader> {
        Box::new(log::CloudflaredLog::default())
    }

    fn is_passing(&self, _code: &str) -> bool {
        true
    }

    /// The address by the process's own page, once a connection is registered.
    fn ask(&self, web: SocketAddr, _port: u16) -> BoxFuture<'static, Option<String>> {
        async move {
            let client = local_page()?;
            let get = |path: &str| client.get(format!("http://{web}/{path}")).send();
            let ready = get("ready").await.ok()?;
            if !ready.status().is_success() {
                return None;
            }
            let told: Value = get("quicktunnel").await.ok()?.json().await.ok()?;
            let hostname = told["hostname"].as_str().filter(|name| !name.is_empty())?;
            let name = hostname
                .trim_start_matches("https://")
                .trim_end_matches('/');
            Some(format!("https://{name}"))
        }
        .boxed()
    }
}
