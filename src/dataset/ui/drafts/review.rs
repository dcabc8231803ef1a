//! Every draft beside its image: accept it, as it is or edited, or discard it; or all at once.

use super::super::address::encode;
use super::super::state::Data;
use super::Edit;
use super::progress::problems;
use crate::dataset::api::drafts::EditDraft;
use crate::dataset::model::drafts::{Accepted, Draft, DraftProblem};
use crate::ui::units::plural;
use crate::ui::{Badge, ErrorNotice, Icon, Notice, textarea_content};
use leptos::prelude::*;

/// Drafts shown at once; the next ones move up.
const SHOWN: usize = 50;

#[component]
pub fn Review(data: Data) -> impl IntoView {
    let drafts = data.drafts;
    let shown = move || {
        drafts
            .view
            .with(|v| v.drafts.iter().take(SHOWN).cloned().collect::<Vec<_>>())
    };
    let none = Memo::new(move |_| drafts.count() == 0);
    let more = move || drafts.count().saturating_sub(SHOWN);
    let list = NodeRef::<leptos::html::Ul>::new();
    keep_the_place(data, list);
    view! {
        {move || done(data)}
        {move || drafts.refused().map(|error| view! { <ErrorNotice error /> })}
        <div class="stack" hidden=none>
            <All data />
            <ul class="drafts__list" aria-label="Drafts" node_ref=list>
                <For
                    each=shown
                    key=|draft| (draft.filename.clone(), draft.made.clone())
                    children=move |draft| view! { <Row data draft /> }
                />
            </ul>
            <p class="muted" hidden=move || more() == 0>
                {move || format!("and {} more, which move up as you decide", plural(more(), "draft"))}
            </p>
        </div>
    }
}

/// A row that was decided about goes: who worked by keyboard goes on with the one in its place.
fn keep_the_place(data: Data, list: NodeRef<leptos::html::Ul>) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let at = StoredValue::new(None::<u32>);
        let decided = move || data.drafts.decide.pending().get();
        Effect::watch(
            decided,
            move |pending, _, _| {
                let focused = document().active_element();
                let row = focused.and_then(|e| e.closest(".drafts__item").ok().flatten());
                if let (true, Some(row), Some(list)) = (*pending, row, list.get_untracked()) {
                    let rows = list.children();
                    at.set_value((0..rows.length()).find(|i| rows.item(*i).as_ref() == Some(&row)));
                }
            },
            false,
        );
        let names = move || data.drafts.view.with(|v| v.drafts.len());
        Effect::watch(
            names,
            move |_, _, _| {
                request_animation_frame(move || {
                    let (Some(at), Some(list), true) = (
                        at.try_get_value().flatten(),
                        list.get_untracked(),
                        crate::ui::is_focus_lost(),
                    ) else {
                        return;
                    };
                    let rows = list.children();
                    let row = rows.item(at.min(rows.length().saturating_sub(1)));
                    let button = row.and_then(|r| r.query_selector("button").ok().flatten());
                    if let Some(button) =
                        button.and_then(|b| b.dyn_into::<web_sys::HtmlElement>().ok())
                    {
                        let _ = button.focus();
                    }
                });
            },
            false,
        );
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (data, list);
}

/// What deciding about all came to.
fn done(data: Data) -> Option<AnyView> {
    let by_script = data.drafts.decide_all.value().get();
    let done = match by_script {
        Some(Err(error)) => return Some(view! { <ErrorNotice error /> }.into_any()),
        Some(Ok(done)) => done,
        None => by_form(data)?,
    };
    if done == Accepted::default() {
        return None;
    }
    let accepted = format!("{} accepted", plural(done.accepted.len(), "draft"));
    let (kind, what) = match done.problems.len() {
        0 => ("success", format!("{accepted}.")),
        left => (
            "warning",
            format!("{accepted}; {} not.", plural(left, "draft")),
        ),
    };
    let view = view! { <Notice kind=kind what=what>{problems(done.problems)}</Notice> };
    Some(view.into_any())
}

/// As the address tells after a plain form.
fn by_form(data: Data) -> Option<Accepted> {
    data.address.with(|a| {
        let accepted = a.get("accepted").parse::<usize>().ok()?;
        let problem = |message| DraftProblem {
            filename: String::new(),
            message,
        };
        Some(Accepted {
            accepted: vec![String::new(); accepted.min(100_000)],
            problems: a.all("unaccepted").into_iter().map(problem).collect(),
        })
    })
}

/// Accept every draft, or discard all. How many captions are replaced is said before.
#[component]
fn All(data: Data) -> impl IntoView {
    let drafts = data.drafts;
    let action = drafts.decide_all;
    let all = Memo::new(move |_| drafts.count());
    let replaced = Memo::new(move |_| {
        drafts.view.with(|v| {
            v.drafts
                .iter()
                .filter(|d| !d.caption_etag.is_empty())
                .count()
        })
    });
    let why = move || match replaced.get() {
        0 => "None of them replaces a caption.".to_owned(),
        some => format!(
            "{} would replace the caption that is there.",
            plural(some, "draft")
        ),
    };
    // what stands in the boxes is what is accepted
    let edits = move || {
        let edited = drafts.edits.get().into_iter().filter(|(name, edit)| {
            let still = drafts.of(name);
            still.is_some_and(|draft| draft.made == edit.made)
        });
        let inputs = edited.enumerate().map(|(at, (name, edit))| {
            view! {
                <input type="hidden" name=format!("edits[{at}][filename]") value=name />
                <input type="hidden" name=format!("edits[{at}][text]") value=edit.text />
            }
        });
        inputs.collect_view()
    };
    view! {
        <ActionForm action attr:class="button-group drafts__all">
            <input type="hidden" name="style" value=data.style_id() />
            {edits}
            <button
                class="button button--secondary"
                type="submit"
                name="what"
                value="accept"
                disabled=move || action.pending().get()
            >
                <Icon name="check" />
                {move || format!("Accept all {}", all.get())}
            </button>
            <span class="muted">{why}</span>
        </ActionForm>
        <DiscardAll data all />
    }
}

