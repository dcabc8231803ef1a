//! The bar under the top bar: where one is, and the rehearsal label. And the signal by which a page tells the frame around
//! it that counts have changed.

use leptos::prelude::*;

/// Which outside systems are rehearsed. Provided by the app; fixed while the studio runs.
#[derive(Clone, Copy, Default)]
pub struct Rehearsed {
    pub s3: bool,
    pub trainer: bool,
}

impl Rehearsed {
    /// As the document's body carries it.
    pub fn words(self) -> &'static str {
        match (self.s3, self.trainer) {
            (true, true) => "s3 trainer",
            (true, false) => "s3",
            (false, true) => "trainer",
            (false, false) => "",
        }
    }

    pub fn from_words(words: &str) -> Self {
        Self {
            s3: words.contains("s3"),
            trainer: words.contains("trainer"),
        }
    }
}

/// Counts of the style changed (images, sets, versions): ask for them again.
#[derive(Clone, Copy)]
pub struct StyleChanged(pub RwSignal<u32>);

#[cfg(feature = "hydrate")]
thread_local! {
    /// The frame on the page. Handlers and timers run outside of the page's owner, where a context cannot be found.
    static ON_PAGE: std::cell::Cell<Option<RwSignal<u32>>> = const { std::cell::Cell::new(None) };
}

impl StyleChanged {
    /// For the frame of a style's pages.
    pub fn listen() -> Self {
        let signal = RwSignal::new(0);
        #[cfg(feature = "hydrate")]
        ON_PAGE.set(Some(signal));
        Self(signal)
    }

    /// Tells the frame of the current style page, if there is one.
    pub fn notify() {
        #[cfg(feature = "hydrate")]
        if let Some(signal) = ON_PAGE.get() {
            let _ = signal.try_update(|n| *n += 1);
        }
    }
}

/// Tells the browser, not only the person, that what the address names is not there: 404 instead of 200.
pub fn set_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
}

/// A title that follows signals. leptos writes the document's head when the page's signals can no longer be reached, so the server
/// reads them at once.
pub fn page_title(
    text: impl Fn() -> String + Send + Sync + 'static,
) -> leptos::text_prop::TextProp {
    #[cfg(feature = "ssr")]
    return untrack(text).into();
    #[cfg(not(feature = "ssr"))]
    text.into()
}

/// A step of the path: text and address; the last one is the page itself.
pub type Crumb = (String, String);

#[component]
pub fn CrumbBar(#[prop(into)] crumbs: Signal<Vec<Crumb>>) -> impl IntoView {
    let items = move || {
        let crumbs = crumbs.get();
        let last = crumbs.len().saturating_sub(1);
        let item = move |(i, (text, href)): (usize, Crumb)| {
            let inner = if i == last {
                view! { <span aria-current="page">{text}</span> }.into_any()
            } else {
                view! {
                    <a class="crumbs__link" href=href>
                        {text}
                    </a>
                }
                .into_any()
            };
            view! { <li class="crumbs__item">{inner}</li> }
        };
        crumbs.into_iter().enumerate().map(item).collect_view()
    };
    view! {
        <div class="crumbbar">
            <nav aria-label="Breadcrumb">
                <ol class="crumbs">{items}</ol>
            </nav>
            <RehearsalLabel />
        </div>
    }
}

/// Says what of the page is rehearsed; nothing when all of it is real.
#[component]
fn RehearsalLabel() -> impl IntoView {
    let rehearsed = use_context::<Rehearsed>().unwrap_or_default();
    let text = match (rehearsed.s3, rehearsed.trainer) {
        (_, true) => "No GPU, the model has no effect.",
        (true, false) => "Embedded S3: a real trainer cannot reach it.",
        (false, false) => return None,
    };
    Some(view! {
        <aside class="rehearsal" aria-label="Rehearsal">
            <span class="rehearsal__label">"Rehearsal"</span>
            " "
            <span>{text}</span>
        </aside>
    })
}
