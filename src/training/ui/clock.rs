//! Times on pages: how they read, how long something took, and a clock that ticks while a run is live.
//!
//! The server and the page it hands over say UTC and mark it so; the browser then says its own time. Reads no time zone
//! itself: that is the browser's to know.

use crate::training::model::time::unix_ms;
use crate::ui::poll::use_poll;
use crate::ui::units;
use leptos::prelude::*;

/// `14 s`, `14:02`, `1:07:48`; a begun second counts.
pub fn stopwatch(ms: i64) -> String {
    let seconds = (ms.max(0) + 999) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds % 3_600 / 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

fn now_ms() -> i64 {
    #[cfg(feature = "hydrate")]
    let now = js_sys::Date::now() as i64;
    #[cfg(not(feature = "hydrate"))]
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64);
    now
}

/// The time of a page, shared by everything on it.
#[derive(Clone, Copy)]
pub struct Clock {
    now_ms: RwSignal<i64>,
    /// Whether times are the browser's own.
    local: RwSignal<bool>,
}

impl Clock {
    /// Ticks each second while something is `live`.
    pub fn new(live: Signal<bool>) -> Self {
        let clock = Self {
            now_ms: RwSignal::new(now_ms()),
            local: RwSignal::new(false),
        };
        use_poll(live, 1_000, move || clock.now_ms.set(now_ms()));
        // only the browser knows its time zone, and only after it has taken over the server's page
        Effect::new(move |_| clock.local.set(true));
        clock
    }

    pub fn now_ms(self) -> i64 {
        self.now_ms.get()
    }

    /// Day and minute. What is no time stays as it is.
    pub fn minute(self, iso: &str) -> String {
        match (unix_ms(iso), self.local.get()) {
            (None, _) => iso.to_owned(),
            (Some(ms), true) => local(ms).map_or_else(|| units::minute(iso), |t| units::minute(&t)),
            (Some(_), false) => format!("{} UTC", units::minute(iso)),
        }
    }

    /// Time of day to the second.
    pub fn second(self, iso: &str) -> String {
        match (unix_ms(iso), self.local.get()) {
            (Some(ms), true) => local(ms).map_or_else(|| units::second(iso), |t| units::second(&t)),
            _ => units::second(iso),
        }
    }
}

/// `2025-10-13T21:36:17` in the browser's time zone; `None` on the server.
fn local(ms: i64) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
        let day = (date.get_full_year(), date.get_month() + 1, date.get_date());
        let time = (date.get_hours(), date.get_minutes(), date.get_seconds());
        Some(format!(
            "{}-{:02}-{:02}T{:02}:{:02}:{:02}",
            day.0, day.1, day.2, time.0, time.1, time.2
        ))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = ms;
        None
    }
}

/// A time as people read it, with the exact one for machines.
#[component]
pub fn When(iso: String, clock: Clock) -> impl IntoView {
    let machine = iso.clone();
    view! { <time datetime=machine>{move || clock.minute(&iso)}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_stopwatch() {
        assert_eq!(stopwatch(842_000), "14:02");
        assert_eq!(stopwatch(4_068_000), "1:07:48");
        assert_eq!(stopwatch(401), "1 s");
        assert_eq!(stopwatch(-5), "0 s");
    }
}
