//! What stands in place of a small picture where there is none to show.

use crate::ui::Icon;
use leptos::prelude::*;

pub fn none(icon: &'static str) -> AnyView {
    view! {
        <span class="thumb thumb--none">
            <Icon name=icon />
        </span>
    }
    .into_any()
}
