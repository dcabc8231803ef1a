//! The list of files on their way: the whole above, each file below with what happens to it and what can be done.

use super::asking::ForAll;
use super::queue::{Question, Queue, Row, Stage, Sum};
use super::transfer;
use crate::dataset::model::upload::{Clash, Conflict, is_caption_name};
use crate::dataset::ui::address::encode;
use crate::dataset::ui::thumb;
use crate::ui::units::{bytes, plural};
use crate::ui::{Badge, GuideLink, Icon, focus_first_if_lost};
use leptos::prelude::*;

/// Rows shown of a long list, and how many more of them are drawn at a time.
const SHOWN: usize = 60;
const DRAWN_AT_ONCE: usize = 10;
/// Where the keyboard goes on when a button goes.
pub const LIST: &str = ".uploads__list";
/// What a file that asks something may be answered with.
const ASKING: &str = ".upload--asking .upload__actions button";

#[component]
pub fn Files(style: StoredValue<String>, queue: Queue) -> impl IntoView {
    let rows = queue.rows.clone();
    let looked = queue.looked.clone();
    let took = looked.clone();
    let sum = {
        let queue = queue.clone();
        Memo::new(move |_| queue.sum())
    };
    let most = RwSignal::new(SHOWN);
    // the pointer or the focus is in the list
    let (is_pointed, is_focused) = (RwSignal::new(false), RwSignal::new(false));
    let is_used = Memo::new(move |_| is_pointed.get() || is_focused.get());
    let room = RwSignal::new(DRAWN_AT_ONCE);
    let shown = {
        let (rows, told) = (rows.clone(), queue.told.clone());
        Memo::new(move |before: Option<&Vec<u32>>| {
            told.track();
            let now = rows.with(|rows| shown_of(rows, room.get()));
            match before.filter(|_| is_used.get()) {
                Some(before) => rows.with(|rows| kept_in_place(before, now, rows)),
                None => now,
            }
        })
    };
    Effect::new(move |_| {
        let room_now = room.get();
        if shown.with(Vec::len) == room_now && room_now < most.get() {
            request_animation_frame(move || {
                let _ = room.try_set(room_now + DRAWN_AT_ONCE);
            });
        }
    });
    let hidden = {
        let rows = rows.clone();
        Memo::new(move |_| rows.with(Vec::len).saturating_sub(shown.with(Vec::len)))
    };
    let each = {
        let rows = rows.clone();
        move || {
            let shown = shown.get();
            let rows = rows.get_untracked().into_iter();
            let mut rows: Vec<Row> = rows.filter(|row| shown.contains(&row.id)).collect();
            rows.sort_by_cached_key(|row| shown.iter().position(|id| *id == row.id));
            rows
        }
    };
    let list = NodeRef::<leptos::html::Ul>::new();
    view! {
        <section
            class="panel uploads"
            aria-labelledby="uploads-title"
            // how many pictures were looked at in how many milliseconds: `make bench` reads it
            data-looked=move || looked.get().pictures
            data-looked-ms=move || took.get().took_ms as u32
        >
            <Head style queue sum list />
            <ForAll style sum />
            <ul
                class="uploads__list"
                tabindex="0"
                aria-label="Files"
                node_ref=list
                on:pointerenter=move |_| is_pointed.set(true)
                on:pointerleave=move |_| is_pointed.set(false)
                on:focusin=move |event| is_focused.set(event.target() != event.current_target())
                on:focusout=move |_| is_focused.set(false)
            >
                <For each=each key=|row| row.id children=move |row| file(style, row, rows.clone()) />
            </ul>
            <p class="uploads__more" hidden=move || hidden.get() == 0>
                {move || format!("and {}", plural(hidden.get(), "more file"))}
                <button
                    class="button button--ghost button--small"
                    type="button"
                    on:click=move |_| most.update(|most| *most += SHOWN)
                >
                    "Show more"
                </button>
            </p>
        </section>
    }
}

/// Ids in the order in which they are shown: what asks something first, the others as they came. Of a long list those that a
/// person has to know of are kept.
fn shown_of(rows: &[Row], room: usize) -> Vec<u32> {
    let rank = |row: &Row| {
        row.stage.with_untracked(|stage| match stage {
            Stage::Asking(_) => 0,
            Stage::Failed(_) | Stage::Refused(_) => 1,
            Stage::Running(_) => 2,
            Stage::Looking | Stage::Waiting | Stage::Held => 3,
            _ => 4,
        })
    };
    let mut ranked: Vec<(u8, u32)> = rows.iter().map(|row| (rank(row), row.id)).collect();
    ranked.sort_unstable();
    ranked.truncate(room);
    ranked.sort_unstable_by_key(|(rank, id)| (*rank > 0, *id));
    ranked.into_iter().map(|(_, id)| id).collect()
}

