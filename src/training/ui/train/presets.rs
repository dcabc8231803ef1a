//! One's own presets, below the Train form: saving, importing, exporting and deleting them.

use super::form::FORM_ID;
use super::typed::TypedForm;
use crate::error::AppError;
use crate::training::api::{DeletePreset, ImportPreset, SavePreset};
use crate::training::model::presets::SettingsPreset;
use crate::ui::query::{typed_before, use_query};
use crate::ui::{ErrorNotice, GuideLink, Icon, TextField, textarea_content};
use leptos::prelude::*;

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
            <Save typed asked />
            {move || {
                let plain = Some(refused_plainly.get()).filter(|text| !text.is_empty()).map(AppError::conflict);
                let save = asked.save.value().get().and_then(Result::err);
                save.or(plain).map(|error| view! { <ErrorNotice error /> })
            }}
            {move || {
                let delete = asked.delete.value().get().and_then(Result::err);
                delete.map(|error| view! { <ErrorNotice error /> })
            }}
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
                            <details class="disclosure">
                                <summary class="disclosure__summary">{note}</summary>
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
            <Delete id=preset.id name=preset.name asked />
        </li>
    }
}

/// Folded: the second press is the confirmation, beside the preset's name.
#[component]
fn Delete(id: String, name: String, asked: Asked) -> impl IntoView {
    view! {
        <details class="disclosure preset-list__delete">
            <summary class="disclosure__summary" aria-label=format!("Delete the preset {name}…")>
                "Delete…"
            </summary>
            <ActionForm action=asked.delete attr:class="disclosure__body stack">
                <input type="hidden" name="id" value=id />
                <p class="muted">"Runs that began from it keep their values. It cannot be brought back: export it first."</p>
                <div class="button-group">
                    <button
                        class="button button--solid"
                        type="submit"
                        disabled=move || asked.delete.pending().get()
                    >
                        <Icon name="trash" />
                        <span class="button__text">{format!("Delete {name}")}</span>
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

#[component]
fn Import(asked: Asked) -> impl IntoView {
    let text = RwSignal::new(typed_before("text"));
    let file = RwSignal::new(String::new());
    let refused = Memo::new(move |_| asked.import.value().get().and_then(Result::err));
    // once unfolded by a refusal it stays so
    let open =
        Memo::new(move |was: Option<&bool>| was == Some(&true) || refused.with(Option::is_some));
    view! {
        <details class="disclosure" open=open>
            <summary class="disclosure__summary">
                "Import settings " <span class="disclosure__note">"kohya TOML or JSON, ai-toolkit YAML, an exported preset"</span>
            </summary>
            <ActionForm action=asked.import attr:class="disclosure__body stack">
                <TextField label="Name" name="preset_name" id="import_name"
                    value=typed_before("preset_name") optional=true
                    hint="Empty: the name in the settings, else the file's. A taken name gets a number." />
                <input type="hidden" name="file_name" value="" prop:value=move || file.get() />
                <div class="field">
                    <label class="field__label" for="preset_text">
                        "Settings file"
                    </label>
                    <FilePicker text file />
                    <textarea
                        class="input input--mono"
                        id="preset_text"
                        name="text"
                        rows="6"
                        spellcheck="false"
                        placeholder="Paste the file's text"
                        prop:value=move || text.get()
                        on:input=move |event| text.set(event_target_value(&event))
                    >
                        {textarea_content(text.get_untracked())}
                    </textarea>
                    <p class="field__hint">"What this trainer has no setting for is listed after the import, not guessed."</p>
                </div>
                {move || refused.get().map(|error| view! { <ErrorNotice error /> })}
                <div class="button-group">
                    <button class="button button--secondary" type="submit" disabled=move || asked.import.pending().get()>
                        {move || if asked.import.pending().get() { "Importing…" } else { "Import" }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

/// Reads a chosen file into the text, and its name; needs JavaScript, so it is shown only with it.
#[component]
fn FilePicker(text: RwSignal<String>, file: RwSignal<String>) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let read = move |event: leptos::ev::Event| {
        #[cfg(feature = "hydrate")]
        {
            let input: web_sys::HtmlInputElement = event_target(&event);
            let Some(chosen) = input.files().and_then(|files| files.get(0)) else {
                return;
            };
            leptos::task::spawn_local(async move {
                let read = wasm_bindgen_futures::JsFuture::from(chosen.text()).await;
                if let Some(read) = read.ok().and_then(|value| value.as_string()) {
                    text.set(read);
                    file.set(chosen.name());
                }
            });
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, text, file);
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
