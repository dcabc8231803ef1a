//! Sends files straight to the bucket: asks for tickets, keeps a few requests going, tells the queue how they fare.
//!
//! Belongs to no view, one per style: whatever is shown, files go on. Leaving the page would end them, so it asks first.

use super::queue::{Queue, Row, Stage};
use crate::dataset::api::upload_tickets;
use crate::dataset::model::upload::{FileToUpload, Ticket};
use crate::styles::model::StyleId;
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{File, FileList, ProgressEvent, XmlHttpRequest};

/// Requests at once; more only share the same line.
const AT_ONCE: usize = 4;
/// Files for which tickets are asked in one request.
const TICKETS_AT_ONCE: usize = 200;
/// A long upload shows what has come so far this often.
const SHOW_EVERY_MS: f64 = 2_000.0;

/// What the browser holds for a row that is not stored yet.
struct Job {
    file: File,
    ticket: Option<Ticket>,
    request: Option<XmlHttpRequest>,
    /// Kept alive while the request runs.
    progress: Option<Closure<dyn FnMut(ProgressEvent)>>,
}

#[derive(Default)]
struct Transfer {
    queue: Queue,
    jobs: HashMap<u32, Job>,
    next_id: u32,
    shown_ms: f64,
    unshown: bool,
}

type Shared = Rc<RefCell<Transfer>>;

thread_local! {
    static TRANSFERS: RefCell<HashMap<String, Shared>> = RefCell::default();
}

pub fn now() -> f64 {
    js_sys::Date::now()
}

fn of(style: &str) -> Shared {
    TRANSFERS.with_borrow_mut(|all| {
        if all.is_empty() {
            ask_before_closing();
        }
        all.entry(style.to_owned()).or_default().clone()
    })
}

fn ask_before_closing() {
    // for as long as the window lives
    let _ = window_event_listener(leptos::ev::beforeunload, |event| {
        let moving = TRANSFERS.with_borrow(|all| {
            let mut queues = all.values().map(|t| t.borrow().queue.clone());
            queues.any(|q| untrack(|| q.sum().moving > 0))
        });
        if moving {
            event.prevent_default();
        }
    });
}

pub fn queue(style: &str) -> Queue {
    of(style).borrow().queue.clone()
}

fn row(shared: &Shared, id: u32) -> Option<Row> {
    let rows = shared.borrow().queue.rows.get_untracked();
    rows.into_iter().find(|r| r.id == id)
}

fn rows_at(shared: &Shared, wanted: fn(&Stage) -> bool) -> Vec<Row> {
    let rows = shared.borrow().queue.rows.get_untracked();
    let fits = |r: &Row| r.stage.with_untracked(wanted);
    rows.into_iter().filter(fits).collect()
}

/// Takes files in and sends them.
pub fn add(style: &str, files: &FileList) {
    let shared = of(style);
    let mut new = Vec::new();
    for file in (0..files.length()).filter_map(|i| files.get(i)) {
        let mut transfer = shared.borrow_mut();
        transfer.next_id += 1;
        let row = Row {
            id: transfer.next_id,
            name: file.name(),
            size_bytes: file.size() as u64,
            stage: ArcRwSignal::new(Stage::Waiting),
        };
        let job = Job {
            file,
            ticket: None,
            request: None,
            progress: None,
        };
        transfer.jobs.insert(row.id, job);
        new.push(row);
    }
    let queue = shared.borrow().queue.clone();
    queue.rows.update(|rows| rows.extend(new.iter().cloned()));
    ask(style, shared, new, false);
}

/// Gets tickets for rows and starts them as their turn comes.
fn ask(style: &str, shared: Shared, rows: Vec<Row>, replace: bool) {
    let Ok(style) = StyleId::parse(style) else {
        return;
    };
    leptos::task::spawn_local(async move {
        for part in rows.chunks(TICKETS_AT_ONCE) {
            let files = part.iter().map(|row| FileToUpload {
                filename: row.name.clone(),
                size_bytes: row.size_bytes,
                replace,
            });
            let answer = upload_tickets(style.clone(), files.collect()).await;
            match answer {
                Ok(tickets) => hand_out(&shared, part, tickets),
                Err(error) => {
                    let failed = Stage::Failed(error.to_string());
                    part.iter().for_each(|row| row.stage.set(failed.clone()));
                }
            }
            pump(&shared);
        }
    });
}

fn hand_out(shared: &Shared, rows: &[Row], mut tickets: Vec<Ticket>) {
    for row in rows {
        let Some(at) = tickets.iter().position(|t| t.filename == row.name) else {
            row.stage
                .set(Stage::Failed("No ticket came for it.".to_owned()));
            continue;
        };
        let mut ticket = tickets.swap_remove(at);
        if row.stage.with_untracked(|s| *s != Stage::Waiting) {
            continue;
        }
        match ticket.refused.take() {
            Some(_) if ticket.exists => row.stage.set(Stage::Exists),
            Some(reason) => row.stage.set(Stage::Refused(reason)),
            None => {
                if let Some(job) = shared.borrow_mut().jobs.get_mut(&row.id) {
                    job.ticket = Some(ticket);
                }
            }
        }
    }
}

