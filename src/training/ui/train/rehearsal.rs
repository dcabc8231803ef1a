//! How the rehearsal trainer shall run this one: speed and faults, so that every failure can be seen before one is paid for.

use super::typed::TypedForm;
use crate::training::model::form::{FAULTS, SPEED};
use crate::training::model::rehearsal::{FAULTS_FIELD, RehearsalChoice, SPEED_FIELD};
use crate::ui::{SelectField, TextField};
use leptos::prelude::*;

#[component]
pub fn RehearsalStep(typed: TypedForm, choice: RehearsalChoice) -> impl IntoView {
    let speed = Signal::derive(move || typed.form.with(|f| f.rehearsal.steps_per_second.clone()));
    let faults = Signal::derive(move || typed.form.with(|f| f.rehearsal.faults.clone()));
    let set_speed = Callback::new(move |text| {
        typed.form.update(|f| f.rehearsal.steps_per_second = text);
    });
    let set_faults = Callback::new(move |text| typed.form.update(|f| f.rehearsal.faults = text));
    let mut options = vec![(String::new(), "Nothing goes wrong".to_owned())];
    let words = choice.faults.into_iter();
    options.extend(words.map(|(word, effect)| (word.clone(), format!("{word}: {effect}"))));
    // a list of words, as an address may carry, is no choice of this menu but must not be lost
    let typed_words = faults.get_untracked();
    if !options.iter().any(|(word, _)| *word == typed_words) {
        options.push((typed_words.clone(), typed_words));
    }
    view! {
        <section class="panel step" aria-labelledby="step-rehearsal">
            <header class="step__head">
                <h2 class="step__title" id="step-rehearsal">
                    "Rehearsal"
                </h2>
                <span class="step__note">"This run only; no GPU, the model has no effect"</span>
            </header>
            <div class="field-grid field-grid--two">
                <TextField
                    label="Speed"
                    name=SPEED
                    id=SPEED_FIELD
                    value=speed
                    unit="steps/s"
                    placeholder=choice.steps_per_second
                    inputmode="decimal"
                    optional=true
                    error=typed.message(SPEED_FIELD)
                    on_input=set_speed
                />
                <SelectField
                    label="What goes wrong"
                    name=FAULTS
                    id=FAULTS_FIELD
                    value=faults
                    options
                    error=typed.message(FAULTS_FIELD)
                    on_change=set_faults
                />
            </div>
        </section>
    }
}
