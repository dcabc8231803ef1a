//! Tokens: 256 random bits, stored only as a hash, compared in constant time. A webhook's address carries one, a session's cookie
//! and a script's header too.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A fresh token; safe in an address, a header and a cookie.
pub fn new() -> String {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).expect("the system has randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a token (or of an idempotency key).
pub fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

pub fn matches(given: &str, stored_hash: &str) -> bool {
    same(&hash(given), stored_hash)
}

/// Compares two hashes without telling by the time it takes where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_token_itself_matches_its_hash() {
        let token = super::new();
        assert!(super::matches(&token, &super::hash(&token)));
        assert!(!super::matches("", &super::hash(&token)));
        assert!(!super::matches(&super::new(), &super::hash(&token)));
    }
}
