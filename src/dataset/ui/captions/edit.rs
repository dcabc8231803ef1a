//! The form of an edit of many captions. Which fields belong to an operation is the style sheet's to show, so that it
//! works without script.

use super::{Actions, Shown};
use crate::dataset::model::caption_edit::{CaptionEdit, CaptionPreview, Operation, Place};
use crate::dataset::ui::state::Data;
use crate::error::AppError;
use crate::ui::units::plural;
use crate::ui::{SelectField, TextField, send_once};
use leptos::prelude::*;

/// The button that asks for a preview.
pub const PREVIEW: &str = "captions-ask";

/// The edit to begin with: the preview's, what was typed before a refusal, or none.
fn begun(data: Data, preview: Memo<Option<Result<CaptionPreview, AppError>>>) -> CaptionEdit {
    if let Some(Ok(preview)) = preview.get_untracked() {
        return preview.edit;
    }
    data.address.with_untracked(|a| {
        let typed = |name: &str| a.get(&format!("f.edit[{name}]")).to_owned();
        CaptionEdit {
            operation: Operation::parse(&typed("operation")).unwrap_or_default(),
            find: typed("find"),
            replace: typed("replace"),
            match_case: !typed("match_case").is_empty(),
            whole_words: !typed("whole_words").is_empty(),
            text: typed("text"),
            trigger: typed("trigger"),
            place: Place::parse(&typed("place")).unwrap_or_default(),
            words: typed("words"),
            code: None,
        }
    })
}

#[component]
pub fn EditForm(
    data: Data,
    actions: Actions,
    shown: Shown,
    preview: Memo<Option<Result<CaptionPreview, AppError>>>,
) -> impl IntoView {
    let edit = begun(data, preview);
    let operation = edit.operation;
    let operations = Operation::ALL.map(|(op, value, words)| {
        radio("edit[operation]", value, words.to_owned(), op == operation)
    });
    view! {
        <section class="panel caption-view__block" aria-labelledby="captions-edit">
            <h3 class="panel__title" id="captions-edit">
                "Edit many captions"
            </h3>
            <ActionForm action=actions.preview attr:class="caption-edit">
                <input type="hidden" name="style" value=data.style_id() />
                <Which data preview />
                <fieldset class="caption-edit__set">
                    <legend class="field__label">"What to do"</legend>
                    <div class="caption-edit__choices">{operations.collect_view()}</div>
                </fieldset>
                <div class="caption-edit__fields">{fields(actions, shown, edit)}</div>
                <div class="dialog__actions">
                    <span class="field__hint">"Nothing is written yet."</span>
                    <button
                        class="button button--primary"
                        id=PREVIEW
                        type="submit"
                        {..send_once(actions.preview.pending())}
                    >
                        "Preview every change"
                    </button>
                </div>
            </ActionForm>
        </section>
    }
}

fn radio(name: &'static str, value: &'static str, words: String, checked: bool) -> AnyView {
    view! {
        <label class="choice">
            <input class="radio" type="radio" name=name value=value checked=checked />
            <span>{words}</span>
        </label>
    }
    .into_any()
}

/// Which captions: the selected ones, those of the preview again, or all that are listed.
#[component]
fn Which(data: Data, preview: Memo<Option<Result<CaptionPreview, AppError>>>) -> impl IntoView {
    // the selection cannot change while this view is open
    let selected: Vec<String> = data
        .selected
        .with_untracked(|s| s.iter().cloned().collect());
    let count = selected.len();
    let filter = data.address.with_untracked(|a| a.get("filter").to_owned());
    let same = move || match preview.get() {
        Some(Ok(preview)) if count == 0 => Some((preview.plan, preview.images)),
        _ => None,
    };
    let ticked = ticked(count > 0, Memo::new(move |_| same()));
    let scope = move |value: &'static str, words: String| {
        view! {
            <label class="choice">
                <input
                    class="radio"
                    type="radio"
                    name="scope"
                    value=value
                    checked=ticked.now.get_untracked() == value
                    prop:checked=move || ticked.now.get() == value
                    on:change=move |_| ticked.chosen.set(value)
                />
                <span>{words}</span>
            </label>
        }
    };
    let listed = match filter.as_str() {
        "" => "All images of the style".to_owned(),
        filter => format!("All images that fit “{filter}”"),
    };
    let names = selected.into_iter().map(|name| {
        view! { <input type="hidden" name="filenames[]" value=name /> }
    });
    let selected = (count > 0).then(|| {
        let words = format!("The selection ({})", plural(count, "image"));
        scope("selected", words)
    });
    view! {
        <fieldset class="caption-edit__set">
            <legend class="field__label">"Which captions"</legend>
            <input type="hidden" name="filter" value=filter />
            {names.collect_view()}
            <div class="caption-edit__choices">
                {selected}
                {move || {
                    same()
                        .map(|(plan, images)| {
                            let words = format!("Those of the preview ({})", plural(images, "image"));
                            view! {
                                <input type="hidden" name="same_as" value=plan />
                                {scope("same", words)}
                            }
                        })
                }} {scope("listed", listed)}
            </div>
        </fieldset>
    }
}

