//! The guide: how images, captions and parameters make a style. Written for this project; linked from the fields.

use super::guide_parameters::ParameterReference;
use crate::ui::frame::CrumbBar;
use leptos::prelude::*;
use leptos_meta::Title;

/// Anchor and heading of each chapter.
const CHAPTERS: [(&str, &str); 6] = [
    ("images", "Choosing images"),
    ("captions", "Writing captions"),
    ("steps", "Steps and learning rate"),
    ("rank", "Rank and alpha"),
    ("iterate", "Iterating"),
    ("parameters", "Parameters"),
];

#[component]
pub fn GuidePage() -> impl IntoView {
    let links = CHAPTERS.map(|(anchor, title)| {
        view! {
            <a class="toc__link" href=format!("#{anchor}")>
                {title}
            </a>
        }
    });
    view! {
        <Title text="Guide" />
        <CrumbBar crumbs=vec![
            ("Styles".to_owned(), "/".to_owned()),
            ("Guide".to_owned(), "/guide".to_owned()),
        ] />
        <main id="main" tabindex="-1">
            <div class="page page--narrow">
                <div class="guide">
                    <nav class="toc guide__toc" aria-label="On this page">
                        {links.into_iter().collect_view()}
                    </nav>
                    // text without state: the server renders it, the browser takes it as it is
                    <article class="prose">
                        <div class="prose" inner_html=TEXT></div>
                        <ParameterReference />
                    </article>
                </div>
            </div>
        </main>
    }
}

const TEXT: &str = include_str!("guide.html");
