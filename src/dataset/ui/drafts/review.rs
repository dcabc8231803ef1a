//! Every draft beside its image: accept it, as it is or edited, or discard it; or all at once.

use super::super::address::encode;
use super::super::state::Data;
use super::choice::{Choice, STALE, seen_image};
use super::progress::problems;
use crate::dataset::model::drafts::{Accepted, AllDecided, Draft, DraftProblem};
use crate::ui::units::plural;
use crate::ui::{Badge, ErrorNotice, Icon, Notice, send_once};
use leptos::prelude::*;

/// What came of deciding about all.
const DONE: &str = "drafts-done";
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
    let verdict = move || {
        let verdict = drafts.decide.value().get().and_then(Result::ok);
        verdict.map(|verdict| verdict.sentence())
    };
    view! {
        <p class="visually-hidden" role="status">
            {verdict}
        </p>
        <div class="folder__transfer" id=DONE tabindex="-1">{move || done(data)}</div>
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

/// What was decided about goes: who worked by keyboard goes on with the row in its place, after the last one at the panel's title,
/// after all at what came of it. Only the answer that follows a decision moves the focus.
fn keep_the_place(data: Data, list: NodeRef<leptos::html::Ul>) {
    #[cfg(feature = "hydrate")]
    {
        use crate::error::ErrorKind;
        let drafts = data.drafts;
        let row = StoredValue::new(None::<u32>);
        let gone = StoredValue::new(None::<Gone>);
        Effect::watch(
            move || drafts.decide.pending().get(),
            move |pending, _, _| {
                if *pending {
                    row.set_value(list.get_untracked().and_then(|list| focused_row(&list)));
                }
            },
            false,
        );
        Effect::watch(
            move || drafts.decide.version().get(),
            move |_, _, _| {
                let is_gone = match drafts.decide.value().get_untracked() {
                    Some(Ok(_)) => true,
                    // somebody else was faster
                    Some(Err(error)) => error.kind == ErrorKind::NotFound,
                    None => false,
                };
                let row = row.try_update_value(Option::take).flatten();
                gone.set_value(row.filter(|_| is_gone).map(Gone::Row));
            },
            false,
        );
        Effect::watch(
            move || drafts.decide_all.version().get(),
            move |_, _, _| gone.set_value(Some(Gone::All)),
            false,
        );
        Effect::watch(
            move || drafts.count(),
            move |_, _, _| {
                if let Some(gone) = gone.try_update_value(Option::take).flatten() {
                    request_animation_frame(move || {
                        go_on(gone, list.try_get_untracked().flatten())
                    });
                }
            },
            false,
        );
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (data, list);
}

/// What was decided about: one row, by its place, or all.
#[cfg(feature = "hydrate")]
#[derive(Clone, Copy)]
enum Gone {
    Row(u32),
    All,
}

#[cfg(feature = "hydrate")]
fn focused_row(list: &web_sys::Element) -> Option<u32> {
    let row = document().active_element()?.closest(".drafts__item").ok()?;
    let rows = list.children();
    (0..rows.length()).find(|i| row.is_some() && rows.item(*i) == row)
}

#[cfg(feature = "hydrate")]
fn go_on(gone: Gone, list: Option<web_sys::HtmlUListElement>) {
    use wasm_bindgen::JsCast;
    let Gone::Row(at) = gone else {
        return crate::ui::focus_if_lost(DONE);
    };
    let rows = list.filter(|_| crate::ui::is_focus_lost());
    let Some(rows) = rows.map(|list| list.children()) else {
        return;
    };
    let row = rows.item(at.min(rows.length().saturating_sub(1)));
    let button = row.and_then(|r| r.query_selector("button").ok().flatten());
    match button.and_then(|b| b.dyn_into::<web_sys::HtmlElement>().ok()) {
        Some(button) => drop(button.focus()),
        None => crate::ui::focus_if_lost(super::TITLE),
    }
}

/// What deciding about all came to.
fn done(data: Data) -> Option<AnyView> {
    let by_script = data.drafts.decide_all.value().get();
    let done = match by_script {
        Some(Err(error)) => return Some(view! { <ErrorNotice error /> }.into_any()),
        Some(Ok(done)) => done,
        None => by_form(data)?,
    };
    let done = match done {
        AllDecided::Accepted(done) => done,
        AllDecided::Discarded(count) => {
            let what = format!("{} discarded.", plural(count, "draft"));
            return Some(view! { <Notice kind="success" what /> }.into_any());
        }
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
fn by_form(data: Data) -> Option<AllDecided> {
    data.address.with(|a| {
        if let Ok(discarded) = a.get("discarded").parse() {
            return Some(AllDecided::Discarded(discarded));
        }
        let accepted = a.get("accepted").parse::<usize>().ok()?;
        let problem = |message| DraftProblem {
            filename: String::new(),
            message,
        };
        Some(AllDecided::Accepted(Accepted {
            accepted: vec![String::new(); accepted.min(100_000)],
            problems: a.all("unaccepted").into_iter().map(problem).collect(),
        }))
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
                {..send_once(action.pending())}
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
                        {..send_once(action.pending())}
                    >
                        <Icon name="trash" />
                        {move || format!("Discard {}", plural(all.get(), "draft"))}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
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
