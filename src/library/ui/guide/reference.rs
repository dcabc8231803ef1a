//! Every training parameter, from the one table that the form, the checks and the API read too.

use crate::training::model::parameters::{Group, PARAMETERS, Parameter};
use leptos::prelude::*;

/// Anchor and title of each group.
pub const GROUPS: [(&str, &str); 3] = [
    ("core", "Core"),
    ("advanced", "Advanced"),
    ("expert", "Expert"),
];

#[component]
pub fn ParameterReference() -> impl IntoView {
    view! {
        <h1>"Parameters"</h1>
        <p>
            "By the trainer's own names, as they stand in the workflow and in "
            <code>"parameters"</code>
            " of the REST interface. An empty field means the default; what is typed is sent as typed, and what the trainer would stop on is refused with the field's name. Its seed is fixed at 42. Some pairs exclude each other: see "
            <a href="/guide/before-paying#combinations">"refused combinations"</a> "."
        </p>
        <Entries group=Group::Core about="What one looks at before every run." />
        <Entries group=Group::Advanced about="Schedule, resolution, buckets, captions, noise." />
        <Entries group=Group::Expert about="Memory, precision and file names of the worker." />
    }
}

#[component]
fn Entries(group: Group, about: &'static str) -> impl IntoView {
    let entries = PARAMETERS.iter().filter(|p| p.group == group).map(entry);
    view! {
        <h2 id=group.label().to_ascii_lowercase()>{group.label()}</h2>
        <p>{about}</p>
        <dl class="reference">{entries.collect_view()}</dl>
    }
}

fn entry(parameter: &'static Parameter) -> impl IntoView {
    let facts = parameter.facts().into_iter().map(|(name, value)| {
        view! {
            <li>
                <span class="muted">{name}</span>
                " "
                {value}
            </li>
        }
    });
    view! {
        <div class="reference__entry" id=parameter.name>
            <dt class="reference__name">
                {parameter.label} " " <code>{parameter.name}</code>
            </dt>
            <dd>
                <p>{parameter.help}</p>
                <p>
                    <span class="muted">"Why and how: "</span>
                    {parameter.why}
                </p>
                <ul class="reference__facts">{facts.collect_view()}</ul>
            </dd>
        </div>
    }
}