/// What is shown while somebody is about to press something there: nothing moves, what is new comes after it.
fn kept_in_place(before: &[u32], now: Vec<u32>, rows: &[Row]) -> Vec<u32> {
    let is_there = |id: &u32| rows.iter().any(|row| row.id == *id);
    let mut kept: Vec<u32> = before.iter().copied().filter(is_there).collect();
    let room = now.len().saturating_sub(kept.len());
    let new = now.into_iter().filter(|id| !before.contains(id));
    kept.extend(new.take(room));
    kept
}

#[component]
fn Head(
    style: StoredValue<String>,
    queue: Queue,
    sum: Memo<Sum>,
    list: NodeRef<leptos::html::Ul>,
) -> impl IntoView {
    let since = queue.since_ms;
    let line = move || {
        let since = since.get();
        let elapsed = if since > 0.0 {
            transfer::now() - since
        } else {
            0.0
        };
        sum.get().line(elapsed)
    };
    let moving = Memo::new(move |_| sum.get().moving > 0);
    let percent = move || sum.get().percent();
    let failed = Memo::new(move |_| sum.get().failed > 0);
    let cancelled = Memo::new(move |_| sum.get().cancelled > 0 && sum.get().moving == 0);
    let retry = move |words: &'static str, any: Memo<bool>, again: fn(&str)| {
        let press = move |_| {
            style.with_value(|s| again(s));
            // the button that was pressed goes: the keyboard is not to begin at the top of the page
            if let Some(list) = list.get_untracked() {
                let _ = list.focus();
            }
        };
        view! {
            <button
                class="button button--secondary button--small"
                type="button"
                hidden=move || !any.get()
                on:click=press
            >
                <Icon name="retry" />
                {words}
            </button>
        }
    };
    let end = move |_| {
        style.with_value(|s| {
            if moving.get_untracked() {
                transfer::cancel_all(s);
            } else {
                transfer::clear(s);
            }
        });
        focus_first_if_lost(&[ASKING, "#images-total", ".dropzone [type=submit]"]);
    };
    let words = move || {
        let sum = sum.get();
        match (sum.moving, sum.waits()) {
            (0, false) => "Close",
            (0, true) => "Clear the others",
            _ => "Cancel all",
        }
    };
    let none = move || sum.with(|s| s.moving == 0 && s.waits() && s.over() == 0);
    view! {
        <header class="uploads__head">
            <h2 class="uploads__title" id="uploads-title">
                {move || sum.get().title()}
            </h2>
            <p class="uploads__sum" role="status">
                {line}
            </p>
            <div class="uploads__actions">
                {retry("Retry failed", failed, transfer::retry_failed)}
                {retry("Retry cancelled", cancelled, transfer::retry_cancelled)}
                <button
                    class="button button--ghost button--small"
                    type="button"
                    hidden=none
                    on:click=end
                >
                    {words}
                </button>
            </div>
        </header>
        <progress
            class="progress uploads__total"
            class:progress--completed=move || sum.get().is_through()
            max="100"
            value=percent
            aria-label="All uploads"
        ></progress>
        <p class="uploads__stay" hidden=move || !moving.get()>
            "Keep this page open until they are stored."
        </p>
    }
}

fn file(style: StoredValue<String>, row: Row, rows: ArcRwSignal<Vec<Row>>) -> AnyView {
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
pub fn words(clash: Clash, conflict: &Conflict) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::ui::uploads::queue::Group;

    #[test]
    fn what_asks_something_stands_first_however_short_the_list() {
        let row = |id: u32, stage: Stage| {
            let group = Group {
                batch: 1,
                folder: String::new(),
                stem: id.to_string(),
            };
            let row = Row::new(id, group, &format!("{id}.jpg"), 1);
            row.stage.set(stage);
            row
        };
        let asks = || Stage::Asking(Question::Change(Vec::new()));
        let mut rows = vec![
            row(1, Stage::Stored),
            row(2, Stage::Running(0)),
            row(3, asks()),
        ];
        assert_eq!(shown_of(&rows, SHOWN), [3, 1, 2]);
        rows.extend((4..90).map(|id| row(id, Stage::Stored)));
        rows.push(row(90, asks()));
        let shown = shown_of(&rows, SHOWN);
        assert_eq!((shown.len(), &shown[..3]), (SHOWN, &[3, 90, 1][..]));
        // under a hand that is about to press something nothing moves
        rows[5].stage.set(Stage::Failed("no".into()));
        let before = shown[..10].to_vec();
        let kept = kept_in_place(&before, shown_of(&rows, 12), &rows);
        assert_eq!((&kept[..10], kept.len()), (&before[..], 12));
        rows.retain(|row| row.id != 90);
        assert!(!kept_in_place(&before, shown_of(&rows, 12), &rows).contains(&90));
    }
}
