//! The guide: how images, captions and parameters make a style, and how to set up what the studio works with. Linked from
//! the fields and errors it explains.
//!
//! Its text is compiled into the server only and taken over by the browser as it came, so that it costs no visit anything.

#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod reference;

use super::not_found::NotFoundPage;
use crate::ui::frame::CrumbBar;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// Last part of the address, and title of each topic.
const TOPICS: [(&str, &str); 9] = [
    ("training", "Training a style"),
    ("images", "Choosing images"),
    ("captions", "Writing captions"),
    ("selection-sets", "Selection sets"),
    ("before-paying", "Before you pay"),
    ("parameters", "Parameters"),
    ("storage", "S3 and CORS"),
    ("runpod", "RunPod endpoint"),
    ("webhook", "Webhook and tunnel"),
];

/// `/guide` and `/guide/{topic}`.
#[component]
pub fn GuidePage() -> impl IntoView {
    let params = use_params_map();
    let slug = params.read_untracked().get("topic").unwrap_or_default();
    let topic = TOPICS.iter().find(|(known, _)| *known == slug);
    if topic.is_none() && !slug.is_empty() {
        return view! { <NotFoundPage /> }.into_any();
    }
    let mut crumbs = vec![
        ("Styles".to_owned(), "/".to_owned()),
        ("Guide".to_owned(), "/guide".to_owned()),
    ];
    crumbs.extend(topic.map(|(_, title)| ((*title).to_owned(), String::new())));
    let title = topic.map_or("Guide", |(_, title)| *title);
    view! {
        <Title text=title />
        <CrumbBar crumbs />
        <main id="main" tabindex="-1">
            <div class="page page--narrow">
                <div class="guide" inner_html=written(&slug)></div>
            </div>
        </main>
    }
    .into_any()
}

/// Nothing in the browser: it has what the server sent.
fn written(slug: &str) -> String {
    #[cfg(feature = "ssr")]
    let html = pages::html(slug);
    #[cfg(not(feature = "ssr"))]
    let html = {
        let _ = slug;
        String::new()
    };
    html
}
