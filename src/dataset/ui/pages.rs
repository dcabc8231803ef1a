//! The way through a list that is too long for one page: plain links, the place is in the address as `page`.

use crate::ui::Icon;
use leptos::prelude::*;

/// What of a list is shown.
#[derive(Clone, Copy)]
pub struct Part {
    /// How many stand before it.
    pub offset: usize,
    pub shown: usize,
    pub total: usize,
    /// How many a page shows.
    pub page: usize,
}

/// Links to the pages beside it; nothing where all is shown. `to` makes the address of what the value of `page` stands for.
pub fn pages(label: &'static str, part: Part, to: impl Fn(&str) -> String) -> Option<AnyView> {
    let Part {
        offset,
        shown,
        total,
        page,
    } = part;
    if shown == total {
        return None;
    }
    let to = |offset: usize| match offset {
        0 => to(""),
        offset => to(&offset.to_string()),
    };
    let before = (offset > 0).then(|| {
        view! {
            <a class="button button--secondary" href=to(offset.saturating_sub(page)) data-noscroll="">
                <Icon name="chevron-left" />
                "Previous"
            </a>
        }
    });
    let after = (offset + shown < total).then(|| {
        view! {
            <a class="button button--secondary" href=to(offset + shown) data-noscroll="">
                "Next"
                <Icon name="chevron-right" />
            </a>
        }
    });
    let view = view! {
        <nav class="row" aria-label=label>
            {before} <span class="muted">{format!("{} to {} of {total}", offset + 1, offset + shown)}</span> {after}
        </nav>
    };
    Some(view.into_any())
}
