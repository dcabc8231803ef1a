//! Everything about a run at a glance.

use super::Live;
use super::course::Course;
use super::dataset::{Snapshot, Strip};
use super::events::Events;
use super::facts::{Fact, Facts};
use super::model_file::ModelFile;
use super::notes::Notes;
use super::parameters::Brief;
use crate::training::model::version::TrainingVersion;
use crate::training::ui::clock::{Clock, stopwatch};
use leptos::prelude::*;

/// Events shown before the link to all of them.
const EVENTS: usize = 8;

#[component]
pub fn Overview(live: Live, snapshot: Snapshot) -> impl IntoView {
    view! {
        <div class="split">
            <div class="stack">
                <Course live />
                <Events live most=EVENTS />
                <Strip live snapshot />
                <Notes live />
            </div>
            <div class="stack">
                <ModelFile live />
                <Brief live />
                <Run live />
            </div>
        </div>
    }
}

/// Ids and times, for those who look the run up elsewhere.
#[component]
fn Run(live: Live) -> impl IntoView {
    let facts = Memo::new(move |_| live.version.with(|v| facts(v, live.clock)));
    view! {
        <section class="panel" aria-labelledby="run-title">
            <div class="panel__head">
                <h3 class="panel__title" id="run-title">
                    "Run"
                </h3>
            </div>
            <Facts facts />
        </section>
    }
}

fn facts(version: &TrainingVersion, clock: Clock) -> Vec<Fact> {
    let trainer = match version.trainer.as_deref() {
        Some("rehearsal") => "rehearsal, no GPU".to_owned(),
        Some("runpod") => "RunPod".to_owned(),
        Some(other) => other.to_owned(),
        None => "another program".to_owned(),
    };
    let code = |name, value: &Option<String>| value.as_ref().map(|value| Fact::code(name, value));
    let time = |name, ms: Option<i64>| ms.map(|ms| Fact::words(name, stopwatch(ms)));
    let ended = version.completed_at.as_ref().or(version.failed_at.as_ref());
    let facts = [
        Some(Fact::code("Version", &version.id)),
        code("Request", &version.request_id),
        code("Job", &version.job_id),
        Some(Fact::words("Trainer", trainer)),
        time("Queued for", version.delay_time_ms),
        time("On the worker", version.execution_time_ms),
        ended.map(|iso| Fact::words("Ended", clock.minute(iso))),
    ];
    facts.into_iter().flatten().collect()
}
