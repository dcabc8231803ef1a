//! The course of a run: how many steps were done when, and the loss then. From it come the speed, the time left and the chart.

use serde::{Deserialize, Serialize};

/// Points kept of a run; the file is thinned when it holds twice as many.
pub const POINTS_MAX: usize = 500;
/// Points sent to a page.
pub const POINTS_SHOWN: usize = 240;
/// The speed is that of the last so many milliseconds, since a worker slows down and speeds up.
const RECENT_MS: i64 = 120_000;

/// What was known at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ProgressPoint {
    /// Unix milliseconds.
    pub ms: i64,
    pub step: u32,
    pub total: u32,
    /// Where the worker reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
}

/// Every so many points left out until `most` are left; the first and the last stay.
pub fn thinned(points: &[ProgressPoint], most: usize) -> Vec<ProgressPoint> {
    let every = points.len().div_ceil(most.max(2));
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate();
    kept.filter(|(at, _)| every <= 1 || at % every == 0 || *at == last)
        .map(|(_, point)| *point)
        .collect()
}

/// Whether a point tells something that the one before does not.
pub fn is_news(before: Option<&ProgressPoint>, now: &ProgressPoint) -> bool {
    before.is_none_or(|before| (before.step, before.loss) != (now.step, now.loss))
}

/// Steps per second of late; `None` before there are two points to tell from, and after a run that went back.
pub fn steps_per_second(points: &[ProgressPoint]) -> Option<f64> {
    let last = points.last()?;
    let recent = points
        .iter()
        .find(|p| last.ms - p.ms <= RECENT_MS && p.step <= last.step)?;
    let (ms, steps) = (last.ms - recent.ms, last.step.checked_sub(recent.step)?);
    // two reports of one second say little of the next minutes
    (ms >= 1_000 && steps > 0).then(|| f64::from(steps) * 1_000.0 / ms as f64)
}

/// Milliseconds until the last step at the speed of late, counted from `now_ms`.
pub fn left_ms(points: &[ProgressPoint], now_ms: i64) -> Option<i64> {
    let last = points.last()?;
    let left = last.total.checked_sub(last.step).filter(|left| *left > 0)?;
    let ms = (f64::from(left) / steps_per_second(points)? * 1_000.0) as i64;
    Some((ms - (now_ms - last.ms).max(0)).max(0))
}

/// The loss over the steps as a chart of 0-1 by 0-1, y downwards, with its bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct LossChart {
    /// x and y of each loss that was reported.
    pub line: Vec<(f64, f64)>,
    /// The same smoothed, since a single step's loss jumps.
    pub smooth: Vec<(f64, f64)>,
    pub lowest: f64,
    pub highest: f64,
    pub first: f64,
    pub last: f64,
    pub from_step: u32,
    pub to_step: u32,
}

/// `None` with fewer than two reported losses.
pub fn loss_chart(points: &[ProgressPoint]) -> Option<LossChart> {
    let losses: Vec<(u32, f64)> = points
        .iter()
        .filter_map(|p| Some((p.step, p.loss.filter(|loss| loss.is_finite())?)))
        .collect();
    let (first, last) = (losses.first()?, losses.last()?);
    if losses.len() < 2 || last.0 <= first.0 {
        return None;
    }
    let lowest = losses.iter().map(|l| l.1).fold(f64::INFINITY, f64::min);
    let highest = losses.iter().map(|l| l.1).fold(f64::NEG_INFINITY, f64::max);
    let span = (highest - lowest).max(f64::MIN_POSITIVE);
    let steps = f64::from(last.0 - first.0);
    let place = |step: u32, loss: f64| {
        let x = f64::from(step.saturating_sub(first.0)) / steps;
        (x.clamp(0.0, 1.0), (highest - loss) / span)
    };
    let mut mean = first.1;
    let smooth = losses.iter().map(|(step, loss)| {
        mean += (loss - mean) * 0.1;
        place(*step, mean)
    });
    Some(LossChart {
        smooth: smooth.collect(),
        line: losses
            .iter()
            .map(|(step, loss)| place(*step, *loss))
            .collect(),
        lowest,
        highest,
        first: first.1,
        last: last.1,
        from_step: first.0,
        to_step: last.0,
    })
}

