//! What the server writes into a guide page: the way to all topics, the sections of this one, and its text.

use super::TOPICS;
use super::reference::{GROUPS, ParameterReference};
use leptos::prelude::*;

/// Text of a topic as HTML, and what it is about; the reference is made from the table of parameters.
fn text(slug: &str) -> (&'static str, &'static str) {
    match slug {
        "training" => (
            include_str!("training.html"),
            "Image counts, steps, learning rate, rank; signs of too much and too little; how to go on from a result.",
        ),
        "images" => (
            include_str!("images.html"),
            "How many and which, size, files, buckets, and what each remark under Quality means.",
        ),
        "captions" => (
            include_str!("captions.html"),
            "What to describe and what to leave out, what the trainer really reads, and the remedy for each problem.",
        ),
        "selection-sets" => (
            include_str!("selection-sets.html"),
            "Making, filtering and changing sets, and what a version keeps of them.",
        ),
        "before-paying" => (
            include_str!("before-paying.html"),
            "Preflight, plan, refused combinations, costs and caps, and the request itself.",
        ),
        "parameters" => (
            "",
            "Every parameter with its bounds, default, unit and the node it feeds.",
        ),
        "storage" => (
            include_str!("storage.html"),
            "The bucket’s variables, rights and CORS rule on AWS, R2, MinIO and B2; what S3 errors mean.",
        ),
        "runpod" => (
            include_str!("runpod.html"),
            "Endpoint settings, execution timeout, workers, model files; what RunPod errors mean.",
        ),
        "webhook" => (
            include_str!("webhook.html"),
            "Why none is needed, and how to set one up with ngrok, cloudflared or an address of its own.",
        ),
        _ => ("", ""),
    }
}

/// The inside of the page.
pub fn html(slug: &str) -> String {
    if slug.is_empty() {
        let overview = view! {
            <article class="prose guide__text guide__text--whole">
                <Overview />
            </article>
        };
        return overview.to_html();
    }
    let (text, _) = text(slug);
    let (article, sections) = match slug {
        "parameters" => (view! { <ParameterReference /> }.into_any(), GROUPS.to_vec()),
        _ => (
            view! { <div class="prose" inner_html=text></div> }.into_any(),
            sections(text),
        ),
    };
    let link = |(anchor, title): (&'static str, &'static str)| {
        view! {
            <a class="toc__link" href=format!("#{anchor}")>
                {title}
            </a>
        }
    };
    view! {
        <nav class="toc guide__sections" aria-label="On this page">
            <p class="toc__title">"On this page"</p>
            {sections.into_iter().map(link).collect_view()}
        </nav>
        <article class="prose guide__text">{article}</article>
        {topics(slug)}
    }
    .to_html()
}

/// The way to every topic, this one marked.
fn topics(slug: &str) -> impl IntoView {
    let links = TOPICS.map(|(topic, title)| {
        let current = (topic == slug).then_some("page");
        view! {
            <a class="toc__link" href=format!("/guide/{topic}") aria-current=current>
                {title}
            </a>
        }
    });
    view! {
        <nav class="toc guide__topics" aria-label="Guide">
            <p class="toc__title">"Guide"</p>
            {links.into_iter().collect_view()}
        </nav>
    }
}

/// Anchor and title of each `<h2 id="…">`.
fn sections(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let heads = text.split("<h2 id=\"").skip(1);
    heads
        .filter_map(|head| head.split_once("</h2>")?.0.split_once("\">"))
        .collect()
}

/// Every topic with what it is about.
#[component]
fn Overview() -> impl IntoView {
    let topics = TOPICS.map(|(topic, title)| {
        view! {
            <li class="panel guide__topic" id=topic>
                <h2 class="guide__title">
                    <a href=format!("/guide/{topic}")>{title}</a>
                </h2>
                <p class="muted">{text(topic).1}</p>
            </li>
        }
    });
    view! {
        <h1>"Guide"</h1>
        <p>"From the first image to a style that holds, and how to set up what the studio works with. Every question mark in the studio leads here."</p>
        <ul class="guide__overview">{topics.into_iter().collect_view()}</ul>
    }
}
