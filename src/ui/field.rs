//! A labelled control with hint, unit and error. The error is announced and tied to the control.

use super::Icon;
use leptos::children::ViewFn;
use leptos::prelude::*;

/// The frame around every control.
#[component]
fn Frame(
    id: String,
    label: String,
    hint: Signal<String>,
    error: Signal<Option<String>>,
    unit: String,
    optional: bool,
    aside: ViewFn,
    children: Children,
) -> impl IntoView {
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field" class:field--invalid=move || error.get().is_some()>
            <div class="field__head">
                <label class="field__label" for=id>
                    {label}
                    {optional.then(|| view! { <span class="field__optional">" optional"</span> })}
                </label>
                {aside.run()}
            </div>
            <div class="field__control">
                {children()}
                {(!unit.is_empty()).then(|| view! { <span class="field__unit">{unit}</span> })}
            </div>
            <p class="field__hint" id=hint_id hidden=move || hint.get().is_empty()>
                {move || hint.get()}
            </p>
            <p class="field__error" id=error_id hidden=move || error.get().is_none()>
                <Icon name="error" />
                <span>{move || error.get().unwrap_or_default()}</span>
            </p>
        </div>
    }
}

fn described_by(id: &str) -> String {
    format!("{id}-hint {id}-error")
}

/// One line of text or a number, as typed.
#[component]
pub fn TextField(
    #[prop(into)] label: String,
    /// Form field name.
    #[prop(into)]
    name: String,
    /// Element id; the name unless given.
    #[prop(into, optional)]
    id: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into, default = Signal::stored(String::new()))] hint: Signal<String>,
    #[prop(into, default = Signal::stored(None))] error: Signal<Option<String>>,
    #[prop(into, optional)] unit: String,
    #[prop(into, default = Signal::stored(String::new()))] placeholder: Signal<String>,
    /// `text`, `decimal`, `numeric`: the keyboard a phone shows.
    #[prop(default = "text")]
    inputmode: &'static str,
    #[prop(default = false)] optional: bool,
    #[prop(default = false)] required: bool,
    /// Stands at the end of the label's line.
    #[prop(into, optional)]
    aside: ViewFn,
    /// Called with each change.
    #[prop(into, optional)]
    on_input: Option<Callback<String>>,
) -> impl IntoView {
    let id = if id.is_empty() { name.clone() } else { id };
    let described = described_by(&id);
    view! {
        <Frame id=id.clone() label hint error unit optional aside>
            <input
                class="input"
                type="text"
                id=id
                name=name
                prop:value=move || value.get()
                value=value.get_untracked()
                placeholder=move || placeholder.get()
                inputmode=inputmode
                autocomplete="off"
                required=required
                aria-describedby=described
                aria-invalid=move || error.get().is_some().to_string()
                on:input=move |event| {
                    if let Some(on_input) = on_input {
                        on_input.run(event_target_value(&event));
                    }
                }
            />
        </Frame>
    }
}

/// One of several words. `options` are (value, text).
#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(into, optional)] id: String,
    #[prop(into)] value: Signal<String>,
    options: Vec<(String, String)>,
    #[prop(into, default = Signal::stored(String::new()))] hint: Signal<String>,
    #[prop(into, default = Signal::stored(None))] error: Signal<Option<String>>,
    /// Stands at the end of the label's line.
    #[prop(into, optional)]
    aside: ViewFn,
    #[prop(into, optional)] on_change: Option<Callback<String>>,
) -> impl IntoView {
    let id = if id.is_empty() { name.clone() } else { id };
    let described = described_by(&id);
    let chosen = value.get_untracked();
    let options = options.into_iter().map(move |(option, text)| {
        let selected = option == chosen;
        view! {
            <option value=option selected=selected>
                {text}
            </option>
        }
    });
    view! {
        <Frame id=id.clone() label hint error unit=String::new() optional=false aside>
            <select
                class="input"
                id=id
                name=name
                prop:value=move || value.get()
                aria-describedby=described
                aria-invalid=move || error.get().is_some().to_string()
                on:change=move |event| {
                    if let Some(on_change) = on_change {
                        on_change.run(event_target_value(&event));
                    }
                }
            >
                {options.collect_view()}
            </select>
        </Frame>
    }
}
