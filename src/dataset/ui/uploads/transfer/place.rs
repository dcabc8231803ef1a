//! Under which name a file is stored: after what was found in it, what else is there, and what a person decides.

use super::super::queue::{Question, Row, Stage};
use super::{
    Shared, again, look, object_url, pump, revoke_object_url, row, rows_at, tell, with_job,
};
use crate::dataset::model::analysis::{Hash, NEAR};
use crate::dataset::model::image::{check_upload, stem};
use crate::dataset::model::upload::{Clash, Conflict, Standing, is_caption_name};
use crate::dataset::worker::message::Found;
use crate::ui::units::bytes;
use leptos::prelude::*;

/// The worker looked at a file.
pub fn found(shared: &Shared, row: &Row, found: Found) {
    let mut notes = found.notes;
    if found.width > 0 {
        notes.insert(0, format!("{} × {}", found.width, found.height));
    }
    if let Some(copy) = &found.file {
        notes.push(format!("now {}", bytes(copy.size() as u64)));
    }
    let asks = found.asks;
    notes.extend(looks_like(shared, row, found.hash));
    with_job(shared, row.id, |job| {
        job.task = None;
        job.file = found.file.unwrap_or_else(|| job.original.clone());
        job.name = found.name;
        job.md5 = found.md5;
        job.hash = found.hash;
        job.thumbnail = found.thumbnail;
    });
    row.notes.set(notes);
    if let Some(Some(url)) = with_job(shared, row.id, |job| job.thumbnail.as_ref().map(object_url))
    {
        // a changed copy looks otherwise than what was chosen
        let before = row.preview.get_untracked();
        row.preview.set(url);
        revoke_object_url(&before);
    }
    let is_agreed = with_job(shared, row.id, |job| job.agreed).unwrap_or(false);
    if !is_agreed && !asks.is_empty() {
        let decided = shared.borrow().for_all.change(row);
        match decided {
            Some(true) => return agree(shared, row),
            Some(false) => row.stage.set(skipped()),
            None => row.stage.set(Stage::Asking(Question::Change(asks))),
        }
    }
    if row.stage.with_untracked(|s| *s == Stage::Looking) {
        place(shared, row);
    }
    settle(shared, row.id);
}

/// The copy is made.
fn agree(shared: &Shared, row: &Row) {
    with_job(shared, row.id, |job| job.agreed = true);
    row.stage.set(Stage::Looking);
    look(shared, row);
}

fn skipped() -> Stage {
    Stage::Skipped("Left out, as you decided.".to_owned())
}

/// A picture that looks like this one, in the bucket or in this upload.
fn looks_like(shared: &Shared, row: &Row, hash: Option<Hash>) -> Option<String> {
    let hash = hash.filter(|hash| !hash.is_plain())?;
    let transfer = shared.borrow();
    let coming = transfer.jobs.iter().filter(|(id, _)| **id != row.id);
    let coming = coming.filter_map(|(_, job)| Some((&job.name, job.hash?)));
    let known = transfer.known.iter().map(|(name, hash)| (name, *hash));
    let mut others = known.chain(coming).filter(|(name, _)| **name != row.name);
    let near = others.find(|(_, other)| hash.distance(*other) <= NEAR);
    near.map(|(name, _)| format!("looks like {name}"))
}

/// Finds a name, or asks for one.
fn place(shared: &Shared, row: &Row) {
    let Some((mut name, size, md5)) = with_job(shared, row.id, |job| {
        (job.name.clone(), job.file.size() as u64, job.md5.clone())
    }) else {
        return;
    };
    if is_caption_name(&row.name) {
        match image_of(shared, row) {
            Image::Undecided => return row.stage.set(Stage::Held),
            Image::Out(why) => {
                with_job(shared, row.id, |job| job.left_with_image = true);
                return row.stage.set(Stage::Skipped(why));
            }
            Image::Goes(image) => name = format!("{}.txt", stem(&image)),
            Image::None => {}
        }
    }
    if let Err(why) = check_upload(&name, size) {
        return row.stage.set(Stage::Refused(why));
    }
    let standing = shared.borrow().taken.standing(&name, size, md5.as_deref());
    match standing {
        Standing::Free => take(shared, row, name, false),
        Standing::Same => row.stage.set(Stage::Same),
        Standing::Twice => {
            let told = "It was chosen twice and is sent once.";
            row.stage.set(Stage::Skipped(told.to_owned()));
        }
        Standing::Taken(conflict) => {
            with_job(shared, row.id, |job| job.name.clone_from(&name));
            let decided = shared.borrow().for_all.clash(row);
            match decided.filter(|clash| may_be_for_all(&conflict, &name, *clash)) {
                Some(clash) => decide(shared, row, clash, &conflict),
                None => row.stage.set(Stage::Asking(Question::Clash(conflict))),
            }
        }
    }
}

/// To take another image's place deletes it: that is answered where its name is shown, one by one.
fn may_be_for_all(conflict: &Conflict, name: &str, clash: Clash) -> bool {
    let deletes = clash == Clash::Replace && conflict.shares_caption;
    !deletes && conflict.choices(name).contains(&clash)
}

