//! A deletion of many images: so many at a time that it can be followed and stopped. Pure.

use std::collections::BTreeSet;

/// Images that one request deletes: S3 takes 1,000 names, and an image has at most one caption. Seconds, also where the bucket
/// is slow.
pub const AT_ONCE: usize = 500;

/// How far it is. It has its own names: what is asked about on the page meanwhile is another matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deletion {
    names: Vec<String>,
    /// So many of the names were asked for, and answered.
    answered: usize,
    /// Those that are gone.
    pub gone: BTreeSet<String>,
    is_stopped: bool,
}

impl Deletion {
    pub fn of(names: Vec<String>) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    /// The names to delete now; none when it is over or was stopped.
    pub fn next(&self) -> Option<Vec<String>> {
        let left = &self.names[self.answered..];
        let some = &left[..left.len().min(AT_ONCE)];
        (!some.is_empty() && !self.is_stopped).then(|| some.to_vec())
    }

    /// What [`Self::next`] named was answered.
    pub fn went(&mut self) {
        let to = self.names.len().min(self.answered + AT_ONCE);
        let some = self.names[self.answered..to].iter();
        self.gone.extend(some.cloned());
        self.answered = to;
    }

    /// What is under way cannot be taken back; nothing more is begun.
    pub fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Whether stopping keeps anything.
    pub fn can_stop(&self) -> bool {
        !self.is_stopped && self.names.len() > self.answered + AT_ONCE
    }

    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    pub fn total(&self) -> usize {
        self.names.len()
    }

    /// Names that are left.
    pub fn left(&self) -> Vec<String> {
        self.names[self.answered..].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: usize) -> Deletion {
        Deletion::of((0..count).map(|n| format!("{n:04}.png")).collect())
    }

    #[test]
    fn it_goes_on_until_nothing_is_left() {
        let mut deletion = of(AT_ONCE * 2 + 1);
        let mut asked = Vec::new();
        while let Some(names) = deletion.next() {
            assert!(names.len() <= AT_ONCE);
            asked.extend(names);
            deletion.went();
        }
        assert_eq!((asked.len(), deletion.gone.len()), (1001, 1001));
        assert_eq!(deletion.left(), [""; 0]);
    }

    #[test]
    fn stopped_it_finishes_what_is_under_way_and_keeps_the_rest() {
        let mut deletion = of(AT_ONCE + 5);
        assert!(deletion.can_stop());
        let under_way = deletion.next().expect("the first ones");
        deletion.stop();
        assert_eq!(deletion.gone.len(), 0, "not answered yet");
        deletion.went();
        assert_eq!(deletion.next(), None);
        assert!(under_way.iter().all(|name| deletion.gone.contains(name)));
        assert_eq!((deletion.gone.len(), deletion.left().len()), (AT_ONCE, 5));
    }

    #[test]
    fn the_last_request_cannot_be_stopped() {
        let mut deletion = of(AT_ONCE + 5);
        deletion.went();
        assert!(!deletion.can_stop());
        assert!(!of(AT_ONCE).can_stop());
    }
}
