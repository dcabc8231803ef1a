//! The door that strangers reach: how many were turned away lately. A flood is turned away before its bodies are read, and the
//! log gets a line per kind and minute, without addresses' queries or bodies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const MINUTE_MS: i64 = 60_000;
/// From here on only known callers are let further in.
const MAX_REFUSED: u32 = 60;

/// Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Door {
    minute: Arc<Mutex<Minute>>,
}

#[derive(Default)]
struct Minute {
    began_ms: i64,
    refused: HashMap<u16, u32>,
}

impl Minute {
    fn at(&mut self, now_ms: i64) -> &mut Self {
        if (now_ms - self.began_ms).abs() >= MINUTE_MS {
            self.began_ms = now_ms;
            self.refused.clear();
        }
        self
    }
}

impl Door {
    /// Notes that somebody was turned away with this status; true for the first one of the minute.
    pub fn refused(&self, now_ms: i64, status: u16) -> bool {
        let mut minute = self.minute.lock().expect("not poisoned");
        let count = minute.at(now_ms).refused.entry(status).or_default();
        *count = count.saturating_add(1);
        *count == 1
    }

    /// Whether so many were turned away that strangers are not listened to for the rest of the minute.
    pub fn is_flooded(&self, now_ms: i64) -> bool {
        let mut minute = self.minute.lock().expect("not poisoned");
        let refused = minute.at(now_ms).refused.values();
        refused.fold(0u32, |sum, n| sum.saturating_add(*n)) >= MAX_REFUSED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_over_with_its_minute_and_logged_once_per_kind() {
        let door = Door::default();
        let logged = (0..100).filter(|_| door.refused(1_000_000, 401)).count();
        assert_eq!(logged, 1);
        assert!(door.refused(1_000_000, 404));
        assert!(door.is_flooded(1_059_999));
        assert!(!door.is_flooded(1_060_000));
    }
}