/// Drafts were paid for: what becomes of them is said before.
#[component]
fn DiscardAll(data: Data, all: Memo<usize>) -> impl IntoView {
    let action = data.drafts.decide_all;
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">{move || format!("Discard all {}…", all.get())}</summary>
            <ActionForm action attr:class="disclosure__body stack">
                <input type="hidden" name="style" value=data.style_id() />
                <p class="muted">
                    "They were paid for and cannot be brought back. Images and captions stay as they are."
                </p>
                <div class="dialog__actions">
                    <button
                        class="button button--solid"
                        type="submit"
                        name="what"
                        value="discard"
                        disabled=move || action.pending().get()
                    >
                        <Icon name="trash" />
                        {move || format!("Discard {}", plural(all.get(), "draft"))}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

/// Said where the picture is another one than the model looked at.
pub const STALE: &str = "The image changed since it was drafted.";

/// ETag of the image as the page shows it now.
fn seen_image(data: Data, draft: &Draft) -> Memo<String> {
    let (name, drafted) = (draft.filename.clone(), draft.image_etag.clone());
    Memo::new(move |_| {
        let now = data.image(&name).map(|image| image.etag);
        now.unwrap_or_else(|| drafted.clone())
    })
}

#[component]
fn Row(data: Data, draft: Draft) -> impl IntoView {
    let name = draft.filename.clone();
    let image = seen_image(data, &draft);
    let thumbnail = {
        let mut file = String::new();
        encode(&name, &mut file);
        move || {
            let mut version = String::new();
            image.with(|etag| encode(etag, &mut version));
            format!(
                "/api/styles/{}/images/{file}/thumbnail?v={version}",
                data.style_id()
            )
        }
    };
    let drafted = draft.image_etag.clone();
    let of_link = name.clone();
    view! {
        <li class="drafts__item">
            <img class="drafts__image" src=thumbnail alt="" loading="lazy" decoding="async" />
            <div class="drafts__body">
                <p class="row row--between">
                    <a class="drafts__name" href=move || data.href("image", &of_link) data-noscroll="">
                        {name}
                    </a>
                    <Badge kind="pending" text="Draft" />
                </p>
                <p class="field__hint" hidden=move || image.with(|etag| *etag == drafted)>
                    {STALE}
                </p>
                <Choice data draft />
            </div>
        </li>
    }
}

/// The draft in a box, and what can be done with it. Accepting names the caption and the image that the page shows beside it. What
/// is typed is kept when the box is left.
#[component]
pub fn Choice(data: Data, draft: Draft) -> impl IntoView {
    let action = data.drafts.decide;
    let name = StoredValue::new(draft.filename.clone());
    let then = (draft.before.clone(), draft.caption_etag.clone());
    let now = Memo::new(move |_| match name.with_value(|n| data.image(n)) {
        Some(image) => (image.caption, image.caption_etag.unwrap_or_default()),
        None => then.clone(),
    });
    let image = seen_image(data, &draft);
    let made = draft.made.clone();
    let type_in = move |event: leptos::ev::Event| {
        let edit = Edit {
            made: made.clone(),
            text: event_target_value(&event),
        };
        data.drafts.edits.update(|edits| {
            edits.insert(name.get_value(), edit);
        });
    };
    let keep = move |event: leptos::ev::Event| {
        let text = event_target_value(&event);
        if !text.trim().is_empty() {
            data.drafts.edit.dispatch(EditDraft {
                style: data.style.get_value(),
                filename: name.get_value(),
                text,
            });
        }
    };
    let replaces =
        move || now.with(|(caption, _)| caption.clone().map(|c| format!("Now: {}", c.trim())));
    let typed = data.address.with_untracked(|a| {
        let of = a.get("f.filename") == draft.filename;
        of.then(|| a.get("f.text").to_owned())
    });
    let text = typed.filter(|t| !t.is_empty()).unwrap_or(draft.text);
    let busy = move || action.pending().get();
    view! {
        <ActionForm action attr:class="stack">
            <input type="hidden" name="style" value=data.style_id() />
            <input type="hidden" name="filename" value=draft.filename.clone() />
            <input type="hidden" name="etag" value=untrack(|| now.get().1) prop:value=move || now.get().1 />
            <input type="hidden" name="image" value=image.get_untracked() prop:value=image />
            <p class="drafts__now" hidden=move || replaces().is_none()>
                {replaces}
            </p>
            <textarea
                class="input"
                name="text"
                rows="2"
                aria-label=format!("Draft for {}", draft.filename)
                prop:value=text.clone()
                on:input=type_in
                on:change=keep
            >
                {textarea_content(text.clone())}
            </textarea>
            <div class="button-group">
                <button class="button button--secondary button--small" type="submit" name="what" value="accept" disabled=busy>
                    <Icon name="check" />
                    "Accept"
                </button>
                <button class="button button--ghost button--small" type="submit" name="what" value="discard" disabled=busy>
                    "Discard"
                </button>
            </div>
        </ActionForm>
    }
}
