//! Gives files to workers and takes their answers. As many workers as the machine has cores to spare, gone when idle.

use crate::dataset::worker::message::{Answer, Task, What};
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Blob, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Most workers: each may hold a decoded picture of 512 MB.
const MOST: usize = 3;
/// A worker has two tasks: one is decoded by the browser while the other is measured.
const AT_ONCE: usize = 2;
/// Workers without work for this long go, and their memory with them.
const IDLE_MS: u32 = 10_000;

/// Told every answer; of an archive there are many.
type Told = Rc<dyn Fn(Answer)>;

struct Member {
    worker: Worker,
    is_ready: bool,
    tasks: Vec<u32>,
    /// Kept alive with the worker.
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

#[derive(Default)]
struct Analyst {
    members: Vec<Member>,
    waiting: VecDeque<Task>,
    told: HashMap<u32, Told>,
    next_id: u32,
    rest: Option<Timeout>,
}

thread_local! {
    static ANALYST: RefCell<Analyst> = RefCell::default();
}

/// Has a file looked at; the id is for [`forget`].
pub fn ask(what: What, name: &str, file: &Blob, told: impl Fn(Answer) + 'static) -> u32 {
    let id = ANALYST.with_borrow_mut(|analyst| {
        analyst.next_id += 1;
        let id = analyst.next_id;
        analyst.told.insert(id, Rc::new(told));
        analyst.waiting.push_back(Task {
            id,
            what,
            name: name.to_owned(),
            file: file.clone(),
        });
        analyst.rest = None;
        id
    });
    hand_out();
    id
}

/// Files are about to come: a first worker is loaded meanwhile.
pub fn warm() {
    ANALYST.with_borrow_mut(|analyst| {
        if analyst.members.is_empty() {
            analyst.members.extend(engage());
        }
    });
}

/// The answer is wanted no more; what is under way ends unheard.
pub fn forget(id: u32) {
    ANALYST.with_borrow_mut(|analyst| {
        analyst.told.remove(&id);
        analyst.waiting.retain(|task| task.id != id);
    });
}

fn hand_out() {
    ANALYST.with_borrow_mut(|analyst| {
        let wanted =
            analyst.waiting.len() + analyst.members.iter().map(|m| m.tasks.len()).sum::<usize>();
        while analyst.members.len() < wanted.min(most()) {
            let Some(member) = engage() else { break };
            analyst.members.push(member);
        }
        if analyst.members.is_empty() {
            return;
        }
        loop {
            let free = analyst
                .members
                .iter_mut()
                .filter(|m| m.is_ready && m.tasks.len() < AT_ONCE);
            let Some(member) = free.min_by_key(|m| m.tasks.len()) else {
                break;
            };
            let Some(task) = analyst.waiting.pop_front() else {
                break;
            };
            let _ = member.worker.post_message(&(&task).into());
            member.tasks.push(task.id);
        }
        if wanted == 0 && analyst.rest.is_none() {
            analyst.rest = Some(Timeout::new(IDLE_MS, dismiss));
        }
    });
    // where no worker can be had at all, nobody waits for one
    let alone =
        ANALYST.with_borrow_mut(|a| a.members.is_empty().then(|| std::mem::take(&mut a.waiting)));
    for task in alone.into_iter().flatten() {
        tell(task.id, Answer::Lost);
    }
}

/// One core is the page's.
fn most() -> usize {
    let cores = window_cores();
    cores.saturating_sub(1).clamp(1, MOST)
}

fn window_cores() -> usize {
    let navigator = leptos::prelude::window().navigator();
    let cores = js_sys::Reflect::get(&navigator, &"hardwareConcurrency".into());
    cores.ok().and_then(|n| n.as_f64()).unwrap_or(2.0) as usize
}

fn engage() -> Option<Member> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options("/worker.js", &options).ok()?;
    let from = worker.clone();
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some((id, answer)) = Answer::read(&event.data()) {
            heard(&from, id, answer);
        }
    });
    let from = worker.clone();
    let error = Closure::<dyn FnMut(Event)>::new(move |_| broke(&from));
    worker.set_onmessage(Some(message.as_ref().unchecked_ref()));
    worker.set_onerror(Some(error.as_ref().unchecked_ref()));
    Some(Member {
        worker,
        is_ready: false,
        tasks: Vec::new(),
        _message: message,
        _error: error,
    })
}

fn heard(from: &Worker, id: u32, answer: Answer) {
    let goes_on = matches!(answer, Answer::Entry { .. });
    ANALYST.with_borrow_mut(|analyst| {
        let mut members = analyst.members.iter_mut();
        if let Some(member) = members.find(|m| m.worker == *from) {
            member.is_ready = true;
            if !goes_on {
                member.tasks.retain(|task| *task != id);
            }
        }
    });
    if goes_on {
        let told = ANALYST.with_borrow(|a| a.told.get(&id).cloned());
        if let Some(told) = told {
            told(answer);
        }
        return;
    }
    tell(id, answer);
    hand_out();
}

fn tell(id: u32, answer: Answer) {
    let told = ANALYST.with_borrow_mut(|analyst| analyst.told.remove(&id));
    if let Some(told) = told {
        told(answer);
    }
}

/// A file that takes its worker down takes at most one other along; what still waits gets another worker.
fn broke(worker: &Worker) {
    worker.terminate();
    let (was_ready, lost) = ANALYST.with_borrow_mut(|analyst| {
        let at = analyst.members.iter().position(|m| m.worker == *worker);
        let Some(member) = at.map(|at| analyst.members.swap_remove(at)) else {
            return (true, Vec::new());
        };
        let mut lost = member.tasks;
        if !member.is_ready {
            // it could not even be loaded: nor will the next
            lost.extend(analyst.waiting.drain(..).map(|task| task.id));
        }
        (member.is_ready, lost)
    });
    lost.into_iter().for_each(|id| tell(id, Answer::Lost));
    if was_ready {
        hand_out();
    }
}

fn dismiss() {
    ANALYST.with_borrow_mut(|analyst| {
        analyst.rest = None;
        if analyst.waiting.is_empty() && analyst.members.iter().all(|m| m.tasks.is_empty()) {
            analyst.members.drain(..).for_each(|m| m.worker.terminate());
        }
    });
}
