//! Sending: tickets from the studio, PUTs to the bucket, and what follows one that went through.

use super::super::queue::{Row, Stage};
use super::pace::tell_soon;
use super::{Shared, again, place, pump, rows_at, with_job};
use crate::dataset::api::{replace_image, upload_tickets};
use crate::dataset::model::upload::{FileToUpload, Ticket, lacks_conditions};
use crate::dataset::ui::address::encode;
use crate::ui::units::plural;
use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ProgressEvent, RequestInit, XmlHttpRequest};

/// Requests at once; more only share the same line.
const AT_ONCE: usize = 4;
/// Files for which tickets are asked in one request.
const TICKETS_AT_ONCE: usize = 200;
/// After a request for tickets the next one gathers for this long: files come one by one out of the worker.
const GATHER_MS: u32 = 300;

/// Tickets for everything that is placed and has none; one request at a time, which gathers what came meanwhile.
pub fn ask_tickets(shared: &Shared) {
    let wanting: Vec<Row> = waiting(shared, false).take(TICKETS_AT_ONCE).collect();
    if wanting.is_empty() || std::mem::replace(&mut shared.borrow_mut().asking_tickets, true) {
        return;
    }
    let files = wanting.iter().filter_map(|row| {
        with_job(shared, row.id, |job| FileToUpload {
            filename: job.name.clone(),
            size_bytes: job.file.size() as u64,
            replace: job.replace,
            unconditional: job.unconditional,
        })
    });
    let (files, style) = (files.collect(), shared.borrow().style.clone());
    let shared = shared.clone();
    leptos::task::spawn_local(async move {
        match upload_tickets(style, files).await {
            Ok(tickets) => hand_out(&shared, &wanting, tickets),
            Err(error) => {
                let failed = Stage::Failed(error.to_string());
                let still = |row: &&Row| row.stage.with_untracked(|s| *s == Stage::Waiting);
                wanting
                    .iter()
                    .filter(still)
                    .for_each(|row| row.stage.set(failed.clone()));
            }
        }
        pump(&shared);
        TimeoutFuture::new(GATHER_MS).await;
        shared.borrow_mut().asking_tickets = false;
        pump(&shared);
    });
}

/// Rows whose turn is to come, with or without a ticket.
fn waiting(shared: &Shared, with_ticket: bool) -> impl Iterator<Item = Row> {
    let rows = rows_at(shared, |s| *s == Stage::Waiting);
    let shared = shared.clone();
    rows.into_iter().filter(move |row| {
        let fits = with_job(&shared, row.id, |job| {
            job.is_placed && job.ticket.is_some() == with_ticket
        });
        fits == Some(true)
    })
}

fn hand_out(shared: &Shared, rows: &[Row], mut tickets: Vec<Ticket>) {
    for row in rows {
        if row.stage.with_untracked(|s| *s != Stage::Waiting) {
            continue;
        }
        let name = with_job(shared, row.id, |job| job.name.clone());
        let at = tickets
            .iter()
            .position(|t| Some(&t.filename) == name.as_ref());
        let Some(at) = at else {
            let why = "No ticket came for it.".to_owned();
            row.stage.set(Stage::Failed(why));
            continue;
        };
        let mut ticket = tickets.swap_remove(at);
        match ticket.refused.take() {
            Some(_) if ticket.exists => place::taken_meanwhile(shared, row),
            Some(reason) => row.stage.set(Stage::Refused(reason)),
            None => {
                with_job(shared, row.id, |job| job.ticket = Some(ticket));
            }
        }
    }
}

pub fn start_some(shared: &Shared) {
    let running = rows_at(shared, |s| matches!(s, Stage::Running(_))).len();
    let ready: Vec<Row> = waiting(shared, true)
        .take(AT_ONCE.saturating_sub(running))
        .collect();
    for row in ready {
        start(shared, &row);
    }
}

fn start(shared: &Shared, row: &Row) {
    row.stage.set(Stage::Running(0));
    if send(shared, row).is_none() {
        let why = "The browser could not start the upload.".to_owned();
        row.stage.set(Stage::Failed(why));
    }
}

