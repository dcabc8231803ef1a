//! Widgets. Know no feature; take plain values and signals, give callbacks.

pub mod as_trained;
pub mod badge;
pub mod copy;
pub mod field;
pub mod focus;
pub mod frame;
pub mod guide_link;
pub mod icon;
pub mod notice;
pub mod poll;
pub mod query;
pub mod send_once;
#[cfg(feature = "hydrate")]
pub mod stopped;
pub mod textarea;
pub mod units;
pub mod virtual_grid;
#[cfg(feature = "hydrate")]
pub mod whole_pages;

pub use as_trained::AsTrained;
pub use badge::Badge;
pub use copy::CopyButton;
pub use field::{SelectField, TextField};
#[cfg(feature = "hydrate")]
pub use focus::is_focus_lost;
pub use focus::{focus_first_if_lost, focus_if_lost, focus_soon};
pub use guide_link::GuideLink;
pub use icon::Icon;
pub use notice::{ErrorNotice, Notice};
pub use send_once::send_once;
pub use textarea::textarea_content;
