//! The shell, the frame and the route table; knows every page and nothing else.

use crate::library::ui::{
    GridPage, GuidePage, NotFoundPage, SetupPage, StyleLayout, TopBar, TrainingDataPage,
};
#[cfg(feature = "ssr")]
use crate::server::state::AppState;
use crate::styles::ui::NewStylePage;
use crate::training::ui::{ComparePage, SweepPage, TrainPage, VersionPage, VersionsPage};
use crate::ui::frame::Rehearsed;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::hooks::use_params_map;
use leptos_router::{Lazy, LazyRoute, SsrMode, lazy_route, path};

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    #[cfg(feature = "ssr")]
    set_policy();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="dark light" />
                // written here and not by the app, which would bring the code for it into the browser
                <link rel="stylesheet" id="leptos" href="/pkg/actor_maker.css" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body data-rehearsed=rehearsed().words()>
                <App />
            </body>
        </html>
    }
}

/// Inline scripts run only with the nonce of this very page.
#[cfg(feature = "ssr")]
fn set_policy() {
    use axum::http::{HeaderValue, header};
    let (state, nonce) = (use_context::<AppState>(), leptos::nonce::use_nonce());
    let response = use_context::<leptos_axum::ResponseOptions>();
    let (Some(state), Some(nonce), Some(response)) = (state, nonce, response) else {
        return;
    };
    let policy = crate::server::policy::page(&state, &nonce);
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, value);
    }
}

/// Which systems are rehearsed: the server knows, the browser reads it off the document it took over.
fn rehearsed() -> Rehearsed {
    #[cfg(feature = "ssr")]
    let known = use_context::<AppState>().map_or(Rehearsed::default(), |state| Rehearsed {
        s3: state.s3_is_rehearsed(),
        trainer: state.runpod_is_rehearsed(),
    });
    #[cfg(not(feature = "ssr"))]
    let known = Rehearsed::from_words(
        &document()
            .body()
            .and_then(|body| body.get_attribute("data-rehearsed"))
            .unwrap_or_default(),
    );
    known
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(rehearsed());
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() { "ActorMaker".into() } else { format!("{title} · ActorMaker") }
        } />
        <Router>
            // left to the browser, which moves the focus along; the router only scrolls
            <a class="button button--primary visually-hidden" href="#main" rel="external">
                "Skip to content"
            </a>
            <TopBar />
            <Routes fallback=Missing>
                <Route path=path!("/") view=Grid ssr=SsrMode::Async />
                <Route path=path!("/new") view={Lazy::<NewStyleRoute>::new()} ssr=SsrMode::Async />
                <ParentRoute path=path!("/styles/:id") view={Lazy::<LayoutRoute>::new()} ssr=SsrMode::Async>
                    <Route path=path!("") view=ToTrainingData ssr=SsrMode::Async />
                    <Route path=path!("data") view={Lazy::<DataRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("train") view={Lazy::<TrainRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("train/sweep") view={Lazy::<SweepRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("versions") view={Lazy::<VersionsRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("versions/compare") view={Lazy::<CompareRoute>::new()} ssr=SsrMode::Async />
                    <Route path=path!("versions/:version") view={Lazy::<VersionRoute>::new()} ssr=SsrMode::Async />
                </ParentRoute>
                <Route path=path!("/setup") view={Lazy::<SetupRoute>::new()} ssr=SsrMode::Async />
                <Route path=path!("/guide/:topic?") view={Lazy::<GuideRoute>::new()} ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}

/// The first page of most visits is part of the first download.
#[component]
fn Grid() -> impl IntoView {
    view! {
        <GridPage />
        <Alive />
    }
}

#[component]
fn Missing() -> impl IntoView {
    view! {
        <NotFoundPage />
        <Alive />
    }
}

/// Tells tests and the curious that the page answers to clicks.
#[component]
fn Alive() -> impl IntoView {
    Effect::new(|_| {
        let _ = document()
            .body()
            .map(|b| b.set_attribute("data-hydrated", ""));
    });
}

/// A page that is downloaded when it is first opened, so that the first visit stays small. One that frames another is given as
/// a view that does not say that all is alive: what it frames may still be on its way.
macro_rules! lazy_page {
    ($route:ident, $page:ident) => {
        lazy_page!($route: view! {
            <$page />
            <Alive />
        });
    };
    ($route:ident: $view:expr) => {
        struct $route;

        #[lazy_route]
        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            fn view(_this: Self) -> AnyView {
                $view.into_any()
            }
        }
    };
}

lazy_page!(NewStyleRoute, NewStylePage);
lazy_page!(LayoutRoute: view! { <StyleLayout /> });
lazy_page!(DataRoute, TrainingDataPage);
lazy_page!(TrainRoute, TrainPage);
lazy_page!(SweepRoute, SweepPage);
lazy_page!(VersionsRoute, VersionsPage);
lazy_page!(VersionRoute, VersionPage);
lazy_page!(CompareRoute, ComparePage);
lazy_page!(SetupRoute, SetupPage);
lazy_page!(GuideRoute, GuidePage);

/// `/styles/1` is `/styles/1/data`.
#[component]
fn ToTrainingData() -> impl IntoView {
    let id = use_params_map()
        .read_untracked()
        .get("id")
        .unwrap_or_default();
    view! { <Redirect path=format!("/styles/{id}/data") /> }
}
