//! What is wrong with the caption, beside its editor, each with what mends it: a certain fix or a suggestion, shown before it is
//! taken, else a draft. Each button is a plain form; script puts a mended text through the editor, so that a conflict is asked
//! about as ever.

use super::{Editor, Standing};
use crate::dataset::api::SaveCaption;
use crate::dataset::model::caption_checks::CaptionRemark;
use crate::dataset::ui::drafts::DraftOne;
use crate::dataset::ui::focus;
use crate::ui::{GuideLink, Icon};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn Checks(editor: Editor) -> impl IntoView {
    let is_stored = Memo::new(move |_| {
        let judged = editor
            .remarks
            .with(|(etag, _)| editor.etag.with(|e| e == etag));
        judged && editor.standing.with(|s| matches!(s, Standing::Stored(_)))
    });
    let items = move || {
        let (etag, remarks) = editor.remarks.get();
        let none = remarks.is_empty().then(|| {
            view! {
                <li class="caption-check caption-check--fine">
                    <Icon name="ok" />
                    <span>"Nothing to mend in this caption."</span>
                </li>
            }
        });
        let items = remarks
            .into_iter()
            .map(|r| item(editor, &etag, r, is_stored));
        view! { {none} {items.collect_view()} }
    };
    view! {
        <section class="inspector__section" aria-label="Caption checks" role="status">
            <ul class="caption-checks" class:caption-checks--stale=move || !is_stored.get()>
                {items}
            </ul>
            <p class="field__hint" hidden=is_stored>
                "Checked again when it is saved."
            </p>
        </section>
    }
}

fn item(editor: Editor, etag: &str, remark: CaptionRemark, is_stored: Memo<bool>) -> AnyView {
    let icon = if remark.code.loses_text() {
        "warning"
    } else {
        "info"
    };
    let label = remark.code.label();
    let guide = format!("/guide/captions#{}", remark.code.as_str());
    let remedy = match (remark.fix, remark.suggestion) {
        (Some(fix), _) => {
            let named = Some(format!("Fix “{label}”"));
            mend(editor, etag, is_stored, fix, "Fix", named)
        }
        (None, Some(text)) => mend(editor, etag, is_stored, text, "Take the words out", None),
        (None, None) => draft(editor, label),
    };
    view! {
        <li class="caption-check" class:caption-check--grave=remark.code.loses_text()>
            <Icon name=icon />
            <div class="caption-check__body">
                <p>
                    <strong>{label}</strong>
                    " · "
                    {remark.message}
                    " "
                    <GuideLink to=guide about="This remark" />
                </p>
                {remedy}
            </div>
        </li>
    }
    .into_any()
}

/// The text that would be, and the button that takes it.
fn mend(
    editor: Editor,
    etag: &str,
    is_stored: Memo<bool>,
    text: String,
    words: &'static str,
    named: Option<String>,
) -> AnyView {
    let shown = text.trim_end().to_owned();
    let mended = text.clone();
    view! {
        <form
            class="caption-check__fix"
            method="post"
            action=SaveCaption::url()
            hidden=move || !is_stored.get()
            on:submit=move |event| {
                event.prevent_default();
                editor.replace(mended.clone());
                // the button goes
                focus::put("#caption");
            }
        >
            <input type="hidden" name="style" value=editor.data.style_id() />
            <input type="hidden" name="filename" value=editor.name.get_value() />
            <input type="hidden" name="etag" value=etag.to_owned() />
            <input type="hidden" name="caption" value=text />
            <p class="as-trained">{shown}</p>
            <button class="button button--secondary button--small" type="submit" aria-label=named>
                <Icon name="check" />
                {words}
            </button>
        </form>
    }
    .into_any()
}

/// Nothing but another text mends it: a model may draft one, unless it has.
fn draft(editor: Editor, label: &'static str) -> AnyView {
    let (data, name) = (editor.data, editor.name);
    let has_one = Memo::new(move |_| name.with_value(|n| data.drafts.of(n)).is_some());
    view! {
        <div class="caption-check__fix">
            {move || match has_one.get() {
                true => view! { <p class="field__hint">"A draft of another one is below."</p> }.into_any(),
                false => {
                    view! { <DraftOne data name words="Draft it" class="button--secondary" about=label /> }.into_any()
                }
            }}
        </div>
    }
    .into_any()
}
