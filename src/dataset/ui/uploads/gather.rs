//! Files out of a drop, a picker or the clipboard, with the folders they came from.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::{Callable, Callback};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

/// A file and where it lay: `June/boat.jpg`.
#[derive(Clone)]
pub struct Arrival {
    pub path: String,
    pub file: File,
}

/// What a file input holds; of a folder with its paths.
pub fn chosen(files: &FileList) -> Vec<Arrival> {
    let files = (0..files.length()).filter_map(|i| files.get(i));
    files
        .map(|file| Arrival {
            path: path_of(&file),
            file,
        })
        .collect()
}

fn path_of(file: &File) -> String {
    let relative = Reflect::get(file, &"webkitRelativePath".into());
    let relative = relative.ok().and_then(|path| path.as_string());
    relative
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| file.name())
}

/// What was dropped, folders to their depths. The list has to be asked at once; it is empty after the event.
pub fn dropped(data: &DataTransfer, take: Callback<Vec<Arrival>>) {
    let items = data.items();
    let mut plain = Vec::new();
    let mut entries = Vec::new();
    for item in (0..items.length()).filter_map(|i| items.get(i)) {
        match item.webkit_get_as_entry() {
            Ok(Some(entry)) => entries.push(entry),
            _ => plain.extend(item.get_as_file().ok().flatten()),
        }
    }
    let plain: Vec<Arrival> = plain
        .into_iter()
        .map(|file| Arrival {
            path: file.name(),
            file,
        })
        .collect();
    if !plain.is_empty() {
        take.run(plain);
    }
    if !entries.is_empty() {
        leptos::task::spawn_local(async move {
            let mut found = Vec::new();
            walk(entries, &mut found).await;
            take.run(found);
        });
    }
}

/// Depth first, in the order of the file system.
async fn walk(entries: Vec<FileSystemEntry>, found: &mut Vec<Arrival>) {
    let mut open: Vec<FileSystemEntry> = entries.into_iter().rev().collect();
    while let Some(entry) = open.pop() {
        if entry.is_directory() {
            let folder: FileSystemDirectoryEntry = entry.unchecked_into();
            open.extend(children(&folder).await.into_iter().rev());
        } else {
            let path = entry.full_path().trim_start_matches('/').to_owned();
            let file: FileSystemFileEntry = entry.unchecked_into();
            let read = promise(|yes, no| file.file_with_callback_and_callback(yes, no));
            // one that went away meanwhile is not there to be told about
            if let Ok(file) = read.await {
                let file = file.unchecked_into();
                found.push(Arrival { path, file });
            }
        }
    }
}

/// A folder lists a hundred at a time, and nothing when it is through.
async fn children(folder: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut all = Vec::new();
    loop {
        let read = promise(|yes, no| {
            let _ = reader.read_entries_with_callback_and_callback(yes, no);
        });
        let some = read.await.map(|list| list.unchecked_into::<Array>());
        let some = some.unwrap_or_default();
        if some.length() == 0 {
            return all;
        }
        all.extend(
            some.iter()
                .map(|entry| entry.unchecked_into::<FileSystemEntry>()),
        );
    }
}

fn promise(mut start: impl FnMut(&Function, &Function)) -> JsFuture {
    JsFuture::from(Promise::new(&mut |yes: Function, no: Function| {
        start(&yes, &no)
    }))
}

/// Pictures of the clipboard. A screenshot has no name of its own, so it gets one of the moment.
pub fn pasted(data: &DataTransfer) -> Vec<Arrival> {
    let Some(files) = data.files() else {
        return Vec::new();
    };
    let mut found = chosen(&files);
    let stamp = js_sys::Date::new_0().to_iso_string();
    let stamp: String = String::from(stamp).chars().take(19).collect();
    let stamp = stamp.replace('T', " ").replace(':', "");
    for (n, arrival) in found.iter_mut().enumerate() {
        if let Some(ext) = arrival.path.strip_prefix("image.") {
            let nth = if n == 0 {
                String::new()
            } else {
                format!(" {}", n + 1)
            };
            arrival.path = format!("pasted {stamp}{nth}.{ext}");
        }
    }
    found
}