/// One PUT, exactly as the ticket says.
fn send(shared: &Shared, row: &Row) -> Option<()> {
    let (ticket, file) = with_job(shared, row.id, |j| (j.ticket.take(), j.file.clone()))?;
    let ticket = ticket?;
    let request = XmlHttpRequest::new().ok()?;
    request.open("PUT", &ticket.url).ok()?;
    for (name, value) in &ticket.headers {
        request.set_request_header(name, value).ok()?;
    }
    let (stage, told) = (row.stage.clone(), shared.clone());
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        stage.update(|stage| {
            if let Stage::Running(sent) = stage {
                *sent = event.loaded() as u64;
            }
        });
        tell_soon(&told);
    });
    let upload = request.upload().ok()?;
    upload.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    let (told, known, ended) = (shared.clone(), row.clone(), request.clone());
    let conditional = ticket.is_conditional();
    let end = Closure::once_into_js(move || over(&told, &known, &ended, conditional));
    request.set_onloadend(Some(end.unchecked_ref()));
    request.send_with_opt_blob(Some(&file)).ok()?;
    with_job(shared, row.id, |job| {
        job.progress = Some(progress);
        job.request = Some(request);
    })
}

/// The request ended, one way or another.
fn over(shared: &Shared, row: &Row, request: &XmlHttpRequest, conditional: bool) {
    with_job(shared, row.id, |job| {
        job.request = None;
        job.progress = None;
    });
    if let Stage::Running(sent) = row.stage.get_untracked() {
        let worked = shared.borrow().conditions_work;
        match request.status().unwrap_or(0) {
            200..300 => {
                shared.borrow_mut().conditions_work |= conditional;
                let etag = request.get_response_header("etag").ok().flatten();
                let (shared, row) = (shared.clone(), row.clone());
                leptos::task::spawn_local(async move {
                    follow_up(&shared, &row, etag).await;
                    stored(&shared, &row);
                });
                return;
            }
            412 if conditional => {
                shared.borrow_mut().conditions_work = true;
                place::taken_meanwhile(shared, row);
            }
            // looked at anew, since the bucket cannot do it for us
            status if conditional && lacks_conditions(status, worked, sent) => {
                with_job(shared, row.id, |job| job.unconditional = true);
                again(shared, vec![row.clone()]);
                return;
            }
            status => {
                // the next try asks for the condition again
                with_job(shared, row.id, |job| job.unconditional = false);
                row.stage.set(Stage::Failed(why(status)));
            }
        }
    }
    pump(shared);
}

fn stored(shared: &Shared, row: &Row) {
    row.stage.set(Stage::Stored);
    // the file itself is not needed again; its name and hash are
    with_job(shared, row.id, |job| {
        job.thumbnail = None;
        if let Ok(empty) = Blob::new() {
            job.original = empty.clone();
            job.file = empty;
        }
    });
    shared.borrow_mut().pace.is_unshown = true;
    pump(shared);
}

/// The thumbnail beside it, before a list asks for one; and the image whose place it takes goes.
async fn follow_up(shared: &Shared, row: &Row, etag: Option<String>) {
    let Some((name, thumbnail, md5, replaces)) = with_job(shared, row.id, |job| {
        (
            job.name.clone(),
            job.thumbnail.clone(),
            job.md5.clone(),
            job.replaces.take(),
        )
    }) else {
        return;
    };
    let style = shared.borrow().style.clone();
    let etag = etag.map(|etag| etag.trim_matches('"').to_owned()).or(md5);
    if let (Some(thumbnail), Some(etag)) = (thumbnail, etag) {
        let mut url = format!("/api/styles/{style}/images/");
        encode(&name, &mut url);
        url.push_str("/thumbnail?v=");
        encode(&etag, &mut url);
        let request = RequestInit::new();
        request.set_method("PUT");
        request.set_body(&thumbnail);
        // one that is not taken is made by the server when it is asked for
        let sent: Promise = window().fetch_with_str_and_init(&url, &request);
        let _ = JsFuture::from(sent).await;
    }
    if let Some(other) = replaces {
        let told = match replace_image(style, other.clone(), name).await {
            Ok(0) => format!("in place of {other}"),
            Ok(sets) => format!("in place of {other}, also in {}", plural(sets, "set")),
            Err(error) => format!("{other} could not be deleted: {error}"),
        };
        row.notes.update(|notes| notes.push(told));
    }
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