/// The name is this file's from now on.
fn take(shared: &Shared, row: &Row, name: String, replace: bool) {
    {
        let mut transfer = shared.borrow_mut();
        let super::Transfer { jobs, taken, .. } = &mut *transfer;
        let Some(job) = jobs.get_mut(&row.id) else {
            return;
        };
        job.is_placed = true;
        job.replace = replace;
        taken.claim(&name, job.file.size() as u64, job.md5.clone());
        job.name.clone_from(&name);
    }
    if name != row.name {
        row.notes
            .update(|notes| notes.push(format!("stored as {name}")));
    }
    row.stage.set(Stage::Waiting);
}

fn decide(shared: &Shared, row: &Row, clash: Clash, conflict: &Conflict) {
    let job = with_job(shared, row.id, |job| {
        (job.name.clone(), job.file.size() as u64, job.md5.clone())
    });
    let Some((name, size, md5)) = job else {
        return;
    };
    match clash {
        Clash::Skip => row.stage.set(skipped()),
        Clash::KeepBoth => {
            let beside = shared
                .borrow()
                .taken
                .copy_of(&name, size, md5.as_deref())
                .map(str::to_owned);
            if let Some(beside) = beside {
                let told = format!("The same file as {beside}, which is kept already.");
                return row.stage.set(Stage::Skipped(told));
            }
            let free = shared.borrow().taken.free_name(&name);
            take(shared, row, free, false);
        }
        Clash::Replace => {
            let other = conflict.shares_caption.then(|| conflict.with.clone());
            with_job(shared, row.id, |job| job.replaces = other);
            take(shared, row, name, !conflict.shares_caption);
        }
    }
}

/// What a caption waits for.
enum Image {
    /// It came without one.
    None,
    Undecided,
    /// The name it is or will be stored under.
    Goes(String),
    Out(String),
}

fn image_of(shared: &Shared, caption: &Row) -> Image {
    let transfer = shared.borrow();
    let rows = transfer.queue.rows.get_untracked();
    let Some(image) = caption.image_in(&rows) else {
        return Image::None;
    };
    let name = || transfer.jobs.get(&image.id).map(|job| job.name.clone());
    match image.stage.get_untracked() {
        Stage::Looking | Stage::Asking(_) | Stage::Held => Image::Undecided,
        Stage::Waiting | Stage::Running(_) | Stage::Stored | Stage::Same | Stage::Failed(_) => {
            name().map_or(Image::None, Image::Goes)
        }
        Stage::Skipped(_) | Stage::Refused(_) | Stage::Cancelled => {
            Image::Out(format!("Left out with its image {}.", image.name))
        }
    }
}

/// An image was decided: its caption can follow it.
pub fn settle(shared: &Shared, image: u32) {
    let group = row(shared, image).map(|image| image.group);
    for caption in rows_at(shared, |s| *s == Stage::Held) {
        if group.as_ref() == Some(&caption.group) {
            place(shared, &caption);
        }
    }
}

pub fn settle_all(shared: &Shared) {
    for caption in rows_at(shared, |s| *s == Stage::Held) {
        place(shared, &caption);
    }
}

/// A person decided what was asked about a file. `clash` says keep both or replace; a change is agreed to by `Replace`.
pub fn answer(style: &str, id: u32, clash: Clash) {
    let shared = super::of(style);
    if let Some(row) = row(&shared, id) {
        answer_one(&shared, &row, clash);
    }
    pump(&shared);
    tell(&shared);
}

fn answer_one(shared: &Shared, row: &Row, clash: Clash) {
    let Stage::Asking(question) = row.stage.get_untracked() else {
        return;
    };
    match question {
        Question::Clash(conflict) => decide(shared, row, clash, &conflict),
        Question::Change(_) if clash == Clash::Skip => row.stage.set(skipped()),
        Question::Change(_) => agree(shared, row),
    }
    settle(shared, row.id);
}

/// The same for every file that asks the same, and for those still to come.
pub fn answer_all(style: &str, is_change: bool, clash: Clash) {
    let shared = super::of(style);
    {
        let mut transfer = shared.borrow_mut();
        if is_change {
            transfer.for_all.change = Some((clash != Clash::Skip, transfer.batch));
        } else {
            transfer.for_all.clash = Some((clash, transfer.batch));
        }
    }
    for row in rows_at(&shared, |s| matches!(s, Stage::Asking(_))) {
        let fits = match row.stage.get_untracked() {
            Stage::Asking(Question::Change(_)) => is_change,
            Stage::Asking(Question::Clash(conflict)) => {
                let name = with_job(&shared, row.id, |job| job.name.clone()).unwrap_or_default();
                !is_change && may_be_for_all(&conflict, &name, clash)
            }
            _ => false,
        };
        if fits {
            answer_one(&shared, &row, clash);
        }
    }
    pump(&shared);
    tell(&shared);
}

/// The bucket got a file of this name meanwhile: it may be the very same, so it is looked at anew before anybody is asked.
pub fn taken_meanwhile(shared: &Shared, row: &Row) {
    let told = with_job(shared, row.id, |job| {
        (
            job.name.clone(),
            std::mem::replace(&mut job.was_taken, true),
        )
    });
    let Some((name, is_second)) = told else {
        return;
    };
    if !is_second {
        return again(shared, vec![row.clone()]);
    }
    with_job(shared, row.id, |job| job.is_placed = false);
    let conflict = Conflict {
        with: name,
        is_stored: true,
        shares_caption: false,
    };
    row.stage.set(Stage::Asking(Question::Clash(conflict)));
}
