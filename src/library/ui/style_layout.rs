//! What all pages of one style share: path, cover and title, sub-navigation with live counts, one next step.

use super::top_bar::OpenStyles;
use crate::error::{AppError, ErrorKind};
use crate::library::api::frame;
use crate::library::model::{StyleCard, StyleFrame};
use crate::styles::model::StyleId;
use crate::ui::frame::{Crumb, CrumbBar, StyleChanged, set_not_found};
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_params_map};

#[component]
pub fn StyleLayout() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let changed = StyleChanged::listen();
    let path = use_location().pathname;
    let version = Memo::new(move |_| version_in(&path.read()).to_owned());
    let loaded = Resource::new_blocking(
        move || (id.get(), version.get(), changed.0.get()),
        |(id, version, _)| async move {
            let id = StyleId::parse(&id).map_err(|e| AppError::not_found(e.to_string()))?;
            frame(id, version).await
        },
    );
    let open = expect_context::<OpenStyles>();
    Effect::new(move |_| {
        if let Some(Ok(StyleFrame { card, .. })) = loaded.get() {
            open.open(card.style.id.as_str(), &card.style.title);
        }
    });
    let crumbs = Signal::derive(move || {
        let (title, name) = match loaded.get() {
            Some(Ok(frame)) => (frame.card.style.title, frame.version),
            _ => (format!("Style {}", id.get()), None),
        };
        let version = name.unwrap_or_else(|| version.get());
        crumbs(&path.read(), &title, &version)
    });
    view! {
        <Transition fallback=|| ()>
            <CrumbBar crumbs />
        </Transition>
        <main id="main" tabindex="-1">
            <Transition fallback=|| {
                view! { <div class="stylebar" aria-hidden="true"></div> }
            }>{move || Suspend::new(async move { bar(loaded.await) })}</Transition>
            // outside of what is asked for again: a page keeps its state when a count changes
            <div class="page">
                <Outlet />
            </div>
        </main>
    }
}

/// The style's bar, or why there is none.
fn bar(loaded: Result<StyleFrame, AppError>) -> impl IntoView {
    match loaded {
        Ok(StyleFrame { card, .. }) => Either::Left(view! { <StyleBar card /> }),
        Err(error) => {
            if error.kind == ErrorKind::NotFound {
                set_not_found();
            }
            Either::Right(view! {
                <div class="page">
                    <h1 class="visually-hidden">"This style cannot be shown"</h1>
                    <ErrorNotice error />
                </div>
            })
        }
    }
}

/// Id of the version whose page the path is; empty on other pages.
fn version_in(path: &str) -> &str {
    let mut parts = path.trim_matches('/').split('/').skip(2);
    match (parts.next(), parts.next()) {
        (Some("versions"), Some(version)) if version != "compare" => version,
        _ => "",
    }
}

/// `version`: what the page's version is called.
fn crumbs(path: &str, title: &str, version: &str) -> Vec<Crumb> {
    let mut parts = path.trim_matches('/').split('/').skip(1);
    let id = parts.next().unwrap_or_default();
    let home = format!("/styles/{id}/data");
    let mut crumbs = vec![
        ("Styles".to_owned(), "/".to_owned()),
        (title.to_owned(), home),
    ];
    let (name, page) = match parts.next() {
        Some("data") => ("data", "Training data"),
        Some("train") => ("train", "Train LoRA"),
        Some("versions") => ("versions", "Versions"),
        _ => return crumbs,
    };
    crumbs.push((page.to_owned(), format!("/styles/{id}/{name}")));
    match parts.next() {
        Some("sweep") if name == "train" => crumbs.push(("Sweep".to_owned(), String::new())),
        Some("compare") if name == "versions" => crumbs.push(("Compare".to_owned(), String::new())),
        Some(_) if !version.is_empty() => crumbs.push((version.to_owned(), String::new())),
        _ => {}
    }
    crumbs
}

#[component]
fn StyleBar(card: StyleCard) -> impl IntoView {
    let next = next_step(&card);
    let style = card.style;
    let path = use_location().pathname;
    let base = format!("/styles/{}", style.id);
    let trigger = style.default_class_tokens();
    let link = |name: &'static str, text: &'static str, count: Option<usize>| {
        let href = format!("{base}/{name}");
        let within = href.clone();
        let current = move || path.read().starts_with(&within).then_some("page");
        view! {
            <a class="subnav__link" href=href aria-current=current>
                {text}
                {count
                    .map(|n| {
                        view! {
                            " "
                            <span class="subnav__count">{n}</span>
                        }
                    })}
            </a>
        }
    };
    let cover = style.cover_url.map(|url| {
        view! { <img class="stylebar__cover" src=url alt="" width="40" height="40" /> }
    });
    let split = (style.folders.len() > 1).then(|| {
        view! {
            <p class="muted stylebar__folders">
                {format!("{} folders: {}", style.folders.len(), style.folders.join(", "))}
            </p>
        }
    });
    view! {
        <div class="stylebar">
            <div class="stylebar__who">
                {cover} <div>
                    <h1 class="stylebar__title">{style.title.clone()}</h1>
                    <code class="stylebar__trigger">{trigger}</code>
                    {split}
                </div>
            </div>
            <nav class="subnav" aria-label=style.title>
                {link("data", "Training data", card.counts.map(|c| c.0))}
                {link("train", "Train LoRA", None)}
                {link("versions", "Versions", card.versions)}
            </nav>
            {next
                .map(|(why, text, href)| {
                    view! {
                        <p class="next-step">
                            <span class="next-step__why">{why}</span>
                            " "
                            <a class="next-step__link" href=href>
                                {text}
                                <Icon name="arrow-right" />
                            </a>
                        </p>
                    }
                })}
        </div>
    }
}

/// Why, what, and where: the one thing to do next.
fn next_step(card: &StyleCard) -> Option<(String, &'static str, String)> {
    let base = format!("/styles/{}", card.style.id);
    let (images, captions) = card.counts?;
    if images == 0 {
        return Some((
            "No images yet.".into(),
            "Upload some",
            format!("{base}/data"),
        ));
    }
    if captions < images {
        let lacking = images - captions;
        let verb = if lacking == 1 { "lacks" } else { "lack" };
        return Some((
            format!("{} {verb} a caption.", plural(lacking, "image")),
            "Write them",
            format!("{base}/data?filter=missing:caption"),
        ));
    }
    if card.sets? == 0 {
        return Some((
            "No selection set yet.".into(),
            "Select images",
            format!("{base}/data"),
        ));
    }
    card.versions?;
    match &card.latest {
        Some(run) if run.live => Some((
            format!("{} is {}.", run.name, run.status.as_str()),
            "Watch it",
            format!("{base}/versions/{}", run.id),
        )),
        None => Some((
            "Ready to train.".into(),
            "Train LoRA",
            format!("{base}/train"),
        )),
        Some(_) => None,
    }
}
