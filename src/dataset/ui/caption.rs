//! The caption's editor. Script saves while one types; without it there is a button.
//!
//! Every write names the version that was read: a caption somebody else changed meanwhile is never overwritten silently,
//! the person chooses which text stays.

mod checks;
mod conflict;
mod draft;
mod rewritten;
mod save;
pub mod unsent;

pub use rewritten::rewrite;

use super::state::Data;
use super::unsaved::Unsaved;
use crate::dataset::api::{SaveCaption, image as load_image};
use crate::dataset::model::caption::CaptionState;
use crate::dataset::model::caption_checks::CaptionRemark;
use crate::dataset::model::caption_text::with_class_tokens;
use crate::dataset::model::image::TrainingImage;
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::ui::units::plural;
use crate::ui::{AsTrained, GuideLink, Icon, textarea_content};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Where the text in the box stands.
#[derive(Clone, PartialEq)]
enum Standing {
    /// As it is in the bucket; `true` after a save of this visit.
    Stored(bool),
    Typed,
    Saving,
    Refused(AppError),
    /// Somebody else's text is there now.
    Conflict,
}

#[derive(Clone, Copy)]
struct Editor {
    data: Data,
    name: StoredValue<String>,
    text: RwSignal<String>,
    etag: RwSignal<String>,
    standing: RwSignal<Standing>,
    /// The other text of a conflict.
    theirs: RwSignal<String>,
    /// The version that what is typed changes; a conflict does not move it.
    based_on: StoredValue<String>,
    /// Text of an earlier visit that was never saved.
    offered: RwSignal<Option<Unsaved>>,
    /// What is wrong with the caption of this ETag.
    remarks: RwSignal<(String, Vec<CaptionRemark>)>,
    /// How often a save of it was refused in a row.
    refusals: StoredValue<u32>,
    #[cfg(feature = "hydrate")]
    timer: StoredValue<Option<gloo_timers::callback::Timeout>, LocalStorage>,
}

impl Editor {
    fn new(data: Data, image: &TrainingImage) -> Self {
        let stored = image.caption.clone().unwrap_or_default();
        let etag = image.caption_etag.clone().unwrap_or_default();
        // a plain form that was refused comes back with what was typed
        let refused = ServerAction::<SaveCaption>::new()
            .value()
            .get_untracked()
            .and_then(Result::err);
        let (of, typed) = data.address.with_untracked(|a| {
            (
                a.get("f.filename") == image.filename,
                a.get("f.caption").to_owned(),
            )
        });
        let (text, standing) = match refused.filter(|_| of) {
            Some(error) if error.kind == ErrorKind::Changed => (typed, Standing::Conflict),
            Some(error) => (typed, Standing::Refused(error)),
            None => (stored.clone(), Standing::Stored(false)),
        };
        Self {
            data,
            name: StoredValue::new(image.filename.clone()),
            text: RwSignal::new(text),
            based_on: StoredValue::new(etag.clone()),
            offered: RwSignal::new(None),
            remarks: RwSignal::new((etag.clone(), image.caption_problems.clone())),
            etag: RwSignal::new(etag),
            standing: RwSignal::new(standing),
            theirs: RwSignal::new(stored),
            refusals: StoredValue::new(0),
            #[cfg(feature = "hydrate")]
            timer: StoredValue::new_local(None),
        }
    }

    /// Puts another text in the box and saves it at once.
    fn replace(self, text: String) {
        self.typed(text);
        self.save();
    }

    fn typed(self, text: String) {
        draft::keep(self, &text);
        self.text.set(text);
        // a save under way looks again when it is through; a conflict waits for the choice
        let waits = self
            .standing
            .with_untracked(|s| matches!(s, Standing::Saving | Standing::Conflict));
        if !waits {
            self.standing.set(Standing::Typed);
            self.save_later();
        }
    }

    fn check_again(self) {
        let (style, name) = (self.data.style.get_value(), self.name.get_value());
        leptos::task::spawn_local(self.check(style, name));
    }

    /// Asks what is wrong with the caption as it is now.
    async fn check(self, style: StyleId, name: String) {
        // what cannot be had now is shown as being of an older text
        if self.etag.try_get_untracked().is_some()
            && let Ok(image) = load_image(style, name).await
        {
            let etag = image.caption_etag.unwrap_or_default();
            self.remarks.try_set((etag, image.caption_problems));
        }
    }

    fn load_theirs(self) {
        draft::forget(self);
        self.text.set(self.theirs.get_untracked());
        self.based_on.set_value(self.etag.get_untracked());
        self.standing.set(Standing::Stored(false));
        self.data.refresh();
        self.check_again();
    }
}

