//! A file of the list: what it is, what happens to it, and what can be done.

use super::list::{ASKING, LIST};
use super::queue::{Question, Row, Stage};
use super::transfer;
use crate::dataset::model::upload::{Clash, Conflict, is_caption_name};
use crate::dataset::ui::address::encode;
use crate::dataset::ui::thumb;
use crate::ui::units::bytes;
use crate::ui::{Badge, GuideLink, Icon, focus_first_if_lost};
use leptos::prelude::*;

pub fn file(style: StoredValue<String>, row: Row, rows: ArcRwSignal<Vec<Row>>) -> AnyView {
    let (id, size, shown) = (row.id, row.size_bytes, row.name.clone());
    let stage = RwSignal::from(row.stage.clone());
    let (notes, preview) = (
        RwSignal::from(row.notes.clone()),
        RwSignal::from(row.preview.clone()),
    );
    let name = StoredValue::new(row.name.clone());
    let is_caption = name.with_value(|n| is_caption_name(n));
    let class = move || {
        let kind = match stage.get() {
            Stage::Looking | Stage::Running(_) => "running",
            Stage::Waiting | Stage::Held => "waiting",
            Stage::Asking(_) => "asking",
            Stage::Stored | Stage::Same => "done",
            Stage::Skipped(_) | Stage::Failed(_) | Stage::Refused(_) | Stage::Cancelled => "failed",
        };
        format!("upload upload--{kind}")
    };
    let next = Memo::new(move |_| stage.with(Next::of));
    let item = NodeRef::<leptos::html::Li>::new();
    let with_caption = Memo::new(move |_| rows.with(|rows| row.has_caption_in(rows)));
    let facts = move || {
        let size = (size > 0).then(|| bytes(size));
        size.into_iter()
            .chain(notes.get())
            .collect::<Vec<_>>()
            .join(" · ")
    };
    view! {
        <li class=class node_ref=item>
            {move || picture(preview.get(), is_caption)}
            <div>
                <p class="upload__name" title=shown.clone()>
                    {shown.clone()}
                </p>
                <p class="upload__size">{facts}</p>
            </div>
            <div class="upload__state">{move || state(stage, size, name, with_caption)}</div>
            <div class="upload__actions">
                {move || {
                    let next = next.get();
                    stay_in_the_list(item);
                    actions(style, id, next, name)
                }}
            </div>
        </li>
    }
    .into_any()
}

fn picture(preview: String, is_caption: bool) -> AnyView {
    if preview.is_empty() {
        let icon = if is_caption { "caption" } else { "image" };
        return thumb::none(icon);
    }
    view! { <img class="thumb" src=preview alt="" width="32" height="32" /> }.into_any()
}

fn state(
    stage: RwSignal<Stage>,
    size: u64,
    name: StoredValue<String>,
    with_caption: Memo<bool>,
) -> AnyView {
    let badge = |kind: &'static str, words: &'static str, why: String| {
        let why_class = if kind == "failed" { "upload__why" } else { "" };
        view! {
            <Badge kind=kind text=words />
            <span class=why_class>{why}</span>
        }
        .into_any()
    };
    match stage.get() {
        Stage::Looking => badge("training", "checking", String::new()),
        Stage::Held => badge("pending", "waits for its image", String::new()),
        Stage::Waiting => badge("pending", "waiting", String::new()),
        Stage::Running(sent) => {
            let percent = (sent * 100).checked_div(size).unwrap_or(0).min(100);
            view! {
                <progress class="progress" max="100" value=percent aria-label=name.get_value()></progress>
                <span class="upload__percent">{format!("{percent} %")}</span>
            }
            .into_any()
        }
        Stage::Stored => {
            let with = if with_caption.get() {
                "with caption"
            } else {
                ""
            };
            badge("completed", "stored", with.to_owned())
        }
        Stage::Same => badge(
            "completed",
            "already there",
            "The same file, not sent again.".to_owned(),
        ),
        Stage::Asking(Question::Clash(conflict)) => {
            let why = name.with_value(|n| conflict.why(n));
            badge("pending", "name taken", format!("It {why}."))
        }
        Stage::Asking(Question::Change(reasons)) => {
            badge("pending", "needs a change", reasons.join(" "))
        }
        Stage::Skipped(why) => badge("cancelled", "left out", why),
        Stage::Refused(why) => badge("failed", "refused", why),
        Stage::Failed(why) => view! {
            {badge("failed", "failed", why)}
            <GuideLink to="/guide/storage#cors" about="What keeps an upload out" />
        }
        .into_any(),
        Stage::Cancelled => badge("cancelled", "cancelled", String::new()),
    }
}