/// Starts what may start; tells the page when there is something new to see.
fn pump(shared: &Shared) {
    let running = rows_at(shared, |s| matches!(s, Stage::Running(_))).len();
    let waiting = rows_at(shared, |s| *s == Stage::Waiting);
    let has_ticket = |row: &&Row| {
        let transfer = shared.borrow();
        transfer
            .jobs
            .get(&row.id)
            .is_some_and(|j| j.ticket.is_some())
    };
    let idle = running == 0 && waiting.is_empty();
    let starting: Vec<&Row> = waiting
        .iter()
        .filter(has_ticket)
        .take(AT_ONCE.saturating_sub(running))
        .collect();
    for row in starting {
        start(shared, row);
    }
    let (queue, show) = {
        let mut transfer = shared.borrow_mut();
        let show = transfer.unshown && (idle || now() - transfer.shown_ms > SHOW_EVERY_MS);
        if show {
            transfer.unshown = false;
            transfer.shown_ms = now();
        }
        (transfer.queue.clone(), show)
    };
    if show {
        queue.stored.update(|n| *n += 1);
    }
    let since = queue.since_ms.get_untracked();
    if idle {
        queue.since_ms.set(0.0);
    } else if since == 0.0 {
        queue.since_ms.set(now());
    }
}

fn start(shared: &Shared, row: &Row) {
    row.stage.set(Stage::Running(0));
    let begun = shared
        .borrow_mut()
        .jobs
        .get_mut(&row.id)
        .and_then(|job| send(shared, row, job));
    if begun.is_none() {
        row.stage.set(Stage::Failed(
            "The browser could not start the upload.".to_owned(),
        ));
    }
}

/// One PUT, exactly as the ticket says.
fn send(shared: &Shared, row: &Row, job: &mut Job) -> Option<()> {
    let ticket = job.ticket.take()?;
    let request = XmlHttpRequest::new().ok()?;
    request.open("PUT", &ticket.url).ok()?;
    for (name, value) in &ticket.headers {
        request.set_request_header(name, value).ok()?;
    }
    let stage = row.stage.clone();
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        stage.update(|stage| {
            if let Stage::Running(sent) = stage {
                *sent = event.loaded() as u64;
            }
        });
    });
    let upload = request.upload().ok()?;
    upload.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    let (shared, row, ended) = (shared.clone(), row.clone(), request.clone());
    let end = Closure::once_into_js(move || over(&shared, &row, &ended));
    request.set_onloadend(Some(end.unchecked_ref()));
    request.send_with_opt_blob(Some(&job.file)).ok()?;
    job.progress = Some(progress);
    job.request = Some(request);
    Some(())
}

/// The request ended, one way or another.
fn over(shared: &Shared, row: &Row, request: &XmlHttpRequest) {
    if let Some(job) = shared.borrow_mut().jobs.get_mut(&row.id) {
        job.request = None;
        job.progress = None;
    }
    let cancelled = row.stage.with_untracked(|s| *s == Stage::Cancelled);
    if !cancelled {
        match request.status().unwrap_or(0) {
            200..300 => {
                row.stage.set(Stage::Stored);
                let mut transfer = shared.borrow_mut();
                transfer.jobs.remove(&row.id);
                transfer.unshown = true;
            }
            status => row.stage.set(Stage::Failed(why(status))),
        }
    }
    pump(shared);
}

fn why(status: u16) -> String {
    match status {
        0 => "The bucket could not be reached: no connection, or its CORS rules do not allow PUT from this address.".to_owned(),
        403 => "The bucket refused it (403): the key may not write, or the ticket ran out.".to_owned(),
        413 => "The bucket refused it: the file is too large for it (413).".to_owned(),
        500.. => format!("The bucket failed ({status})."),
        other => format!("The bucket refused it ({other})."),
    }
}

pub fn cancel(style: &str, id: u32) {
    let shared = of(style);
    if let Some(row) = row(&shared, id) {
        stop(&shared, &row);
    }
    pump(&shared);
}

fn stop(shared: &Shared, row: &Row) {
    // first the stage: abort calls back at once
    row.stage.set(Stage::Cancelled);
    let request = shared.borrow_mut().jobs.get_mut(&row.id).and_then(|job| {
        job.ticket = None;
        job.request.take()
    });
    if let Some(request) = request {
        let _ = request.abort();
    }
}

pub fn cancel_all(style: &str) {
    let shared = of(style);
    // the waiting ones first, or each cancelled one makes room for the next
    for row in rows_at(&shared, |s| *s == Stage::Waiting) {
        stop(&shared, &row);
    }
    for row in rows_at(&shared, Stage::is_moving) {
        stop(&shared, &row);
    }
    pump(&shared);
}

fn again(style: &str, shared: Shared, rows: Vec<Row>, replace: bool) {
    rows.iter().for_each(|row| row.stage.set(Stage::Waiting));
    ask(style, shared, rows, replace);
}

/// With a fresh ticket. What was sent before may have arrived although no answer came, so it may be there already.
pub fn retry(style: &str, id: u32) {
    let shared = of(style);
    let row = row(&shared, id);
    again(style, shared, row.into_iter().collect(), false);
}

pub fn retry_failed(style: &str) {
    let shared = of(style);
    let rows = rows_at(&shared, |s| matches!(s, Stage::Failed(_)));
    again(style, shared, rows, false);
}

/// The person wants the new file in the place of the one that is there.
pub fn replace(style: &str, id: u32) {
    let shared = of(style);
    let row = row(&shared, id);
    again(style, shared, row.into_iter().collect(), true);
}

/// Takes everything that is over off the list.
pub fn clear(style: &str) {
    let shared = of(style);
    let kept = rows_at(&shared, Stage::is_moving);
    let queue = {
        let mut transfer = shared.borrow_mut();
        transfer
            .jobs
            .retain(|id, _| kept.iter().any(|row| row.id == *id));
        transfer.queue.clone()
    };
    queue.rows.set(kept);
}
