//! The pure heart of a training run: parameters, the form and the checks on it, what the trainer will read, and the plan.
//! Compiles for the server and the browser; does no I/O, reads no clock, knows no framework.

pub mod again;
pub mod captions;
pub mod compare;
pub mod costs;
pub mod dataset;
pub mod event;
pub mod form;
pub mod guide;
pub mod history;
pub mod import;
pub mod judge;
pub mod learning_rate;
pub mod limits;
pub mod loops;
pub mod lora_file;
pub mod model_file;
pub mod names;
pub mod parameters;
pub mod peers;
pub mod plan;
pub mod preflight;
pub mod presets;
pub mod preview;
pub mod progress;
pub mod rehearsal;
pub mod reproduce;
pub mod start_model;
pub mod sweep;
pub mod time;
pub mod version;
pub mod words;
