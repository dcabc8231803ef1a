//! Pages that are not there.

use crate::ui::frame::{CrumbBar, set_not_found};
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    set_not_found();
    view! {
        <Title text="Not found" />
        <CrumbBar crumbs=vec![
            ("Styles".to_owned(), "/".to_owned()),
            ("Not found".to_owned(), String::new()),
        ] />
        <main id="main" tabindex="-1">
            <div class="page">
                <div class="empty">
                    <h1 class="empty__what">"There is no such page"</h1>
                    <p class="empty__why">
                        "The address may be mistyped, or what it named was removed."
                    </p>
                    <a class="button button--primary" href="/">
                        "All styles"
                    </a>
                </div>
            </div>
        </main>
    }
}
