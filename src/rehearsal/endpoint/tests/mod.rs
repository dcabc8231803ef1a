//! The protocol over real HTTP: clients, workers, webhooks and what survives a restart.

mod clients;
mod restart;
pub(crate) mod support;
mod webhooks;
mod workers;
