//! The guide's last chapter: every training parameter, from the one table that the form, the checks and the API read too.

use crate::training::model::parameters::{Group, PARAMETERS, Parameter};
use leptos::prelude::*;

#[component]
pub fn ParameterReference() -> impl IntoView {
    let group = |group: Group, about: &'static str| {
        let entries = PARAMETERS.iter().filter(|p| p.group == group).map(entry);
        view! {
            <h3>{group.label()}</h3>
            <p>{about}</p>
            <dl class="reference">{entries.collect_view()}</dl>
        }
    };
    view! {
        <h2 id="parameters">"Parameters"</h2>
        <p>
            "By the trainer's own names, as they stand in the workflow and in "
            <code>"parameters"</code>
            " of the REST interface. An empty field means the default; what is typed is sent as typed. The trainer's seed is fixed at 42."
        </p>
        {group(Group::Core, "What one looks at before every run.")}
        {group(Group::Advanced, "Schedule, resolution, buckets, captions, noise.")}
        {group(Group::Expert, "Memory, precision and file names of the worker.")}
    }
}

fn entry(parameter: &'static Parameter) -> impl IntoView {
    let unit = match parameter.unit {
        "" => String::new(),
        unit => format!(" {unit}"),
    };
    view! {
        <div class="reference__entry" id=parameter.name>
            <dt class="reference__name">
                {parameter.label} " " <code>{parameter.name}</code>
            </dt>
            <dd>
                <p>{parameter.help} " " {parameter.why}</p>
                <p class="reference__bounds">
                    {format!("Default {}{unit}. Allowed: {}. ", parameter.default_text(), parameter.allowed())}
                    <span class="muted">{parameter.source}</span>
                </p>
            </dd>
        </div>
    }
}
