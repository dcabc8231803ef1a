//! The list of files on their way: the whole above, each file below with what happens to it and what can be done.

use super::asking::ForAll;
use super::queue::{Queue, Row, Stage, Sum};
use super::row::file;
use super::transfer;
use crate::ui::units::plural;
use crate::ui::{Icon, focus_first_if_lost};
use leptos::prelude::*;

/// Rows shown of a long list, and how many more of them are drawn at a time.
const SHOWN: usize = 60;
const DRAWN_AT_ONCE: usize = 10;
/// Where the keyboard goes on when a button goes.
pub const LIST: &str = ".uploads__list";
/// What a file that asks something may be answered with.
pub const ASKING: &str = ".upload--asking .upload__actions button";

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
    let shown = shown(&queue, most, is_used);
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

/// The rows that are shown, at most so many; a few more with each frame, and in their places while the list is used.
fn shown(queue: &Queue, most: RwSignal<usize>, is_used: Memo<bool>) -> Memo<Vec<u32>> {
    let room = RwSignal::new(DRAWN_AT_ONCE);
    let (rows, told) = (queue.rows.clone(), queue.told.clone());
    let shown = Memo::new(move |before: Option<&Vec<u32>>| {
        told.track();
        let now = rows.with(|rows| shown_of(rows, room.get()));
        match before.filter(|_| is_used.get()) {
            Some(before) => rows.with(|rows| kept_in_place(before, now, rows)),
            None => now,
        }
    });
    Effect::new(move |_| {
        let room_now = room.get();
        if shown.with(Vec::len) == room_now && room_now < most.get() {
            request_animation_frame(move || {
                let _ = room.try_set(room_now + DRAWN_AT_ONCE);
            });
        }
    });
    shown
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::ui::uploads::queue::{Group, Question};

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
