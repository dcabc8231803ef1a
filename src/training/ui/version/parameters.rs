//! The parameters of a run as they were sent, and which of them differ from what an empty field would have meant.

use super::Live;
use crate::training::model::parameters::{self, Defaults, Group, Parameter, Preset};
use crate::training::model::version::TrainingVersion;
use leptos::prelude::*;

/// One row: a parameter of the run.
#[derive(Clone)]
struct Sent {
    name: String,
    label: String,
    value: String,
    /// What the form would have taken by itself, where it differs.
    default: Option<String>,
    core: bool,
}

/// In the order of the form; what the table does not know comes last.
fn sent(version: &TrainingVersion) -> Vec<Sent> {
    let images = version.image_count.map(|n| n as usize);
    let order = |name: &str| parameters::PARAMETERS.iter().position(|p| p.name == name);
    let mut rows: Vec<(usize, Sent)> = Vec::new();
    for (name, value) in &version.parameters {
        let known = parameters::find(name);
        let value = value.to_string();
        let default = known
            .and_then(|p| default_of(p, images))
            .filter(|d| *d != value);
        let row = Sent {
            label: known.map_or_else(|| name.clone(), |p| p.label.to_owned()),
            core: known.is_some_and(|p| p.group == Group::Core),
            name: name.clone(),
            value,
            default,
        };
        rows.push((order(name).unwrap_or(usize::MAX), row));
    }
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// `None` where the default belongs to the style, or to a dataset whose size is not known.
fn default_of(parameter: &Parameter, images: Option<usize>) -> Option<String> {
    let images = match parameter.default {
        Preset::TriggerOfStyle => return None,
        Preset::StepsOfDataset => images?,
        _ => 0,
    };
    let defaults = Defaults {
        class_tokens: String::new(),
        images,
    };
    Some(parameter.default_value(&defaults).typed())
}

fn empty_or(text: String) -> String {
    if text.is_empty() {
        "empty".into()
    } else {
        text
    }
}

/// All of them.
#[component]
pub fn Parameters(live: Live) -> impl IntoView {
    let rows = live.version.with_untracked(sent);
    if rows.is_empty() {
        return view! {
            <section class="panel">
                <p class="muted">{NONE}</p>
            </section>
        }
        .into_any();
    }
    let changed = rows.iter().filter(|r| r.default.is_some()).count();
    let note = format!("{} as sent, {changed} changed from the default", rows.len());
    let row = |row: Sent| {
        let default = row.default.map(|default| {
            view! {
                <span class="parameter__default">
                    <span class="field__changed">"changed"</span>
                    " "
                    <span class="muted">{format!("default {}", empty_or(default))}</span>
                </span>
            }
        });
        view! {
            <tr>
                <th scope="row">
                    <span class="parameter__label">{row.label}</span>
                    <code class="parameter__name">{row.name}</code>
                </th>
                <td>{empty_or(row.value)} {default}</td>
            </tr>
        }
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    view! {
        <section class="panel" aria-labelledby="parameters-title">
            <div class="panel__head">
                <h3 class="panel__title" id="parameters-title">
                    "Parameters"
                </h3>
                <span class="panel__note">{note}</span>
            </div>
            <table class="table parameters">
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">"Parameter"</th>
                        <th scope="col">"Value"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

const NONE: &str = "No parameters were recorded.";

/// The core ones, and those that were changed.
#[component]
pub fn Brief(live: Live) -> impl IntoView {
    let rows = live.version.with_untracked(sent);
    let total = rows.len();
    let all = live.style_address(&format!("versions/{}?tab=parameters", live.id.get_value()));
    let row = |row: Sent| {
        view! {
            <dt class="facts__name">{row.label}</dt>
            <dd class="facts__value">{empty_or(row.value)}</dd>
        }
    };
    let is_brief = |row: &Sent| row.core || row.default.is_some();
    let rows: Vec<_> = rows.into_iter().filter(is_brief).map(row).collect();
    view! {
        <section class="panel" aria-labelledby="parameters-title">
            <div class="panel__head">
                <h3 class="panel__title" id="parameters-title">
                    "Parameters"
                </h3>
                <span class="panel__note">"core and changed"</span>
            </div>
            <dl class="facts">{rows}</dl>
            {if total == 0 {
                view! { <p class="muted">{NONE}</p> }.into_any()
            } else {
                view! {
                    <p class="panel__more">
                        <a class="link" href=all data-noscroll="true">
                            {format!("All {total} parameters")}
                        </a>
                    </p>
                }
                    .into_any()
            }}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::model::version::ParameterValue;

    #[test]
    fn what_differs_from_the_default_is_marked_whatever_its_number_type() {
        let parameters = [
            ("network_dim", ParameterValue::Float(16.0)),
            ("batch_size", ParameterValue::Int(7)),
            ("class_tokens", ParameterValue::Text("x".into())),
            ("of_another_program", ParameterValue::Bool(true)),
        ];
        let version = TrainingVersion {
            parameters: parameters.map(|(k, v)| (k.to_owned(), v)).into(),
            ..TrainingVersion::default()
        };
        let rows = sent(&version);
        let changed: Vec<&str> = rows
            .iter()
            .filter(|r| r.default.is_some())
            .map(|r| r.name.as_str())
            .collect();
        assert_eq!(changed, ["batch_size"]);
        assert_eq!(rows.last().unwrap().label, "of_another_program");
    }
}
