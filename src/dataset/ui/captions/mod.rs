//! The captions view of the training data page (`?view=captions`): what is wrong with how many captions, edits of many at once
//! with a preview of every change, the last edits with their undo, the words the captions use. Plain links and forms.

mod edit;
mod history;
mod place;
mod preview;
mod problems;
mod rules;
mod told;
mod words;

pub use place::{EditSelected, ViewLink, is_open};
pub use told::Told;

use super::state::Data;
use crate::dataset::api::captions::{
    ApplyCaptionEdit, PreviewCaptionEdit, SetCaptionRules, UndoCaptionEdit,
};
use crate::dataset::model::caption_edit::AppliedEdit;
use crate::dataset::model::caption_report::CaptionView;
use crate::error::AppError;
use crate::ui::{ErrorNotice, Icon, focus_soon};
use leptos::prelude::*;

/// Where the view begins.
pub const TITLE: &str = "captions-title";

/// What can be done here.
#[derive(Clone, Copy)]
struct Actions {
    preview: ServerAction<PreviewCaptionEdit>,
    apply: ServerAction<ApplyCaptionEdit>,
    undo: ServerAction<UndoCaptionEdit>,
    rules: ServerAction<SetCaptionRules>,
}

impl Actions {
    /// With script the page goes where a plain form would lead.
    fn new(data: Data, told: Told) -> Self {
        let actions = Self {
            preview: ServerAction::new(),
            apply: ServerAction::new(),
            undo: ServerAction::new(),
            rules: ServerAction::new(),
        };
        Effect::new(move |_| {
            match actions.preview.value().get() {
                Some(Ok(plan)) => {
                    let changes = [("plan", plan.as_str()), ("page", "")];
                    data.go(&untrack(|| place::here(data, &changes)));
                }
                // the fields have the names of the refusal
                Some(Err(error)) => focus_field(&error, |field| field),
                None => {}
            }
        });
        let done = move |edit: AppliedEdit| {
            told.version.update(|v| *v += 1);
            data.refresh();
            let changes = [("plan", ""), ("page", ""), ("edited", &edit.id.to_string())];
            data.go(&untrack(|| place::here(data, &changes)));
        };
        Effect::new(move |_| {
            if let Some(Ok(edit)) = actions.apply.value().get() {
                done(edit);
            }
        });
        Effect::new(move |_| {
            if let Some(Ok(edit)) = actions.undo.value().get() {
                done(edit);
            }
        });
        Effect::new(move |_| match actions.rules.value().get() {
            Some(Ok(_)) => {
                told.version.update(|v| *v += 1);
                data.refresh();
            }
            Some(Err(error)) => focus_field(&error, |_| "style_words"),
            None => {}
        });
        actions
    }
}

/// Leads to the first field that was refused.
fn focus_field(error: &AppError, id: impl Fn(&str) -> &str) {
    if let Some(refused) = error.errors.first() {
        focus_soon(id(&refused.field));
    }
}

/// The last view, once there is one.
type Shown = Memo<Option<CaptionView>>;

#[component]
pub fn CaptionsView(data: Data, told: Told) -> impl IntoView {
    let actions = Actions::new(data, told);
    let answer = told.view();
    let preview = told.preview();
    let shown: Shown = Memo::new(move |_| answer.get().and_then(Result::ok));
    let is_there = Memo::new(move |_| shown.with(Option::is_some));
    let error = Memo::new(move |_| answer.get().and_then(Result::err));
    view! {
        <section class="caption-view" aria-labelledby=TITLE>
            <div class="caption-view__head">
                <h2 class="caption-view__title" id=TITLE tabindex="-1">
                    "Captions"
                </h2>
                <a class="button button--secondary" href=move || back(data)>
                    <Icon name="image" />
                    "Back to the images"
                </a>
            </div>
            <history::Happened data actions shown />
            {move || error.get().map(|error| view! { <ErrorNotice error /> })}
            <preview::Preview data actions preview />
            {move || {
                if is_there.get() {
                    view! {
                        <problems::Problems data actions shown />
                        <edit::EditForm data actions shown preview />
                        <history::History data actions shown />
                        <words::Words data shown />
                        <rules::RulesForm data actions shown />
                    }
                        .into_any()
                } else if error.with(Option::is_none) {
                    view! { <p class="muted">"Reading the captions…"</p> }.into_any()
                } else {
                    ().into_any()
                }
            }}
        </section>
    }
}

/// The images again, as they were listed.
fn back(data: Data) -> String {
    let kept = ["filter", "set", "filenames[]"];
    data.address.with(|a| a.only(&kept)).href(&data.style_id())
}

/// What an action was refused for, unless a field says it.
fn refusal(
    refused: impl Fn() -> Option<AppError> + Copy + Send + Sync,
    fields: &'static [&'static str],
) -> impl Fn() -> Option<AnyView> + Copy + Send + Sync {
    move || {
        let error = refused()?;
        let said = fields.iter().any(|f| error.message_for(f).is_some());
        (!said).then(|| view! { <ErrorNotice error /> }.into_any())
    }
}
