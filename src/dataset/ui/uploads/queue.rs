//! The files of one style that are on their way, as a page shows them. Belongs to no view: whatever is built anew around it,
//! nothing stops.

use crate::dataset::model::upload::{Conflict, is_caption_name};
use crate::ui::units::{bytes, plural};
use leptos::prelude::*;

/// What a person is asked about a file before it is sent.
#[derive(Clone, Debug, PartialEq)]
// only a browser asks
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
pub enum Question {
    /// The name is taken.
    Clash(Conflict),
    /// A changed copy would be sent, for these reasons.
    Change(Vec<String>),
}

/// Where a file stands.
#[derive(Clone, Debug, PartialEq)]
// only a browser moves files
#[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
pub enum Stage {
    /// Is being looked at, or unpacked.
    Looking,
    Asking(Question),
    /// A caption whose image is not decided yet.
    Held,
    Waiting,
    /// Bytes sent so far.
    Running(u64),
    Stored,
    /// The very same file is there already.
    Same,
    /// By the person's decision, or with its image.
    Skipped(String),
    /// It would be refused again.
    Refused(String),
    /// Another try may help.
    Failed(String),
    Cancelled,
}

impl Stage {
    /// Goes on by itself.
    pub fn is_moving(&self) -> bool {
        matches!(self, Self::Looking | Self::Waiting | Self::Running(_))
    }

    /// Nothing more happens to it unless somebody tries again.
    #[cfg(feature = "hydrate")]
    pub fn is_over(&self) -> bool {
        !self.is_moving() && !matches!(self, Self::Asking(_) | Self::Held)
    }
}

/// An image and its caption share it: files of one drop, folder and stem. Names alone do not tell, since files of several
/// folders have the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub batch: u32,
    pub folder: String,
    pub stem: String,
}

#[derive(Clone)]
pub struct Row {
    pub id: u32,
    pub group: Group,
    /// As the file came.
    pub name: String,
    pub size_bytes: u64,
    pub stage: ArcRwSignal<Stage>,
    /// What was found: its size in pixels, its new name, what was done to it.
    pub notes: ArcRwSignal<Vec<String>>,
    /// Address of a small picture that lies in the browser; empty without one.
    pub preview: ArcRwSignal<String>,
}

impl Row {
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
    pub fn new(id: u32, group: Group, name: &str, size_bytes: u64) -> Self {
        Self {
            id,
            group,
            name: name.to_owned(),
            size_bytes,
            stage: ArcRwSignal::new(Stage::Looking),
            notes: ArcRwSignal::default(),
            preview: ArcRwSignal::default(),
        }
    }

    /// The image that a caption came with.
    pub fn image_in<'a>(&self, rows: &'a [Row]) -> Option<&'a Row> {
        rows.iter()
            .find(|row| row.group == self.group && !is_caption_name(&row.name))
    }

    /// Whether it is an image that came with a caption, and the caption was not left behind. Tracks the caption's stage.
    pub fn has_caption_in(&self, rows: &[Row]) -> bool {
        use Stage::{Cancelled, Failed, Refused, Skipped};
        let mut captions = rows
            .iter()
            .filter(|row| row.group == self.group && is_caption_name(&row.name));
        captions.any(|caption| {
            let is_own = caption.image_in(rows).is_some_and(|row| row.id == self.id);
            let comes =
                |stage: &Stage| !matches!(stage, Skipped(_) | Refused(_) | Failed(_) | Cancelled);
            is_own && caption.stage.with(comes)
        })
    }
}

#[derive(Clone, Default)]
pub struct Queue {
    pub rows: ArcRwSignal<Vec<Row>>,
    /// Rises some times a second while a stage changes: the queue as a whole is another. Each file's own stage is told at once.
    pub told: ArcRwSignal<u32>,
    /// Rises when files were stored and the list should be asked for again.
    pub stored: ArcRwSignal<u32>,
    /// When the files now moving began, Unix ms; 0 while none does.
    pub since_ms: ArcRwSignal<f64>,
    /// Pictures looked at since the list was empty, and how long that took.
    pub looked: ArcRwSignal<Looked>,
}

