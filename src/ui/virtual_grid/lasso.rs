//! Drawing a rectangle over a grid with the mouse: which tiles it touches while it is drawn. It may begin beside the tiles, on
//! the bare ground of the page; Escape breaks it off.

use super::VirtualGrid;
use super::geometry::Area;
use leptos::prelude::*;

/// A press that moves less is a click.
#[cfg(feature = "hydrate")]
const SLACK: f64 = 6.0;
/// Nearer to the window's edge the page scrolls along, by so much a frame.
#[cfg(feature = "hydrate")]
const EDGE: f64 = 48.0;
#[cfg(feature = "hydrate")]
const STEP: f64 = 18.0;

/// What a drawn rectangle holds.
#[derive(Clone, Debug)]
pub struct Caught {
    pub places: Vec<usize>,
    /// Whether Ctrl or Shift was held when it began: what was selected before stays.
    pub adds: bool,
    /// The first of this rectangle.
    pub begins: bool,
    /// It was broken off: everything is as it was before it began.
    pub is_broken_off: bool,
}

/// The rectangle of a grid.
#[derive(Clone, Copy)]
pub struct Lasso {
    grid: VirtualGrid,
    drawn: RwSignal<Option<Area>>,
    /// Where it began, in the grid's coordinates.
    from: StoredValue<Option<(f64, f64)>>,
    /// The pointer in the window.
    at: StoredValue<(f64, f64)>,
    adds: StoredValue<bool>,
    /// A click that ends a rectangle opens nothing.
    swallow: StoredValue<bool>,
    caught: Callback<Caught>,
}

impl Lasso {
    pub fn new(grid: VirtualGrid, caught: Callback<Caught>) -> Self {
        let lasso = Self {
            grid,
            drawn: RwSignal::new(None),
            from: StoredValue::new(None),
            at: StoredValue::new((0.0, 0.0)),
            adds: StoredValue::new(false),
            swallow: StoredValue::new(false),
            caught,
        };
        lasso.listen();
        lasso
    }

    /// Where to draw it, as inline style.
    pub fn style(self) -> Option<String> {
        let Area {
            left,
            top,
            right,
            bottom,
        } = self.drawn.get()?;
        let (width, height) = (right - left, bottom - top);
        Some(format!(
            "left:{left}px;top:{top}px;width:{width}px;height:{height}px"
        ))
    }

    /// Whether the click that just came ended a rectangle.
    pub fn takes_click(self) -> bool {
        let ended = self.swallow.get_value();
        self.swallow.set_value(false);
        ended
    }

    #[cfg(not(feature = "hydrate"))]
    fn listen(self) {
        let _ = (self.grid, self.from, self.at, self.adds, self.caught);
    }

    #[cfg(not(feature = "hydrate"))]
    pub fn begin(self, _: &leptos::ev::PointerEvent) {}
}

#[cfg(feature = "hydrate")]
impl Lasso {
    /// For `on:pointerdown` of the grid. Touch scrolls instead.
    pub fn begin(self, event: &leptos::ev::PointerEvent) {
        self.swallow.set_value(false);
        let on_control = pressed(event).is_some_and(|e| e.matches("input, label").unwrap_or(false));
        if event.pointer_type() != "mouse" || event.button() != 0 || on_control {
            return;
        }
        let at = (f64::from(event.client_x()), f64::from(event.client_y()));
        self.at.set_value(at);
        self.adds
            .set_value(event.ctrl_key() || event.meta_key() || event.shift_key());
        self.from.set_value(self.inside(at));
    }

    /// Whether a press is beside the tiles: on what the grid lies in, but not on the window's scroll bar.
    fn is_on_ground(self, event: &leptos::ev::PointerEvent) -> bool {
        let (Some(grid), Some(pressed)) = (self.grid.node.get_untracked(), pressed(event)) else {
            return false;
        };
        let is_shown = grid.offset_width() > 0;
        let page = document().document_element();
        let inside = page.is_some_and(|page| event.client_x() < page.client_width());
        let frame = grid.parent_element();
        is_shown && inside && frame.is_some_and(|f| f != pressed && pressed.contains(Some(&f)))
    }

