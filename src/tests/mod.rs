//! Stories through the real router, and tests of the house itself.
//!
//! A story starts a [`studio::TestStudio`]: the real routers on real ports over the embedded S3, with either the local
//! endpoint or a [`fake_runpod::FakeRunpod`] that speaks HTTP. Nothing is mocked inside the process but the clock.

mod access;
mod captions;
mod config_secrets;
mod deletion;
mod disk_and_store;
mod documents;
mod door;
mod drafts;
mod every_failure;
mod fake_runpod;
mod fake_vision;
mod folders;
mod forms_without_js;
mod fuzz;
mod guide;
mod history;
mod imported_models;
mod layout;
mod line;
mod lossy;
mod notices;
mod odd_store;
mod openapi;
mod paths;
mod plain_form;
mod presets;
mod quality;
mod reconcile;
mod refusals;
mod refused_parameters;
mod rehearsed_runs;
mod rest;
mod round_trip;
mod selection;
mod shared_documents;
mod silent_store;
mod start_training;
mod start_weights;
mod studio;
mod sweeps;
mod train_page;
mod truth;
mod tunnels;
mod uploads;
mod versions;
mod webhook;
