//! What the model is asked and about which images; and how to configure one.

use super::super::state::Data;
use crate::dataset::api::drafts::DraftCaptions;
use crate::dataset::model::drafts::DEFAULT_PROMPT;
use crate::error::AppError;
use crate::ui::units::count;
use crate::ui::{ErrorNotice, Icon, focus_soon, send_once, textarea_content};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// No endpoint is configured: what to set, for the usual servers.
pub fn how_to_configure() -> impl IntoView {
    let lines = "CAPTION_API_BASE=http://127.0.0.1:11434/v1   # Ollama; vLLM :8000/v1, LM Studio :1234/v1\nCAPTION_MODEL=qwen2.5vl\n\n# or OpenAI, with a key\nCAPTION_API_BASE=https://api.openai.com/v1\nCAPTION_API_KEY=sk-…\nCAPTION_MODEL=gpt-4.1-mini";
    view! {
        <div class="notice notice--info" role="status">
            <Icon name="info" class="notice__icon" />
            <div class="notice__body">
                <p class="notice__what">"No model is configured that could draft captions."</p>
                <p class="notice__why">
                    "Any OpenAI-compatible endpoint whose model takes images will do. Put its address and model into "
                    <code>".env"</code>
                    " and start the studio again:"
                </p>
                <pre class="code" tabindex="0">
                    {lines}
                </pre>
                <p class="notice__remedy">"The images leave this machine only for the address you name."</p>
            </div>
        </div>
    }
}

/// What is typed into the prompt, and a refusal.
#[derive(Clone, Copy)]
struct Form {
    data: Data,
    prompt: RwSignal<String>,
}

impl Form {
    fn new(data: Data) -> Self {
        let typed = data
            .address
            .with_untracked(|a| a.get("f.prompt").to_owned());
        let kept = data.drafts.view.with_untracked(|v| v.prompt.clone());
        let prompt = RwSignal::new(if typed.is_empty() { kept } else { typed });
        Self { data, prompt }
    }

    fn error(self) -> Option<AppError> {
        self.data.drafts.begin.value().get().and_then(Result::err)
    }

    fn of_prompt(self) -> Option<String> {
        let error = self.error()?;
        error.message_for("prompt").map(str::to_owned)
    }

    fn send(self, what: &str) {
        let data = self.data;
        if self.prompt.with_untracked(|p| p.trim().is_empty()) {
            // what an emptied one stands for
            self.prompt.set(DEFAULT_PROMPT.to_owned());
        }
        let selected = data
            .selected
            .with_untracked(|s| s.iter().cloned().collect());
        data.drafts.begin.dispatch(DraftCaptions {
            style: data.style.get_value(),
            what: what.to_owned(),
            filenames: if what == "selected" {
                selected
            } else {
                Vec::new()
            },
            prompt: Some(self.prompt.get_untracked()),
        });
    }
}

/// Images without caption and draft; `None` where the list does not tell, since it is narrowed.
fn undrafted(data: Data) -> Option<u64> {
    let missing = data.listing.with(|l| {
        let about_all = l.error.is_none() && l.question.is_about_all();
        about_all.then_some(l.page.without_caption as u64)
    })?;
    let drafted = data.drafts.view.with(|v| {
        let first = v.drafts.iter().filter(|d| d.caption_etag.is_empty());
        first.count() as u64
    });
    Some(missing.saturating_sub(drafted))
}

