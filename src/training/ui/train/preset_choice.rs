//! Choosing a preset at the top of the parameters: what it would replace is said before, and can be undone after.

use super::typed::TypedForm;
use crate::training::model::presets::{SettingsPreset, built_in, find_preset};
use crate::ui::SelectField;
use leptos::prelude::*;

/// The choice at the top of the parameters. Nothing changes before the button is pressed.
#[component]
pub fn PresetChoice(typed: TypedForm) -> impl IntoView {
    let begun = typed.form.with_untracked(|f| f.preset.clone());
    let begun = begun.split('@').next().unwrap_or_default().to_owned();
    let picked = RwSignal::new(begun);
    let hint = Signal::derive(move || {
        let preset = typed.own.with(|own| find_preset(&picked.get(), own));
        preset.map(|p| about(&p)).unwrap_or_default()
    });
    let apply = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let preset = typed
            .own
            .with_untracked(|own| find_preset(&picked.get_untracked(), own));
        if let Some(preset) = preset {
            typed.apply(&preset);
        }
    };
    let here = typed.address();
    let warning = Memo::new(move |_| {
        let preset = typed.own.with(|own| find_preset(&picked.get(), own))?;
        let replaces = typed.would_replace(&preset)?;
        Some(format!("Use preset {replaces}, which you typed."))
    });
    view! {
        <div class="preset-choice">
            {move || {
                let mut options = vec![(String::new(), "Choose a preset".to_owned())];
                let own = typed.own.get();
                options.extend(own.iter().map(|p| (p.id.clone(), format!("{} (yours)", p.name))));
                options.extend(built_in().into_iter().map(|p| (p.id, p.name)));
                view! {
                    <SelectField
                        label="Preset"
                        name="preset"
                        id="preset"
                        value=picked
                        options
                        hint
                        on_change=Callback::new(move |id| picked.set(id))
                    />
                }
            }}
            <button
                class="button button--secondary"
                type="submit"
                formmethod="get"
                formaction=here
                name="use"
                value="preset"
                on:click=apply
            >
                "Use preset"
            </button>
        </div>
        <p class="field__hint" hidden=move || warning.with(Option::is_none)>
            {warning}
        </p>
        <Used typed />
        <input
            type="hidden"
            name="form[preset]"
            value=typed.form.with_untracked(|f| f.preset.clone())
            prop:value=move || typed.form.with(|f| f.preset.clone())
        />
    }
}

/// What the last preset did, and the way back; not there any more once something else is typed.
#[component]
fn Used(typed: TypedForm) -> impl IntoView {
    // going back needs JavaScript; without it the browser's own Back does
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let words = Memo::new(move |_| {
        let stands = |form: &_| {
            typed
                .used
                .with(|u| u.as_ref().is_some_and(|u| u.stands_in(form)))
        };
        let stands = typed.form.with(stands);
        typed
            .used
            .with(|used| Some(used.as_ref().filter(|_| stands)?.words.clone()))
    });
    let undo = move |_| {
        if let Some(used) = typed.used.get_untracked() {
            typed.used.set(None);
            typed.form.update(|form| used.undo(form));
        }
    };
    view! {
        <p class="field__hint" role="status" hidden=move || words.with(Option::is_none)>
            {words}
            " "
            <button class="recommended" type="button" hidden=move || !alive.get() on:click=undo>
                "Undo"
            </button>
        </p>
    }
}

fn about(preset: &SettingsPreset) -> String {
    let words = preset.words();
    let parts = [
        words,
        preset.note.clone(),
        format!("Source: {}, version {}.", preset.source, preset.version),
    ];
    parts
        .into_iter()
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join(" — ")
}
