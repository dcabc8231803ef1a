//! The form: dataset, version, parameters, webhook, Start. All text as typed; the server reads it once.

use super::fields::Parameters;
use super::plan::PlanPanel;
use super::rehearsal::RehearsalStep;
use super::typed::{Preview, TypedForm, initial};
use crate::error::AppError;
use crate::training::api::{StartTraining, preview};
use crate::training::model::parameters::{Group, recommended_steps};
use crate::training::model::preview::TrainSetup;
use crate::training::ui::history::History;
use crate::tunnel::ui::TunnelPanel;
use crate::ui::units::{count, plural};
use crate::ui::{ErrorNotice, SelectField, TextField};
use leptos::prelude::*;

/// The Start button stands outside of the form.
pub const FORM_ID: &str = "train-form";

#[component]
pub fn TrainForm(setup: TrainSetup) -> impl IntoView {
    let form = RwSignal::new(initial(&setup));
    let start = ServerAction::<StartTraining>::new();
    let refused = Signal::derive(move || start.value().get().and_then(Result::err));
    let typed = TypedForm {
        form,
        preview: RwSignal::new(None),
        refused,
    };
    let first = first_preview(typed);
    follow_typing(typed);
    let style = setup.form.style_id.clone();
    let history = style.clone();
    let key = setup.idempotency_key.clone();
    let summary = move || refused.get().map(|error| view! { <Refused error /> });
    view! {
        <div class="split train">
            <div class="train__steps">
                {summary}
                <ActionForm
                    action=start
                    attr:id=FORM_ID
                    attr:class="train__steps"
                    attr:novalidate=true
                >
                    <input type="hidden" name="form[styleId]" value=style.clone() />
                    <input type="hidden" name="idempotency_key" value=key />
                    <DatasetStep typed sets=setup.sets style=style.clone() />
                    <VersionStep typed style />
                    <ParametersStep typed />
                    {setup.rehearsal.map(|choice| view! { <RehearsalStep typed choice /> })}
                </ActionForm>
                // outside of the form: its buttons are forms of their own
                <section class="panel step" aria-labelledby="step-4">
                    <StepHead number=4 title="Webhook" />
                    <ul>
                        <li class="route">
                            <span class="dot dot--ok"></span>
                            <p class="route__text">
                                "Polling is enough "
                                <span class="route__why">"· while it runs, also after a restart"</span>
                            </p>
                        </li>
                        <TunnelPanel />
                    </ul>
                </section>
            </div>
            <PlanPanel typed first busy=start.pending() />
        </div>
        <Recent style=history />
    }
}

/// The latest runs: what was tried last is what one decides by.
#[component]
fn Recent(style: String) -> impl IntoView {
    let all = format!("/styles/{style}/versions");
    view! {
        <section class="train__history" aria-labelledby="history-title">
            <header class="panel__head">
                <h2 class="panel__title" id="history-title">
                    "Versions so far"
                </h2>
                <a href=all>"All versions"</a>
            </header>
            <History style most=5 />
        </section>
    }
}

/// The preview of the form as it came, in the page from the start; later ones replace it.
fn first_preview(typed: TypedForm) -> Resource<Preview> {
    let form = typed.form.get_untracked();
    let first = Resource::new(
        || (),
        move |()| {
            let form = form.clone();
            async move {
                if form.selection_set_id.is_empty() {
                    return None;
                }
                Some(preview(form).await)
            }
        },
    );
    Effect::new(move |_| {
        if let Some(Some(answer)) = first.get() {
            typed.preview.set(Some(answer));
        }
    });
    first
}

/// Asks for a new preview a moment after the last change. Typing never waits for it.
fn follow_typing(typed: TypedForm) {
    let asked = StoredValue::new(0_u32);
    let ask = Action::new(move |form: &crate::training::model::form::TrainingForm| {
        let form = form.clone();
        asked.update_value(|n| *n += 1);
        let mine = asked.get_value();
        async move {
            let answer = preview(form).await;
            // an older answer must not overwrite a newer one
            if asked.get_value() == mine {
                typed.preview.set(Some(answer));
            }
        }
    });
    let mut later = debounce(std::time::Duration::from_millis(350), move |form| {
        ask.dispatch(form);
    });
    Effect::new(move |before: Option<()>| {
        let form = typed.form.get();
        if before.is_some() && !form.selection_set_id.is_empty() {
            later(form);
        }
    });
}

#[component]
fn Refused(error: AppError) -> impl IntoView {
    view! {
        <div id="errors">
            <ErrorNotice error=AppError {
                message: format!("Not started: {}", error.message),
                remedy: error.remedy.clone().or(Some("Nothing was sent and nothing was paid.".into())),
                ..error
            } />
        </div>
    }
}

