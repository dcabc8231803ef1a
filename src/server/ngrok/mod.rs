//! The ngrok agent: how it is called, and where its output is read.
//!
//! Not started by the studio are other people's agents, on this machine or elsewhere; they are not looked at.

mod api;
mod log;

use std::fmt;
use std::net::SocketAddr;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::server::agent::{About, Program, Reader};

/// How the agent is run. Nothing in here is needed to *have* a studio: without a token the agent's own configuration file
/// decides, and without the program a start says so.
#[derive(Clone)]
pub struct Ngrok {
    /// Program name looked up in `PATH`, or a path (`NGROK_BIN`, default `ngrok`); a script will do.
    pub bin: String,
    /// `NGROK_AUTHTOKEN`. Handed over in the child's environment only: never in its arguments, a log or an error.
    pub authtoken: Option<String>,
    /// The fixed domain (`NGROK_URL`); `None` takes the account's own.
    pub url: Option<String>,
}

impl fmt::Debug for Ngrok {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ngrok")
            .field("bin", &self.bin)
            .field("authtoken", &self.authtoken.as_ref().map(|_| "[redacted]"))
            .field("url", &self.url)
            .finish()
    }
}

const ABOUT: About = About {
    name: "ngrok",
    variable: "NGROK_BIN",
    download: "https://ngrok.com/download",
    try_it: "ngrok http 80",
    reaches: "connect.ngrok-agent.com, port 443",
    codes: "https://ngrok.com/docs/errors/",
};
/// Over by themselves: the address is still held by the process that just ended, or there were too many requests.
const PASSING: [&str; 3] = ["ERR_NGROK_334", "ERR_NGROK_702", "ERR_NGROK_734"];

impl Program for Ngrok {
    fn about(&self) -> About {
        ABOUT
    }

    fn bin(&self) -> &str {
        &self.bin
    }

    fn arguments(&self, upstream: SocketAddr) -> Vec<String> {
        let upstream = format!("http://{upstream}");
        let logging = ["--log", "stdout", "--log-format", "json", "--log-level"];
        // without --inspect=false the agent keeps every webhook, with its token, for anybody who opens its local page
        let last = ["info", "--inspect=false"];
        let all = ["http", &upstream].into_iter().chain(logging).chain(last);
        let domain = self.url.iter().flat_map(|url| ["--url", url]);
        all.chain(domain).map(str::to_owned).collect()
    }

    fn environment(&self) -> Vec<(String, Option<String>)> {
        let token = self.authtoken.clone().filter(|token| !token.is_empty());
        vec![("NGROK_AUTHTOKEN".into(), token)]
    }

    fn is_started_with(&self, arguments: &[&[u8]]) -> bool {
        arguments
            .windows(2)
            .any(|pair| pair[0] == b"http" && pair[1].starts_with(b"http://"))
            && arguments.contains(&b"--log-format".as_slice())
    }

    fn reader(&self, upstream: SocketAddr) -> Box<dyn Reader> {
        Box::new(log::NgrokLog::new(upstream.port(), self.authtoken.clone()))
    }

    fn is_passing(&self, code: &str) -> bool {
        PASSING.contains(&code)
    }

    fn ask(&self, web: SocketAddr, port: u16) -> BoxFuture<'static, Option<String>> {
        api::public_url(web, port).boxed()
    }
}
