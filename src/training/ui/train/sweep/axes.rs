//! The parameters to vary, each with its values as a list.

use super::super::form::StepHead;
use super::TypedSweep;
use crate::training::model::parameters::{PARAMETERS, find};
use crate::training::model::sweep::{AXES_MAX, RUNS_MAX};
use crate::ui::{Icon, SelectField, TextField};
use leptos::prelude::*;

#[component]
pub fn AxesStep(sweep: TypedSweep) -> impl IntoView {
    let rows = (0..AXES_MAX).map(|at| view! { <AxisRow sweep at /> });
    let whole = sweep.message("vary".into());
    view! {
        <section class="panel step" aria-labelledby="step-2">
            <StepHead number=2 title="Values to try" note="Every combination is a run" guide="/guide/training" />
            <div class="sweep-axes" id="vary">
                {rows.collect_view()}
            </div>
            <p class="field__hint">
                {format!("Divide values by commas. At most {RUNS_MAX} runs; a parameter without values stays as it is below.")}
            </p>
            <p class="field__error" hidden=move || whole.get().is_none()>
                <Icon name="error" />
                <span>{move || whole.get().unwrap_or_default()}</span>
            </p>
        </section>
    }
}

#[component]
fn AxisRow(sweep: TypedSweep, at: usize) -> impl IntoView {
    let axis = move || sweep.vary.with(|vary| vary[at].clone());
    let parameter = Signal::derive(move || axis().parameter);
    let values = Signal::derive(move || axis().values);
    let choose = Callback::new(move |name| sweep.vary.update(|vary| vary[at].parameter = name));
    let enter = Callback::new(move |text| sweep.vary.update(|vary| vary[at].values = text));
    let mut options = vec![(String::new(), "None".to_owned())];
    options.extend(
        PARAMETERS
            .iter()
            .map(|p| (p.name.to_owned(), p.label.to_owned())),
    );
    let hint = Signal::derive(move || {
        let known = find(&parameter.get());
        known.map_or(String::new(), |parameter| parameter.allowed())
    });
    view! {
        <div class="sweep-axis" role="group" aria-label=format!("Parameter {}", at + 1)>
            <SelectField
                label=format!("Parameter {}", at + 1)
                name=format!("vary[{at}][parameter]")
                id=format!("vary.{at}.parameter")
                value=parameter
                options
                error=sweep.message(format!("vary.{at}.parameter"))
                on_change=choose
            />
            <TextField
                label=format!("Values {}", at + 1)
                name=format!("vary[{at}][values]")
                id=format!("vary.{at}.values")
                value=values
                placeholder=Signal::derive(move || example(&parameter.get()).to_owned())
                hint
                error=sweep.message(format!("vary.{at}.values"))
                on_input=enter
            />
        </div>
    }
}

/// What one might type.
fn example(parameter: &str) -> &'static str {
    match parameter {
        "learning_rate" => "0.0001, 0.0004",
        "network_dim" | "network_alpha" => "16, 32",
        "max_train_steps" => "800, 1200, 1600",
        "batch_size" => "1, 2",
        _ => "",
    }
}
