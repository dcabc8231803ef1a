//! Asking again while something is live, and not at all otherwise.

use leptos::prelude::*;

/// How long a hidden window waits before it asks again, where it asks at all.
#[cfg(feature = "hydrate")]
const HIDDEN_MS: f64 = 15_000.0;

/// Calls `tick` every `every_ms` while `active`, and not while the window is hidden. Does nothing on the server.
pub fn use_poll(
    active: Signal<bool>,
    every_ms: u32,
    tick: impl Fn() + Clone + Send + Sync + 'static,
) {
    use_poll_while_awaited(active, every_ms, || false, tick);
}

/// The same; while the window is hidden and what comes is `awaited` there, every quarter of a minute: who asked to be told
/// looks elsewhere meanwhile.
pub fn use_poll_while_awaited(
    active: Signal<bool>,
    every_ms: u32,
    awaited: impl Fn() -> bool + Clone + Send + Sync + 'static,
    tick: impl Fn() + Clone + Send + Sync + 'static,
) {
    #[cfg(feature = "hydrate")]
    {
        let timer = StoredValue::new_local(None::<gloo_timers::callback::Interval>);
        Effect::new(move |_| {
            if !active.get() {
                timer.set_value(None);
                return;
            }
            let (awaited, tick) = (awaited.clone(), tick.clone());
            let mut asked = js_sys::Date::now();
            // by the clock, not by counting: browsers slow the timers of a hidden window down
            let interval = gloo_timers::callback::Interval::new(every_ms, move || {
                let now = js_sys::Date::now();
                if !document().hidden() || (now - asked >= HIDDEN_MS && awaited()) {
                    asked = now;
                    tick();
                }
            });
            timer.set_value(Some(interval));
        });
        on_cleanup(move || timer.set_value(None));
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (active, every_ms, awaited, tick);
    }
}
