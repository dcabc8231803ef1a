//! A public address for the webhook. Optional: polling carries every run without one.

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
