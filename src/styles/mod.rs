//! Styles: the registry an ActorMaker folder holds, one entry per style, in the registry's own order.

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
