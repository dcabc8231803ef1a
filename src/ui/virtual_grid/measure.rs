//! The browser's part: measuring a tile, following scrolling and resizing, bringing a place into view.

use super::VirtualGrid;
#[cfg(feature = "hydrate")]
use super::geometry::Geometry;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// What sticks to the upper and the lower edge of the window and would cover a tile, in pixels.
#[cfg(feature = "hydrate")]
const COVERED: (f64, f64) = (64.0, 96.0);

#[cfg(not(feature = "hydrate"))]
impl VirtualGrid {
    pub(super) fn follow(self) {
        // what there is to show may change while the page is put together
        let _ = self.count;
    }
    pub(super) fn remeasure(self) {}
    pub fn go_to(self, _place: usize) {}
    pub fn rows_in_view(self) -> usize {
        1
    }
}

#[cfg(feature = "hydrate")]
impl VirtualGrid {
    /// Keeps the tiles in step with scrolling, the size of the grid and the number of tiles.
    pub(super) fn follow(self) {
        use wasm_bindgen::JsCast;
        use wasm_bindgen::prelude::Closure;
        Effect::new(move |_| {
            self.count.track();
            self.remeasure();
        });
        let waiting = StoredValue::new(false);
        let later = move || {
            if !waiting.try_get_value().unwrap_or(true) {
                waiting.set_value(true);
                request_animation_frame(move || {
                    waiting.try_set_value(false);
                    self.show_what_is_in_view();
                });
            }
        };
        Effect::new(move |_| {
            let scroll = window_event_listener(leptos::ev::scroll, move |_| later());
            on_cleanup(move || scroll.remove());
        });
        Effect::new(move |_| {
            let Some(node) = self.node.get() else { return };
            let resized = Closure::<dyn Fn()>::new(move || self.measure());
            let resized = resized.into_js_value();
            if let Ok(observer) = web_sys::ResizeObserver::new(resized.unchecked_ref()) {
                observer.observe(&node);
                let observer = StoredValue::new_local(observer);
                on_cleanup(move || {
                    observer.try_with_value(|o| o.disconnect());
                });
            }
        });
    }

    /// Measures as soon as what changes now is on the page.
    pub(super) fn remeasure(self) {
        request_animation_frame(move || self.measure());
    }

    fn measure(self) {
        let Some(known) = self.geometry.try_get_untracked() else {
            return;
        };
        let first = self.read_geometry();
        if first.is_some() && first != known {
            self.geometry.set(first);
        } else if known.is_none() && first.is_none() && self.count.get_untracked() > 0 {
            // a tile to measure
            let empty = self.range.with_untracked(|r| r.is_empty());
            if empty {
                self.range.set(0..1);
                self.remeasure();
            }
        }
        self.show_what_is_in_view();
    }

    /// From the first tile and the columns that the style sheet made; `None` while there is no tile or it is not shown.
    fn read_geometry(self) -> Option<Geometry> {
        let node = self.node.try_get_untracked().flatten()?;
        let tile = node.first_element_child()?.get_bounding_client_rect();
        let style = window().get_computed_style(&node).ok().flatten()?;
        let read = |name: &str| style.get_property_value(name).unwrap_or_default();
        let gap: f64 = read("row-gap").trim_end_matches("px").parse().ok()?;
        let columns = read("grid-template-columns").split_whitespace().count();
        (tile.width() > 0.0 && columns > 0).then(|| Geometry {
            columns,
            across: tile.width() + gap,
            down: tile.height() + gap,
            gap,
        })
    }

    fn show_what_is_in_view(self) {
        let (Some(Some(geometry)), Some(Some(node))) = (
            self.geometry.try_get_untracked(),
            self.node.try_get_untracked(),
        ) else {
            // nothing measured: all that there is
            return;
        };
        let place = node.get_bounding_client_rect();
        if place.width() == 0.0 {
            // hidden behind the large view: it is looked at again when it comes back
            return;
        }
        let top = -place.top();
        let range = geometry.window(self.count.get_untracked(), top, window_height());
        if self.range.with_untracked(|r| *r != range) {
            self.range.set(range);
        }
    }

    /// Whole rows that the window shows.
    pub fn rows_in_view(self) -> usize {
        let down = self.geometry.get_untracked().map_or(1.0, |g| g.down);
        ((window_height() - COVERED.0 - COVERED.1) / down) as usize
    }

    /// Scrolls no further than needed to show a place, and puts the focus there.
    pub fn go_to(self, place: usize) {
        let last = self.count.get_untracked().saturating_sub(1);
        let place = place.min(last);
        self.current.set(place);
        if let (Some(geometry), Some(node)) =
            (self.geometry.get_untracked(), self.node.get_untracked())
        {
            let top = node.get_bounding_client_rect().top() + geometry.top_of(place);
            let bottom = top + geometry.down - geometry.gap;
            let lowest = window_height() - COVERED.1;
            let by = if top < COVERED.0 {
                top - COVERED.0
            } else if bottom > lowest {
                (bottom - lowest).min(top - COVERED.0)
            } else {
                0.0
            };
            if by != 0.0 {
                window().scroll_by_with_x_and_y(0.0, by);
                self.show_what_is_in_view();
            }
        }
        request_animation_frame(move || self.focus(place));
    }

    fn focus(self, place: usize) {
        use wasm_bindgen::JsCast;
        let Some(Some(node)) = self.node.try_get_untracked() else {
            return;
        };
        let shown = self.range.with_untracked(|r| place.checked_sub(r.start));
        let tile = shown.and_then(|at| node.children().item(at as u32));
        let tile = tile.and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok());
        let _ = match tile {
            Some(tile) => {
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                tile.focus_with_options(&options)
            }
            None => node.focus(),
        };
    }
}

#[cfg(feature = "hydrate")]
pub(super) fn window_height() -> f64 {
    let height = window().inner_height().ok();
    height.and_then(|h| h.as_f64()).unwrap_or(0.0)
}