#[component]
fn StepHead(
    number: u8,
    title: &'static str,
    #[prop(optional)] note: &'static str,
) -> impl IntoView {
    view! {
        <header class="step__head">
            <span class="step__number" aria-hidden="true">
                {number}
            </span>
            <h2 class="step__title" id=format!("step-{number}")>
                {title}
            </h2>
            {(!note.is_empty()).then(|| view! { <span class="step__note">{note}</span> })}
        </header>
    }
}

#[component]
fn DatasetStep(typed: TypedForm, sets: Vec<(u64, String, usize)>, style: String) -> impl IntoView {
    let mut options = vec![(String::new(), "Choose a set".to_owned())];
    options.extend(sets.iter().map(|(id, title, images)| {
        let text = format!("{title} · {}", plural(*images, "image"));
        (id.to_string(), text)
    }));
    let chosen = Signal::derive(move || typed.form.with(|f| f.selection_set_id.clone()));
    let choose = Callback::new(move |id| typed.form.update(|f| f.selection_set_id = id));
    let hint = Signal::derive(move || {
        let id = chosen.get();
        let set = sets.iter().find(|(set, ..)| set.to_string() == id);
        set.map_or(String::new(), |(_, _, images)| {
            let steps = count(u64::from(recommended_steps(*images)));
            format!("{}. Recommended: {steps} steps.", plural(*images, "image"))
        })
    });
    view! {
        <section class="panel step" aria-labelledby="step-1">
            <StepHead number=1 title="Dataset" />
            <SelectField
                label="Selection set"
                name="form[selectionSetId]"
                id="selectionSetId"
                value=chosen
                options
                hint
                error=typed.message("selectionSetId")
                on_change=choose
            />
            <noscript>
                <button
                    class="button button--secondary"
                    type="submit"
                    formmethod="get"
                    formaction=format!("/styles/{style}/train")
                >
                    "Show the plan"
                </button>
            </noscript>
        </section>
    }
}

#[component]
fn VersionStep(typed: TypedForm, style: String) -> impl IntoView {
    let name = Signal::derive(move || typed.form.with(|f| f.name.clone()));
    let notes = Signal::derive(move || typed.form.with(|f| f.description.clone()));
    let hint =
        Signal::derive(move || format!("Model file style_{style}_{}.safetensors", name.get()));
    view! {
        <section class="panel step" aria-labelledby="step-2">
            <StepHead number=2 title="Version" />
            <div class="field-grid field-grid--two">
                <TextField
                    label="Name"
                    name="form[name]"
                    id="name"
                    value=name
                    hint
                    error=typed.message("name")
                    on_input=Callback::new(move |text| typed.form.update(|f| f.name = text))
                />
                <TextField
                    label="Notes"
                    name="form[description]"
                    id="description"
                    value=notes
                    error=typed.message("description")
                    placeholder="What is different this time?"
                    optional=true
                    on_input=Callback::new(move |text| typed.form.update(|f| f.description = text))
                />
            </div>
        </section>
    }
}

#[component]
fn ParametersStep(typed: TypedForm) -> impl IntoView {
    let images = move || {
        typed
            .preview
            .with(|p| p.as_ref().and_then(|p| p.as_ref().ok()).map(|p| p.images))
    };
    let recommended = move || images().map(recommended_steps);
    // a recommendation is taken over by a click, never by itself
    let take = move |_| {
        if let Some(steps) = recommended() {
            typed.set_parameter("max_train_steps", steps.to_string());
        }
    };
    view! {
        <section class="panel step" aria-labelledby="step-3">
            <StepHead number=3 title="Parameters" note="Sent exactly as typed; empty means the default" />
            <Parameters group=Group::Core typed />
            {move || {
                recommended()
                    .map(|steps| {
                        view! {
                            <p class="field__hint">
                                {format!("{} recommended for this set: 40 per image. ", plural(steps as usize, "step"))}
                                <button class="recommended" type="button" on:click=take>
                                    "Use it"
                                </button>
                            </p>
                        }
                    })
            }}
            <div>
                <details class="disclosure">
                    <summary class="disclosure__summary">
                        "Advanced " <span class="disclosure__note">"schedule, batch, resolution, buckets, captions"</span>
                    </summary>
                    <div class="disclosure__body">
                        <Parameters group=Group::Advanced typed />
                    </div>
                </details>
                <details class="disclosure">
                    <summary class="disclosure__summary">
                        "Expert " <span class="disclosure__note">"memory, precision, files of the worker"</span>
                    </summary>
                    <div class="disclosure__body">
                        <Parameters group=Group::Expert typed />
                    </div>
                </details>
            </div>
        </section>
    }
}