    fn listen(self) {
        Effect::new(move |_| {
            let pressed = window_event_listener(leptos::ev::pointerdown, move |event| {
                if self.is_on_ground(&event) {
                    self.begin(&event);
                }
            });
            let moved = window_event_listener(leptos::ev::pointermove, move |event| {
                if self.from.with_value(Option::is_some) {
                    self.at
                        .set_value((f64::from(event.client_x()), f64::from(event.client_y())));
                    self.draw();
                }
            });
            // under a pointer that rests the page moves on
            let scrolled = window_event_listener(leptos::ev::scroll, move |_| {
                if self.is_drawn() {
                    self.draw();
                }
            });
            let words = window_event_listener(leptos::ev::selectstart, move |event| {
                if self.from.with_value(Option::is_some) {
                    event.prevent_default();
                }
            });
            let escaped = window_event_listener(leptos::ev::keydown, move |event| {
                if event.key() == "Escape" && self.break_off() {
                    event.prevent_default();
                }
            });
            let ended = window_event_listener(leptos::ev::pointerup, move |_| {
                self.end();
                // its click comes with it; a later one is another
                request_animation_frame(move || {
                    self.swallow.try_set_value(false);
                });
            });
            let lost = window_event_listener(leptos::ev::pointercancel, move |_| self.end());
            on_cleanup(move || {
                for listener in [pressed, moved, scrolled, words, escaped, ended, lost] {
                    listener.remove();
                }
            });
        });
    }

    fn is_drawn(self) -> bool {
        self.drawn.try_with_untracked(Option::is_some) == Some(true)
    }

    fn end(self) {
        if self.from.try_get_value().flatten().is_some() {
            self.from.set_value(None);
            self.drawn.set(None);
        }
    }

    /// Whether there was anything to break off.
    fn break_off(self) -> bool {
        let was_drawn = self.is_drawn();
        self.end();
        if was_drawn {
            self.caught.run(Caught {
                places: Vec::new(),
                adds: false,
                begins: false,
                is_broken_off: true,
            });
        }
        was_drawn
    }

    /// A point of the window in the grid's coordinates.
    fn inside(self, at: (f64, f64)) -> Option<(f64, f64)> {
        let grid = self.grid.node.get_untracked()?.get_bounding_client_rect();
        Some((at.0 - grid.left(), at.1 - grid.top()))
    }

    fn draw(self) {
        let (Some(from), Some(geometry)) =
            (self.from.get_value(), self.grid.geometry.get_untracked())
        else {
            return;
        };
        let Some(to) = self.inside(self.at.get_value()) else {
            return;
        };
        let area = Area::between(from, to);
        let small = area.right - area.left < SLACK && area.bottom - area.top < SLACK;
        let begins = self.drawn.with_untracked(Option::is_none);
        if begins && small {
            return;
        }
        self.swallow.set_value(true);
        self.drawn.set(Some(area));
        self.caught.run(Caught {
            places: geometry.within(area, self.grid.count.get_untracked()),
            adds: self.adds.get_value(),
            begins,
            is_broken_off: false,
        });
        if begins {
            self.scroll_along();
        }
    }

    /// As long as the pointer rests near an edge, the page moves on and the rectangle grows.
    fn scroll_along(self) {
        request_animation_frame(move || {
            if self.from.try_get_value().flatten().is_none() {
                return;
            }
            let y = self.at.get_value().1;
            let height = super::measure::window_height();
            let by = if y < EDGE {
                -STEP
            } else if y > height - EDGE {
                STEP
            } else {
                0.0
            };
            if by != 0.0 {
                window().scroll_by_with_x_and_y(0.0, by);
            }
            self.scroll_along();
        });
    }
}

#[cfg(feature = "hydrate")]
fn pressed(event: &leptos::ev::PointerEvent) -> Option<web_sys::Element> {
    use wasm_bindgen::JsCast;
    event.target().and_then(|t| t.dyn_into().ok())
}
