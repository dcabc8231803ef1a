//! One field per entry of the parameter table, each with the way back to its default and into the guide.

use super::typed::TypedForm;
use crate::training::model::form::parameter_field;
use crate::training::model::parameters::{Group, Kind, PARAMETERS, Parameter, find};
use crate::ui::{GuideLink, Icon, SelectField, TextField};
use leptos::children::ViewFn;
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

/// A group that is opened when asked for; what in it is changed or wrong is counted outside.
#[component]
pub fn FoldedGroup(group: Group, about: &'static str, typed: TypedForm) -> impl IntoView {
    let note = Memo::new(move |_| attention(typed, group));
    // what was refused is not folded away from who has no script to be led there
    let unfolded = untrack(|| wrong(typed, group) > 0);
    view! {
        <details class="disclosure" open=unfolded>
            <summary class="disclosure__summary">
                {group.label()} " " <span class="disclosure__note">{about} {note}</span>
            </summary>
            <div class="disclosure__body">
                <Parameters group typed />
            </div>
        </details>
    }
}

/// ` · 2 changed · 1 wrong`; empty where there is nothing to say.
fn attention(typed: TypedForm, group: Group) -> String {
    let of = |p: &&'static Parameter| p.group == group;
    let changed = PARAMETERS.iter().filter(of);
    let changed = changed.filter(|p| typed.changed(p).is_some()).count();
    let wrong = wrong(typed, group);
    let part = |n: usize, word: &str| match n {
        0 => String::new(),
        n => format!(" · {n} {word}"),
    };
    part(changed, "changed") + &part(wrong, "wrong")
}

/// Fields of a group that cannot be trained.
fn wrong(typed: TypedForm, group: Group) -> usize {
    typed.judged.with(|judged| {
        let fields = judged.problems.iter().filter_map(|p| p.field.as_deref());
        let of_group = fields.filter_map(find).filter(|p| p.group == group);
        of_group.count()
    })
}

#[component]
fn ParameterField(parameter: &'static Parameter, typed: TypedForm) -> impl IntoView {
    let name = parameter.name;
    let value = typed.parameter(name);
    let error = typed.message(name);
    let change = Callback::new(move |text: String| typed.set_parameter(name, text));
    let hint = hint(parameter);
    let aside = ViewFn::from(move || view! { <Aside parameter typed /> });
    let default = typed.default_of(parameter);
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
                    aside
                    unit=parameter.unit
                    placeholder=Signal::derive(move || {
                        if typed.lacks_images(parameter) {
                            parameter.default_text()
                        } else {
                            empty_or(default.get())
                        }
                    })
                    inputmode=keyboard(parameter.kind)
                    on_input=change
                />
            }
            .into_any();
        }
    };
    let default = default.get_untracked();
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
            aside
            on_change=change
        />
    }
    .into_any()
}

/// Beside the label: what a changed field would be without the change, one click away, and the way to its chapter.
#[component]
fn Aside(parameter: &'static Parameter, typed: TypedForm) -> impl IntoView {
    let name = parameter.name;
    let preset = typed.preset_of(parameter);
    let here = StoredValue::new(typed.address());
    // what it was before it was changed: the preset's where the form began from one
    let changed = Memo::new(move |_| {
        let (whose, before) = typed.changed(parameter)?;
        Some((whose, empty_or(before)))
    });
    let reset = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        typed.set_parameter(name, preset.get_untracked().unwrap_or_default());
    };
    view! {
        {move || {
            changed
                .get()
                .map(|(whose, before)| {
                    view! {
                        <button
                            class="field__reset"
                            type="submit"
                            formmethod="get"
                            formaction=here.get_value()
                            name="reset"
                            value=name
                            title=format!("Changed. Back to the {whose}, {before}")
                            aria-label=format!("Changed: set {} back to the {whose}, {before}", parameter.label)
                            on:click=reset
                        >
                            <Icon name="undo" />
                            <span class="field__reset-words">{shown(&before).to_owned()}</span>
                        </button>
                    }
                })
        }}
        <GuideLink to=format!("/guide/parameters#{name}") about=name />
    }
}

fn shown(word: &str) -> &str {
    match word {
        "true" => "yes",
        "false" => "no",
        word => word,
    }
}

fn empty_or(text: String) -> String {
    if text.is_empty() {
        "empty".into()
    } else {
        text
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
