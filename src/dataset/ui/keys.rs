//! The keyboard: through the grid like a photo tool, and from image to image in the large view. `KEYS` is what `?` lists.

use super::state::Data;

/// Keys and what they do, for a person.
pub const KEYS: [(&str, &str); 13] = [
    ("← → ↑ ↓", "Go to the next image"),
    ("Home End", "First, last image"),
    ("Page ↑ ↓", "A screen up or down"),
    ("Space", "Select or let go"),
    ("Shift + arrows", "Select from here to there"),
    ("Ctrl A", "Select all"),
    ("Ctrl I", "Invert the selection"),
    ("Enter", "Open; once more: large"),
    ("← →", "In the large view: previous, next"),
    ("C", "Write the caption; Escape leaves it"),
    ("Delete", "Delete what is selected, asks first"),
    ("Escape", "Back, then select none"),
    ("/ ?", "Filter; this list"),
];

#[cfg(not(feature = "hydrate"))]
pub fn listen(_: Data) {}

#[cfg(feature = "hydrate")]
pub use super::follow::is_taking_over;
#[cfg(feature = "hydrate")]
pub use live::listen;

#[cfg(feature = "hydrate")]
mod live {
    use super::Data;
    use crate::dataset::ui::focus::{found, is, put};
    use leptos::ev::KeyboardEvent;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    /// Effects alone: nothing of it runs on the server.
    pub fn listen(data: Data) {
        // a tile that scrolled away took the focus with it: the keys are still the grid's
        let held = StoredValue::new(false);
        Effect::new(move |_| {
            let focused = window_event_listener(leptos::ev::focusin, move |event| {
                let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
                held.set_value(is(target.as_ref(), "#images *"));
            });
            let keys = window_event_listener(leptos::ev::keydown, move |event| {
                untrack(|| pressed(data, &event, held.get_value()));
            });
            on_cleanup(move || {
                focused.remove();
                keys.remove();
            });
        });
    }

    fn pressed(data: Data, event: &KeyboardEvent, held: bool) {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let target = target.as_ref();
        if event.default_prevented() || found("dialog[open]").is_some() {
            return;
        }
        // a rectangle that is being drawn is broken off first
        if event.key() == "Escape" && found(".tile-lasso:not([hidden])").is_some() {
            return;
        }
        if event.key() == "Escape"
            && let Some(details) = found(".page :is(.popover, .menu)[open]")
        {
            crate::dataset::ui::toolbar::fold(&details);
            return;
        }
        if event.key() == "Escape" && !event.is_composing() && is(target, "#caption") {
            // what was typed is saved as the box is left
            put(".inspector");
            event.prevent_default();
            return;
        }
        if is(target, "input:not([type=checkbox]), textarea, select") {
            return;
        }
        // a view without the grid must not change what is selected there
        if found(".toolbar").is_none() {
            return;
        }
        let is_large = data.address.with(|a| a.get("view") == "large");
        let in_grid = is(target, "#images, #images *") || (held && is(target, "body"));
        let taken = anywhere(data, event)
            || (is_large && in_large_view(event))
            || (in_grid && !is_large && in_the_grid(data, event, target));
        if taken {
            event.prevent_default();
        }
    }

    /// Keys of the whole page.
    fn anywhere(data: Data, event: &KeyboardEvent) -> bool {
        let command = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "a" | "A" if command && !event.shift_key() => data.select_fitting("all"),
            "i" | "I" if command && !event.shift_key() => data.invert(),
            _ if command || event.alt_key() => return false,
            "?" => show_keys(),
            "/" => {
                put("[name=filter].input");
            }
            "c" | "C" => return put("#caption"),
            "Escape" => return back(data),
            _ => return false,
        }
        true
    }

    /// A step back: out of the large view, then out of the selection, then out of the image.
    fn back(data: Data) -> bool {
        let (is_large, is_open) = data
            .address
            .with(|a| (a.get("view") == "large", !a.get("image").is_empty()));
        if is_large {
            data.change("view", "");
        } else if !data.selected.with(|s| s.is_empty()) {
            data.selected.update(|s| s.clear());
        } else if is_open {
            data.change("image", "");
        } else {
            return false;
        }
        true
    }

    fn in_large_view(event: &KeyboardEvent) -> bool {
        let link = match event.key().as_str() {
            "ArrowRight" | "PageDown" => "Next image",
            "ArrowLeft" | "PageUp" => "Previous image",
            _ => return false,
        };
        let link = found(&format!(".inspector a[aria-label='{link}'][href]"));
        if let Some(link) = link.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            link.click();
        }
        true
    }

    fn in_the_grid(data: Data, event: &KeyboardEvent, target: Option<&Element>) -> bool {
        let grid = data.grid;
        let at = grid.current.get();
        let Some(name) = data.name_at(at) else {
            return false;
        };
        // a link or a box that was pressed has keys of its own
        let on_control = is(target, "a, input");
        match event.key().as_str() {
            " " if !on_control => data.toggle(&name),
            "Enter" if is(target, "a") => return false,
            "Enter" if data.address.with(|a| a.get("image") == name) => {
                data.change("view", "large")
            }
            "Enter" => data.change("image", &name),
            // what is meant is on its way
            "Delete" if data.is_selecting() => {}
            "Delete" => {
                let selected: Vec<String> = data.selected.get().into_iter().collect();
                let names = if selected.is_empty() {
                    vec![name]
                } else {
                    selected
                };
                data.deleting.set(names);
            }
            key => {
                let Some(geometry) = grid.geometry.get() else {
                    return false;
                };
                let count = grid.count.get();
                let Some(to) = geometry.step(key, at, count, grid.rows_in_view()) else {
                    return false;
                };
                if event.shift_key()
                    && let Some(other) = data.name_at(to)
                {
                    data.reach(&name, &other);
                }
                grid.go_to(to);
            }
        }
        true
    }

    /// Unfolds the list of shortcuts, or folds it again.
    fn show_keys() {
        let Some(details) = found("#shortcuts") else {
            return;
        };
        if details.has_attribute("open") {
            crate::dataset::ui::toolbar::fold(&details);
            return;
        }
        let _ = details.set_attribute("open", "");
        let summary = details.query_selector("summary").ok().flatten();
        if let Some(summary) = summary.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            let _ = summary.focus();
        }
    }
}
