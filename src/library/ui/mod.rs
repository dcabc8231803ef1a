//! The frame around every page, the grid of styles, and the pages that belong to no single feature.

mod card;
mod data;
mod grid;
mod guide;
mod not_found;
mod setup;
mod style_layout;
mod top_bar;

pub use data::TrainingDataPage;
pub use grid::GridPage;
pub use guide::GuidePage;
pub use not_found::NotFoundPage;
pub use setup::SetupPage;
pub use style_layout::StyleLayout;
pub use top_bar::TopBar;
