//! The course of a run in `training_runs/{id}/progress.jsonl` beside its record, one JSON line per report, and the end of the worker's
//! log in `worker.log`. Both are bounded; a run goes on when they cannot be written.

use super::super::model::progress::{POINTS_MAX, POINTS_SHOWN, ProgressPoint, is_news, thinned};
use super::super::model::version::{Progress, Report};
use super::versions;
use crate::error::AppError;
use crate::server::documents::{DocumentError, Documents};
use crate::server::state::AppState;
use crate::styles::model::StyleId;
use std::path::Path;

const FILE: &str = "progress.jsonl";
const LOG_FILE: &str = "worker.log";

/// Keeps what a report says of the course of a run. It is written to, so this is called where a record was written anyway.
pub async fn keep(state: &AppState, style: &StyleId, id: &str, report: &Report) {
    let Report::Running {
        progress: Some(progress),
        ..
    } = report
    else {
        return;
    };
    if let Err(error) = kept(state, style, id, progress).await {
        tracing::warn!(%style, version = id, %error, "progress not kept");
    }
}

async fn kept(
    state: &AppState,
    style: &StyleId,
    id: &str,
    progress: &Progress,
) -> Result<(), AppError> {
    let folder = versions::folder_of(state, style, id)?;
    add_point(
        &state.documents,
        &folder.join(FILE),
        progress,
        state.now_ms(),
    )
    .await?;
    Ok(replace_log(&state.documents, &folder.join(LOG_FILE), progress).await?)
}

async fn add_point(
    documents: &Documents,
    path: &Path,
    progress: &Progress,
    now_ms: i64,
) -> Result<(), DocumentError> {
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
    let points = read(documents, path).await?;
    if !is_news(points.last(), &point) {
        return Ok(());
    }
    if points.len() >= 2 * POINTS_MAX {
        let mut kept = thinned(&points, POINTS_MAX);
        kept.push(point);
        let lines: String = kept.iter().map(|point| line(point) + "\n").collect();
        return documents.write_file(path, lines.into_bytes()).await;
    }
    // another server may have kept it meanwhile
    let told = |last: &str| !is_news(serde_json::from_str(last).ok().as_ref(), &point);
    documents.append(path, &line(&point), told).await
}

fn line(point: &ProgressPoint) -> String {
    serde_json::to_string(point).expect("a point can be written")
}

/// Points in the order they were told; a line that cannot be read is passed over.
async fn read(documents: &Documents, path: &Path) -> Result<Vec<ProgressPoint>, DocumentError> {
    let text = documents.read_file(path).await?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let points = text.lines();
    Ok(points
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

/// A worker tells the end of its log each time: the last one holds what there is.
async fn replace_log(
    documents: &Documents,
    path: &Path,
    progress: &Progress,
) -> Result<(), DocumentError> {
    let Some(log) = &progress.log else {
        return Ok(());
    };
    let before = documents.read_file(path).await?;
    if before.is_some_and(|before| before == log.as_bytes()) {
        return Ok(());
    }
    documents.write_file(path, log.clone().into_bytes()).await
}

/// The course of a run for its page; empty where the worker reported none.
pub async fn points(
    state: &AppState,
    style: &StyleId,
    id: &str,
) -> Result<Vec<ProgressPoint>, AppError> {
    let path = versions::folder_of(state, style, id)?.join(FILE);
    let points = read(&state.documents, &path).await?;
    Ok(thinned(&points, POINTS_SHOWN))
}

/// The end of the worker's log; empty where it reported none.
pub async fn log_tail(state: &AppState, style: &StyleId, id: &str) -> Result<String, AppError> {
    let path = versions::folder_of(state, style, id)?.join(LOG_FILE);
    let log = state.documents.read_file(&path).await?;
    Ok(String::from_utf8_lossy(&log.unwrap_or_default()).into_owned())
}