/// How quickly pictures are looked at: for whoever measures it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looked {
    pub pictures: u32,
    pub began_ms: f64,
    pub took_ms: f64,
}

/// The queue in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    pub images: usize,
    pub captions: usize,
    pub stored: usize,
    pub same: usize,
    pub skipped: usize,
    /// Another try may help.
    pub failed: usize,
    /// It would be refused again.
    pub refused: usize,
    pub cancelled: usize,
    /// Files that ask whether their name is to be taken.
    pub clashes: usize,
    /// Files that ask whether they may be changed.
    pub changes: usize,
    /// Captions whose image is not decided yet.
    pub held: usize,
    pub looking: usize,
    pub moving: usize,
    /// Bytes of everything that was sent or is on its way.
    pub all_bytes: u64,
    /// Bytes of what waits for a person: undecided, failed or cancelled.
    pub waiting_bytes: u64,
    pub sent_bytes: u64,
}

impl Queue {
    /// Of all its files; worked out again when `rows` or `told` say so.
    pub fn sum(&self) -> Sum {
        self.told.track();
        let mut sum = Sum::default();
        self.rows.with(|rows| {
            for row in rows {
                row.stage.with_untracked(|stage| sum.add(row, stage));
            }
        });
        sum
    }
}

impl Sum {
    fn add(&mut self, row: &Row, stage: &Stage) {
        match stage {
            Stage::Cancelled => self.cancelled += 1,
            Stage::Same => {
                self.same += 1;
                return;
            }
            Stage::Skipped(_) => {
                self.skipped += 1;
                return;
            }
            Stage::Stored => {
                self.stored += 1;
                self.sent_bytes += row.size_bytes;
            }
            Stage::Running(sent) => self.sent_bytes += sent,
            Stage::Failed(_) => self.failed += 1,
            Stage::Refused(_) => self.refused += 1,
            Stage::Asking(Question::Clash(_)) => self.clashes += 1,
            Stage::Asking(Question::Change(_)) => self.changes += 1,
            Stage::Held => self.held += 1,
            Stage::Looking => self.looking += 1,
            Stage::Waiting => {}
        }
        self.moving += usize::from(stage.is_moving());
        if stage.is_moving() || *stage == Stage::Stored {
            self.all_bytes += row.size_bytes;
        } else if !matches!(stage, Stage::Refused(_)) {
            self.waiting_bytes += row.size_bytes;
        }
        if is_caption_name(&row.name) {
            self.captions += 1;
        } else {
            self.images += 1;
        }
    }

    /// Files that wait for an answer.
    fn asking(&self) -> usize {
        self.clashes + self.changes
    }

    /// Whether some files wait for a person.
    pub fn waits(&self) -> bool {
        self.asking() + self.held > 0
    }

    /// Files to which nothing more happens by itself.
    pub fn over(&self) -> usize {
        self.stored + self.same + self.skipped + self.failed + self.refused + self.cancelled
    }

    /// What of all that can be stored is stored, by bytes. What is refused never will be.
    pub fn percent(&self) -> u64 {
        let all = self.all_bytes + self.waiting_bytes;
        (self.sent_bytes * 100).checked_div(all).unwrap_or(0)
    }

    /// Whether everything that can be stored is.
    pub fn is_through(&self) -> bool {
        self.moving + self.asking() + self.held + self.failed + self.cancelled == 0
    }

    pub fn title(&self) -> String {
        let parts = [(self.images, "image"), (self.captions, "caption")];
        let parts = parts
            .into_iter()
            .filter(|p| p.0 > 0)
            .map(|(n, what)| plural(n, what));
        let files = parts.collect::<Vec<_>>().join(", ");
        match (self.moving, files.is_empty()) {
            (_, true) => "Nothing to upload".to_owned(),
            (0, _) if self.asking() > 0 => "Before the rest is uploaded".to_owned(),
            (0, _) if self.cancelled > 0 => "Upload cancelled".to_owned(),
            (0, _) if self.failed + self.refused == 0 => format!("Uploaded {files}"),
            (0, _) => "Upload finished".to_owned(),
            (moving, _) if moving == self.looking && self.stored == 0 => {
                format!("Checking {files}")
            }
            _ => format!("Uploading {files}"),
        }
    }

