//! Middleware: a file or a server function has a reactive scope of its own.
//!
//! leptos leaves the scope of a page set on the thread that began it, and its file handler and server functions make theirs
//! a child of whatever is set. Without this a file that is served while a page waits for its data carries away the page's
//! headers (among them the policy with the nonce, so that the page's scripts are blocked), and a server function loses its
//! context when the page is done. Not around pages: they find the list of chunks to preload in what was left.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use leptos::reactive::computed::ScopedFuture;
use leptos::reactive::owner::Owner;

pub async fn own_scope(request: Request, next: Next) -> Response {
    let scope = Owner::new_root(None);
    let answer = scope.with(|| ScopedFuture::new_untracked(next.run(request)));
    scope.unset();
    answer.await
}
