//! ActorMaker LoRA Studio: curate captioned images in S3, train style LoRAs for Flux on RunPod serverless, keep every version.
//!
//! Read in this order: what a person sees (`app`), then the features from the lowest up, then the shared rooms.

pub mod app;
pub mod error;

pub mod styles;

pub mod dataset;

pub mod tunnel;

pub mod access;

pub mod training;

pub mod library;

pub mod ui;

#[cfg(feature = "ssr")]
pub mod server;

#[cfg(feature = "ssr")]
pub mod rehearsal;

#[cfg(all(test, feature = "ssr"))]
mod tests;

/// Takes over the server's HTML in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    ui::stopped::install();
    ui::whole_pages::install();
    leptos::mount::hydrate_lazy(app::App);
}

/// Room that no code asks for. The splitter gives each chunk its own constants, aligned anew; where all of them together take
/// more bytes than the linker's one segment had, it leaves every page's constants in the first download (126 kB brotli
/// instead of 29). These bytes lengthen that segment and, belonging to no chunk, are downloaded by nobody.
#[cfg(feature = "hydrate")]
#[used]
static SPLIT_SLACK: [u8; 32_768] = [1; 32_768];

/// What `public/worker.js` calls: the same WASM, in a worker, does the work beside the page.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn work() {
    wasm_bindgen_futures::spawn_local(dataset::worker::serve());
}
