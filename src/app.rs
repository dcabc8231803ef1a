//! The shell, the route table and the frame; knows every page and nothing else.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! { <main>"soon"</main> }
}
