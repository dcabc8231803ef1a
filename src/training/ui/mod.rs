//! Pages of training runs.

mod clock;
mod history;
mod status;
mod train;
mod unknown;
mod version;
mod versions;

pub use history::History;
pub use train::TrainPage;
pub use version::VersionPage;
pub use versions::VersionsPage;
