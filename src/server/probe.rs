//! A webhook to ourselves: a token that is posted to the public address and must come in at the webhook's own door. Knows nothing of
//! tunnels; who asks for the trip says where it goes.

use crate::server::documents::{DocumentError, Documents};
use crate::server::token;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Trips under way at most; a person makes one at a time.
const MAX_OPEN: usize = 20;

/// How the last trip ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// The public address it went to.
    pub url: String,
    pub at_ms: i64,
    /// There and back.
    pub took_ms: u32,
    /// What went wrong and what to do about it; `None`: it came in.
    pub trouble: Option<(String, String)>,
}

/// Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Probes {
    /// hashes of tokens under way, and whether they came in
    open: Arc<Mutex<HashMap<String, bool>>>,
    last: Arc<Mutex<Option<Trip>>>,
}

impl Probes {
    /// A token to be sent off.
    pub fn begin(&self) -> String {
        let token = token::new();
        let mut open = self.open.lock().expect("not poisoned");
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        open.insert(token::hash(&token), false);
        token
    }

    /// Whether this token is under way; notes that it came in.
    pub fn arrives(&self, token: &str) -> bool {
        let mut open = self.open.lock().expect("not poisoned");
        let waiting = open.get_mut(&token::hash(token));
        waiting.map(|arrived| *arrived = true).is_some()
    }

    pub fn is_under_way(&self, token_hash: &str) -> bool {
        self.open
            .lock()
            .expect("not poisoned")
            .contains_key(token_hash)
    }

    /// The trip is over: whether the token came in. Afterwards it is worth nothing.
    pub fn end(&self, token: &str) -> bool {
        let mut open = self.open.lock().expect("not poisoned");
        open.remove(&token::hash(token)).unwrap_or(false)
    }

    pub fn remember(&self, trip: Trip) {
        *self.last.lock().expect("not poisoned") = Some(trip);
    }

    /// The last trip to this address.
    pub fn last(&self, url: &str) -> Option<Trip> {
        let last = self.last.lock().expect("not poisoned").clone();
        last.filter(|trip| trip.url == url)
    }
}

/// Tokens under way that may come in at another server, with whether they did; only where documents are shared.
const FILE: &str = "probes.json";

/// Lets the other servers know of a token that is under way.
pub async fn announce(kept: &Documents, token: &str) -> Result<(), DocumentError> {
    let hash = token::hash(token);
    change(kept, move |open| {
        // what servers left that died over their trip
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        open.insert(hash.clone(), Value::Bool(false));
        true
    })
    .await
    .map(|_| ())
}

/// Whether this token is under way for another server; notes that it came in here.
pub async fn arrives_for_another(kept: &Documents, token: &str) -> Result<bool, DocumentError> {
    let hash = token::hash(token);
    kept.catch_up(Duration::ZERO).await;
    if kept
        .read(Path::new(FILE))?
        .is_none_or(|open| open.get(&hash).is_none())
    {
        return Ok(false);
    }
    change(kept, move |open| {
        let waiting = open.get_mut(&hash);
        waiting
            .map(|arrived| *arrived = Value::Bool(true))
            .is_some()
    })
    .await
}

/// The trip is over: whether the token came in at another server.
pub async fn end_for_others(kept: &Documents, token: &str) -> Result<bool, DocumentError> {
    let hash = token::hash(token);
    change(kept, move |open| {
        open.remove(&hash) == Some(Value::Bool(true))
    })
    .await
}

async fn change(
    kept: &Documents,
    mut change: impl FnMut(&mut Map<String, Value>) -> bool + Send + 'static,
) -> Result<bool, DocumentError> {
    let update = move |document: &mut Value| {
        if !document.is_object() {
            *document = Value::Object(Map::new());
        }
        Ok(change(document.as_object_mut().expect("it is one now")))
    };
    kept.update(PathBuf::from(FILE), update).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_in_while_it_is_under_way_and_never_again() {
        let probes = Probes::default();
        let token = probes.begin();
        assert!(!probes.arrives("another") && probes.arrives(&token));
        assert!(probes.end(&token));
        assert!(!probes.arrives(&token) && !probes.end(&token));
        let lost = probes.begin();
        assert!(!probes.end(&lost));
    }
}
