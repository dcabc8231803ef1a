//! When the next files start, and when the page is told: what changes many times a second is worked out and shown a few times.

use super::super::queue::Stage;
use super::super::summary;
use super::{ForAll, Shared, now, rows_at, send};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;

/// A long upload shows what has come so far in the list of images this often.
const SHOW_EVERY_MS: f64 = 4_000.0;
/// The queue as a whole is worked out this often.
const TELL_EVERY_MS: f64 = 200.0;

#[derive(Default)]
pub struct Pace {
    shown_ms: f64,
    /// Something was stored that the list of images does not show.
    pub is_unshown: bool,
    told_ms: f64,
    is_telling: bool,
}

/// Starts what may start; tells the page when there is something new to see.
pub fn pump(shared: &Shared) {
    send::ask_tickets(shared);
    send::start_some(shared);
    let idle = rows_at(shared, Stage::is_moving).is_empty();
    let (queue, show) = {
        let mut transfer = shared.borrow_mut();
        let pace = &mut transfer.pace;
        let show = pace.is_unshown && (idle || now() - pace.shown_ms > SHOW_EVERY_MS);
        if show {
            pace.is_unshown = false;
            pace.shown_ms = now();
        }
        (transfer.queue.clone(), show)
    };
    if show {
        queue.stored.update(|n| *n += 1);
        note_down(shared);
    }
    let since = queue.since_ms.get_untracked();
    if idle {
        queue.since_ms.set(0.0);
        if rows_at(shared, |s| !s.is_over()).is_empty() {
            shared.borrow_mut().for_all = ForAll::default();
        }
        note_down(shared);
    } else if since == 0.0 {
        queue.since_ms.set(now());
    }
    tell_soon(shared);
}

/// Has the queue as a whole worked out at once: a person did something.
pub fn tell(shared: &Shared) {
    let queue = {
        let mut transfer = shared.borrow_mut();
        transfer.pace.told_ms = now();
        transfer.queue.clone()
    };
    queue.told.update(|n| *n += 1);
}

/// The same, with what else happens in a moment.
pub fn tell_soon(shared: &Shared) {
    let rest = {
        let mut transfer = shared.borrow_mut();
        let pace = &mut transfer.pace;
        if std::mem::replace(&mut pace.is_telling, true) {
            return;
        }
        // a clock that was set back makes nobody wait longer
        (TELL_EVERY_MS - (now() - pace.told_ms)).clamp(0.0, TELL_EVERY_MS)
    };
    let shared = shared.clone();
    leptos::task::spawn_local(async move {
        TimeoutFuture::new(rest as u32).await;
        shared.borrow_mut().pace.is_telling = false;
        tell(&shared);
    });
}

/// Keeps what was not stored, and why, where a reload finds it.
pub fn note_down(shared: &Shared) {
    let (style, rows) = {
        let transfer = shared.borrow();
        (transfer.style.clone(), transfer.queue.rows.get_untracked())
    };
    let lines = rows
        .iter()
        .map(|row| (row.name.as_str(), row.stage.get_untracked()));
    summary::keep(style.as_str(), &summary::Summary::of(lines));
}
