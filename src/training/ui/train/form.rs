//! The form: dataset, version, parameters, webhook, Start. All text as typed; the server reads it once.

use super::FirstSight;
use super::again::Again;
use super::costs::CostPanel;
use super::fields::{FoldedGroup, Parameters};
use super::kept::{Kept, TypedBefore};
use super::plan::PlanPanel;
use super::preflight::Preflight;
use super::preset_choice::PresetChoice;
use super::presets::PresetPanel;
use super::rehearsal::RehearsalStep;
use super::typed::TypedForm;
use crate::error::AppError;
use crate::training::api::StartTraining;
use crate::training::model::form::START_FROM;
use crate::training::model::parameters::{Group, recommended_steps};
use crate::training::model::preflight::ambers;
use crate::training::ui::history::History;
use crate::tunnel::ui::TunnelPanel;
use crate::ui::units::{count, plural};
use crate::ui::{ErrorNotice, GuideLink, SelectField, TextField};
use leptos::prelude::*;

/// The Start button stands outside of the form.
pub const FORM_ID: &str = "train-form";

#[component]
pub fn TrainForm(page: FirstSight) -> impl IntoView {
    let FirstSight {
        setup,
        form,
        used,
        preview,
        checks,
    } = page;
    let start = ServerAction::<StartTraining>::new();
    let refused = Signal::derive(move || start.value().get().and_then(Result::err));
    let typed = TypedForm::new(form, &setup, preview, refused).after(used);
    let kept = Kept::new(typed, start.pending(), None);
    let preflight = Preflight::new(typed, checks);
    let acknowledged = move || preflight.checks.with(|checks| ambers(checks));
    let here = typed.address();
    let style = setup.form.style_id.clone();
    let history = style.clone();
    let key = setup.idempotency_key.clone();
    let titles = setup.sets.iter().map(|(id, title, _)| (*id, title.clone()));
    let titles: Vec<_> = titles.collect();
    let again = setup.taken_over.map(|taken_over| {
        view! { <Again style=style.clone() taken_over sets=titles /> }
    });
    let summary = move || refused.get().map(|error| view! { <Refused error /> });
    view! {
        <div class="split train">
            <div class="train__steps">
                {summary} {again} <TypedBefore kept />
                <ActionForm
                    action=start
                    attr:id=FORM_ID
                    attr:class="train__steps"
                    attr:novalidate=true
                >
                    <input type="hidden" name="form[styleId]" value=style.clone() />
                    <input type="hidden" name="idempotency_key" value=key />
                    <input type="hidden" name="acknowledged" value=acknowledged />
                    // Enter in a field presses the first button: it must not be one that pays
                    <button
                        class="visually-hidden"
                        type="submit"
                        formmethod="get"
                        formaction=here
                        tabindex="-1"
                        aria-hidden="true"
                        on:click=|event| event.prevent_default()
                    >
                        "Show the plan"
                    </button>
                    <DatasetStep typed sets=setup.sets />
                    <VersionStep typed style />
                    <ParametersStep typed />
                    {setup.rehearsal.map(|choice| view! { <RehearsalStep typed choice /> })}
                </ActionForm>
                // outside of the form: its buttons are forms of their own
                <section class="panel step" aria-labelledby="step-4">
                    <StepHead number=4 title="Webhook" guide="/guide/webhook" />
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
            <PlanPanel typed preflight busy=start.pending() />
            // after what will happen: in one column that comes first
            <div class="train__steps train__more">
                <PresetPanel typed />
                <CostPanel typed />
            </div>
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

#[component]
pub fn Refused(error: AppError) -> impl IntoView {
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
pub fn StepHead(
    number: u8,
    title: &'static str,
    /// Its place in the guide.
    guide: &'static str,
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
            <GuideLink to=guide about=title />
            {(!note.is_empty()).then(|| view! { <span class="step__note">{note}</span> })}
        </header>
    }
}

#[component]
pub fn DatasetStep(typed: TypedForm, sets: Vec<(u64, String, usize)>) -> impl IntoView {
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
            <StepHead number=1 title="Dataset" guide="/guide/selection-sets" />
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
                    formaction=typed.address()
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
            <StepHead number=2 title="Version" guide="/guide/before-paying#name" />
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
                <StartWeights typed />
            </div>
        </section>
    }
}

/// The model a run goes on from; not there while there is none.
#[component]
pub fn StartWeights(typed: TypedForm) -> impl IntoView {
    let models = typed
        .style
        .with_untracked(|style| style.start_models.clone());
    let chosen = Signal::derive(move || typed.form.with(|f| f.start_from.clone()));
    if models.is_empty() && chosen.with_untracked(String::is_empty) {
        return None;
    }
    let choose = Callback::new(move |id| typed.form.update(|f| f.start_from = id));
    let mut options = vec![(String::new(), "From nothing".to_owned())];
    options.extend(models.into_iter().map(|model| {
        let words = format!(
            "{} · rank {}/{}",
            model.name, model.network_dim, model.network_alpha
        );
        (model.id, words)
    }));
    Some(view! {
        <SelectField
            label="Start weights"
            name=START_FROM
            id="startFrom"
            value=chosen
            options
            hint="Goes on from a finished LoRA of the same rank and alpha. Steps and learning rate begin anew."
            error=typed.message("startFrom")
            on_change=choose
        />
    })
}

#[component]
fn ParametersStep(typed: TypedForm) -> impl IntoView {
    // offered while there is something to take over
    let recommended = Memo::new(move |_| {
        let images = typed.judged.with(|j| j.defaults.images);
        let steps = recommended_steps(images);
        let meant = typed.judged.with(|j| j.request.max_train_steps());
        (typed.has_plan.get() && meant != steps).then_some(steps)
    });
    // a recommendation is taken over by a click, never by itself
    let take = move |_| {
        if let Some(steps) = recommended.get_untracked() {
            typed.set_parameter("max_train_steps", steps.to_string());
        }
    };
    view! {
        <section class="panel step" aria-labelledby="step-3">
            <StepHead
                number=3
                title="Parameters"
                guide="/guide/training"
                note="Sent exactly as typed; empty means the default"
            />
            <PresetChoice typed />
            <Parameters group=Group::Core typed />
            {move || {
                recommended
                    .get()
                    .map(|steps| {
                        view! {
                            <p class="field__hint">
                                {format!("{} recommended for this set: 40 per image. ", plural(steps as usize, "step"))}
                                <button class="recommended" type="button" on:click=take>
                                    "Use recommended"
                                </button>
                            </p>
                        }
                    })
            }}
            <div>
                <FoldedGroup group=Group::Advanced about="schedule, resolution, buckets, captions" typed />
                <FoldedGroup group=Group::Expert about="memory, precision, files of the worker" typed />
            </div>
        </section>
    }
}
