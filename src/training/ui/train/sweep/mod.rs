//! The sweep page: the Train form once more, with values to try beside it, and all runs they make before anything is paid.

mod axes;
mod plan;

use super::FirstSight;
use super::fields::Parameters;
use super::form::{DatasetStep, FORM_ID, Refused, StartWeights, StepHead};
use super::kept::{Kept, TypedBefore};
use super::preflight::Preflight;
use super::preset_choice::PresetChoice;
use super::rehearsal::RehearsalStep;
use super::typed::TypedForm;
use crate::training::api::sweeps::StartSweep;
use crate::training::model::parameters::Group;
use crate::training::model::preflight::ambers;
use crate::training::model::sweep::{
    AXES_MAX, Axis, SweepForm, SweepPlan, is_untouched, judge_sweep,
};
use crate::ui::TextField;
use axes::AxesStep;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use plan::SweepPlanPanel;

/// The sweep as typed, and what it will do.
#[derive(Clone, Copy)]
pub struct TypedSweep {
    pub typed: TypedForm,
    pub vary: RwSignal<Vec<Axis>>,
    pub in_flight: RwSignal<String>,
    pub plan: Memo<SweepPlan>,
}

impl TypedSweep {
    fn new(typed: TypedForm) -> Self {
        let query = use_query_map();
        let said = |name: &str| {
            let query = query.read_untracked();
            query.get(&format!("f.{name}")).or_else(|| query.get(name))
        };
        // what people vary first, until something else is asked for
        let usual = ["learning_rate", "network_dim", "", ""];
        let axis = |at: usize| Axis {
            parameter: said(&format!("vary[{at}][parameter]"))
                .unwrap_or_else(|| usual.get(at).copied().unwrap_or_default().to_owned()),
            values: said(&format!("vary[{at}][values]")).unwrap_or_default(),
        };
        let vary = RwSignal::new((0..AXES_MAX).map(axis).collect::<Vec<_>>());
        let in_flight = RwSignal::new(said("in_flight").unwrap_or_default());
        let plan = Memo::new(move |_| {
            let sweep = SweepForm {
                form: typed.form.get(),
                vary: vary.get(),
                in_flight: in_flight.get(),
            };
            let facts = typed.facts.get().unwrap_or_default();
            let mut plan = typed.style.with(|style| judge_sweep(&sweep, style, &facts));
            // nobody is scolded before the first value is typed
            let early = |field: Option<&str>| field == Some("vary") && is_untouched(&sweep.vary);
            plan.problems.retain(|p| !early(p.field.as_deref()));
            plan
        });
        Self {
            typed,
            vary,
            in_flight,
            plan,
        }
    }

    /// What is typed of the sweep itself, by the names of its fields.
    pub fn fields(self) -> Vec<(String, String)> {
        let mut fields = vec![("in_flight".to_owned(), self.in_flight.get())];
        for (at, axis) in self.vary.get().into_iter().enumerate() {
            fields.push((format!("vary[{at}][parameter]"), axis.parameter));
            fields.push((format!("vary[{at}][values]"), axis.values));
        }
        fields
    }

    /// Takes such fields over.
    pub fn take(self, fields: &[(String, String)]) {
        let value = |name: &str| {
            let found = fields.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        };
        if let Some(typed) = value("in_flight") {
            self.in_flight.set(typed);
        }
        self.vary.update(|vary| {
            for (at, axis) in vary.iter_mut().enumerate() {
                if let Some(parameter) = value(&format!("vary[{at}][parameter]")) {
                    axis.parameter = parameter;
                }
                if let Some(values) = value(&format!("vary[{at}][values]")) {
                    axis.values = values;
                }
            }
        });
    }

    /// The message at a field of the sweep itself.
    pub fn message(self, field: String) -> Signal<Option<String>> {
        Signal::derive(move || {
            let judged = self.plan.with(|plan| {
                let problem = plan
                    .problems
                    .iter()
                    .find(|p| p.field.as_ref() == Some(&field))?;
                Some(problem.message.clone())
            });
            let refused = || {
                let error = self.typed.refused.get()?;
                error.message_for(&field).map(str::to_owned)
            };
            judged.or_else(refused)
        })
    }
}

#[component]
pub fn SweepForm(page: FirstSight) -> impl IntoView {
    let FirstSight {
        setup,
        form,
        used,
        preview,
        checks,
    } = page;
    let start = ServerAction::<StartSweep>::new();
    let refused = Signal::derive(move || start.value().get().and_then(Result::err));
    let typed = TypedForm::new(form, &setup, preview, refused)
        .after(used)
        .on_page("train/sweep");
    let preflight = Preflight::new(typed, checks);
    let acknowledged = move || preflight.checks.with(|checks| ambers(checks));
    let sweep = TypedSweep::new(typed);
    let kept = Kept::new(typed, start.pending(), Some(sweep));
    let style = setup.form.style_id.clone();
    let here = typed.address();
    view! {
        <div class="split train">
            <div class="train__steps">
                {move || refused.get().map(|error| view! { <Refused error /> })} <TypedBefore kept />
                <ActionForm
                    action=start
                    attr:id=FORM_ID
                    attr:class="train__steps"
                    attr:novalidate=true
                >
                    <input type="hidden" name="form[styleId]" value=style />
                    <input type="hidden" name="idempotency_key" value=setup.idempotency_key />
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
                    <AxesStep sweep />
                    <NamesStep sweep />
                    <RestStep typed />
                    {setup.rehearsal.map(|choice| view! { <RehearsalStep typed choice /> })}
                </ActionForm>
            </div>
            <SweepPlanPanel sweep preflight busy=start.pending() />
        </div>
    }
}

/// What all runs have in common beside the parameters.
#[component]
fn NamesStep(sweep: TypedSweep) -> impl IntoView {
    let typed = sweep.typed;
    let name = Signal::derive(move || typed.form.with(|f| f.name.clone()));
    let notes = Signal::derive(move || typed.form.with(|f| f.description.clone()));
    let in_flight = Signal::derive(move || sweep.in_flight.get());
    view! {
        <section class="panel step" aria-labelledby="step-3">
            <StepHead number=3 title="Versions" note="One for each run" guide="/guide/before-paying#name" />
            <div class="field-grid field-grid--two">
                <TextField
                    label="Name"
                    name="form[name]"
                    id="name"
                    value=name
                    hint="Each run adds what differs: V9-lr1e-4-r16."
                    error=typed.message("name")
                    on_input=Callback::new(move |text| typed.form.update(|f| f.name = text))
                />
                <TextField
                    label="Runs at once"
                    name="in_flight"
                    id="inFlight"
                    value=in_flight
                    placeholder="2"
                    inputmode="numeric"
                    hint="With RunPod at the same time, 1 to 16. The others wait here."
                    error=sweep.message("inFlight".into())
                    on_input=Callback::new(move |text| sweep.in_flight.set(text))
                />
                <TextField
                    label="Notes"
                    name="form[description]"
                    id="description"
                    value=notes
                    error=typed.message("description")
                    optional=true
                    on_input=Callback::new(move |text| typed.form.update(|f| f.description = text))
                />
                <StartWeights typed />
            </div>
        </section>
    }
}

/// The parameters that are the same in every run.
#[component]
fn RestStep(typed: TypedForm) -> impl IntoView {
    view! {
        <section class="panel step" aria-labelledby="step-4">
            <StepHead number=4 title="All other parameters" note="The same in every run" guide="/guide/training" />
            <PresetChoice typed />
            <Parameters group=Group::Core typed />
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
