//! Who is let in when `ADMIN_PASSWORD` is set: people by the password and then a session's cookie, scripts by tokens of their own.
//!
//! Sessions and tokens are random and stored only as hashes, in `access.json` of what the studio keeps for itself. A session's hash is made with the
//! password, so that another password ends all of them. Without a password there is nothing to sign in to.

mod attempts;
mod password;

use crate::server::documents::{DocumentError, Documents};
use crate::server::token;
use attempts::Attempts;
use password::Password;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const FILE: &str = "access.json";
/// How long a session is good.
pub const SESSION_SECONDS: i64 = 30 * 24 * 3600;
/// Sessions kept; the oldest gives way.
const MAX_SESSIONS: usize = 100;
/// Tokens kept.
const MAX_TOKENS: usize = 50;
/// Longest name of a token, in characters.
pub const MAX_TOKEN_NAME: usize = 60;
/// By which people and scanners of leaked secrets know a token of ours.
const TOKEN_PREFIX: &str = "amst_";

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Access {
    locked: Option<Arc<Locked>>,
}

struct Locked {
    password: Password,
    documents: Documents,
    attempts: Attempts,
    /// a token that was just made: shown once
    fresh: Mutex<Option<String>>,
}

/// How a sign-in ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// The session's token, for the cookie.
    Welcome(String),
    Wrong,
    /// Too many wrong ones; seconds to wait.
    Wait(u64),
}

/// A script's token as it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: String,
    pub name: String,
    pub created_at: String,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("A token's name has 1 to {MAX_TOKEN_NAME} characters.")]
    Name,
    #[error("There are {MAX_TOKENS} tokens; revoke one that is not used any more.")]
    TooMany,
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Access {
    pub fn new(password: Option<&SecretString>, documents: Documents) -> Self {
        let locked = password.map(|password| {
            Arc::new(Locked {
                password: Password::new(password.expose_secret()),
                documents,
                attempts: Attempts::default(),
                fresh: Mutex::default(),
            })
        });
        Self { locked }
    }

    /// Whether a password is asked for.
    pub fn is_on(&self) -> bool {
        self.locked.is_some()
    }

    /// Checks the password; wrong ones are counted by where they come from.
    pub async fn sign_in(
        &self,
        password: &str,
        from: IpAddr,
        now_ms: i64,
    ) -> Result<SignIn, DocumentError> {
        let Some(locked) = &self.locked else {
            return Ok(SignIn::Wrong);
        };
        if let Err(seconds) = locked.attempts.begin(from, now_ms) {
            return Ok(SignIn::Wait(seconds));
        }
        if !locked.password.is(password).await {
            return Ok(SignIn::Wrong);
        }
        locked.attempts.succeeded(from);
        let session = token::new();
        let record = json!({"sha256": locked.session_hash(&session), "createdMs": now_ms});
        let keep = move |document: &mut Value| {
            let sessions = list(document, "sessions");
            sessions.retain(|s| is_young(s, now_ms));
            let surplus = (sessions.len() + 1).saturating_sub(MAX_SESSIONS);
            sessions.drain(..surplus);
            sessions.push(record.clone());
            Ok(())
        };
        locked.change(keep).await?;
        Ok(SignIn::Welcome(session))
    }

    pub fn is_session(&self, session: &str, now_ms: i64) -> bool {
        let Some(locked) = &self.locked else {
            return false;
        };
        let hash = locked.session_hash(session);
        locked.holds("sessions", |s| is_young(s, now_ms) && has_hash(s, &hash))
    }

    pub async fn sign_out(&self, session: &str) -> Result<(), DocumentError> {
        let Some(locked) = &self.locked else {
            return Ok(());
        };
        let hash = locked.session_hash(session);
        let forget = move |document: &mut Value| {
            list(document, "sessions").retain(|s| !has_hash(s, &hash));
            Ok(())
        };
        locked.change(forget).await
    }

    /// Whether a script may come in with this.
    pub fn is_token(&self, given: &str) -> bool {
        let Some(locked) = &self.locked else {
            return false;
        };
        let hash = locked.token_hash(given);
        locked.holds("tokens", |t| has_hash(t, &hash))
    }

    /// In the order they were made.
    pub fn tokens(&self) -> Result<Vec<ApiToken>, DocumentError> {
        let Some(locked) = &self.locked else {
            return Ok(Vec::new());
        };
        let document = locked.documents.read(Path::new(FILE))?;
        let tokens = document.as_deref().map(|d| d["tokens"].clone());
        let tokens = tokens.as_ref().and_then(Value::as_array).cloned();
        let text = |t: &Value, key: &str| t[key].as_str().unwrap_or_default().to_owned();
        let shown = |t: &Value| ApiToken {
            id: text(t, "id"),
            name: text(t, "name"),
            created_at: text(t, "createdAt"),
        };
        Ok(tokens.unwrap_or_default().iter().map(shown).collect())
    }

    /// Makes a token. It can be had once, from [`Self::take_fresh`]; only its hash is stored.
    pub async fn make_token(&self, name: &str, now: String) -> Result<(), TokenError> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAX_TOKEN_NAME {
            return Err(TokenError::Name);
        }
        let Some(locked) = &self.locked else {
            return Ok(());
        };
        let made = format!("{TOKEN_PREFIX}{}", token::new());
        let hash = locked.token_hash(&made);
        let id = hash[..12].to_owned();
        let record = json!({"id": id, "name": name, "createdAt": now, "sha256": hash});
        let path = PathBuf::from(FILE);
        let keep = move |document: &mut Value| {
            let tokens = list(document, "tokens");
            if tokens.len() >= MAX_TOKENS {
                return Err(TokenError::TooMany);
            }
            tokens.push(record.clone());
            Ok(())
        };
        locked.documents.update(path, keep).await?;
        *locked.fresh.lock().expect("not poisoned") = Some(made);
        Ok(())
    }

    /// The token that was made last, once.
    pub fn take_fresh(&self) -> Option<String> {
        let locked = self.locked.as_ref()?;
        locked.fresh.lock().expect("not poisoned").take()
    }

    pub async fn revoke_token(&self, id: &str) -> Result<(), DocumentError> {
        let Some(locked) = &self.locked else {
            return Ok(());
        };
        let id = id.to_owned();
        let forget = move |document: &mut Value| {
            list(document, "tokens").retain(|t| t["id"].as_str() != Some(&id));
            Ok(())
        };
        locked.change(forget).await
    }
}

