//! Bringing files in: what is on its way, how it is shown, and (in the browser) how it is looked at and sent.

use leptos::prelude::GetUntracked;

#[cfg(feature = "hydrate")]
mod analyst;
mod asking;
#[cfg(feature = "hydrate")]
mod gather;
mod last;
mod list;
mod queue;
mod row;
mod summary;
#[cfg(feature = "hydrate")]
mod transfer;
mod view;

#[cfg(not(feature = "hydrate"))]
mod transfer {
    //! The server sends nothing; its pages begin with an empty queue.
    use super::queue::Queue;
    use crate::dataset::model::upload::Clash;

    pub fn queue(_: &str) -> Queue {
        Queue::default()
    }
    pub fn cancel(_: &str, _: u32) {}
    pub fn cancel_all(_: &str) {}
    pub fn retry(_: &str, _: u32) {}
    pub fn retry_failed(_: &str) {}

    pub fn retry_cancelled(_: &str) {}
    pub fn answer(_: &str, _: u32, _: Clash) {}
    pub fn answer_all(_: &str, _: bool, _: Clash) {}
    pub fn clear(_: &str) {}
    pub fn now() -> f64 {
        0.0
    }
}

pub use view::Uploader;

/// Whether files of a style are on their way: the list is asked for again as they arrive.
pub fn is_moving(style: &str) -> bool {
    transfer::queue(style).since_ms.get_untracked() > 0.0
}