/// The prompt, and the buttons that begin a run with it.
#[component]
pub fn Begin(data: Data) -> impl IntoView {
    let form = Form::new(data);
    Effect::new(move |_| {
        if form.of_prompt().is_some() {
            focus_soon(PROMPT);
        }
    });
    let selected = Memo::new(move |_| data.selected.with(|s| s.len()));
    let missing = Memo::new(move |_| undrafted(data));
    // what script has at hand a plain form carries along
    let carried = move || {
        let names = match data.live.get() {
            true => Vec::new(),
            false => data.selected.with(|s| s.iter().cloned().collect()),
        };
        let hidden = |name| view! { <input type="hidden" name="filenames[]" value=name /> };
        names.into_iter().map(hidden).collect_view()
    };
    let of_selected = Signal::derive(move || match selected.get() {
        0 => "Draft the selected".to_owned(),
        some => format!("Draft {} selected", count(some as u64)),
    });
    let of_missing = Signal::derive(move || match missing.get() {
        None | Some(0) => "Draft all without a caption".to_owned(),
        Some(some) => format!("Draft {} without a caption", count(some)),
    });
    let none_missing = Signal::derive(move || missing.get() == Some(0));
    let busy_or_able =
        move || data.drafts.is_running() || selected.get() > 0 || !none_missing.get();
    view! {
        <form class="stack" method="post" action=DraftCaptions::url() on:submit=|event| event.prevent_default()>
            <input type="hidden" name="style" value=data.style_id() />
            {carried}
            <Prompt form />
            {move || {
                form.error()
                    .filter(|e| e.message_for("prompt").is_none())
                    .map(|error| view! { <ErrorNotice error /> })
            }}
            <div class="button-group">
                <Act form what="selected" words=of_selected none=Signal::derive(move || selected.get() == 0) />
                <Act form what="missing" words=of_missing none=none_missing />
                <Keep form />
            </div>
            <p class="muted" hidden=busy_or_able>
                "Every image has a caption or a draft. Select those that shall be drafted anew."
            </p>
        </form>
    }
}

const PROMPT: &str = "draft-prompt";

#[component]
fn Prompt(form: Form) -> impl IntoView {
    let hint = move || {
        let trigger = form.data.drafts.view.with(|v| v.trigger.clone());
        format!(
            "Kept for this style. [TRIGGER] stands for “{trigger}”, which the trainer puts before each caption itself."
        )
    };
    view! {
        <div class="field" class:field--invalid=move || form.of_prompt().is_some()>
            <label class="field__label" for=PROMPT>
                "Prompt"
            </label>
            <textarea
                class="input"
                id=PROMPT
                name="prompt"
                rows="4"
                aria-describedby="draft-prompt-hint draft-prompt-error"
                aria-invalid=move || form.of_prompt().is_some().to_string()
                prop:value=move || form.prompt.get()
                on:input=move |event| form.prompt.set(event_target_value(&event))
            >
                {textarea_content(form.prompt.get_untracked())}
            </textarea>
            <p class="field__hint" id="draft-prompt-hint">
                {hint}
            </p>
            <p class="field__error" id="draft-prompt-error" role="alert" hidden=move || form.of_prompt().is_none()>
                <Icon name="error" />
                <span>{move || form.of_prompt()}</span>
            </p>
        </div>
    }
}

/// A button that begins a run.
#[component]
fn Act(form: Form, what: &'static str, words: Signal<String>, none: Signal<bool>) -> impl IntoView {
    let drafts = form.data.drafts;
    let idle = move || none.get() || drafts.is_running() || drafts.begin.pending().get();
    view! {
        <button
            class="button"
            class:button--primary=move || !none.get()
            class:button--secondary=move || none.get()
            type="submit"
            name="what"
            value=what
            disabled=move || !drafts.is_configured() || (idle() && !form.data.live.get())
            on:click=move |event| {
                event.prevent_default();
                if !untrack(idle) {
                    form.send(what);
                }
            }
            {..send_once(Signal::derive(idle))}
        >
            <Icon name="draft" />
            {words}
        </button>
    }
}

/// Keeps the prompt without a run, and the way back to the default.
#[component]
fn Keep(form: Form) -> impl IntoView {
    let drafts = form.data.drafts;
    let changed = move || drafts.view.with(|v| form.prompt.with(|p| *p != v.prompt));
    // without script nobody knows whether something was typed
    let idle = move || (form.data.live.get() && !changed()) || drafts.begin.pending().get();
    let is_kept = move || matches!(drafts.begin.value().get(), Some(Ok(None))) && !changed();
    let is_default = move || form.prompt.with(|p| p == DEFAULT_PROMPT);
    view! {
        <button
            class="button button--secondary"
            type="submit"
            name="what"
            value="prompt"
            on:click=move |event| {
                event.prevent_default();
                if !untrack(idle) {
                    form.send("prompt");
                }
            }
            {..send_once(Signal::derive(idle))}
        >
            "Save prompt"
        </button>
        <button
            class="button button--ghost"
            type="button"
            hidden=move || !form.data.live.get() || is_default()
            on:click=move |_| {
                form.prompt.set(DEFAULT_PROMPT.to_owned());
                focus_soon(PROMPT);
            }
        >
            <Icon name="undo" />
            "Default prompt"
        </button>
        <span class="saved" role="status">
            {move || is_kept().then_some("Saved")}
        </span>
    }
}
