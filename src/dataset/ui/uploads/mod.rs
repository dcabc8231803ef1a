//! Bringing files in: what is on its way, how it is shown, and (in the browser) how it is sent.

mod queue;
#[cfg(feature = "hydrate")]
mod transfer;
mod view;

#[cfg(not(feature = "hydrate"))]
mod transfer {
    //! The server sends nothing; its pages begin with an empty queue.
    use super::queue::Queue;

    pub fn queue(_: &str) -> Queue {
        Queue::default()
    }
    pub fn cancel(_: &str, _: u32) {}
    pub fn cancel_all(_: &str) {}
    pub fn retry(_: &str, _: u32) {}
    pub fn retry_failed(_: &str) {}
    pub fn replace(_: &str, _: u32) {}
    pub fn clear(_: &str) {}
    pub fn now() -> f64 {
        0.0
    }
}

pub use view::Uploader;
