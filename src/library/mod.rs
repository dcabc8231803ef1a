//! What the features show together: the grid of styles with counts and live badges, the frame's systems, Setup.
//! The top feature: it may use all others, none uses it.

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
