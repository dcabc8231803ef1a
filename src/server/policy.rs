//! Content-Security-Policy: what a page of ours may load and talk to. Its own files, the bucket (the browser sends images straight
//! there and shows them from there), and nothing else; inline scripts only with the page's nonce.

use crate::server::state::AppState;

/// For answers that are no page: nothing in them may run.
pub const DATA: &str = "default-src 'none'; frame-ancestors 'none'";

/// For a page whose inline scripts carry this nonce.
pub fn page(state: &AppState, nonce: &str) -> String {
    policy(state, &format!("'nonce-{nonce}' "))
}

/// For files, which may become a worker or be opened by themselves.
pub fn file(state: &AppState) -> String {
    policy(state, "")
}

fn policy(state: &AppState, nonce: &str) -> String {
    let bucket = state.s3.origins().join(" ");
    // cargo-leptos reloads the page over a socket of its own
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() {
        " ws: wss:"
    } else {
        ""
    };
    [
        "default-src 'none'",
        &format!("script-src 'self' {nonce}'wasm-unsafe-eval'"),
        "worker-src 'self'",
        "style-src 'self'",
        // sizes that are computed stand in `style` attributes
        "style-src-attr 'unsafe-inline'",
        &format!("img-src 'self' data: blob: {bucket}"),
        &format!("connect-src 'self' {bucket}{reload}"),
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    .join("; ")
}
