//! Presets on the Train page: choosing one, and below the form saving, importing and deleting one's own.

use super::form::FORM_ID;
use super::typed::TypedForm;
use crate::error::AppError;
use crate::training::api::{DeletePreset, ImportPreset, SavePreset};
use crate::training::model::presets::{SettingsPreset, built_in, find_preset};
use crate::ui::query::use_query;
use crate::ui::{ErrorNotice, GuideLink, Icon, SelectField, TextField};
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
        <input
            type="hidden"
            name="form[preset]"
            value=typed.form.with_untracked(|f| f.preset.clone())
            prop:value=move || typed.form.with(|f| f.preset.clone())
        />
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

/// One's own presets, below the form.
#[component]
pub fn PresetPanel(typed: TypedForm) -> impl IntoView {
    let asked = Asked {
        save: ServerAction::new(),
        import: ServerAction::new(),
        delete: ServerAction::new(),
    };
    asked.keep_list(typed);
    let refused_plainly = use_query("preset_refused");
    view! {
        <section class="panel step" id="presets" aria-labelledby="presets-title">
            <header class="step__head">
                <h2 class="step__title" id="presets-title">
                    "Your presets"
                </h2>
                <GuideLink to="/guide/training#presets" about="Presets" />
            </header>
            {move || {
                let plain = Some(refused_plainly.get()).filter(|text| !text.is_empty()).map(AppError::conflict);
                asked.refused().or(plain).map(|error| view! { <ErrorNotice error /> })
            }}
            <Save typed asked />
            <ul class="preset-list" hidden=move || typed.own.with(Vec::is_empty)>
                <For
                    each=move || typed.own.get()
                    key=|preset| preset.label()
                    children=move |preset| view! { <Own preset asked /> }
                />
            </ul>
            <Import asked />
        </section>
    }
}

/// What one can ask of the server here.
#[derive(Clone, Copy)]
struct Asked {
    save: ServerAction<SavePreset>,
    import: ServerAction<ImportPreset>,
    delete: ServerAction<DeletePreset>,
}

impl Asked {
    fn refused(self) -> Option<AppError> {
        let save = self.save.value().get().and_then(Result::err);
        let import = self.import.value().get().and_then(Result::err);
        save.or(import)
            .or_else(|| self.delete.value().get().and_then(Result::err))
    }

    /// Each answer is the whole list.
    fn keep_list(self, typed: TypedForm) {
        let keep = move |list: &Option<Result<Vec<SettingsPreset>, AppError>>,
                         _: Option<&_>,
                         _: Option<()>| {
            if let Some(Ok(list)) = list {
                typed.own.set(list.clone());
            }
        };
        Effect::watch(move || self.save.value().get(), keep, false);
        Effect::watch(move || self.import.value().get(), keep, false);
        Effect::watch(move || self.delete.value().get(), keep, false);
    }
}

/// A field and a button that belong to the form above, so that without JavaScript everything typed goes with them.
#[component]
fn Save(typed: TypedForm, asked: Asked) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let save = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        asked.save.dispatch(SavePreset {
            form: typed.form.get_untracked(),
            preset_name: name.get_untracked(),
        });
    };
    let saved = move || {
        let done = matches!(asked.save.value().get(), Some(Ok(_))) && !asked.save.pending().get();
        done.then(|| view! { <Icon name="check" /> "Saved" })
    };
    view! {
        <div class="preset-choice">
            <div class="field">
                <label class="field__label" for="preset_name">
                    "Save the parameters above as"
                    <span class="saved saved--saved" role="status">
                        {saved}
                    </span>
                </label>
                <div class="field__control">
                    <input
                        class="input"
                        id="preset_name"
                        name="preset_name"
                        form=FORM_ID
                        autocomplete="off"
                        maxlength="60"
                        placeholder="Fine lines"
                        prop:value=move || name.get()
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </div>
            </div>
            <button
                class="button button--secondary"
                type="submit"
                form=FORM_ID
                formaction="/forms/training/preset"
                disabled=move || asked.save.pending().get()
                on:click=save
            >
                "Save preset"
            </button>
        </div>
    }
}