/// What a person can do with a file: changes less often than its progress.
#[derive(Clone, PartialEq)]
enum Next {
    Cancel,
    Retry,
    Clash(Conflict),
    Change,
    Nothing,
}

impl Next {
    fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Looking | Stage::Waiting | Stage::Held | Stage::Running(_) => Self::Cancel,
            Stage::Failed(_) | Stage::Cancelled | Stage::Skipped(_) => Self::Retry,
            Stage::Asking(Question::Clash(conflict)) => Self::Clash(conflict.clone()),
            Stage::Asking(Question::Change(_)) => Self::Change,
            Stage::Stored | Stage::Same | Stage::Refused(_) => Self::Nothing,
        }
    }
}

fn actions(style: StoredValue<String>, id: u32, next: Next, name: StoredValue<String>) -> AnyView {
    let press = |words: &'static str, class: &'static str, what: fn(&str, u32)| {
        let label = name.with_value(|n| format!("{words} {n}"));
        view! {
            <button
                class=class
                type="button"
                aria-label=label
                data-answer=words
                on:click=move |_| style.with_value(|s| what(s, id))
            >
                {words}
            </button>
        }
        .into_any()
    };
    let small = "button button--secondary button--small";
    match next {
        Next::Cancel => {
            let label = name.with_value(|n| format!("Cancel {n}"));
            view! {
                <button
                    class="button button--ghost button--icon"
                    type="button"
                    aria-label=label
                    on:click=move |_| style.with_value(|s| transfer::cancel(s, id))
                >
                    <Icon name="close" />
                </button>
            }
            .into_any()
        }
        Next::Retry => press("Retry", small, |s, id| {
            transfer::retry(s, id);
            focus_first_if_lost(&[LIST]);
        }),
        Next::Clash(conflict) => clash(style, id, &conflict, name),
        Next::Change => {
            let yes = press("Change", small, |s, id| {
                answer(s, id, Clash::Replace, "Change")
            });
            let no = press("Skip", "button button--ghost button--small", |s, id| {
                answer(s, id, Clash::Skip, "Skip");
            });
            vec![yes, no].into_any()
        }
        Next::Nothing => ().into_any(),
    }
}

/// The button that has the focus is about to go with what it did: the keyboard stays in the list.
fn stay_in_the_list(item: NodeRef<leptos::html::Li>) {
    #[cfg(feature = "hydrate")]
    if let Some(item) = item.get_untracked()
        && item.contains(document().active_element().as_deref())
    {
        focus_first_if_lost(&[LIST]);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = item;
}

/// The buttons that were pressed go: the keyboard goes on at the same answer to the next question, or at the list.
fn answer(style: &str, id: u32, clash: Clash, button: &str) {
    transfer::answer(style, id, clash);
    let same = format!(".upload--asking [data-answer={button}]:not([data-answer=none])");
    focus_first_if_lost(&[&same, ASKING, LIST]);
}

/// The words of a choice; to take another image's place deletes it, so that one is named.
fn words(clash: Clash, conflict: &Conflict) -> String {
    match clash {
        Clash::KeepBoth => "Keep both".to_owned(),
        Clash::Replace if conflict.shares_caption => format!("Replace {}", conflict.with),
        Clash::Replace => "Replace".to_owned(),
        Clash::Skip => "Skip".to_owned(),
    }
}

/// The image that is there, and what may be done about it.
fn clash(
    style: StoredValue<String>,
    id: u32,
    conflict: &Conflict,
    name: StoredValue<String>,
) -> AnyView {
    let choices = name.with_value(|n| conflict.choices(n));
    let buttons = choices.into_iter().map(|clash| {
        let words = words(clash, conflict);
        let label = match (clash, conflict.shares_caption) {
            (Clash::Replace, true) => format!("{words} by {}", name.get_value()),
            _ => format!("{words} {}", name.get_value()),
        };
        // the one that deletes an image is not lying ready for a second press
        let button = if conflict.shares_caption && clash == Clash::Replace {
            "none"
        } else {
            clash.as_str()
        };
        view! {
            <button
                class="button button--secondary button--small"
                type="button"
                aria-label=label
                data-answer=button
                on:click=move |_| style.with_value(|s| answer(s, id, clash, button))
            >
                {words}
            </button>
        }
    });
    let there = (conflict.is_stored && !is_caption_name(&conflict.with)).then(|| {
        let mut url = style.with_value(|s| format!("/api/styles/{s}/images/"));
        encode(&conflict.with, &mut url);
        let alt = format!("{}, which is there", conflict.with);
        view! { <img class="thumb" src=url + "/thumbnail" alt=alt width="32" height="32" /> }
    });
    view! {
        {there}
        {buttons.collect_view()}
    }
    .into_any()
}
