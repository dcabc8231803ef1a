//! The images as a grid of tiles; a plain form of checkboxes.

use super::columns;
use super::selection_bar::SelectionBar;
use super::state::{Data, PAGE, Rows};
use super::tile::{key, tile};
use super::toolbar::filter_error;
use crate::dataset::api::SaveSelectionSet;
use crate::ui::Icon;
use crate::ui::virtual_grid::VirtualTiles;
use crate::ui::virtual_grid::lasso::Lasso;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn Grid(data: Data) -> impl IntoView {
    let columns = move || format!("--columns:{}", columns::shown(data));
    // a filter that cannot be read is said beside its box
    let none = Memo::new(move |_| data.rows.with(Rows::is_empty) && filter_error(data).is_none());
    let lasso = Lasso::new(data.grid, Callback::new(move |caught| data.catch(caught)));
    view! {
        <form
            class="dataset__form"
            method="post"
            action=SaveSelectionSet::url()
            on:submit=move |event| event.prevent_default()
        >
            <input type="hidden" name="style" value=data.style_id() />
            <Carried data />
            <div class="tile-frame" on:pointerdown=move |event| lasso.begin(&event)>
                <VirtualTiles
                    grid=data.grid
                    id="images"
                    label="Training images"
                    class="tile-grid"
                    style=Signal::derive(columns)
                    live=data.live
                    each=move |range| data.slots(range)
                    key=key
                    children=move |place, slot| tile(data, lasso, place, slot)
                />
                <div class="tile-lasso" style=move || lasso.style() hidden=move || lasso.style().is_none()></div>
            </div>
            {move || none.get().then(|| view! { <NoneFound data /> })}
            <div class="tile-refused-place">{move || data.shelf.is_refused().then(|| refused(data))}</div>
            <Paging data />
            <SelectionBar data />
        </form>
    }
}

/// Where one looks while places stay empty.
fn refused(data: Data) -> AnyView {
    view! {
        <p class="tile-refused" role="alert">
            <Icon name="warning" />
            "Some images could not be loaded. Trying again…"
            <button
                class="button button--secondary button--small"
                type="button"
                on:click=move |_| data.shelf.fill(data)
            >
                "Try now"
            </button>
        </p>
    }
    .into_any()
}

/// What a plain form has to carry along: the view, and selected images that are not on this page. Script has them at hand.
#[component]
fn Carried(data: Data) -> impl IntoView {
    let hidden = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value /> })
    };
    let kept = ["filter", "sort", "cursor"];
    view! {
        {kept.map(|name| move || hidden(name, data.address.with(|a| a.get(name).to_owned()))).collect_view()}
        {move || {
            let elsewhere = if data.live.get() {
                Vec::new()
            } else {
                let listed: std::collections::BTreeSet<String> = data.names().iter().cloned().collect();
                data.selected.with(|s| s.difference(&listed).cloned().collect::<Vec<_>>())
            };
            elsewhere.into_iter().map(|name| hidden("filenames[]", name)).collect_view()
        }}
    }
}

/// Links to the other pages of a long list; with script the grid goes on by itself.
#[component]
fn Paging(data: Data) -> impl IntoView {
    let next = Memo::new(move |_| {
        let next = data.listing.with(|l| l.page.next_cursor.clone());
        next.filter(|_| !data.live.get()).unwrap_or_default()
    });
    let later = Memo::new(move |_| data.address.with(|a| !a.get("cursor").is_empty()));
    view! {
        <nav class="row dataset__paging" aria-label="Pages" hidden=move || next.with(|n| n.is_empty()) && !later.get()>
            <a
                class="button button--secondary"
                href=move || data.href("cursor", "")
                hidden=move || !later.get()
            >
                <Icon name="chevron-left" />
                "First page"
            </a>
            <a
                class="button button--secondary"
                href=move || next.with(|n| data.href("cursor", n))
                hidden=move || next.with(|n| n.is_empty())
            >
                {format!("Next {PAGE}")}
                <Icon name="chevron-right" />
            </a>
        </nav>
    }
}

#[component]
fn NoneFound(data: Data) -> impl IntoView {
    let hiding = move || data.only_selected.get();
    view! {
        <div class="empty">
            <p class="empty__what">
                {move || if hiding() { "Nothing is selected" } else { "No image fits the filter" }}
            </p>
            <p class="empty__why" hidden=hiding>
                "Text looks at names and captions; words like " <code>"missing:caption"</code> ", " <code>"set:2"</code>
                " and " <code>"w<512"</code> " look at facts."
            </p>
            <a
                class="button button--secondary"
                href=move || data.href("filter", "")
                data-noscroll=""
                on:click=move |_| data.only_selected.set(false)
            >
                "Show all images"
            </a>
        </div>
    }
}
