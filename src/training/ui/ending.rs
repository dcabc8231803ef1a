//! The end of a run, told by the browser: a notification for those who asked for it by a click, and a mark in the title while the
//! window was not looked at. Needs JavaScript by nature; without it the button is not shown.

use crate::ui::Icon;
use leptos::prelude::*;

/// Where the wish is kept, in this browser.
#[cfg(feature = "hydrate")]
const WISH: &str = "notify_when_done";

/// What a browser lets us do.
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))] // the server never knows
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leave {
    /// Not known yet, or the browser has no notifications.
    None,
    /// Can be asked for, or was given and is not wanted.
    Off,
    On,
    /// The person or the browser refused.
    Refused,
}

/// Asks for notifications, and takes the wish back.
#[component]
pub fn NotifyMe() -> impl IntoView {
    let leave = RwSignal::new(Leave::None);
    Effect::new(move |_| leave.set(browser::leave()));
    let press = move |_| {
        browser::toggle(leave.get_untracked() != Leave::On, move |now| {
            leave.set(now)
        });
    };
    let words = move || match leave.get() {
        Leave::On => "You will be notified",
        Leave::Refused => "Notifications are blocked in this browser",
        Leave::Off | Leave::None => "Notify me at the end",
    };
    view! {
        <button
            class="button button--secondary button--small"
            type="button"
            hidden=move || leave.get() == Leave::None
            disabled=move || leave.get() == Leave::Refused
            aria-pressed=move || (leave.get() == Leave::On).to_string()
            on:click=press
        >
            <Icon name="info" />
            {words}
        </button>
    }
}

/// Whether somebody asked to be notified here.
pub fn is_awaited() -> bool {
    browser::leave() == Leave::On
}

/// Tells once when `live` turns false: by a notification where it was asked for. Gives whether the end was not seen yet, for the
/// title: the window was hidden or without focus, and still is.
pub fn tell_when_over(
    live: Memo<bool>,
    words: impl Fn() -> String + Send + Sync + 'static,
) -> Signal<bool> {
    let unseen = RwSignal::new(false);
    let over = move |live: &bool, before: Option<&bool>, _: Option<()>| {
        if !*live && before == Some(&true) {
            browser::tell(&words());
            unseen.set(!browser::is_looked_at());
        }
    };
    Effect::watch(move || live.get(), over, false);
    #[cfg(feature = "hydrate")]
    {
        let handle = window_event_listener(leptos::ev::focus, move |_| unseen.set(false));
        on_cleanup(move || handle.remove());
    }
    unseen.into()
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    use super::Leave;

    pub fn leave() -> Leave {
        Leave::None
    }

    pub fn toggle(_wanted: bool, _then: impl Fn(Leave) + 'static) {}

    pub fn tell(_words: &str) {}

    pub fn is_looked_at() -> bool {
        true
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::{Leave, WISH};
    use js_sys::{Array, Function, Promise, Reflect};
    use leptos::prelude::{document, window};
    use wasm_bindgen::{JsCast, JsValue};

    /// The browser's `Notification`, where it has one.
    fn notification() -> Option<Function> {
        let found = Reflect::get(&window(), &JsValue::from_str("Notification")).ok()?;
        found.dyn_into().ok()
    }

    fn permission(class: &Function) -> String {
        let said = Reflect::get(class, &JsValue::from_str("permission"));
        said.ok().and_then(|p| p.as_string()).unwrap_or_default()
    }

    fn is_wished() -> bool {
        let kept = window().local_storage().ok().flatten();
        kept.and_then(|kept| kept.get_item(WISH).ok().flatten())
            .is_some()
    }

    fn wish(wanted: bool) {
        if let Some(kept) = window().local_storage().ok().flatten() {
            let _ = match wanted {
                true => kept.set_item(WISH, "yes"),
                false => kept.remove_item(WISH),
            };
        }
    }

    pub fn leave() -> Leave {
        let Some(class) = notification() else {
            return Leave::None;
        };
        match permission(&class).as_str() {
            "denied" => Leave::Refused,
            "granted" if is_wished() => Leave::On,
            _ => Leave::Off,
        }
    }

    pub fn toggle(wanted: bool, then: impl Fn(Leave) + 'static) {
        wish(wanted);
        let class = notification().filter(|class| wanted && permission(class) == "default");
        let ask = class.and_then(|class| {
            let ask = Reflect::get(&class, &JsValue::from_str("requestPermission")).ok()?;
            let asked = ask.dyn_into::<Function>().ok()?.call0(&class).ok()?;
            asked.dyn_into::<Promise>().ok()
        });
        match ask {
            None => then(leave()),
            Some(asked) => leptos::task::spawn_local(async move {
                let _ = wasm_bindgen_futures::JsFuture::from(asked).await;
                then(leave());
            }),
        }
    }

    pub fn tell(words: &str) {
        if leave() != Leave::On {
            return;
        }
        if let Some(class) = notification() {
            // some browsers know it only in a service worker: then the title has to do
            let _ = Reflect::construct(&class, &Array::of1(&JsValue::from_str(words)));
        }
    }

    pub fn is_looked_at() -> bool {
        !document().hidden() && document().has_focus().unwrap_or(true)
    }
}