/// Which captions are ticked.
#[derive(Clone, Copy)]
struct Ticked {
    now: Memo<&'static str>,
    /// What a person chose since the last preview; empty until then.
    chosen: RwSignal<&'static str>,
}

/// The selection, else the preview's captions, else all, unless a person chose. What goes is not ticked any more.
fn ticked(has_selection: bool, same: Memo<Option<(String, usize)>>) -> Ticked {
    let chosen = RwSignal::new("");
    let now = Memo::new(move |_| {
        let has_same = same.with(Option::is_some);
        match chosen.get() {
            "" | "same" if has_same => "same",
            "" | "same" if has_selection => "selected",
            "" | "same" => "listed",
            other => other,
        }
    });
    Effect::watch(move || same.get(), move |_, _, _| chosen.set(""), false);
    Ticked { now, chosen }
}

/// The fields of all operations.
fn fields(actions: Actions, shown: Shown, edit: CaptionEdit) -> AnyView {
    let text = move |name: &'static str, label: &'static str, value: String, hint: &'static str| {
        let value_of = actions.preview.value();
        let error = Signal::derive(move || {
            let error = value_of.get().and_then(Result::err)?;
            error.message_for(name).map(str::to_owned)
        });
        let class = format!("caption-edit__field caption-edit__{name}");
        view! {
            <div class=class>
                <TextField
                    label
                    name=format!("edit[{name}]")
                    id=name
                    value=Signal::stored(value)
                    hint=Signal::stored(hint.to_owned())
                    error
                />
            </div>
        }
        .into_any()
    };
    let check = |name: &'static str, words: &'static str, checked: bool| {
        view! {
            <label class="choice caption-edit__field caption-edit__options">
                <input class="checkbox" type="checkbox" name=format!("edit[{name}]") value="true" checked=checked />
                <span>{words}</span>
            </label>
        }
        .into_any()
    };
    let trigger = match edit.trigger.as_str() {
        "" => shown
            .with_untracked(|s| s.as_ref().map(|s| s.report.trigger.clone()))
            .unwrap_or_default(),
        own => own.to_owned(),
    };
    view! {
        {text("find", "Find", edit.find, "A pattern knows \\w, \\d, (groups), a|b, [sets], *, + and ?.")}
        {text("replace", "Replace by", edit.replace, "Empty: it is taken out. In a pattern $1 is the first group.")}
        {check("match_case", "Capitals matter", edit.match_case)}
        {check("whole_words", "Whole words only", edit.whole_words)}
        {text("text", "Text", edit.text, "Joined with a comma, or as it is if it begins or ends with a sign or a blank.")}
        {text("trigger", "Trigger", trigger, "It stands once in each caption then, wherever it stood before.")}
        {place_field(edit.place)}
        {text("words", "Words", edit.words, "Divided by commas. Empty: the style words listed below.")}
        {code_field(shown, edit.code.map_or("", |code| code.as_str()))}
    }
    .into_any()
}

fn place_field(place: Place) -> AnyView {
    let options = Place::ALL.map(|(_, value, words)| (value.to_owned(), words.to_owned()));
    view! {
        <div class="caption-edit__field caption-edit__place">
            <SelectField
                label="Where"
                name="edit[place]"
                id="place"
                value=Signal::stored(place.as_str().to_owned())
                options=options.into()
            />
        </div>
    }
    .into_any()
}

fn code_field(shown: Shown, code: &'static str) -> AnyView {
    let mut options = vec![(String::new(), "Everything that is certain".to_owned())];
    shown.with_untracked(|shown| {
        let problems = shown.iter().flat_map(|s| &s.report.problems);
        let fixable = problems.filter(|p| p.fixable > 0 || p.code.as_str() == code);
        options.extend(fixable.map(|p| (p.code.as_str().to_owned(), p.code.label().to_owned())));
    });
    view! {
        <div class="caption-edit__field caption-edit__code">
            <SelectField
                label="Problem"
                name="edit[code]"
                id="code"
                value=Signal::stored(code.to_owned())
                options
            />
        </div>
    }
    .into_any()
}
