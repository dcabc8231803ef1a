//! One field per entry of the parameter table.

use super::typed::{TypedForm, parameter_field};
use crate::training::model::parameters::{Group, Kind, PARAMETERS, Parameter};
use crate::ui::{SelectField, TextField};
use leptos::prelude::*;

/// All parameters of one group.
#[component]
pub fn Parameters(group: Group, typed: TypedForm) -> impl IntoView {
    let fields = PARAMETERS
        .iter()
        .filter(|parameter| parameter.group == group)
        .map(|parameter| view! { <ParameterField parameter typed /> });
    view! { <div class="field-grid">{fields.collect_view()}</div> }
}

#[component]
fn ParameterField(parameter: &'static Parameter, typed: TypedForm) -> impl IntoView {
    let name = parameter.name;
    let value = typed.parameter(name);
    let error = typed.message(name);
    let change = Callback::new(move |text: String| typed.set_parameter(name, text));
    let hint = hint(parameter);
    let words: Vec<&'static str> = match parameter.kind {
        Kind::Choice(words) => words.to_vec(),
        Kind::Bool => vec!["true", "false"],
        _ => {
            return view! {
                <TextField
                    label=parameter.label
                    name=parameter_field(name)
                    id=name
                    value
                    hint
                    error
                    unit=parameter.unit
                    placeholder=parameter.default_text()
                    inputmode=keyboard(parameter.kind)
                    on_input=change
                />
            }
            .into_any();
        }
    };
    let default = parameter.default_text();
    // an empty choice is the default: nothing is sent that was not chosen
    let mut options = vec![(String::new(), format!("{} (default)", shown(&default)))];
    let others = words.into_iter().filter(|word| *word != default);
    options.extend(others.map(|word| (word.to_owned(), shown(word).to_owned())));
    let value = Signal::derive(move || {
        let typed = value.get();
        if typed == default {
            String::new()
        } else {
            typed
        }
    });
    view! {
        <SelectField
            label=parameter.label
            name=parameter_field(name)
            id=name
            value
            options
            hint
            error
            on_change=change
        />
    }
    .into_any()
}

fn shown(word: &str) -> &str {
    match word {
        "true" => "yes",
        "false" => "no",
        word => word,
    }
}

fn keyboard(kind: Kind) -> &'static str {
    match kind {
        Kind::Int { .. } => "numeric",
        Kind::Float { .. } => "decimal",
        _ => "text",
    }
}

fn hint(parameter: &Parameter) -> Signal<String> {
    let bounds = match parameter.kind {
        Kind::Int { .. } | Kind::Float { .. } => format!(" {}.", parameter.allowed()),
        _ => String::new(),
    };
    Signal::stored(format!("{}{bounds}", parameter.help))
}
