//! What page and worker say to each other: arrays of plain values, as `postMessage` copies them.

use crate::dataset::model::analysis::Hash;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

#[derive(Clone, Copy, PartialEq)]
pub enum What {
    /// Take every file out of an archive.
    Unpack,
    Caption,
    Picture,
    /// Look at the copy that a person agreed to.
    Changed,
}

pub struct Task {
    pub id: u32,
    pub what: What,
    pub name: String,
    pub file: Blob,
}

/// What was found in a file.
#[derive(Default)]
pub struct Found {
    /// The name to store it under.
    pub name: String,
    /// What a person has to agree to before it is sent.
    pub asks: Vec<String>,
    pub notes: Vec<String>,
    /// The changed copy to send in its place.
    pub file: Option<Blob>,
    /// Lower-case hexadecimal.
    pub md5: Option<String>,
    /// Pixels, upright; 0 for captions and what was too large to decode.
    pub width: u32,
    pub height: u32,
    pub hash: Option<Hash>,
    /// JPEG, at most 320 px.
    pub thumbnail: Option<Blob>,
}

pub enum Answer {
    Ready,
    /// A file of an archive.
    Entry {
        path: String,
        file: Blob,
    },
    /// The archive is through; these stay inside.
    Unpacked(Vec<String>),
    Refused(String),
    Found(Box<Found>),
    /// The file went away, or the worker with it: another try may help.
    Lost,
}

impl From<&Task> for JsValue {
    fn from(task: &Task) -> Self {
        let what = match task.what {
            What::Unpack => 0,
            What::Caption => 1,
            What::Picture => 2,
            What::Changed => 3,
        };
        Array::of4(
            &task.id.into(),
            &what.into(),
            &(&task.name).into(),
            &task.file,
        )
        .into()
    }
}

impl Task {
    pub fn read(message: &JsValue) -> Option<Self> {
        let parts = message.dyn_ref::<Array>()?;
        let what = match number(&parts.get(1)) {
            0 => What::Unpack,
            1 => What::Caption,
            2 => What::Picture,
            _ => What::Changed,
        };
        Some(Self {
            id: number(&parts.get(0)),
            what,
            name: parts.get(2).as_string()?,
            file: parts.get(3).dyn_into().ok()?,
        })
    }
}

fn number(value: &JsValue) -> u32 {
    value.as_f64().unwrap_or(0.0) as u32
}

fn list(words: &[String]) -> JsValue {
    words.iter().map(JsValue::from).collect::<Array>().into()
}

fn words(value: &JsValue) -> Vec<String> {
    let array = value.dyn_ref::<Array>().cloned().unwrap_or_default();
    array.iter().filter_map(|word| word.as_string()).collect()
}

impl From<Answer> for JsValue {
    fn from(answer: Answer) -> Self {
        answer.to(0)
    }
}

impl Answer {
    /// The message that answers a task.
    pub fn to(self, id: u32) -> JsValue {
        let parts = Array::of1(&id.into());
        let push = |value: JsValue| {
            parts.push(&value);
        };
        match self {
            Self::Ready => push(0.into()),
            Self::Entry { path, file } => {
                push(1.into());
                push(path.into());
                push(file.into());
            }
            Self::Unpacked(refused) => {
                push(2.into());
                push(list(&refused));
            }
            Self::Refused(why) => {
                push(3.into());
                push(why.into());
            }
            Self::Found(found) => {
                push(4.into());
                push(found.name.into());
                push(list(&found.asks));
                push(list(&found.notes));
                push(found.file.map_or(JsValue::UNDEFINED, Into::into));
                push(found.md5.map_or(JsValue::UNDEFINED, Into::into));
                push(found.width.into());
                push(found.height.into());
                push(
                    found
                        .hash
                        .map_or(JsValue::UNDEFINED, |h| h.to_string().into()),
                );
                push(found.thumbnail.map_or(JsValue::UNDEFINED, Into::into));
            }
            Self::Lost => push(5.into()),
        }
        parts.into()
    }

    /// The task's id and its answer.
    pub fn read(message: &JsValue) -> Option<(u32, Self)> {
        let parts = message.dyn_ref::<Array>()?;
        let text = |at| parts.get(at).as_string();
        let blob = |at| parts.get(at).dyn_into::<Blob>().ok();
        let answer = match number(&parts.get(1)) {
            0 => Self::Ready,
            1 => Self::Entry {
                path: text(2)?,
                file: blob(3)?,
            },
            2 => Self::Unpacked(words(&parts.get(2))),
            3 => Self::Refused(text(2)?),
            4 => Self::Found(Box::new(Found {
                name: text(2)?,
                asks: words(&parts.get(3)),
                notes: words(&parts.get(4)),
                file: blob(5),
                md5: text(6),
                width: number(&parts.get(7)),
                height: number(&parts.get(8)),
                hash: text(9).and_then(|hash| hash.parse().ok()),
                thumbnail: blob(10),
            })),
            _ => Self::Lost,
        };
        Some((number(&parts.get(0)), answer))
    }
}
