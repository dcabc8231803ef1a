//! The rehearsal trainer over HTTP, and its rules against what the real trainer did.

mod failures;
mod runs;
pub(crate) mod support;
mod truth;
