//! Pages of training runs.

mod clock;
mod compare;
mod ending;
mod history;
mod reproduce;
mod status;
mod sweeps;
mod train;
mod unknown;
mod version;
mod versions;

pub use compare::ComparePage;
pub use history::History;
pub use train::{SweepPage, TrainPage};
pub use version::VersionPage;
pub use versions::VersionsPage;
