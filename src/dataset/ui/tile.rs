//! One tile of the grid: the image, a box to tick it, its name, its caption's first line, its sets.

use super::state::{Data, Slot};
use crate::dataset::model::image::TrainingImage;
use crate::ui::Icon;
use crate::ui::virtual_grid::lasso::Lasso;
use leptos::prelude::*;

/// A tile is built anew when one of these changes.
pub type Key = (
    String,
    String,
    Option<String>,
    Vec<u64>,
    Option<&'static str>,
    usize,
    bool,
);

pub fn key(slot: &Slot) -> Key {
    match slot {
        Slot::Waiting(place) => {
            let place = place.to_string();
            (String::new(), place, None, Vec::new(), None, 0, false)
        }
        Slot::Image(i) => (
            i.filename.clone(),
            i.etag.clone(),
            i.caption_etag.clone(),
            i.sets.clone(),
            i.caption_problems.first().map(|r| r.code.label()),
            i.caption_problems.len(),
            is_unreadable(i),
        ),
    }
}

pub fn tile(data: Data, lasso: Lasso, place: Signal<usize>, slot: Slot) -> AnyView {
    match slot {
        Slot::Waiting(_) => waiting(data, place),
        Slot::Image(image) => shown(data, lasso, place, *image),
    }
}

/// The same shape before the image has come. Keys lead over it.
fn waiting(data: Data, place: Signal<usize>) -> AnyView {
    let tab = move || {
        if data.grid.tabbable() == place.get() {
            "0"
        } else {
            "-1"
        }
    };
    view! {
        <div
            class="tile"
            role=move || if data.live.get() { "row" } else { "listitem" }
            aria-rowindex=move || place.get() + 1
            aria-label="Loading"
            tabindex=tab
            on:focusin=move |_| data.grid.current.set(place.get_untracked())
        >
            <div role="gridcell">
                <div class="tile__frame">
                    <span class="skeleton skeleton--fill"></span>
                </div>
                <div class="tile__meta"></div>
            </div>
        </div>
    }
    .into_any()
}

fn shown(data: Data, lasso: Lasso, place: Signal<usize>, image: TrainingImage) -> AnyView {
    let name = StoredValue::new(image.filename.clone());
    let is_open = Memo::new(move |_| {
        data.address
            .with(|a| name.with_value(|n| a.get("image") == n))
    });
    let is_selected =
        Memo::new(move |_| data.selected.with(|s| name.with_value(|n| s.contains(n))));
    let live = data.live;
    let tab = move || {
        let here = data.grid.tabbable() == place.get();
        live.get().then_some(if here { "0" } else { "-1" })
    };
    view! {
        <div
            class="tile"
            class:tile--current=is_open
            class:tile--selected=is_selected
            role=move || if live.get() { "row" } else { "listitem" }
            aria-rowindex=move || live.get().then(|| place.get() + 1)
            aria-selected=move || live.get().then(|| is_selected.get().to_string())
            aria-label=move || live.get().then(|| name.get_value())
            tabindex=tab
            on:focusin=move |_| data.grid.current.set(place.get_untracked())
        >
            <div class="tile__cell" role=move || live.get().then_some("gridcell")>
                {picture(&image)}
                {checkbox(data, name, is_selected)}
                {super::drafts::mark(data, name)}
                {meta(data, lasso, name, is_open, image)}
            </div>
        </div>
    }
    .into_any()
}

/// Sets that a tile shows by number before it counts the rest: the name needs the room.
const CHIPS: usize = 3;

/// Whether the server knows that there is nothing to show.
pub fn is_unreadable(image: &TrainingImage) -> bool {
    image.width.is_none() || image.problem.is_some()
}

/// In place of a picture that cannot be shown, over whatever the browser would draw.
fn unreadable() -> AnyView {
    view! {
        <span class="tile__none">
            <Icon name="image" class="icon--large" />
        </span>
        <span class="tile__problem">
            <Icon name="warning" />
            "Not a readable picture"
        </span>
    }
    .into_any()
}

/// What is wrong: in words where something is lost, as a mark with its words at hand where it is advice.
fn problem(image: &TrainingImage) -> Option<AnyView> {
    let remarks = &image.caption_problems;
    let words = match (image.caption_state, remarks.first()) {
        (state, _) if !state.is_present() => state.label(),
        (_, Some(first)) if first.code.loses_text() => first.code.label(),
        (_, Some(_)) => return Some(advice(image)),
        _ => return None,
    };
    let view = view! {
        <span class="tile__problem">
            <Icon name="warning" />
            {words}
        </span>
    };
    Some(view.into_any())
}

