//! A version in words: status, recipe, progress, how long it took, what to do when it failed. Pure; shows nothing itself.

use super::clock::stopwatch;
use crate::training::model::import::IMPORTED;
use crate::training::model::progress::{self, ProgressPoint, Stage};
use crate::training::model::time::unix_ms;
use crate::training::model::version::{Progress, Status, TrainingVersion, VersionEvent};
use crate::ui::units::{count, plural, seconds};

/// Whether this studio still waits for an outcome: the page asks again.
pub fn is_live(version: &TrainingVersion) -> bool {
    version.is_ours() && !version.status.is_final()
}

/// Started by another program and never settled: nobody here will hear of it.
pub fn is_unwatched(version: &TrainingVersion) -> bool {
    !version.is_ours() && !version.status.is_final()
}

/// What a person calls it; older files may lack a name.
pub fn name(version: &TrainingVersion) -> String {
    let name = if version.name.is_empty() {
        &version.id
    } else {
        &version.name
    };
    name.clone()
}

/// What counts the steps of a run; files that are fetched first are no steps.
fn steps(version: &TrainingVersion) -> Option<&Progress> {
    let progress = version.progress.as_ref()?;
    (progress.stage != "downloading" && progress.total > 0).then_some(progress)
}

/// Share of the steps, 0-100, while it trains.
pub fn percent(version: &TrainingVersion) -> Option<u32> {
    let training = version.status == Status::Training;
    steps(version).filter(|_| training)?.percent()
}

/// `training 62 %`, `completed`.
pub fn badge(version: &TrainingVersion) -> String {
    match percent(version) {
        Some(percent) => format!("training {percent} %"),
        None if version.is_queued() => "waiting".to_owned(),
        None => version.status.as_str().to_owned(),
    }
}

/// Where a live run stands between its start and its model.
pub fn stage(version: &TrainingVersion) -> Option<Stage> {
    match (version.status, &version.progress) {
        (Status::Pending, _) => Some(Stage::Queued),
        (Status::Training, None) => Some(Stage::Starting),
        (Status::Training, Some(progress)) => {
            Some(Stage::of_worker(&progress.stage).unwrap_or(Stage::Training))
        }
        _ => None,
    }
}

/// `run 3 of 8 of a sweep`
pub fn place(version: &TrainingVersion) -> Option<String> {
    let place = version.sweep.as_ref()?;
    Some(format!("run {} of {} of a sweep", place.number, place.of))
}

fn whole(version: &TrainingVersion, name: &str) -> Option<u64> {
    version.number(name).filter(|n| *n >= 0.0).map(|n| n as u64)
}

/// `rank 16/16 · lr 1e-4 · 1,200 steps · 30 images (Set 2) · 22 min · $0.41`; what is not known is left out.
pub fn recipe(version: &TrainingVersion) -> String {
    let rank = whole(version, "network_dim").map(|dim| match whole(version, "network_alpha") {
        Some(alpha) => format!("rank {dim}/{alpha}"),
        None => format!("rank {dim}"),
    });
    let rate = version
        .number("learning_rate")
        .map(|rate| format!("lr {rate:e}"));
    let steps = whole(version, "max_train_steps").map(|steps| plural(steps as usize, "step"));
    let images = version
        .image_count
        .map(|images| plural(images as usize, "image"));
    let set = version.selection_set_id.map(|set| format!("Set {set}"));
    let dataset = match (images, set) {
        (Some(images), Some(set)) => Some(format!("{images} ({set})")),
        (images, set) => images.or(set),
    };
    let took = took_ms(version).filter(|_| version.status == Status::Completed);
    let took = took.map(|ms| seconds((ms as u64).div_ceil(1_000)));
    let cost = version.cost_usd(None).filter(|_| version.status.is_final());
    let cost = cost.map(|usd| format!("${usd:.2}"));
    let known: Vec<String> = [rank, rate, steps, dataset, took, cost]
        .into_iter()
        .flatten()
        .collect();
    if known.is_empty() {
        "No parameters recorded".into()
    } else {
        known.join(" · ")
    }
}

