//! The files of one style that are on their way, as a page shows them. Belongs to no view: whatever is built anew around it,
//! nothing stops.

use crate::dataset::model::image::is_caption;
use crate::ui::units::{bytes, plural};
use leptos::prelude::*;

/// Where a file stands.
#[derive(Clone, Debug, PartialEq)]
// only a browser moves files
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
pub enum Stage {
    Waiting,
    /// Bytes sent so far.
    Running(u64),
    Stored,
    /// A file of this name is there already: the person decides.
    Exists,
    /// It would be refused again.
    Refused(String),
    /// Another try may help.
    Failed(String),
    Cancelled,
}

impl Stage {
    pub fn is_moving(&self) -> bool {
        matches!(self, Self::Waiting | Self::Running(_))
    }
}

#[derive(Clone)]
pub struct Row {
    pub id: u32,
    pub name: String,
    pub size_bytes: u64,
    pub stage: ArcRwSignal<Stage>,
}

#[derive(Clone, Default)]
pub struct Queue {
    pub rows: ArcRwSignal<Vec<Row>>,
    /// Rises when files were stored and the list should be asked for again.
    pub stored: ArcRwSignal<u32>,
    /// When the files now moving began, Unix ms; 0 while none does.
    pub since_ms: ArcRwSignal<f64>,
}

/// The queue in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    pub images: usize,
    pub captions: usize,
    pub stored: usize,
    pub failed: usize,
    pub asking: usize,
    pub moving: usize,
    /// Bytes of everything that was, is or will be sent.
    pub all_bytes: u64,
    pub sent_bytes: u64,
}

impl Queue {
    pub fn sum(&self) -> Sum {
        let mut sum = Sum::default();
        for row in self.rows.get() {
            let stage = row.stage.get();
            match &stage {
                Stage::Cancelled => continue,
                Stage::Stored => {
                    sum.stored += 1;
                    sum.sent_bytes += row.size_bytes;
                }
                Stage::Running(sent) => sum.sent_bytes += sent,
                Stage::Failed(_) | Stage::Refused(_) => sum.failed += 1,
                Stage::Exists => sum.asking += 1,
                Stage::Waiting => {}
            }
            sum.moving += usize::from(stage.is_moving());
            if stage.is_moving() || stage == Stage::Stored {
                sum.all_bytes += row.size_bytes;
            }
            if is_caption(&row.name) {
                sum.captions += 1;
            } else {
                sum.images += 1;
            }
        }
        sum
    }
}

impl Sum {
    pub fn title(&self) -> String {
        let parts = [(self.images, "image"), (self.captions, "caption")];
        let parts = parts
            .into_iter()
            .filter(|p| p.0 > 0)
            .map(|(n, what)| plural(n, what));
        let files = parts.collect::<Vec<_>>().join(", ");
        match (self.moving, files.is_empty()) {
            (_, true) => "Upload cancelled".to_owned(),
            (0, _) if self.failed + self.asking == 0 => format!("Uploaded {files}"),
            (0, _) => "Upload finished".to_owned(),
            _ => format!("Uploading {files}"),
        }
    }

    /// `13 of 20 stored · 1 failed · 21 MB of 32 MB · about 12 s left`.
    pub fn line(&self, elapsed_ms: f64) -> String {
        let mut line = format!("{} of {} stored", self.stored, self.images + self.captions);
        if self.failed > 0 {
            line.push_str(&format!(" · {} failed", self.failed));
        }
        if self.asking > 0 {
            line.push_str(&format!(" · {} already there", self.asking));
        }
        if self.moving > 0 {
            line.push_str(&format!(
                " · {} of {}",
                bytes(self.sent_bytes),
                bytes(self.all_bytes)
            ));
            if let Some(seconds) = self.seconds_left(elapsed_ms) {
                line.push_str(&format!(
                    " · about {} left",
                    crate::ui::units::seconds(seconds)
                ));
            }
        }
        line
    }

    /// Nothing before there is something to go by.
    fn seconds_left(&self, elapsed_ms: f64) -> Option<u64> {
        if elapsed_ms < 2_000.0 || self.sent_bytes == 0 {
            return None;
        }
        let left = self.all_bytes.saturating_sub(self.sent_bytes) as f64;
        Some((left * elapsed_ms / self.sent_bytes as f64 / 1_000.0).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_is_stored_what_failed_and_how_long_it_takes() {
        let sum = Sum {
            images: 4,
            captions: 1,
            stored: 2,
            failed: 1,
            asking: 0,
            moving: 2,
            all_bytes: 4_000_000,
            sent_bytes: 1_000_000,
        };
        assert_eq!(sum.title(), "Uploading 4 images, 1 caption");
        assert_eq!(
            sum.line(4_000.0),
            "2 of 5 stored · 1 failed · 1.0 MB of 4.0 MB · about 12 s left"
        );
    }
}
