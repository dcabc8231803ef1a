//! The agent's local API, asked for the public address when the log did not tell it.
//!
//! Only ever asked at the address that *our* agent's log announced: on the usual 127.0.0.1:4040 somebody else's agent may
//! answer. Read-only; an agent that does not answer is the same as one that does not know yet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde_json::Value;

use super::log::{is_http, port_of};
use crate::server::agent::local_page;

/// The public address of the tunnel to `port`, if the agent at `web` lists one; https before http.
pub(super) async fn public_url(web: SocketAddr, port: u16) -> Option<String> {
    let client = local_page()?;
    let base = format!("http://{}/api", reachable(web));
    for (path, list, url, addr) in [
        ("tunnels", "tunnels", "public_url", "/config/addr"),
        ("endpoints", "endpoints", "url", "/upstream/url"),
    ] {
        let Ok(answer) = client.get(format!("{base}/{path}")).send().await else {
            continue;
        };
        let Ok(body) = answer.json::<Value>().await else {
            continue;
        };
        let ours = body
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let mut urls: Vec<&str> = ours
            .filter(|tunnel| tunnel.pointer(addr).and_then(port_of) == Some(port))
            .filter_map(|tunnel| tunnel.get(url)?.as_str())
            .filter(|url| is_http(url))
            .collect();
        urls.sort_by_key(|url| !url.starts_with("https://"));
        if let Some(url) = urls.first() {
            return Some(url.trim_end_matches('/').to_owned());
        }
    }
    None
}

/// An agent that listens on every interface (`web_addr: 0.0.0.0:4040`) is asked on loopback.
fn reachable(web: SocketAddr) -> SocketAddr {
    let ip = match web.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, web.port())
}