/// How long it took, in milliseconds: on the worker where that is known, else from its record to its end. Of an imported model
/// nobody measured it.
pub fn took_ms(version: &TrainingVersion) -> Option<i64> {
    if version.trainer.as_deref() == Some(IMPORTED) {
        return None;
    }
    let ended = version.completed_at.as_ref().or(version.failed_at.as_ref());
    let whole_run = || Some(unix_ms(ended?)? - unix_ms(&version.timestamp)?);
    version
        .execution_time_ms
        .or_else(whole_run)
        .filter(|ms| *ms >= 0)
}

/// The duration of a row: `58:21`, `14:02 so far`, `in queue 0:31`, or nothing.
pub fn duration(version: &TrainingVersion, now_ms: i64) -> String {
    if !version.status.is_final() {
        let since = unix_ms(version.began_at()).filter(|_| version.is_ours());
        let elapsed = since.map(|since| stopwatch(now_ms - since));
        return match (elapsed, version.status) {
            (None, _) => String::new(),
            (Some(elapsed), _) if version.is_queued() => format!("waiting {elapsed}"),
            (Some(elapsed), Status::Pending) => format!("in queue {elapsed}"),
            (Some(elapsed), _) => format!("{elapsed} so far"),
        };
    }
    took_ms(version).map(stopwatch).unwrap_or_default()
}

/// The words at the left of the progress bar: a strong one and what explains it.
pub fn progress_words(version: &TrainingVersion) -> (String, String) {
    let progress = version.progress.as_ref();
    match version.status {
        Status::Pending if version.is_queued() => (
            "Waits for its turn".into(),
            format!(
                "{}; nothing was sent yet",
                place(version).unwrap_or_default()
            ),
        ),
        Status::Pending => ("In the queue".into(), "waiting for a worker".into()),
        Status::Completed => {
            let steps = whole(version, "max_train_steps");
            (
                steps
                    .map(|s| plural(s as usize, "step"))
                    .unwrap_or_default(),
                String::new(),
            )
        }
        Status::Training => match (progress, percent(version)) {
            (Some(p), Some(percent)) => (format!("{percent} %"), steps_so_far(p)),
            (Some(p), None) => ("Preparing".into(), steps_so_far(p)),
            (None, _) => ("Preparing".into(), String::new()),
        },
        Status::Failed | Status::Cancelled => match steps(version) {
            Some(p) => (
                format!(
                    "Stopped at step {} of {}",
                    count(p.step.into()),
                    count(p.total.into())
                ),
                String::new(),
            ),
            None => ("Stopped before the first step".into(), String::new()),
        },
    }
}

/// `step 744 of 1,200`, `downloading 12 of 60 files`.
fn steps_so_far(progress: &Progress) -> String {
    let (step, total) = (count(progress.step.into()), count(progress.total.into()));
    match (progress.stage.as_str(), progress.total) {
        ("downloading", 0) => "downloading the dataset".into(),
        ("downloading", _) => format!("downloading {step} of {total} files"),
        (_, 0) => format!("step {step}"),
        ("training", _) => format!("step {step} of {total}"),
        (stage, _) => format!("step {step} of {total} · {stage}"),
    }
}

/// The words at the right of the progress bar: time so far and, from the speed of this run, time left.
pub fn times(
    version: &TrainingVersion,
    events: &[VersionEvent],
    points: &[ProgressPoint],
    now_ms: i64,
) -> String {
    if version.status.is_final() {
        let took = took_ms(version).map(|ms| match version.execution_time_ms {
            Some(_) => format!("{} on the worker", stopwatch(ms)),
            None => format!("took {}", stopwatch(ms)),
        });
        return joined([took, queued(version)]);
    }
    let elapsed = duration(version, now_ms);
    let elapsed = elapsed
        .strip_prefix("in queue ")
        .or_else(|| elapsed.strip_prefix("waiting "))
        .map(|e| format!("{e} so far"))
        .unwrap_or(elapsed);
    let training = version.status == Status::Training;
    let of_late = || progress::left_ms(points, now_ms).filter(|_| training);
    let left = of_late()
        .or_else(|| left_ms(version, events, now_ms))
        .map(|ms| {
            let words = seconds((ms.max(0) as u64).div_ceil(1_000));
            format!("about {words} left")
        });
    joined([Some(elapsed + &spent(version, now_ms)), left])
}

