//! How often something that costs money may be done: a loop in somebody's script shall not start a hundred runs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

const MINUTE_MS: i64 = 60_000;

/// Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct Allowance {
    taken_ms: Arc<Mutex<VecDeque<i64>>>,
}

impl Allowance {
    /// Takes one of `per_minute`.
    ///
    /// # Errors
    /// None is left; holds the seconds until there is one again.
    pub fn take(&self, now_ms: i64, per_minute: u32) -> Result<(), u64> {
        let mut taken = self.taken_ms.lock().expect("not poisoned");
        taken.retain(|at| (now_ms - at).abs() < MINUTE_MS);
        match taken.front() {
            Some(first) if taken.len() >= per_minute as usize => {
                let wait_ms = MINUTE_MS - (now_ms - first).abs();
                Err(wait_ms.max(1) as u64 / 1_000 + 1)
            }
            _ => {
                taken.push_back(now_ms);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_so_many_and_no_more() {
        let allowance = Allowance::default();
        assert_eq!(allowance.take(1_000, 2), Ok(()));
        assert_eq!(allowance.take(31_000, 2), Ok(()));
        assert_eq!(allowance.take(41_000, 2), Err(21));
        assert_eq!(allowance.take(61_000, 2), Ok(()));
        assert!(allowance.take(62_000, 2).is_err());
    }
}
