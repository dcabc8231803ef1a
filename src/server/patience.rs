//! What the polling of an outside system remembers between two rounds: how long it was asked to wait, what troubled it, and
//! when it last looked back. Lost at a restart, which only makes it ask once more.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Without a `Retry-After`.
const DEFAULT_WAIT: Duration = Duration::from_secs(10);
/// Whatever a `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Troubles remembered at most.
const MAX_TROUBLES: usize = 1_000;

/// Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Patience {
    quiet_until_ms: Arc<AtomicI64>,
    looked_back_ms: Arc<AtomicI64>,
    troubles: Arc<Mutex<HashMap<String, String>>>,
}

/// How a trouble compares with the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    New,
    Same,
    Over,
}

impl Patience {
    /// Nothing is asked for this long.
    pub fn wait(&self, now_ms: i64, asked: Option<Duration>) {
        let wait = asked.unwrap_or(DEFAULT_WAIT).min(LONGEST_WAIT);
        let until = now_ms + wait.as_millis() as i64;
        self.quiet_until_ms.fetch_max(until, Ordering::SeqCst);
    }

    pub fn is_waiting(&self, now_ms: i64) -> bool {
        let until = self.quiet_until_ms.load(Ordering::SeqCst);
        // a clock that was set back must not make it wait for days
        now_ms < until && until - now_ms <= LONGEST_WAIT.as_millis() as i64
    }

    /// Whether it is time to look back again; remembers that it was.
    pub fn looks_back(&self, now_ms: i64, every: Duration) -> bool {
        let every = every.as_millis() as i64;
        let last = self.looked_back_ms.load(Ordering::SeqCst);
        let is_time = (now_ms - last).abs() >= every;
        let ours = || {
            let order = Ordering::SeqCst;
            self.looked_back_ms
                .compare_exchange(last, now_ms, order, order)
        };
        is_time && ours().is_ok()
    }

    /// Notes what troubles the asking after `what` (`None`: nothing); says whether that is news.
    pub fn note(&self, what: &str, trouble: Option<&str>) -> Trouble {
        let mut troubles = self.troubles.lock().expect("not poisoned");
        let before = match trouble {
            Some(trouble) => {
                if troubles.len() >= MAX_TROUBLES {
                    troubles.clear();
                }
                troubles.insert(what.to_owned(), trouble.to_owned())
            }
            None => troubles.remove(what),
        };
        match (before.as_deref(), trouble) {
            (Some(_), None) => Trouble::Over,
            (before, now) if before == now => Trouble::Same,
            _ => Trouble::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_as_long_as_it_was_asked_to_and_no_longer_than_five_minutes() {
        let patience = Patience::default();
        patience.wait(1_000, Some(Duration::from_secs(7)));
        assert!(patience.is_waiting(7_999) && !patience.is_waiting(8_000));
        patience.wait(10_000, Some(Duration::from_secs(86_400)));
        assert!(patience.is_waiting(309_999) && !patience.is_waiting(310_000));
        assert!(!patience.is_waiting(-86_400_000), "the clock was set back");
    }

    #[test]
    fn a_trouble_is_news_once_and_so_is_its_end() {
        let patience = Patience::default();
        let said = [Some("401"), Some("401"), Some("500"), None, None];
        let news = said.map(|trouble| patience.note("run", trouble));
        use Trouble::{New, Over, Same};
        assert_eq!(news, [New, Same, New, Over, Same]);
    }

    #[test]
    fn it_looks_back_once_in_a_while_and_at_once_after_a_start() {
        let patience = Patience::default();
        let every = Duration::from_secs(60);
        let now = 1_700_000_000_000;
        assert!(patience.looks_back(now, every));
        assert!(!patience.looks_back(now + 59_000, every));
        assert!(patience.looks_back(now + 60_000, every));
    }
}
