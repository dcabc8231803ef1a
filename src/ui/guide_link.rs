//! The way from something that needs explaining to its place in the guide.

use super::Icon;
use leptos::prelude::*;

/// A question mark that opens the guide beside the page: nothing typed is left behind.
#[component]
pub fn GuideLink(
    /// Address, `/guide/captions#empty`.
    #[prop(into)]
    to: String,
    /// What is explained there, for those who do not see the mark.
    #[prop(into)]
    about: String,
) -> impl IntoView {
    view! {
        <a class="field__help" href=to target="_blank" aria-label=format!("{about} in the guide")>
            <Icon name="help" />
        </a>
    }
}
