//! Files on their way into the bucket: looked at by a worker, placed under a name nothing else has, sent straight to S3.
//!
//! Belongs to no view, one per style: whatever is shown, files go on. Leaving the page would end them, so it asks first.

mod job;
mod pace;
mod place;
mod send;

use super::analyst;
use super::gather::Arrival;
use super::queue::{Group, Queue, Row, Stage};
use crate::dataset::api::stored_files;
use crate::dataset::model::analysis::Hash;
use crate::dataset::model::image::{extension, stem};
use crate::dataset::model::upload::{
    StoredFile, Taken, check_before_reading, folder_of, is_caption_name, is_passed_over, name_of,
};
use crate::dataset::worker::message::{Answer, What};
use crate::styles::model::StyleId;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Blob;

use job::{ForAll, Job};
use pace::{Pace, note_down, pump, tell};
pub use place::{answer, answer_all};

struct Transfer {
    style: StyleId,
    queue: Queue,
    jobs: HashMap<u32, Job>,
    taken: Taken,
    for_all: ForAll,
    /// Hashes of images that are there already.
    known: Vec<(String, Hash)>,
    next_id: u32,
    batch: u32,
    asking_tickets: bool,
    pace: Pace,
    /// A PUT under a condition was answered.
    conditions_work: bool,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = URL, js_name = createObjectURL)]
    fn object_url(file: &Blob) -> String;
    #[wasm_bindgen(js_namespace = URL, js_name = revokeObjectURL)]
    fn revoke_object_url(url: &str);
}

/// Their sizes are read from the disk while the page waits.
const ENTERED_AT_ONCE: usize = 10;

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
            mind_leaving();
        }
        let new = || {
            let id = StyleId::parse(style).expect("the page of a style");
            Rc::new(RefCell::new(Transfer {
                style: id,
                queue: Queue::default(),
                jobs: HashMap::new(),
                taken: Taken::default(),
                for_all: ForAll::default(),
                known: Vec::new(),
                next_id: 0,
                batch: 0,
                asking_tickets: false,
                pace: Pace::default(),
                conditions_work: false,
            }))
        };
        all.entry(style.to_owned()).or_insert_with(new).clone()
    })
}

/// Asks before files that move are left behind, and notes down what was not sent. For as long as the window lives.
fn mind_leaving() {
    let _ = window_event_listener(leptos::ev::beforeunload, |event| {
        let moving = all().iter().any(|t| {
            let queue = t.borrow().queue.clone();
            untrack(|| queue.sum().moving > 0)
        });
        if moving {
            event.prevent_default();
        }
    });
    let _ = window_event_listener(leptos::ev::pagehide, |_| {
        all().iter().for_each(note_down);
    });
}

fn all() -> Vec<Shared> {
    TRANSFERS.with_borrow(|all| all.values().cloned().collect())
}

pub fn queue(style: &str) -> Queue {
    of(style).borrow().queue.clone()
}

/// The images that are there, to tell what looks like one of them.
pub fn know(style: &str, hashes: Vec<(String, Hash)>) {
    of(style).borrow_mut().known = hashes;
}

fn row(shared: &Shared, id: u32) -> Option<Row> {
    let rows = shared.borrow().queue.rows.clone();
    rows.with_untracked(|rows| rows.iter().find(|r| r.id == id).cloned())
}

fn rows_at(shared: &Shared, wanted: impl Fn(&Stage) -> bool) -> Vec<Row> {
    let rows = shared.borrow().queue.rows.get_untracked();
    let fits = |r: &Row| r.stage.with_untracked(&wanted);
    rows.into_iter().filter(fits).collect()
}

/// Changes a row's job; `None` when there is none any more.
fn with_job<T>(shared: &Shared, id: u32, change: impl FnOnce(&mut Job) -> T) -> Option<T> {
    shared.borrow_mut().jobs.get_mut(&id).map(change)
}

/// Takes files in: what can be refused by name and size is, the rest is looked at.
pub fn add(style: &str, arrivals: Vec<Arrival>) {
    let shared = of(style);
    let batch = {
        let mut transfer = shared.borrow_mut();
        transfer.batch += 1;
        transfer.batch
    };
    let arrivals = arrivals.into_iter().filter(|a| !is_passed_over(&a.path));
    let files = arrivals.map(|a| (a.path, a.file.into()));
    let files: Vec<(String, Blob)> = files.collect();
    leptos::task::spawn_local(async move {
        let mut new = Vec::new();
        for part in files.chunks(ENTERED_AT_ONCE) {
            new.extend(enter(&shared, batch, part.iter().cloned()));
            TimeoutFuture::new(0).await;
        }
        new.retain(|row: &Row| row.stage.with_untracked(Stage::is_moving));
        prepare(&shared, new);
    });
}