#[component]
fn Own(preset: SettingsPreset, asked: Asked) -> impl IntoView {
    let left_out = preset.left_out.clone();
    let note = match left_out.len() {
        0 => None,
        1 => Some("1 setting of the file was left out".to_owned()),
        n => Some(format!("{n} settings of the file were left out")),
    };
    let left = left_out.into_iter().map(|left| {
        view! {
            <li>
                <code>{format!("{} = {}", left.name, left.value)}</code>
                " "
                <span class="muted">{left.why}</span>
            </li>
        }
    });
    view! {
        <li class="preset-list__item">
            <div class="preset-list__words">
                <p>
                    {preset.name.clone()} " " <span class="muted">{format!("version {}", preset.version)}</span>
                </p>
                <p class="field__hint">{preset.words()}</p>
                {note
                    .map(|note| {
                        view! {
                            <details>
                                <summary class="link">{note}</summary>
                                <ul class="preset-list__left">{left.collect_view()}</ul>
                            </details>
                        }
                    })}
            </div>
            <a
                class="button button--ghost button--small"
                href=format!("/api/training/presets/{}", preset.id)
                download=format!("{}.preset.json", preset.id)
                rel="external"
                aria-label=format!("Export {}", preset.name)
            >
                <Icon name="download" />
                "Export"
            </a>
            <ActionForm action=asked.delete>
                <input type="hidden" name="id" value=preset.id.clone() />
                <button
                    class="button button--ghost button--small"
                    type="submit"
                    aria-label=format!("Delete the preset {}", preset.name)
                >
                    <Icon name="trash" />
                    "Delete"
                </button>
            </ActionForm>
        </li>
    }
}

#[component]
fn Import(asked: Asked) -> impl IntoView {
    let text = RwSignal::new(String::new());
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">
                "Import settings " <span class="disclosure__note">"kohya TOML or JSON, ai-toolkit YAML, an exported preset"</span>
            </summary>
            <ActionForm action=asked.import attr:class="disclosure__body stack">
                <TextField label="Name" name="preset_name" id="import_name"
                    value="" optional=true hint="The file's own name if empty." />
                <div class="field">
                    <label class="field__label" for="preset_text">
                        "Settings file"
                    </label>
                    <FilePicker text />
                    <textarea
                        class="input input--mono"
                        id="preset_text"
                        name="text"
                        rows="6"
                        spellcheck="false"
                        placeholder="Paste the file's text"
                        prop:value=move || text.get()
                        on:input=move |event| text.set(event_target_value(&event))
                    ></textarea>
                    <p class="field__hint">"What this trainer has no setting for is listed after the import, not guessed."</p>
                </div>
                <div class="button-group">
                    <button class="button button--secondary" type="submit" disabled=move || asked.import.pending().get()>
                        {move || if asked.import.pending().get() { "Importing…" } else { "Import" }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

/// Reads a chosen file into the text; needs JavaScript, so it is shown only with it.
#[component]
fn FilePicker(text: RwSignal<String>) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let read = move |event: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        {
            let input: web_sys::HtmlInputElement = event_target(&event);
            let Some(file) = input.files().and_then(|files| files.get(0)) else {
                return;
            };
            leptos::task::spawn_local(async move {
                let read = wasm_bindgen_futures::JsFuture::from(file.text()).await;
                if let Some(read) = read.ok().and_then(|value| value.as_string()) {
                    text.set(read);
                }
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, text);
    };
    view! {
        <input
            class="file-input"
            type="file"
            aria-label="Choose a settings file"
            accept=".toml,.json,.yaml,.yml,.txt"
            hidden=move || !alive.get()
            on:change=read
        />
    }
}
