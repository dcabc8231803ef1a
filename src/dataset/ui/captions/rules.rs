//! By what the captions of a style are checked: its style words and where its trigger belongs.

use super::{Actions, Shown, refusal};
use crate::dataset::model::caption_checks::TriggerPlace;
use crate::dataset::ui::state::Data;
use crate::ui::{SelectField, send_once, textarea_content};
use leptos::prelude::*;

/// Where the trigger belongs, in words.
fn place(place: TriggerPlace) -> &'static str {
    match place {
        TriggerPlace::Auto => "As most captions have it (five or more)",
        TriggerPlace::Trainer => "In no caption: the trainer puts it before each",
        TriggerPlace::Caption => "At the end of each caption",
    }
}

#[component]
pub fn RulesForm(data: Data, actions: Actions, shown: Shown) -> impl IntoView {
    let rules = Memo::new(move |_| {
        shown.with(|s| {
            s.as_ref()
                .map(|s| s.report.rules.clone())
                .unwrap_or_default()
        })
    });
    let list = Memo::new(move |_| rules.with(|r| r.style_words.join(", ")));
    let error = move || {
        let refused = actions.rules.value().get().and_then(Result::err)?;
        refused.message_for("styleWords").map(str::to_owned)
    };
    let typed = data
        .address
        .with_untracked(|a| a.get("f.style_words").to_owned());
    let typed = StoredValue::new(typed);
    // a refused list comes back as it was typed
    let words = Memo::new(move |_| match typed.get_value() {
        typed if !typed.is_empty() && error().is_some() => typed,
        _ => list.get(),
    });
    let options = TriggerPlace::ALL.map(|p| (p.as_str().to_owned(), place(p).to_owned()));
    let refused = refusal(
        move || actions.rules.value().get().and_then(Result::err),
        &["styleWords"],
    );
    let saved = move || {
        matches!(actions.rules.value().get(), Some(Ok(_))) && !actions.rules.pending().get()
    };
    view! {
        <section class="panel caption-view__block" aria-labelledby="captions-rules">
            <h3 class="panel__title" id="captions-rules">
                "Rules of the checks"
            </h3>
            {refused}
            <ActionForm action=actions.rules attr:class="stack">
                <input type="hidden" name="style" value=data.style_id() />
                <SelectField
                    label="The trigger belongs"
                    name="trigger_place"
                    value=Signal::derive(move || rules.with(|r| r.trigger_place.as_str().to_owned()))
                    options=options.into()
                />
                <div class="field" class:field--invalid=move || error().is_some()>
                    <label class="field__label" for="style_words">
                        "Style words"
                    </label>
                    <textarea
                        class="input"
                        id="style_words"
                        name="style_words"
                        rows="5"
                        aria-describedby="style_words-hint style_words-error"
                        aria-invalid=move || error().is_some().to_string()
                        prop:value=words
                    >
                        {textarea_content(words.get_untracked())}
                    </textarea>
                    <p class="field__hint" id="style_words-hint">
                        "Words and phrases that describe the style itself, divided by commas. Capitals and hyphens do not matter."
                    </p>
                    <p class="field__error" id="style_words-error" role="alert" hidden=move || error().is_none()>
                        {error}
                    </p>
                </div>
                <div class="dialog__actions">
                    <button
                        class="button button--secondary"
                        type="submit"
                        {..send_once(actions.rules.pending())}
                    >
                        "Save rules"
                    </button>
                    <button class="button button--ghost" type="submit" name="reset" value="true">
                        "Back to the default words"
                    </button>
                    <span class="saved" role="status">
                        {move || saved().then_some("Saved")}
                    </span>
                </div>
            </ActionForm>
        </section>
    }
}