fn is_archive(name: &str) -> bool {
    extension(name).eq_ignore_ascii_case("zip")
}

/// New rows for files of one drop; returns those that may go on.
fn enter(shared: &Shared, batch: u32, files: impl Iterator<Item = (String, Blob)>) -> Vec<Row> {
    let mut new = Vec::new();
    for (path, file) in files {
        let mut transfer = shared.borrow_mut();
        transfer.next_id += 1;
        let id = transfer.next_id;
        let name = name_of(&path);
        let group = Group {
            batch,
            folder: folder_of(&path).to_owned(),
            stem: stem(name).to_owned(),
        };
        let row = Row::new(id, group, name, file.size() as u64);
        transfer.jobs.insert(id, Job::new(file, name));
        new.push(row);
    }
    let queue = shared.borrow().queue.clone();
    queue.rows.update(|rows| rows.extend(new.iter().cloned()));
    for row in &new {
        if !is_archive(&row.name)
            && let Err(why) = check_before_reading(&row.name, row.size_bytes)
        {
            row.stage.set(Stage::Refused(why));
        }
    }
    new.retain(|row| row.stage.with_untracked(Stage::is_moving));
    new
}

/// Asks what lies in the bucket by now, then has the files looked at.
fn prepare(shared: &Shared, rows: Vec<Row>) {
    rows.iter().for_each(|row| row.stage.set(Stage::Looking));
    pump(shared);
    let (shared, style) = (shared.clone(), shared.borrow().style.clone());
    leptos::task::spawn_local(async move {
        let stored = stored_files(style).await;
        let stored = match stored {
            Ok(stored) => stored,
            Err(error) => {
                let failed = Stage::Failed(error.to_string());
                let waits = |row: &&Row| row.stage.with_untracked(|s| *s == Stage::Looking);
                rows.iter()
                    .filter(waits)
                    .for_each(|row| row.stage.set(failed.clone()));
                place::settle_all(&shared);
                return pump(&shared);
            }
        };
        remember(&shared, stored);
        for row in rows {
            look(&shared, &row);
        }
        pump(&shared);
    });
}

/// What is in the bucket, and on its way there.
fn remember(shared: &Shared, stored: Vec<StoredFile>) {
    let coming = rows_at(shared, |s| matches!(s, Stage::Waiting | Stage::Running(_)));
    let mut taken = Taken::stored(stored);
    let mut transfer = shared.borrow_mut();
    for row in coming {
        if let Some(job) = transfer.jobs.get(&row.id).filter(|job| job.is_placed) {
            taken.claim(&job.name, job.file.size() as u64, job.md5.clone());
        }
    }
    transfer.taken = taken;
}

/// Gives a file to the worker.
fn look(shared: &Shared, row: &Row) {
    if row.stage.with_untracked(|s| *s != Stage::Looking) {
        return;
    }
    let Some((file, agreed)) = with_job(shared, row.id, |j| (j.original.clone(), j.agreed)) else {
        return;
    };
    let what = if is_archive(&row.name) {
        What::Unpack
    } else if is_caption_name(&row.name) {
        What::Caption
    } else if agreed || shared.borrow().for_all.change(row) == Some(true) {
        What::Changed
    } else {
        What::Picture
    };
    let (told, known) = (shared.clone(), row.clone());
    let task = analyst::ask(what, &row.name, &file, move |answer| {
        seen(&told, &known, answer);
    });
    with_job(shared, row.id, |job| job.task = Some(task));
    let queue = shared.borrow().queue.clone();
    if queue.looked.with_untracked(|l| l.began_ms == 0.0) {
        queue.looked.update(|l| l.began_ms = now());
    }
}

fn seen(shared: &Shared, row: &Row, answer: Answer) {
    if row.stage.with_untracked(|s| *s != Stage::Looking) {
        return;
    }
    match answer {
        Answer::Ready => {}
        Answer::Entry { path, file } => {
            let new = enter(shared, row.group.batch, [(path, file)].into_iter());
            new.iter().for_each(|row| look(shared, row));
        }
        Answer::Unpacked(refused) => unpacked(shared, row, refused),
        Answer::Refused(why) => {
            row.stage.set(Stage::Refused(why));
            place::settle(shared, row.id);
        }
        Answer::Lost => {
            let why =
                "The browser could not look at it: it was moved or changed, or memory ran out.";
            row.stage.set(Stage::Failed(why.to_owned()));
            place::settle(shared, row.id);
        }
        Answer::Found(found) => {
            let queue = shared.borrow().queue.clone();
            queue.looked.update(|looked| {
                looked.pictures += u32::from(found.width > 0);
                looked.took_ms = now() - looked.began_ms;
            });
            place::found(shared, row, *found);
        }
    }
    pump(shared);
}

