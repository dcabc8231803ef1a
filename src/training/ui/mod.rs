//! Pages of training runs.

mod clock;
mod compare;
mod history;
mod reproduce;
mod status;
mod train;
mod unknown;
mod version;
mod versions;

pub use compare::ComparePage;
pub use history::History;
pub use train::TrainPage;
pub use version::VersionPage;
pub use versions::VersionsPage;
