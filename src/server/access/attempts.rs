//! Guessing is slow: a few wrong passwords a minute from one address, and not many more from all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

const MINUTE_MS: i64 = 60_000;
const PER_ADDRESS: u32 = 5;
const FROM_EVERYWHERE: u32 = 50;

#[derive(Default)]
pub struct Attempts(Mutex<Minute>);

#[derive(Default)]
struct Minute {
    began_ms: i64,
    by_address: HashMap<IpAddr, u32>,
    all: u32,
}

impl Attempts {
    /// Counts an attempt before it is made, so that many at once are counted too.
    ///
    /// # Errors
    /// No more this minute; holds the seconds that are left of it.
    pub fn begin(&self, from: IpAddr, now_ms: i64) -> Result<(), u64> {
        let mut minute = self.0.lock().expect("not poisoned");
        if (now_ms - minute.began_ms).abs() >= MINUTE_MS {
            *minute = Minute {
                began_ms: now_ms,
                ..Minute::default()
            };
        }
        let left = (minute.began_ms + MINUTE_MS - now_ms).clamp(1_000, MINUTE_MS) as u64 / 1_000;
        let here = minute.by_address.get(&from).copied().unwrap_or(0);
        if here >= PER_ADDRESS || minute.all >= FROM_EVERYWHERE {
            return Err(left);
        }
        minute.all += 1;
        minute.by_address.insert(from, here + 1);
        Ok(())
    }

    /// The right one does not count.
    pub fn succeeded(&self, from: IpAddr) {
        let mut minute = self.0.lock().expect("not poisoned");
        minute.by_address.remove(&from);
        minute.all = minute.all.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_five_attempts_a_minute_and_all_of_them_fifty() {
        let attempts = Attempts::default();
        let from = |n: u8| IpAddr::from([10, 0, 0, n]);
        let now = 1_000_000;
        let passed = (0..9)
            .filter(|_| attempts.begin(from(1), now).is_ok())
            .count();
        assert_eq!(passed, 5);
        assert_eq!(attempts.begin(from(1), now + 20_000), Err(40));
        let passed = (0..200).filter(|n| attempts.begin(from(2 + n / 4), now).is_ok());
        assert_eq!(passed.count(), 45);
        assert!(attempts.begin(from(1), now + MINUTE_MS).is_ok());
    }
}