fn advice(image: &TrainingImage) -> AnyView {
    let labels = image.caption_problems.iter().map(|r| r.code.label());
    let words = labels.collect::<Vec<_>>().join(", ");
    view! {
        <span class="tile__problem">
            <Icon name="info" />
            <span aria-hidden="true">{image.caption_problems.len()}</span>
            <span class="visually-hidden">{words}</span>
        </span>
    }
    .into_any()
}

fn picture(image: &TrainingImage) -> AnyView {
    if is_unreadable(image) {
        return view! { <div class="tile__frame">{unreadable()}</div> }.into_any();
    }
    let problem = problem(image);
    let failed = RwSignal::new(false);
    view! {
        <div class="tile__frame">
            <img
                class="tile__image"
                src=image.thumbnail_url.clone()
                alt=""
                loading="lazy"
                decoding="async"
                draggable="false"
                width=image.width
                height=image.height
                on:error=move |_| failed.set(true)
                on:load=move |_| failed.set(false)
            />
            {problem}
            {move || failed.get().then(unreadable)}
        </div>
    }
    .into_any()
}

fn checkbox(data: Data, name: StoredValue<String>, is_selected: Memo<bool>) -> AnyView {
    let filename = name.get_value();
    view! {
        <label class="tile__select">
            <input
                class="checkbox tile__checkbox"
                type="checkbox"
                name="filenames[]"
                value=filename.clone()
                aria-label=format!("Select {filename}")
                checked=is_selected.get_untracked()
                prop:checked=is_selected
                tabindex=move || data.live.get().then_some("-1")
                on:click=move |event| {
                    let on = event_target_checked(&event);
                    let name = name.get_value();
                    if event.shift_key() && on {
                        data.reach(&name, &name);
                    } else {
                        data.tick(&name, on);
                    }
                }
            />
        </label>
    }
    .into_any()
}

/// Name and caption. The name's link covers the tile: a press opens, with Ctrl it ticks, with Shift it takes a range.
fn meta(
    data: Data,
    lasso: Lasso,
    name: StoredValue<String>,
    is_open: Memo<bool>,
    image: TrainingImage,
) -> AnyView {
    let caption = image.caption.as_deref().unwrap_or_default();
    let first_line = caption.lines().find(|l| !l.trim().is_empty());
    let missing = first_line.is_none();
    let words = first_line.map_or_else(|| image.caption_state.label().to_owned(), str::to_owned);
    let filename = image.filename;
    let chips = chips(&image.sets);
    let pressed = move |event: leptos::ev::MouseEvent| {
        let command = event.ctrl_key() || event.meta_key();
        let name = name.get_value();
        if lasso.takes_click() {
            event.prevent_default();
        } else if event.shift_key() {
            event.prevent_default();
            let from = data.name_at(data.grid.current.get_untracked());
            data.reach(from.as_ref().unwrap_or(&name), &name);
        } else if command {
            event.prevent_default();
            data.toggle(&name);
        }
    };
    view! {
        <div class="tile__meta">
            <p class="tile__line">
                <a
                    class="tile__open"
                    href=move || name.with_value(|n| data.href("image", n))
                    title=filename.clone()
                    aria-current=move || is_open.get().then_some("true")
                    data-noscroll=""
                    draggable="false"
                    tabindex=move || data.live.get().then_some("-1")
                    on:click=pressed
                >
                    {filename.clone()}
                </a>
                {chips}
            </p>
            <p class="tile__caption" class:tile__caption--missing=missing>
                {words}
            </p>
        </div>
    }
    .into_any()
}

/// The first sets of an image; the others are counted, and named where one points.
fn chips(sets: &[u64]) -> impl IntoView + use<> {
    let (shown, rest) = sets.split_at(sets.len().min(CHIPS));
    let rest = (!rest.is_empty()).then(|| {
        let numbers: Vec<String> = rest.iter().map(u64::to_string).collect();
        let named = format!("Also in set {}", numbers.join(", "));
        view! {
            <span class="set-chip" title=named.clone()>
                <span aria-hidden="true">{format!("+{}", rest.len())}</span>
                <span class="visually-hidden">{named.clone()}</span>
            </span>
        }
    });
    let shown = shown.iter().map(|id| chip(*id)).collect_view();
    (shown, rest)
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
