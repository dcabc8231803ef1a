//! The course of a run in `STATE_DIR/progress/{style}/{id}/progress.jsonl`, one JSON line per report, and the end of the worker's log
//! in `worker.log`. Both are bounded; a run goes on when they cannot be written. They are this server's own: of several servers
//! on one bucket each asks for itself.

use super::super::model::progress::{POINTS_MAX, POINTS_SHOWN, ProgressPoint, is_news, thinned};
use super::super::model::version::{Progress, Report, is_version_id};
use crate::error::AppError;
use crate::server::documents::write_atomically;
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "progress.jsonl";
const LOG_FILE: &str = "worker.log";

/// Keeps what a report says of the course of a run. The disk is written to, so it is called where a record was written anyway.
pub fn keep(state: &AppState, style: &StyleId, id: &str, report: &Report) {
    let Report::Running {
        progress: Some(progress),
        ..
    } = report
    else {
        return;
    };
    let Ok(folder) = folder_of(state, style, id) else {
        return;
    };
    let kept = add_point(&folder, progress, state.now_ms());
    if let Err(error) = kept.and_then(|()| replace_log(&folder, progress)) {
        tracing::warn!(%style, version = id, %error, "progress not kept");
    }
}

fn folder_of(state: &AppState, style: &StyleId, id: &str) -> Result<PathBuf, AppError> {
    if !is_version_id(id) {
        return Err(AppError::not_found(format!(
            "There is no version {id:?} of style {style}."
        )));
    }
    let folder = state.config.state_dir.join("progress");
    Ok(folder.join(style.as_str()).join(id))
}

fn add_point(folder: &Path, progress: &Progress, now_ms: i64) -> io::Result<()> {
    // files that are fetched first are no steps
    let counts = progress.stage != "downloading" && progress.total > 0;
    if !counts {
        return Ok(());
    }
    let point = ProgressPoint {
        ms: now_ms,
        step: progress.step,
        total: progress.total,
        loss: progress.loss,
    };
    let path = folder.join(FILE);
    let points = read(&path);
    if !is_news(points.last(), &point) {
        return Ok(());
    }
    if points.len() >= 2 * POINTS_MAX {
        let mut kept = thinned(&points, POINTS_MAX);
        kept.push(point);
        let lines: String = kept.iter().map(line).collect();
        return write_atomically(&path, lines.as_bytes());
    }
    std::fs::create_dir_all(folder)?;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).append(true).open(path)?;
    file.write_all(line(&point).as_bytes())
}

fn line(point: &ProgressPoint) -> String {
    serde_json::to_string(point).expect("a point can be written") + "\n"
}

/// Points in the order they were told; a line that cannot be read is passed over.
fn read(path: &Path) -> Vec<ProgressPoint> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// A worker tells the end of its log each time: the last one holds what there is.
fn replace_log(folder: &Path, progress: &Progress) -> io::Result<()> {
    let Some(log) = &progress.log else {
        return Ok(());
    };
    let path = folder.join(LOG_FILE);
    if std::fs::read_to_string(&path).is_ok_and(|before| before == *log) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(path, log)
}

/// The course of a run for its page; empty where the worker reported none.
pub fn points(state: &AppState, style: &StyleId, id: &str) -> Result<Vec<ProgressPoint>, AppError> {
    let path = folder_of(state, style, id)?.join(FILE);
    Ok(thinned(&read(&path), POINTS_SHOWN))
}

/// The end of the worker's log; empty where it reported none.
pub fn log_tail(state: &AppState, style: &StyleId, id: &str) -> Result<String, AppError> {
    let path = folder_of(state, style, id)?.join(LOG_FILE);
    Ok(std::fs::read_to_string(path).unwrap_or_default())
}
