//! The half of an upload that runs in a Web Worker, so that the page never stands still: files are looked at, changed and
//! unpacked here, with the rules of `model` and the browser's own decoders.
//!
//! Beside the four rooms because it is neither a page nor a server: `public/worker.js` starts it, `ui/uploads/analyst.rs`
//! gives it work. A chunk of its own, downloaded with the first file. Nothing is kept between two tasks.

mod browser;
mod change;
mod look;
pub mod message;
mod reader;

use super::unzip;
use browser::post_message;
use js_sys::{Array, Reflect};
use leptos::lazy;
use message::{Answer, Task, What};
use reader::SyncReader;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

/// Says that it is there and does what it is told from now on.
#[lazy]
pub async fn serve() {
    let told = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        if let Some(task) = Task::read(&event.data()) {
            spawn_local(answer(task));
        }
    });
    let _ = Reflect::set(&js_sys::global(), &"onmessage".into(), told.as_ref());
    // for as long as the worker lives
    told.forget();
    post_message(&Answer::Ready.into());
}

async fn answer(task: Task) {
    let id = task.id;
    let answer = match task.what {
        What::Unpack => unpack(&task),
        What::Caption => look::caption(&task.file, &task.name).await,
        What::Picture => look::picture(&task.file, &task.name, false).await,
        What::Changed => look::picture(&task.file, &task.name, true).await,
    };
    post_message(&answer.to(id));
}

/// Posts every file of an archive as it comes out.
fn unpack(task: &Task) -> Answer {
    let size_bytes = task.file.size() as u64;
    let from = SyncReader::new(task.file.clone());
    let unpacked = unzip::unpack(&task.name, from, size_bytes, |path, bytes| {
        let file = blob(&bytes).ok_or(())?;
        post_message(&Answer::Entry { path, file }.to(task.id));
        Ok::<_, ()>(())
    });
    let no_room = |()| {
        vec![format!(
            "{} does not fit into the browser's memory.",
            task.name
        )]
    };
    Answer::Unpacked(unpacked.unwrap_or_else(no_room))
}

fn blob(bytes: &[u8]) -> Option<Blob> {
    let part = js_sys::Uint8Array::from(bytes);
    let parts: JsValue = Array::of1(&part).into();
    Blob::new_with_u8_array_sequence(&parts).ok()
}
