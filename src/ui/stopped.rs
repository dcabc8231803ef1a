//! A page whose code has died says so: what is pressed or typed from then on would be lost without a word.

use leptos::prelude::document;
use std::panic;

/// Beside the page, which is left as it is: what was typed can still be copied. The link is the browser's own.
const NOTICE: &str = r#"<div class="stopped" role="alert"><p><strong>This page has stopped working.</strong> What is typed or pressed here now has no effect. What was saved is safe.</p><a class="button button--primary" href="" rel="external">Load it again</a></div>"#;

/// To be called once, before anything of the page runs.
pub fn install() {
    // what a panic said; a first visit of users does not pay for it
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    #[cfg(debug_assertions)]
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |_info| {
        #[cfg(debug_assertions)]
        before(_info);
        let told = document().query_selector(".stopped").ok().flatten();
        if let (Some(body), None) = (document().body(), told) {
            let _ = body.insert_adjacent_html("afterbegin", NOTICE);
        }
    }));
}
