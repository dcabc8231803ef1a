//! Training images, their captions and selection sets: what lies in S3 under `styles/{id}/`, and the named groups of it.

pub mod api;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub(crate) mod unzip;
#[cfg(feature = "hydrate")]
pub mod worker;
