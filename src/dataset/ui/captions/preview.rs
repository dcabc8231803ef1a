//! Every change an edit would make, page by page, before anything is written.

use super::{Actions, place, refusal};
use crate::dataset::model::caption_edit::{
    CaptionChange, CaptionLeft, CaptionPreview, PREVIEW_PAGE,
};
use crate::dataset::model::text_diff::{Side, differences};
use crate::dataset::ui::address::encode;
use crate::dataset::ui::pages::{self, Part};
use crate::dataset::ui::state::Data;
use crate::error::AppError;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, focus_if_lost, focus_soon, send_once};
use leptos::prelude::*;

#[component]
pub fn Preview(
    data: Data,
    actions: Actions,
    preview: Memo<Option<Result<CaptionPreview, AppError>>>,
) -> impl IntoView {
    keep_the_place(data, preview);
    move || {
        Some(match preview.get()? {
            Ok(preview) => view! {
                <section class="panel caption-view__block" aria-labelledby="captions-preview">
                    <h3 class="panel__title" id="captions-preview" tabindex="-1">
                        {format!("Preview: {}", preview.edit.sentence())}
                    </h3>
                    {body(data, actions, &preview)}
                </section>
            }
            .into_any(),
            Err(error) => view! { <ErrorNotice error /> }.into_any(),
        })
    }
}

/// Another preview, or page of it, is read from its beginning; one that was discarded leads back to the form.
fn keep_the_place(data: Data, preview: Memo<Option<Result<CaptionPreview, AppError>>>) {
    let shown = Memo::new(move |_| {
        preview.with(|p| {
            let preview = p.as_ref()?.as_ref().ok()?;
            Some((preview.plan.clone(), preview.offset))
        })
    });
    Effect::new(move |before: Option<Option<(String, usize)>>| {
        let now = shown.get();
        let was_applied = data.address.with_untracked(|a| !a.get("edited").is_empty());
        if before.is_some_and(|b| b != now) {
            match now {
                Some(_) => focus_soon("captions-preview"),
                None if was_applied => {}
                None => focus_if_lost(super::edit::PREVIEW),
            }
        }
        now
    });
}

fn body(data: Data, actions: Actions, preview: &CaptionPreview) -> AnyView {
    let total = preview.total;
    let mut summary = match total {
        0 => "No caption changes".to_owned(),
        1 => "1 caption changes".to_owned(),
        n => format!("{} change", plural(n, "caption")),
    };
    if preview.unchanged > 0 {
        let stay = if preview.unchanged == 1 {
            "1 stays as it is".to_owned()
        } else {
            format!("{} stay as they are", preview.unchanged)
        };
        summary.push_str(&format!(", {stay}"));
    }
    summary.push('.');
    let changes = preview
        .changes
        .iter()
        .map(|c| change(data, c))
        .collect_view();
    let plan = preview.plan.clone();
    let refused = refusal(
        move || actions.apply.value().get().and_then(Result::err),
        &[],
    );
    let discard = place::here(data, &[("plan", ""), ("page", "")]).href(&data.style_id());
    let apply = (total > 0).then(|| {
        view! {
            <ActionForm action=actions.apply>
                <input type="hidden" name="style" value=data.style_id() />
                <input type="hidden" name="plan" value=plan />
                <button
                    class="button button--primary"
                    type="submit"
                    {..send_once(actions.apply.pending())}
                >
                    {format!("Change {}", plural(total, "caption"))}
                </button>
            </ActionForm>
        }
    });
    view! {
        <p>{summary}</p>
        {left(&preview.left, "These are left alone:")}
        <ol class="changes" start=(preview.offset + 1).to_string()>
            {changes}
        </ol>
        {pages(data, preview)}
        {refused}
        <div class="dialog__actions">
            {apply}
            <a class="button button--secondary" href=discard data-noscroll="">
                "Discard"
            </a>
        </div>
    }
    .into_any()
}

/// Names with why.
pub fn left(left: &[CaptionLeft], words: &'static str) -> Option<AnyView> {
    if left.is_empty() {
        return None;
    }
    let items = left.iter().map(|l| {
        view! { <li>{format!("{} {}", l.filename, l.reason)}</li> }
    });
    let view = view! {
        <details class="disclosure" open=left.len() <= 10>
            <summary class="disclosure__summary">{format!("{words} {}", left.len())}</summary>
            <ul class="caption-view__left">{items.collect_view()}</ul>
        </details>
    };
    Some(view.into_any())
}

fn change(data: Data, change: &CaptionChange) -> AnyView {
    let style = data.style_id();
    let mut thumbnail = format!("/api/styles/{style}/images/");
    encode(&change.filename, &mut thumbnail);
    thumbnail.push_str("/thumbnail");
    let pieces = differences(&change.before, &change.after);
    let line = |other: Side| {
        let shown = pieces.iter().filter(|(side, _)| *side != other);
        shown.map(|(side, text)| piece(*side, text)).collect_view()
    };
    view! {
        <li class="change">
            <img class="thumb" src=thumbnail alt="" width="32" height="32" loading="lazy" />
            <div class="change__texts">
                <p class="change__name">{change.filename.clone()}</p>
                <p class="change__line">
                    <span class="visually-hidden">"Before: "</span>
                    {line(Side::After)}
                </p>
                <p class="change__line">
                    <span class="visually-hidden">"After: "</span>
                    {line(Side::Before)}
                </p>
            </div>
        </li>
    }
    .into_any()
}

fn piece(side: Side, text: &str) -> AnyView {
    let text = text.to_owned();
    match side {
        Side::Both => text.into_any(),
        Side::Before => view! { <del>{text}</del> }.into_any(),
        Side::After => view! { <ins>{text}</ins> }.into_any(),
    }
}

fn pages(data: Data, preview: &CaptionPreview) -> Option<AnyView> {
    let part = Part {
        offset: preview.offset,
        shown: preview.changes.len(),
        total: preview.total,
        page: PREVIEW_PAGE,
    };
    pages::pages("Pages of the preview", part, |page| {
        place::here(data, &[("page", page)]).href(&data.style_id())
    })
}
