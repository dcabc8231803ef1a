//! The images as a grid of tiles; a plain form of checkboxes.

use super::keys::{can_grow, grow};
use super::selection_bar::SelectionBar;
use super::state::{Data, PAGE};
use super::toolbar::COLUMNS;
use crate::dataset::api::SaveSelectionSet;
use crate::dataset::model::image::TrainingImage;
use crate::ui::Icon;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn Grid(data: Data) -> impl IntoView {
    let columns = move || {
        let asked = data.address.with(|a| a.get("columns").parse::<u8>().ok());
        let columns = asked
            .filter(|c| (2..=10).contains(c))
            .map(|c| c.to_string());
        format!("--columns:{}", columns.as_deref().unwrap_or(COLUMNS))
    };
    let none = Memo::new(move |_| data.listing.with(|l| l.page.images.is_empty()));
    view! {
        <form
            class="dataset__form"
            method="post"
            action=SaveSelectionSet::url()
            on:submit=move |event| event.prevent_default()
        >
            <input type="hidden" name="style" value=data.style_id() />
            <Carried data />
            <ul class="tile-grid" style=columns aria-label="Training images" tabindex="-1" id="images">
                <For
                    each=move || data.listing.with(|l| l.page.images.clone())
                    key=|i| (i.filename.clone(), i.etag.clone(), i.caption_etag.clone(), i.sets.clone())
                    children=move |image| tile(data, image)
                />
            </ul>
            {move || none.get().then(|| view! { <NoneFound data /> })}
            <Paging data />
            <SelectionBar data />
        </form>
    }
}

/// What a plain form has to carry along: the view, and selected images that are not on this page.
#[component]
fn Carried(data: Data) -> impl IntoView {
    let hidden = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <input type="hidden" name=name value=value /> })
    };
    let kept = ["filter", "cursor"];
    view! {
        {kept.map(|name| move || hidden(name, data.address.with(|a| a.get(name).to_owned()))).collect_view()}
        {move || {
            let listed: std::collections::BTreeSet<String> = data.listed(false).into_iter().collect();
            let elsewhere = data.selected.with(|s| s.difference(&listed).cloned().collect::<Vec<_>>());
            elsewhere.into_iter().map(|name| hidden("filenames[]", name)).collect_view()
        }}
    }
}

fn tile(data: Data, image: TrainingImage) -> AnyView {
    let name = StoredValue::new(image.filename.clone());
    let href = move || name.with_value(|n| data.href("image", n));
    let is_open = Memo::new(move |_| {
        data.address
            .with(|a| name.with_value(|n| a.get("image") == n))
    });
    let is_selected = move || data.selected.with(|s| name.with_value(|n| s.contains(n)));
    let problem = match (image.width, image.caption_state) {
        (None, _) => Some("Not a readable picture"),
        (_, state) if !state.is_present() => Some(state.label()),
        _ => None,
    };
    let caption = image.caption.as_deref().unwrap_or_default();
    let first_line = caption.lines().find(|l| !l.trim().is_empty());
    let missing = first_line.is_none();
    let words = first_line.map_or_else(|| image.caption_state.label().to_owned(), str::to_owned);
    let filename = image.filename;
    let chips = image.sets.iter().map(|id| chip(*id)).collect_view();
    view! {
        <li class="tile" class:tile--current=is_open>
            <div class="tile__frame">
                <img
                    class="tile__image"
                    src=image.thumbnail_url
                    alt=""
                    loading="lazy"
                    decoding="async"
                    width=image.width
                    height=image.height
                />
                {problem
                    .map(|text| {
                        view! {
                            <span class="tile__problem">
                                <Icon name="warning" />
                                {text}
                            </span>
                        }
                    })}
            </div>
            <label class="tile__select">
                <input
                    class="checkbox tile__checkbox"
                    type="checkbox"
                    name="filenames[]"
                    value=filename.clone()
                    aria-label=format!("Select {filename}")
                    checked=untrack(is_selected)
                    prop:checked=is_selected
                    on:click=move |event| {
                        let on = event_target_checked(&event);
                        name.with_value(|n| data.tick(n, on, event.shift_key()));
                    }
                />
            </label>
            <div class="tile__meta">
                <p class="tile__line">
                    <a
                        class="tile__open"
                        href=href
                        title=filename.clone()
                        aria-current=move || is_open.get().then_some("true")
                        data-noscroll=""
                    >
                        {filename.clone()}
                    </a>
                    {chips}
                </p>
                <p class="tile__caption" class:tile__caption--missing=missing>
                    {words}
                </p>
            </div>
        </li>
    }
    .into_any()
}

/// A set's number in its colour.
pub fn chip(id: u64) -> AnyView {
    let colour = (id.max(1) - 1) % 6 + 1;
    view! {
        <span class=format!("set-chip set-chip--{colour}") title=format!("Set {id}")>
            <span class="visually-hidden">"Set "</span>
            {id}
        </span>
    }
    .into_any()
}

/// Links to the other pages of a long list; script adds the next one in place.
#[component]
fn Paging(data: Data) -> impl IntoView {
    let next = Memo::new(move |_| {
        data.listing
            .with(|l| l.page.next_cursor.clone().unwrap_or_default())
    });
    let later = Memo::new(move |_| data.address.with(|a| !a.get("cursor").is_empty()));
    let more = move |event: leptos::ev::MouseEvent| {
        if untrack(|| can_grow(data)) {
            event.prevent_default();
            grow(data);
        }
    };
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
                id="more-images"
                href=move || next.with(|n| data.href("cursor", n))
                hidden=move || next.with(|n| n.is_empty())
                on:click=more
            >
                {format!("Next {PAGE}")}
                <Icon name="chevron-right" />
            </a>
        </nav>
    }
}

#[component]
fn NoneFound(data: Data) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty__what">"No image fits the filter"</p>
            <p class="empty__why">
                "Text looks at names and captions; " <code>"missing:caption"</code> ", " <code>"set:2"</code> " and "
                <code>"-set:1"</code> " look at captions and sets."
            </p>
            <a class="button button--secondary" href=move || data.href("filter", "") data-noscroll="">
                "Show all images"
            </a>
        </div>
    }
}