/// ` · about $0.12`, by the time since a worker has it.
fn spent(version: &TrainingVersion, now_ms: i64) -> String {
    let began = || Some(unix_ms(version.began_at())? + version.delay_time_ms?);
    let running = began().filter(|_| version.status == Status::Training);
    let usd = running.and_then(|began| version.cost_usd(Some(now_ms - began)));
    usd.map(|usd| format!(" · about ${usd:.2}"))
        .unwrap_or_default()
}

/// `4 s in the queue`.
fn queued(version: &TrainingVersion) -> Option<String> {
    let ms = version.delay_time_ms.filter(|ms| *ms >= 0)?;
    Some(format!("{} in the queue", stopwatch(ms)))
}

fn joined(parts: [Option<String>; 2]) -> String {
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    parts.join(" · ")
}

/// Milliseconds until the last step at the speed since training began; `None` before there is one to speak of.
fn left_ms(version: &TrainingVersion, events: &[VersionEvent], now_ms: i64) -> Option<i64> {
    let progress = steps(version).filter(|p| version.status == Status::Training && p.step > 0)?;
    let began = |message: &str| events.iter().rev().find(|e| e.message == message);
    let since = began("training").or_else(|| began("a worker took the job"))?;
    let spent = now_ms - unix_ms(&since.time)?;
    let left = i64::from(progress.total.saturating_sub(progress.step));
    (spent > 0 && left > 0).then(|| left * spent / i64::from(progress.step))
}

/// Said aloud when it changes: status, and progress in tens so that it does not chatter.
pub fn spoken(version: &TrainingVersion) -> String {
    let name = name(version);
    match percent(version) {
        Some(percent) => format!("{name} training, {} %", percent / 10 * 10),
        None => format!("{name} {}", version.status.as_str()),
    }
}

/// The window's title: how far, then which; marked while the end was not looked at.
pub fn title(version: &TrainingVersion, unseen: bool) -> String {
    let name = name(version);
    let mark = if unseen { "● " } else { "" };
    match (percent(version), version.status) {
        (Some(percent), _) => format!("{percent} % {name}"),
        (None, status) => format!("{mark}{name} {}", status.as_str()),
    }
}

/// What a person can do about a failure.
pub fn remedy(version: &TrainingVersion) -> String {
    let reason = version.error.as_deref().unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if !version.is_ours() {
        return format!(
            "The program that ran it kept no more. RunPod's log of job {} may, for a while.",
            version.id
        );
    }
    let unknown = version.job_id.is_some() || says(&["could not be asked", "could be asked"]);
    if version.lost == Some(true) && unknown {
        return "Check now asks the trainer and S3 once more; for a week the studio looks by itself, and takes a model that turns up.".into();
    }
    if version.job_id.is_none() {
        return "It never ran and nothing was paid. Its name can be used again.".into();
    }
    if says(&["caption", ".txt"]) {
        return "Look at the captions under Training data, then train again from here.".into();
    }
    if says(&["out of memory", "cuda"]) {
        return "Lower the batch size or the resolution, or swap blocks to main memory, then train again from here.".into();
    }
    if says(&["timeout", "timed out", "longer than"]) {
        return "Train fewer steps, or look at the worker on RunPod's dashboard, then train again from here.".into();
    }
    "The events say what happened when. Train again from here opens the form with these parameters."
        .into()
}