/// Where a run stands between its start and its model, in the order a person waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Queued,
    Starting,
    Downloading,
    Training,
    Saving,
    Uploading,
}

impl Stage {
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Starting,
        Self::Downloading,
        Self::Training,
        Self::Saving,
        Self::Uploading,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Downloading => "downloading",
            Self::Training => "training",
            Self::Saving => "saving",
            Self::Uploading => "uploading",
        }
    }

    /// What a worker calls its stage, in the words of the containers in use.
    pub fn of_worker(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        let says = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
        if says(&["upload"]) {
            Some(Self::Uploading)
        } else if says(&["sav", "finali", "export"]) {
            Some(Self::Saving)
        } else if says(&["download", "fetch"]) {
            Some(Self::Downloading)
        } else if says(&["start", "init", "load", "prepar", "cach", "boot"]) {
            Some(Self::Starting)
        } else if says(&["train"]) {
            Some(Self::Training)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(ms: i64, step: u32, loss: Option<f64>) -> ProgressPoint {
        ProgressPoint {
            ms,
            step,
            total: 1_000,
            loss,
        }
    }

    #[test]
    fn the_time_left_follows_the_speed_of_late_and_not_the_slow_beginning() {
        // ten minutes for the first 100 steps, then ten steps a second
        let points = [
            point(0, 0, None),
            point(600_000, 100, None),
            point(660_000, 700, None),
        ];
        let speed = steps_per_second(&points).unwrap();
        assert!((speed - 10.0).abs() < 0.01, "{speed}");
        assert_eq!(left_ms(&points, 660_000), Some(30_000));
        assert_eq!(left_ms(&points, 670_000), Some(20_000));
        assert_eq!(left_ms(&points, 900_000), Some(0));
        assert_eq!(left_ms(&points[..1], 0), None);
    }

    #[test]
    fn a_run_that_began_anew_counts_from_there() {
        let points = [
            point(0, 500, None),
            point(1_000, 0, None),
            point(11_000, 20, None),
        ];
        assert_eq!(steps_per_second(&points), Some(2.0));
    }

    #[test]
    fn thinning_keeps_the_first_and_the_last_point() {
        let points: Vec<_> = (0..1_001).map(|n| point(n, n as u32, None)).collect();
        let kept = thinned(&points, 500);
        assert!(
            kept.len() <= POINTS_MAX + 1 && kept.len() > 300,
            "{}",
            kept.len()
        );
        assert_eq!((kept[0].step, kept[kept.len() - 1].step), (0, 1_000));
        assert_eq!(thinned(&points[..3], 500).len(), 3);
    }

    #[test]
    fn the_chart_spans_what_was_reported() {
        let points = [
            point(0, 0, None),
            point(1, 10, Some(0.5)),
            point(2, 20, Some(f64::NAN)),
            point(3, 30, Some(0.25)),
        ];
        let chart = loss_chart(&points).unwrap();
        assert_eq!((chart.highest, chart.lowest), (0.5, 0.25));
        assert_eq!(chart.line, [(0.0, 0.0), (1.0, 1.0)]);
        assert_eq!((chart.from_step, chart.to_step), (10, 30));
        assert_eq!(loss_chart(&points[..2]), None);
        let flat = [point(0, 1, Some(0.3)), point(1, 2, Some(0.3))];
        assert_eq!(loss_chart(&flat).unwrap().line[1], (1.0, 0.0));
    }

    #[test]
    fn the_words_of_workers_are_stages() {
        for (word, stage) in [
            ("downloading", Stage::Downloading),
            ("Loading models", Stage::Starting),
            ("caching latents", Stage::Starting),
            ("training", Stage::Training),
            ("saving checkpoint", Stage::Saving),
            ("uploading to s3", Stage::Uploading),
        ] {
            assert_eq!(Stage::of_worker(word), Some(stage), "{word}");
        }
        assert_eq!(Stage::of_worker("thinking"), None);
    }
}
