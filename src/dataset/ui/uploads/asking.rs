//! One answer for all files that ask the same.

use super::list::LIST;
use super::queue::Sum;
use super::transfer;
use crate::dataset::model::upload::Clash;
use crate::ui::focus_first_if_lost;
use crate::ui::units::plural;
use leptos::prelude::*;

/// Shown as soon as a second file asks; a single one is answered in its row.
#[component]
pub fn ForAll(style: StoredValue<String>, sum: Memo<Sum>) -> impl IntoView {
    let clashes = move || {
        let count = sum.get().clashes;
        (count > 1).then(|| {
            let what = format!("{} under a name that is taken:", plural(count, "file"));
            let choices = [
                ("Keep both, all", Clash::KeepBoth),
                ("Replace all", Clash::Replace),
                ("Skip all", Clash::Skip),
            ];
            bar(style, what, false, &choices)
        })
    };
    let changes = move || {
        let count = sum.get().changes;
        (count > 1).then(|| {
            let what = format!(
                "{} the trainer would not read right:",
                plural(count, "file")
            );
            let choices = [("Change all", Clash::Replace), ("Skip all", Clash::Skip)];
            bar(style, what, true, &choices)
        })
    };
    view! { <div aria-live="polite">{clashes} {changes}</div> }
}

fn bar(
    style: StoredValue<String>,
    what: String,
    is_change: bool,
    choices: &[(&'static str, Clash)],
) -> AnyView {
    let buttons = choices.iter().map(|(words, clash)| {
        let (words, clash) = (*words, *clash);
        view! {
            <button
                class="button button--secondary button--small"
                type="button"
                aria-label=format!("{words}: {}", what.trim_end_matches(':'))
                on:click=move |_| {
                    style.with_value(|s| transfer::answer_all(s, is_change, clash));
                    focus_first_if_lost(&[LIST]);
                }
            >
                {words}
            </button>
        }
    });
    let buttons = buttons.collect_view();
    let label = what.clone();
    view! {
        <div class="uploads__for-all" role="group" aria-label=label>
            <p>{what}</p>
            {buttons}
        </div>
    }
    .into_any()
}
