//! What differs between tunnel programs: how each is called, and what its output means.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::BoxFuture;

/// A program that gives a local port a public address.
pub trait Program: Debug + Send + Sync + 'static {
    fn about(&self) -> About;
    /// Its name in `PATH`, or a path; a script will do.
    fn bin(&self) -> &str;
    fn arguments(&self, upstream: SocketAddr) -> Vec<String>;
    /// What its environment has beside or instead of ours: `None` takes a variable away. Keys and passwords of ours are gone
    /// already.
    fn environment(&self) -> Vec<(String, Option<String>)>;
    /// Whether a process with these arguments is one that [`Self::arguments`] started, whatever wrapper carries them.
    fn is_started_with(&self, arguments: &[&[u8]]) -> bool;
    /// Reads the output of one process that leads to `upstream`.
    fn reader(&self, upstream: SocketAddr) -> Box<dyn Reader>;
    /// Whether a refusal with this code is over by itself after a while.
    fn is_passing(&self, code: &str) -> bool;
    /// Asks the process's own local page at `web` for the public address of the tunnel to `port`; no answer is `None`.
    fn ask(&self, web: SocketAddr, port: u16) -> BoxFuture<'static, Option<String>>;
}

/// Takes in a process's output line by line. Any line may be anything: what is not understood is passed over.
pub trait Reader: Send {
    fn read(&mut self, line: &str, heard: &mut Heard);
}

/// What is known from the lines read so far.
#[derive(Debug, Default)]
pub struct Heard {
    /// Where the process's own local page answers.
    pub web: Option<SocketAddr>,
    /// The public address of the tunnel to our port, once requests to it arrive. No trailing slash.
    pub url: Option<String>,
    /// The program's own code of the last complaint (`ERR_NGROK_334`).
    pub code: Option<String>,
    /// The last complaint of any kind, safe to show.
    pub complaint: Option<String>,
    /// What mends it, where the program's words tell the cause.
    pub remedy: Option<&'static str>,
    /// Set while the connection is lost and the program tries again by itself: why.
    pub trouble: Option<String>,
}

impl Heard {
    /// The connection is there (again): earlier complaints are void.
    pub fn is_connected(&mut self) {
        (self.code, self.complaint, self.trouble) = (None, None, None);
        self.remedy = None;
    }
}

/// What a person is told about a program when it does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// As it is typed: `ngrok`.
    pub name: &'static str,
    /// The variable that names the program.
    pub variable: &'static str,
    pub download: &'static str,
    /// A command that shows what it says by itself.
    pub try_it: &'static str,
    /// What it connects to.
    pub reaches: &'static str,
    /// Where a code of its is explained; the code, in lower case, is added.
    pub codes: &'static str,
}

/// For [`Program::ask`]: a client for a page of this machine, which answers at once or not at all.
pub fn local_page() -> Option<reqwest::Client> {
    reqwest::Client::builder()
        // a proxy of the environment must not get between us and loopback
        .no_proxy()
        .timeout(Duration::from_millis(500))
        .build()
        .ok()
}
