//! What Setup shows of the sign-in.

use serde::{Deserialize, Serialize};

/// Longest name of a token, in characters.
pub const MAX_TOKEN_NAME: usize = 60;

/// A script's token; the token itself is not kept anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    pub id: String,
    pub name: String,
    /// ISO 8601.
    pub created_at: String,
}

/// Whether a password is asked for, and the tokens there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    pub is_on: bool,
    pub tokens: Vec<TokenView>,
    /// A token that was just made: this once and never again.
    pub fresh: Option<String>,
}
