//! Server functions of the captions view: checks, words, and edits of many captions.

use super::super::model::caption_checks::CaptionRules;
#[cfg(feature = "ssr")]
use super::super::model::caption_checks::{CaptionCode, TriggerPlace};
use super::super::model::caption_edit::{AppliedEdit, CaptionPreview};
#[cfg(feature = "ssr")]
use super::super::model::caption_edit::{CaptionEdit, Operation, Place};
use super::super::model::caption_report::CaptionView;
use crate::error::AppError;
use crate::styles::model::StyleId;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// Checks, one page of words, last edits.
#[server(prefix = "/rpc", endpoint = "caption_view", input = GetUrl)]
pub async fn load_captions(
    style: StyleId,
    #[server(default)] words_from: usize,
) -> Result<CaptionView, AppError> {
    let state = crate::server::state::app_state();
    super::super::server::caption_report::view(&state, &style, words_from).await
}

/// A page of a preview.
#[server(prefix = "/rpc", endpoint = "caption_preview", input = GetUrl)]
pub async fn load_preview(
    style: StyleId,
    plan: String,
    #[server(default)] offset: usize,
) -> Result<CaptionPreview, AppError> {
    let state = crate::server::state::app_state();
    super::super::server::caption_edits::page(&state, &style, &plan, offset, None)
}

/// The edit as the form has it: text as typed. Words that a form of ours does not send are the first ones.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct TypedEdit {
    pub operation: String,
    pub find: String,
    pub replace: String,
    pub match_case: bool,
    pub whole_words: bool,
    pub text: String,
    pub trigger: String,
    pub place: String,
    pub words: String,
    pub code: String,
}

#[cfg(feature = "ssr")]
impl TypedEdit {
    fn edit(self) -> CaptionEdit {
        CaptionEdit {
            operation: Operation::parse(&self.operation).unwrap_or_default(),
            find: self.find,
            replace: self.replace,
            match_case: self.match_case,
            whole_words: self.whole_words,
            text: self.text,
            trigger: self.trigger,
            place: Place::parse(&self.place).unwrap_or_default(),
            words: self.words,
            code: CaptionCode::parse(&self.code),
        }
    }
}

/// Works out what an edit would do; the plan's name. `scope`: `selected` is about `filenames`, `same` about the images of the
/// plan `same_as`, anything else about all that fit `filter`.
#[server(prefix = "/rpc", endpoint = "preview_caption_edit")]
pub async fn preview_caption_edit(
    style: StyleId,
    edit: TypedEdit,
    #[server(default)] scope: String,
    #[server(default)] filenames: Vec<String>,
    #[server(default)] same_as: String,
    #[server(default)] filter: String,
) -> Result<String, AppError> {
    use super::super::server::caption_edits::{Scope, preview};
    let state = crate::server::state::app_state();
    let all = Scope {
        filter,
        ..Scope::default()
    };
    let scope = match scope.as_str() {
        "selected" if filenames.is_empty() => {
            return Err(AppError::field("filenames", "No image is selected."));
        }
        "selected" => Scope { filenames, ..all },
        "same" => Scope { same_as, ..all },
        _ => all,
    };
    let plan = preview(&state, &style, edit.edit(), scope).await?.plan;
    super::go_on(&format!("/styles/{style}/data?view=captions&plan={plan}"));
    Ok(plan)
}

/// Applies what a preview showed.
#[server(prefix = "/rpc", endpoint = "apply_caption_edit")]
pub async fn apply_caption_edit(style: StyleId, plan: String) -> Result<AppliedEdit, AppError> {
    let state = crate::server::state::app_state();
    let applied = super::super::server::caption_edits::apply(&state, &style, &plan).await?;
    super::go_on(&format!(
        "/styles/{style}/data?view=captions&edited={}",
        applied.id
    ));
    Ok(applied)
}

/// Brings back what an edit changed.
#[server(prefix = "/rpc", endpoint = "undo_caption_edit")]
pub async fn undo_caption_edit(style: StyleId, edit: u64) -> Result<AppliedEdit, AppError> {
    let state = crate::server::state::app_state();
    let undone = super::super::server::caption_edits::undo(&state, &style, edit).await?;
    super::go_on(&format!("/styles/{style}/data?view=captions&edited={edit}"));
    Ok(undone)
}

/// Sets where the trigger belongs, and the style words, divided by commas; `reset` sets the default ones.
#[server(prefix = "/rpc", endpoint = "set_caption_rules")]
pub async fn set_caption_rules(
    style: StyleId,
    #[server(default)] style_words: String,
    #[server(default)] trigger_place: String,
    #[server(default)] reset: bool,
) -> Result<CaptionRules, AppError> {
    let state = crate::server::state::app_state();
    let trigger_place = TriggerPlace::parse(&trigger_place).unwrap_or_default();
    let rules = if reset {
        CaptionRules {
            trigger_place,
            ..CaptionRules::default()
        }
    } else {
        CaptionRules {
            style_words: vec![style_words],
            trigger_place,
        }
    };
    let set = super::super::server::caption_checks::set_rules(&state, &style, rules).await?;
    super::go_on(&format!("/styles/{style}/data?view=captions"));
    Ok(set)
}
