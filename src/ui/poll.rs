//! Asking again while something is live, and not at all otherwise.

use leptos::prelude::*;

/// Calls `tick` every `every_ms` while `active`, and not while the window is hidden. Does nothing on the server.
pub fn use_poll(
    active: Signal<bool>,
    every_ms: u32,
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
            let tick = tick.clone();
            let interval = gloo_timers::callback::Interval::new(every_ms, move || {
                if !document().hidden() {
                    tick();
                }
            });
            timer.set_value(Some(interval));
        });
        on_cleanup(move || timer.set_value(None));
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (active, every_ms, tick);
    }
}