#[component]
pub fn CaptionForm(data: Data, image: TrainingImage) -> impl IntoView {
    let editor = Editor::new(data, &image);
    draft::look(editor);
    take_over(editor);
    rewritten::follow(editor);
    save::leave_nothing_behind(editor);
    let conflict = move || editor.standing.with(|s| *s == Standing::Conflict);
    let words = move || match editor.text.with(|t| t.split_whitespace().count()) {
        0 => "Describe what the image shows, not its style.".to_owned(),
        n => plural(n, "word"),
    };
    // it stays while the same text is tried again
    let refused = Memo::new(
        move |before: Option<&Option<AppError>>| match editor.standing.get() {
            Standing::Refused(error) => Some(error),
            Standing::Saving => before.cloned().flatten(),
            _ => None,
        },
    );
    let message = move || refused.with(|r| r.as_ref().map(AppError::to_string));
    let may_pass = move || refused.with(|r| r.as_ref().is_some_and(|e| e.kind.may_pass()));
    view! {
        <form
            class="inspector__section"
            method="post"
            action=SaveCaption::url()
            on:submit=move |event| {
                event.prevent_default();
                editor.save();
            }
        >
            <input type="hidden" name="style" value=data.style_id() />
            <input type="hidden" name="filename" value=image.filename.clone() />
            <input type="hidden" name="etag" value=image.caption_etag.clone().unwrap_or_default() />
            <div class="row row--between">
                <span class="row">
                    <label class="field__label" for="caption">
                        "Caption"
                    </label>
                    <GuideLink to="/guide/captions" about="Captions" />
                </span>
                <Mark editor />
            </div>
            {foreign(image.caption_state)}
            <textarea
                class="input"
                id="caption"
                name="caption"
                rows="4"
                aria-describedby="caption-hint caption-error"
                aria-invalid=move || message().is_some().to_string()
                prop:value=move || editor.text.get()
                on:input=move |event| editor.typed(event_target_value(&event))
                on:blur=move |_| editor.save()
            >
                {textarea_content(editor.text.get_untracked())}
            </textarea>
            <div class="row row--between">
                <p class="field__hint" id="caption-hint">
                    {words}
                </p>
                <noscript>
                    <button class="button button--secondary button--small" type="submit">
                        "Save caption"
                    </button>
                </noscript>
            </div>
            {as_trained(editor)}
            <p class="field__error" id="caption-error" role="alert" hidden=move || message().is_none()>
                <Icon name="error" />
                <span>{message}</span>
            </p>
            <div class="row" hidden=move || !may_pass()>
                <button class="button button--secondary button--small" type="submit">
                    <Icon name="retry" />
                    "Try again"
                </button>
            </div>
            {move || conflict().then(|| view! { <conflict::Choice editor /> })}
            <draft::Offer editor />
        </form>
        <checks::Checks editor />
    }
}

/// What the trainer makes of the text as it stands in the box: the style's trigger, then the first line.
fn as_trained(editor: Editor) -> impl IntoView {
    let trigger = editor
        .data
        .drafts
        .view
        .with_untracked(|v| v.trigger.clone());
    let rest = move || editor.text.with(|text| with_class_tokens("", text));
    view! {
        <div class="inspector__trained">
            <span class="field__hint">"As trained"</span>
            <AsTrained trigger rest=Signal::derive(rest) />
        </div>
    }
}

fn foreign(state: CaptionState) -> Option<AnyView> {
    let told = match state {
        CaptionState::NotUtf8 => {
            "The caption file is not UTF-8 text and cannot be shown; saving here replaces it."
        }
        CaptionState::TooLong => {
            "The caption file is too long to be a caption and is not shown; saving here replaces it."
        }
        _ => return None,
    };
    Some(view! { <p class="field__error">{told}</p> }.into_any())
}

/// Said aloud and seen: saved, saving, not saved.
#[component]
fn Mark(editor: Editor) -> impl IntoView {
    let class = move || match editor.standing.get() {
        Standing::Stored(_) => "saved saved--saved",
        Standing::Refused(_) | Standing::Conflict => "saved saved--failed",
        Standing::Typed | Standing::Saving => "saved",
    };
    let none = move || editor.etag.with(String::is_empty);
    let text = move || match editor.standing.get() {
        Standing::Stored(false) if none() => "No caption yet",
        Standing::Stored(_) => "Saved",
        Standing::Typed => "Not saved yet",
        Standing::Saving => "Saving…",
        Standing::Refused(_) | Standing::Conflict => "Not saved",
    };
    let check = move || matches!(editor.standing.get(), Standing::Stored(_)) && !none();
    view! {
        <span class=class role="status">
            <span hidden=move || !check()>
                <Icon name="check" />
            </span>
            {text}
        </span>
    }
}

/// What was typed before script took over is saved like everything typed after.
fn take_over(editor: Editor) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let there = super::keys::is_taking_over().then(|| document().get_element_by_id("caption"));
        let area = there
            .flatten()
            .and_then(|e| e.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
        let Some(typed) = area.map(|a| a.value()) else {
            return;
        };
        Effect::new(move |_| {
            // a text box has its own mind about line ends and the first empty line
            let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
            if editor
                .text
                .with_untracked(|text| plain(text) != plain(&typed))
            {
                editor.typed(typed.clone());
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = editor;
}
