//! Times on pages: what an ISO text means, how long something took, and a clock that ticks while a run is live.
//!
//! The server and the page it hands over say UTC and mark it so; the browser then says its own time. Reads no time zone
//! itself: that is the browser's to know.

use crate::ui::poll::use_poll;
use crate::ui::units;
use leptos::prelude::*;

/// Unix milliseconds of `2025-10-13T19:36:17.724Z`, also with more or fewer digits of a second or an offset like
/// `+02:00`. `None` for anything else: the same on both targets, so that both build the same page.
pub fn unix_ms(iso: &str) -> Option<i64> {
    let number = |from: usize, to: usize| iso.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = iso.get(19..)?;
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (fraction, zone) = rest.split_at(zone_at);
    let millis = match fraction.strip_prefix('.') {
        Some(digits) => format!("{digits:0<3}").get(..3)?.parse::<i64>().ok()?,
        None if fraction.is_empty() => 0,
        None => return None,
    };
    let of_day = (hour * 60 + minute - offset_minutes(zone)?) * 60 + second;
    Some((days(year, month, day) * 86_400 + of_day) * 1_000 + millis)
}

/// `Z`, `+02:00`, `-0530`.
fn offset_minutes(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    Some(sign * (hours * 60 + minutes))
}

/// Days since 1970-01-01 of a Gregorian date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

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
    fn every_way_older_files_write_a_time_is_read() {
        let utc = Some(1_760_384_177_000);
        assert_eq!(unix_ms("2025-10-13T19:36:17Z"), utc);
        assert_eq!(unix_ms("2025-10-13T19:36:17+00:00"), utc);
        assert_eq!(unix_ms("2025-10-13T21:36:17.000+02:00"), utc);
        assert_eq!(unix_ms("2025-10-13T14:06:17-0530"), utc);
        assert_eq!(
            unix_ms("2025-10-13T19:36:17.724159Z"),
            utc.map(|ms| ms + 724)
        );
        assert_eq!(unix_ms("2025-10-13T19:36:17.7Z"), utc.map(|ms| ms + 700));
        assert_eq!(unix_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix_ms("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "2025-10-13",
            "2025-10-13T19:36:17",
            "ü025-10-13T19:36:17Z",
        ] {
            assert_eq!(unix_ms(text), None, "{text}");
        }
    }

    #[test]
    fn durations_read_like_a_stopwatch() {
        assert_eq!(stopwatch(842_000), "14:02");
        assert_eq!(stopwatch(4_068_000), "1:07:48");
        assert_eq!(stopwatch(401), "1 s");
        assert_eq!(stopwatch(-5), "0 s");
    }
}