impl Locked {
    fn session_hash(&self, session: &str) -> String {
        token::hash(&format!("{session}\n{}", self.password.text()))
    }

    /// Where the documents lie in the bucket, whoever can write there (a training container) must not be able to make itself
    /// a token: its hash is made with the password too.
    fn token_hash(&self, token: &str) -> String {
        match self.documents.are_shared() {
            true => self.session_hash(token),
            false => token::hash(token),
        }
    }

    /// A file that cannot be read lets nobody in.
    fn holds(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> bool {
        let document = match self.documents.read(Path::new(FILE)) {
            Ok(document) => document,
            Err(error) => {
                tracing::error!(%error, "sessions and tokens cannot be read");
                return false;
            }
        };
        let entries = document.as_deref().and_then(|d| d[what].as_array());
        entries.is_some_and(|entries| entries.iter().any(is_it))
    }

    async fn change(
        &self,
        change: impl FnMut(&mut Value) -> Result<(), DocumentError> + Send + 'static,
    ) -> Result<(), DocumentError> {
        self.documents.update(PathBuf::from(FILE), change).await
    }
}

fn is_young(session: &Value, now_ms: i64) -> bool {
    let age_ms = now_ms - session["createdMs"].as_i64().unwrap_or(0);
    age_ms < SESSION_SECONDS * 1_000
}

fn has_hash(entry: &Value, hash: &str) -> bool {
    entry["sha256"]
        .as_str()
        .is_some_and(|s| token::same(s, hash))
}

/// A list of the document; made where there is none.
fn list<'a>(document: &'a mut Value, name: &str) -> &'a mut Vec<Value> {
    if !document.is_object() {
        *document = json!({});
    }
    if !document[name].is_array() {
        document[name] = json!([]);
    }
    document[name].as_array_mut().expect("it is one now")
}