/// The model's file name, from what was asked for or from where it lies.
pub fn model_file_name(version: &TrainingVersion) -> Option<String> {
    let from_url = version
        .lora_url
        .as_deref()
        .and_then(|url| url.rsplit('/').next());
    let asked = || {
        version
            .model_name
            .as_ref()
            .map(|name| format!("{name}.safetensors"))
    };
    from_url
        .filter(|n| !n.is_empty())
        .map(str::to_owned)
        .or_else(asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::model::version::ParameterValue;

    fn run(stage: &str, step: u32, total: u32) -> TrainingVersion {
        let parameters = [
            ("network_dim", ParameterValue::Int(16)),
            ("network_alpha", ParameterValue::Int(16)),
            ("learning_rate", ParameterValue::Float(0.00025)),
            ("max_train_steps", ParameterValue::Int(1_200)),
        ];
        TrainingVersion {
            name: "V9".into(),
            status: Status::Training,
            timestamp: "2025-10-13T19:00:00Z".into(),
            request_id: Some("1_1".into()),
            job_id: Some("j".into()),
            image_count: Some(30),
            selection_set_id: Some(2),
            parameters: parameters.map(|(k, v)| (k.to_owned(), v)).into(),
            progress: Some(Progress {
                stage: stage.into(),
                step,
                total,
                ..Progress::default()
            }),
            ..TrainingVersion::default()
        }
    }

    #[test]
    fn the_recipe_is_one_line() {
        let mut version = run("training", 1, 2);
        assert_eq!(
            recipe(&version),
            "rank 16/16 · lr 2.5e-4 · 1,200 steps · 30 images (Set 2)"
        );
        version.parameters.clear();
        version.image_count = None;
        version.selection_set_id = None;
        assert_eq!(recipe(&version), "No parameters recorded");
    }

    #[test]
    fn the_cost_stands_in_the_recipe_when_it_is_known_and_grows_while_it_runs() {
        let mut version = run("training", 300, 1_200);
        version.usd_per_hour = Some(1.2);
        version.delay_time_ms = Some(60_000);
        let now = unix_ms("2025-10-13T19:11:00Z").unwrap();
        assert_eq!(times(&version, &[], &[], now), "11:00 so far · about $0.20");
        version.status = Status::Completed;
        version.execution_time_ms = Some(1_230_000);
        assert_eq!(
            recipe(&version),
            "rank 16/16 · lr 2.5e-4 · 1,200 steps · 30 images (Set 2) · 21 min · $0.41"
        );
    }

    #[test]
    fn files_that_are_fetched_are_no_steps() {
        let version = run("downloading", 12, 60);
        assert_eq!(badge(&version), "training");
        assert_eq!(progress_words(&version).1, "downloading 12 of 60 files");
        let cancelled = TrainingVersion {
            status: Status::Cancelled,
            ..version
        };
        assert_eq!(
            progress_words(&cancelled).0,
            "Stopped before the first step"
        );
    }

    #[test]
    fn time_left_follows_the_speed_of_this_run() {
        let version = run("training", 300, 1_200);
        let events = [VersionEvent {
            time: "2025-10-13T19:01:00Z".into(),
            witness: "polling".into(),
            message: "training".into(),
            ..VersionEvent::default()
        }];
        let now = unix_ms("2025-10-13T19:06:00Z").unwrap();
        assert_eq!(
            times(&version, &events, &[], now),
            "6:00 so far · about 15 min left"
        );
        assert_eq!(
            progress_words(&version),
            ("25 %".into(), "step 300 of 1,200".into())
        );
        assert_eq!(badge(&version), "training 25 %");
        assert_eq!(times(&version, &[], &[], now), "6:00 so far");
        // of late it goes faster: ten steps a second
        let point = |ms, step| ProgressPoint {
            ms,
            step,
            total: 1_200,
            loss: None,
        };
        let points = [point(now - 10_000, 200), point(now, 300)];
        assert_eq!(
            times(&version, &events, &points, now),
            "6:00 so far · about 2 min left"
        );
    }

    #[test]
    fn a_run_of_the_older_system_is_not_counted_as_running() {
        let older = TrainingVersion {
            request_id: None,
            status: Status::Pending,
            progress: None,
            ..run("", 0, 0)
        };
        assert!(is_unwatched(&older) && !is_live(&older));
        assert_eq!(duration(&older, i64::MAX / 2), "");
        let ended = TrainingVersion {
            status: Status::Completed,
            completed_at: Some("2025-10-13T20:07:48+00:00".into()),
            ..older
        };
        assert_eq!(duration(&ended, 0), "1:07:48");
        let imported = TrainingVersion {
            trainer: Some(IMPORTED.into()),
            completed_at: Some(ended.timestamp.clone()),
            ..ended
        };
        assert_eq!(duration(&imported, 0), "");
    }
}
