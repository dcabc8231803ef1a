//! The password of the studio, compared by its Argon2 hash.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Argon2, Params};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Longer ones are refused unhashed.
const MAX_BYTES: usize = 1_024;

pub struct Password {
    /// as configured: the password itself or its hash
    text: SecretString,
    hash: Arc<str>,
    /// hashing takes a core and 19 MB: one at a time
    one: Arc<Semaphore>,
}

impl Password {
    /// `text` is the password, or its Argon2 hash (`$argon2id$…`) so that no file holds the password itself.
    pub fn new(text: &str) -> Self {
        let hash = if is_hash(text) {
            text.to_owned()
        } else {
            hashed(text)
        };
        Self {
            text: text.to_owned().into(),
            hash: hash.into(),
            one: Arc::new(Semaphore::new(1)),
        }
    }

    /// As it was configured; for deriving, never for comparing.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    pub async fn is(&self, given: &str) -> bool {
        if given.len() > MAX_BYTES {
            return false;
        }
        let place = Arc::clone(&self.one).acquire_owned().await;
        let (hash, given) = (Arc::clone(&self.hash), given.to_owned());
        let verified = tokio::task::spawn_blocking(move || {
            let _place = place;
            let hash = PasswordHash::new(&hash).ok();
            hash.is_some_and(|h| argon2().verify_password(given.as_bytes(), &h).is_ok())
        });
        verified.await.unwrap_or(false)
    }
}

/// Whether a text is a hash that can be verified.
pub fn is_hash(text: &str) -> bool {
    text.starts_with("$argon2") && PasswordHash::new(text).is_ok()
}

fn argon2() -> Argon2<'static> {
    Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        Params::default(),
    )
}

fn hashed(text: &str) -> String {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt).expect("the system has randomness");
    let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
    let hash = argon2().hash_password(text.as_bytes(), &salt);
    hash.expect("any text can be hashed").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_passes_also_when_its_hash_is_configured() {
        for configured in ["correct horse".to_owned(), hashed("correct horse")] {
            let password = Password::new(&configured);
            assert!(password.is("correct horse").await);
            assert!(!password.is("correct horse ").await);
            assert!(!password.is("").await);
            assert!(!password.is(&configured.replace("correct horse", "x")).await);
        }
    }
}