    /// `13 of 20 stored · 1 failed · 21 MB of 32 MB · about 12 s left`.
    pub fn line(&self, elapsed_ms: f64) -> String {
        let mut line = format!("{} of {} stored", self.stored, self.images + self.captions);
        for (count, what) in [
            (self.failed, "failed"),
            (self.refused, "refused"),
            (self.cancelled, "cancelled"),
            (self.asking(), "to decide"),
            (self.same, "already there"),
            (self.skipped, "left out"),
        ] {
            if count > 0 {
                line.push_str(&format!(" · {count} {what}"));
            }
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
            moving: 2,
            all_bytes: 4_000_000,
            sent_bytes: 1_000_000,
            ..Sum::default()
        };
        assert_eq!(sum.title(), "Uploading 4 images, 1 caption");
        assert_eq!(
            sum.line(4_000.0),
            "2 of 5 stored · 1 failed · 1.0 MB of 4.0 MB · about 12 s left"
        );
    }

    #[test]
    fn an_image_has_the_caption_of_its_own_folder_and_not_one_of_the_same_name() {
        let row = |id, folder: &str, name: &str| {
            let group = Group {
                batch: 1,
                folder: folder.into(),
                stem: "one".into(),
            };
            Row::new(id, group, name, 1)
        };
        let rows = [
            row(1, "a", "one.png"),
            row(2, "a", "one.txt"),
            row(3, "b", "one.txt"),
            row(4, "c", "one.png"),
        ];
        let with = || {
            rows.iter()
                .filter(|r| r.has_caption_in(&rows))
                .map(|r| r.id)
        };
        assert_eq!(with().collect::<Vec<_>>(), [1]);
        rows[1].stage.set(Stage::Failed("No answer.".into()));
        assert_eq!(with().count(), 0);
    }

    #[test]
    fn the_bar_is_full_only_when_everything_that_can_be_stored_is() {
        let mut sum = Sum::default();
        let mut add = |stage: Stage| {
            let group = Group {
                batch: 1,
                folder: String::new(),
                stem: "a".into(),
            };
            let row = Row::new(1, group, "a.jpg", 100);
            row.stage.set(stage.clone());
            sum.add(&row, &stage);
            sum
        };
        let stored = add(Stage::Stored);
        assert_eq!((stored.waits(), stored.over()), (false, 1));
        let refused = add(Stage::Refused("is a web page".into()));
        assert!((refused.percent(), refused.is_through()) == (100, true));
        assert_eq!(refused.title(), "Upload finished");
        let asking = add(Stage::Asking(Question::Change(Vec::new())));
        assert!((asking.percent(), asking.is_through()) == (50, false));
        assert_eq!((asking.waits(), asking.over()), (true, 2));
        let failed = add(Stage::Failed("no answer".into()));
        let cancelled = Sum {
            stored: 2,
            captions: 18,
            cancelled: 16,
            all_bytes: 2,
            waiting_bytes: 16,
            sent_bytes: 2,
            ..Sum::default()
        };
        assert!((cancelled.percent(), cancelled.is_through()) == (11, false));
        assert_eq!(cancelled.title(), "Upload cancelled");
        assert_eq!(cancelled.line(0.0), "2 of 18 stored · 16 cancelled");
        let running = add(Stage::Running(60));
        assert_eq!((failed.percent(), running.percent()), (33, 40));
        assert_eq!(
            running.line(0.0),
            "1 of 5 stored · 1 failed · 1 refused · 1 to decide · 160 B of 200 B"
        );
    }

    #[test]
    fn what_is_left_to_a_person_is_said_before_the_end() {
        let sum = Sum {
            images: 3,
            stored: 1,
            clashes: 1,
            changes: 1,
            same: 4,
            skipped: 1,
            ..Sum::default()
        };
        assert_eq!(sum.title(), "Before the rest is uploaded");
        assert_eq!(
            sum.line(0.0),
            "1 of 3 stored · 2 to decide · 4 already there · 1 left out"
        );
        let same = Sum {
            same: 2,
            ..Sum::default()
        };
        assert_eq!(same.title(), "Nothing to upload");
    }
}
