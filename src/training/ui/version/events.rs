//! The event log of a run: who saw what and when, newest first.

use super::Live;
use crate::training::model::version::VersionEvent;
use crate::training::ui::clock::Clock;
use leptos::prelude::*;

#[component]
pub fn Events(
    live: Live,
    /// How many are shown; the rest is behind a link.
    #[prop(optional)]
    most: Option<usize>,
) -> impl IntoView {
    let events = live.events;
    let total = Memo::new(move |_| events.with(Vec::len));
    let shown = move || {
        events.with(|events| {
            let newest_first = events.iter().cloned().enumerate().rev();
            newest_first
                .take(most.unwrap_or(usize::MAX))
                .collect::<Vec<_>>()
        })
    };
    let more = move || most.is_some_and(|most| total.get() > most);
    let all = live.style_address(&format!("versions/{}?tab=events", live.id.get_value()));
    let ours = live.version.with_untracked(|v| v.is_ours());
    view! {
        <section class="panel" aria-labelledby="events-title">
            <div class="panel__head">
                <h3 class="panel__title" id="events-title">
                    "Events"
                </h3>
                <span class="panel__note">"newest first"</span>
            </div>
            <ol class="events">
                <For
                    each=shown
                    key=|(at, _)| *at
                    children=move |(_, event)| view! { <Event event clock=live.clock /> }
                />
            </ol>
            <p class="muted" hidden=move || { total.get() > 0 }>
                {if ours { "Nothing happened yet." } else { "The program that ran it kept no event log." }}
            </p>
            <p class="panel__more" hidden=move || !more()>
                <a class="link" href=all data-noscroll="true">
                    {move || format!("All {} events", total.get())}
                </a>
            </p>
        </section>
    }
}

#[component]
fn Event(event: VersionEvent, clock: Clock) -> impl IntoView {
    let VersionEvent {
        time,
        witness,
        message,
        said,
        change,
    } = event;
    let (class, words, detail) = told(&message);
    let source = match witness.as_str() {
        "studio" => "by the studio".to_owned(),
        "person" => "by you".to_owned(),
        "s3" => "from S3".to_owned(),
        other => format!("via {other}"),
    };
    let (machine, full) = (time.clone(), time.clone());
    view! {
        <li class=format!("event event--{class}")>
            <time class="event__time" datetime=machine title=move || clock.minute(&full)>
                {move || clock.second(&time)}
            </time>
            <span class="event__dot"></span>
            <p class="event__text">
                {words} " " <span class="event__source">{source}</span>
                {change.map(|change| view! { " " <span class="event__change">{change}</span> })}
                {said.map(|said| view! { <span class="event__detail">{format!("It said “{said}”")}</span> })}
                {detail.map(|detail| view! { <span class="event__detail">{detail}</span> })}
            </p>
        </li>
    }
}

/// Status class, sentence, and what belongs on a line of its own.
fn told(message: &str) -> (&'static str, String, Option<String>) {
    if let Some(reason) = message.strip_prefix("failed: ") {
        return ("failed", "Failed".into(), Some(reason.to_owned()));
    }
    if let Some(job) = message.strip_prefix("submitted as job ") {
        return (
            "pending",
            "Accepted by the endpoint".into(),
            Some(format!("Job {job}")),
        );
    }
    let class = match message {
        m if m.starts_with("completed") => "completed",
        m if m.starts_with("cancelled") => "cancelled",
        m if m.starts_with("recorded") => "pending",
        m if m.contains("may run nevertheless") || m.starts_with("not sent yet") => "warning",
        _ => "training",
    };
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    (class, first.unwrap_or_default() + letters.as_str(), None)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn messages_become_a_sentence_a_colour_and_a_detail() {
        let failed = told("failed: out of memory");
        assert_eq!(
            failed,
            ("failed", "Failed".into(), Some("out of memory".into()))
        );
        assert_eq!(told("a worker took the job").1, "A worker took the job");
        assert_eq!(told("completed").0, "completed");
        assert_eq!(told("").1, "");
    }
}
