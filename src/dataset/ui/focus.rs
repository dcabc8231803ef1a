//! Where the keyboard is in the opened image: it stays on its control from image to image and comes along into the large view.

use super::state::Data;

#[cfg(not(feature = "hydrate"))]
pub fn put(_: &str) -> bool {
    false
}

#[cfg(not(feature = "hydrate"))]
pub fn follow(_: Data) {}

#[cfg(feature = "hydrate")]
pub use live::{follow, found, is, put};

#[cfg(feature = "hydrate")]
mod live {
    use super::Data;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    /// The opened image, where no control of it had the focus.
    const IMAGE: &str = ".inspector";
    /// Controls that every image has.
    const CONTROLS: [&str; 3] = [
        "#caption",
        ".inspector a[aria-label='Next image']",
        ".inspector a[aria-label='Previous image']",
    ];

    pub fn found(selector: &str) -> Option<Element> {
        document().query_selector(selector).ok().flatten()
    }

    pub fn is(element: Option<&Element>, selector: &str) -> bool {
        element.is_some_and(|e| e.matches(selector).unwrap_or(false))
    }

    /// Puts the focus on an element; whether it is there and takes it.
    pub fn put(selector: &str) -> bool {
        let element = found(selector).and_then(|e| e.dyn_into::<HtmlElement>().ok());
        if let Some(element) = &element {
            let _ = element.focus();
        }
        element.is_some() && is(document().active_element().as_ref(), selector)
    }

    /// Effects alone: nothing of it runs on the server.
    pub fn follow(data: Data) {
        let held = StoredValue::new(IMAGE);
        Effect::new(move |_| {
            let focused = window_event_listener(leptos::ev::focusin, move |event| {
                let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
                let mut controls = CONTROLS.into_iter();
                let control = controls.find(|control| is(target.as_ref(), control));
                held.set_value(control.unwrap_or(IMAGE));
            });
            on_cleanup(move || focused.remove());
        });
        let shown = Memo::new(move |_| {
            let image = data.opened.with(|o| {
                let image = o.as_ref()?.as_ref().ok()?;
                Some(image.filename.clone())
            });
            (image, data.address.with(|a| a.get("view") == "large"))
        });
        Effect::new(move |before: Option<(Option<String>, bool)>| {
            let now = shown.get();
            if now.0.is_some() && before.is_some_and(|before| before != now) {
                request_animation_frame(move || {
                    let control = held.try_get_value().unwrap_or(IMAGE);
                    // at the end of the list there is no next one
                    if crate::ui::is_focus_lost() && !put(control) {
                        put(IMAGE);
                    }
                });
            }
            now
        });
    }
}
