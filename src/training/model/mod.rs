//! The pure heart of a training run: parameters, the form and the checks on it, what the trainer will read, and the plan.
//! Compiles for the server and the browser; does no I/O, reads no clock, knows no framework.

pub mod captions;
pub mod form;
pub mod import;
pub mod learning_rate;
pub mod loops;
pub mod model_file;
pub mod parameters;
pub mod plan;
pub mod preview;
pub mod rehearsal;
pub mod version;
