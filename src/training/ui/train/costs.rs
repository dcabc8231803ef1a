//! The price table and the caps, below the form.

use super::remarks::show_field;
use super::typed::TypedForm;
use crate::error::AppError;
use crate::training::api::SaveCosts;
use crate::training::model::costs::{CostForm, PRICES_OF, PriceRow};
use crate::ui::{ErrorNotice, GuideLink, Icon, TextField};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Empty rows under the table, for further GPUs.
const SPARE: usize = 1;

#[component]
pub fn CostPanel(typed: TypedForm) -> impl IntoView {
    let save = ServerAction::<SaveCosts>::new();
    let keep = move |saved: &Option<Result<_, AppError>>, _: Option<&_>, _: Option<()>| {
        if let Some(Ok(settings)) = saved {
            let settings: &crate::training::model::costs::CostSettings = settings;
            typed
                .style
                .update(|style| style.costs.settings = settings.clone());
        }
    };
    Effect::watch(move || save.value().get(), keep, false);
    let refused = move || save.value().get().and_then(Result::err);
    let message = move |field: &str| message(save, field.to_owned());
    Effect::watch(
        refused,
        |error, _, _| {
            if let Some(first) = error.as_ref().and_then(|e| e.errors.first()) {
                show_field(&first.field);
            }
        },
        false,
    );
    // once unfolded by a refusal it stays so
    let open = Memo::new(move |was: Option<&bool>| {
        let of_row = |e: AppError| e.errors.iter().any(|e| e.field.contains('.'));
        was == Some(&true) || refused().is_some_and(of_row)
    });
    let costs = typed.style.with_untracked(|style| style.costs.clone());
    let form = as_typed(CostForm::of(&costs.settings));
    let now = move || {
        typed.style.with(|style| {
            let settings = &style.costs.settings;
            match settings.chosen() {
                Some(price) => format!("{} at ${:.2} an hour", price.gpu, price.usd_per_hour),
                None => "no GPU chosen".to_owned(),
            }
        })
    };
    let saved = move || {
        let done = matches!(save.value().get(), Some(Ok(_))) && !save.pending().get();
        done.then(|| view! { <Icon name="check" /> "Saved" })
    };
    let month = format!("{} so far: about ${:.2}.", costs.month, costs.month_usd);
    view! {
        <section class="panel step" id="costs" aria-labelledby="costs-title">
            <header class="step__head">
                <h2 class="step__title" id="costs-title">
                    "Costs"
                </h2>
                <GuideLink to="/guide/before-paying#costs" about="Costs" />
                <span class="step__note">{now}</span>
            </header>
            <p class="field__hint">{month}</p>
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            <ActionForm action=save attr:class="stack" attr:novalidate=true>
                <div class="field-grid">
                    <TextField
                        label="Cap for one run"
                        name="costs[run_cap]"
                        id="run_cap"
                        value=form.run_cap.clone()
                        unit="$"
                        inputmode="decimal"
                        placeholder="none"
                        hint="A start that would cost more is refused."
                        error=message("run_cap")
                    />
                    <TextField
                        label="Cap for a month"
                        name="costs[month_cap]"
                        id="month_cap"
                        value=form.month_cap.clone()
                        unit="$"
                        inputmode="decimal"
                        placeholder="none"
                        hint="All styles together, by calendar month (UTC)."
                        error=message("month_cap")
                    />
                </div>
                <details class="disclosure" open=open>
                    <summary class="disclosure__summary">
                        "Prices " <span class="disclosure__note">{format!("at first RunPod's of {PRICES_OF}; yours to keep")}</span>
                    </summary>
                    <div class="disclosure__body">
                        <Prices form save />
                    </div>
                </details>
                <div class="button-group">
                    <button class="button button--secondary" type="submit" disabled=move || save.pending().get()>
                        {move || if save.pending().get() { "Saving…" } else { "Save costs" }}
                    </button>
                    <span class="saved saved--saved" role="status">
                        {saved}
                    </span>
                </div>
            </ActionForm>
        </section>
    }
}

/// What was refused of a field.
fn message(save: ServerAction<SaveCosts>, field: String) -> Signal<Option<String>> {
    Signal::derive(move || {
        let refused = save.value().get().and_then(Result::err)?;
        refused.message_for(&field).map(str::to_owned)
    })
}

/// The form as it was typed where it was refused without JavaScript.
fn as_typed(mut form: CostForm) -> CostForm {
    let query = use_query_map();
    let query = query.read_untracked();
    let said = |field: String| query.get(&format!("f.costs{field}"));
    if let Some(cap) = said("[run_cap]".into()) {
        form.run_cap = cap;
    }
    if let Some(cap) = said("[month_cap]".into()) {
        form.month_cap = cap;
    }
    if let Some(chosen) = said("[chosen]".into()) {
        form.chosen = chosen;
    }
    let row = |at: usize| {
        Some(PriceRow {
            gpu: said(format!("[rows][{at}][gpu]"))?,
            usd: said(format!("[rows][{at}][usd]"))?,
        })
    };
    let rows: Vec<PriceRow> = (0..).map_while(row).collect();
    if !rows.is_empty() {
        form.rows = rows;
    }
    form
}

#[component]
fn Prices(form: CostForm, save: ServerAction<SaveCosts>) -> impl IntoView {
    let chosen = form.chosen.clone();
    let spare = std::iter::repeat_n(Default::default(), SPARE);
    let rows = form
        .rows
        .into_iter()
        .chain(spare)
        .enumerate()
        .map(move |(at, row)| {
            let is_chosen = at.to_string() == chosen;
            let named = if row.gpu.is_empty() {
                "Another GPU".to_owned()
            } else {
                row.gpu.clone()
            };
            view! {
                <tr>
                    <td>
                        <input
                            class="radio"
                            type="radio"
                            name="costs[chosen]"
                            value=at.to_string()
                            checked=is_chosen
                            aria-label=format!("The endpoint has {named}")
                        />
                    </td>
                    <td>
                        <Cell
                            save
                            field=format!("gpu.{at}")
                            name=format!("costs[rows][{at}][gpu]")
                            label=format!("GPU {}", at + 1)
                            value=row.gpu
                            inputmode="text"
                        />
                    </td>
                    <td>
                        <Cell
                            save
                            field=format!("price.{at}")
                            name=format!("costs[rows][{at}][usd]")
                            label=format!("$ per hour of {named}")
                            value=row.usd
                            inputmode="decimal"
                        />
                    </td>
                </tr>
            }
        });
    view! {
        <table class="table prices">
            <thead>
                <tr>
                    <th scope="col">"Mine"</th>
                    <th scope="col">"GPU of the endpoint"</th>
                    <th scope="col">"$ per hour"</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        <p class="field__hint">"Empty both fields of a row to drop it."</p>
    }
}

/// One field of a row, with what was refused of it.
#[component]
fn Cell(
    save: ServerAction<SaveCosts>,
    field: String,
    name: String,
    label: String,
    value: String,
    inputmode: &'static str,
) -> impl IntoView {
    let error = message(save, field.clone());
    let error_id = format!("{field}-error");
    view! {
        <input
            class="input input--small"
            id=field
            name=name
            value=value
            inputmode=inputmode
            autocomplete="off"
            aria-label=label
            aria-describedby=error_id.clone()
            aria-invalid=move || error.get().is_some().to_string()
        />
        <p class="field__error" id=error_id hidden=move || error.get().is_none()>
            <Icon name="error" />
            <span>{move || error.get().unwrap_or_default()}</span>
        </p>
    }
}
