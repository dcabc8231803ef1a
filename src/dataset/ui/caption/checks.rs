//! What is wrong with the caption, beside its editor, with a button where a fix is certain. Each button is a plain form
//! that saves the mended text; script puts it through the editor, so that a conflict is asked about as ever.

use super::{Editor, Standing};
use crate::dataset::api::SaveCaption;
use crate::dataset::model::caption_checks::CaptionRemark;
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
    let fix = remark.fix.map(|fix| {
        let shown = fix.trim_end().to_owned();
        let mended = fix.clone();
        view! {
            <form
                class="caption-check__fix"
                method="post"
                action=SaveCaption::url()
                hidden=move || !is_stored.get()
                on:submit=move |event| {
                    event.prevent_default();
                    editor.replace(mended.clone());
                }
            >
                <input type="hidden" name="style" value=editor.data.style_id() />
                <input type="hidden" name="filename" value=editor.name.get_value() />
                <input type="hidden" name="etag" value=etag.to_owned() />
                <input type="hidden" name="caption" value=fix />
                <p class="as-trained">{shown}</p>
                <button
                    class="button button--secondary button--small"
                    type="submit"
                    aria-label=format!("Fix “{label}”")
                >
                    <Icon name="check" />
                    "Fix"
                </button>
            </form>
        }
    });
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
                {fix}
            </div>
        </li>
    }
    .into_any()
}
