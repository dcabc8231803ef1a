//! Who gets in: the sign-in that a studio on a network has, and the tokens of scripts.

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