/// The archive itself leaves the list; what stayed inside stands in it with its reason.
fn unpacked(shared: &Shared, row: &Row, refused: Vec<String>) {
    shared.borrow_mut().jobs.remove(&row.id);
    let told = refused.into_iter().map(|why| {
        let mut transfer = shared.borrow_mut();
        transfer.next_id += 1;
        // no drop has this number: a told file is nobody's image
        let group = Group {
            batch: 0,
            ..row.group.clone()
        };
        let inside = Row::new(transfer.next_id, group, &row.name, 0);
        inside.stage.set(Stage::Refused(why));
        inside
    });
    let told: Vec<Row> = told.collect();
    let queue = shared.borrow().queue.clone();
    queue.rows.update(|rows| {
        rows.retain(|r| r.id != row.id);
        rows.extend(told);
    });
}

pub fn cancel(style: &str, id: u32) {
    let shared = of(style);
    if let Some(row) = row(&shared, id) {
        stop(&shared, &row);
        place::settle(&shared, id);
    }
    pump(&shared);
    tell(&shared);
}

fn stop(shared: &Shared, row: &Row) {
    // first the stage: abort calls back at once
    row.stage.set(Stage::Cancelled);
    let under_way = {
        let mut transfer = shared.borrow_mut();
        let Transfer { jobs, taken, .. } = &mut *transfer;
        jobs.get_mut(&row.id).map(|job| {
            if std::mem::take(&mut job.is_placed) {
                taken.release(&job.name);
            }
            job.ticket = None;
            (job.task.take(), job.request.take())
        })
    };
    let Some((task, request)) = under_way else {
        return;
    };
    if let Some(task) = task {
        analyst::forget(task);
    }
    if let Some(request) = request {
        let _ = request.abort();
    }
}

pub fn cancel_all(style: &str) {
    let shared = of(style);
    // the waiting ones first, or each cancelled one makes room for the next
    for row in rows_at(&shared, |s| !s.is_over() && !matches!(s, Stage::Running(_))) {
        stop(&shared, &row);
    }
    for row in rows_at(&shared, |s| !s.is_over()) {
        stop(&shared, &row);
    }
    pump(&shared);
    tell(&shared);
}

/// From the start, an image with the caption that was left out with it: what was sent before may have arrived although no answer came, and is then known by its content.
fn again(shared: &Shared, mut rows: Vec<Row>) {
    let left_with = |caption: &Row| {
        let is_left = with_job(shared, caption.id, |job| {
            std::mem::take(&mut job.left_with_image)
        });
        is_left == Some(true)
    };
    let captions = rows_at(shared, |s| matches!(s, Stage::Skipped(_)));
    let captions = captions.into_iter().filter(|c| {
        rows.iter()
            .any(|row| row.id != c.id && row.group == c.group)
    });
    let captions: Vec<Row> = captions.filter(left_with).collect();
    rows.extend(captions);
    for row in &rows {
        let mut transfer = shared.borrow_mut();
        let Transfer { jobs, taken, .. } = &mut *transfer;
        if let Some(job) = jobs.get_mut(&row.id) {
            if std::mem::take(&mut job.is_placed) {
                taken.release(&job.name);
            }
            job.name.clone_from(&row.name);
            job.replaces = None;
            job.replace = false;
        }
    }
    prepare(shared, rows);
}

pub fn retry(style: &str, id: u32) {
    let shared = of(style);
    let row = row(&shared, id);
    again(&shared, row.into_iter().collect());
}

pub fn retry_failed(style: &str) {
    retry_all(style, |stage| matches!(stage, Stage::Failed(_)));
}

pub fn retry_cancelled(style: &str) {
    retry_all(style, |stage| *stage == Stage::Cancelled);
}

fn retry_all(style: &str, which: fn(&Stage) -> bool) {
    let shared = of(style);
    let rows = rows_at(&shared, which);
    again(&shared, rows);
}

/// Takes everything that is over off the list.
pub fn clear(style: &str) {
    let shared = of(style);
    let kept = rows_at(&shared, |s| !s.is_over());
    let rows = shared.borrow().queue.rows.get_untracked();
    let over = rows
        .iter()
        .filter(|row| row.stage.with_untracked(Stage::is_over));
    over.for_each(|row| row.preview.with_untracked(|url| revoke_object_url(url)));
    let queue = {
        let mut transfer = shared.borrow_mut();
        let jobs = &mut transfer.jobs;
        jobs.retain(|id, _| kept.iter().any(|row| row.id == *id));
        transfer.queue.clone()
    };
    if kept.is_empty() {
        queue.looked.set(Default::default());
        super::summary::forget(style);
    }
    queue.rows.set(kept);
}
