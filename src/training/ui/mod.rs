//! Pages of training runs.

mod train;
mod version;
mod versions;

pub use train::TrainPage;
pub use version::VersionPage;
pub use versions::VersionsPage;
