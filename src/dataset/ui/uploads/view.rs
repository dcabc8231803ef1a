//! The drop zone and the list of files on their way. A file dropped anywhere on the page is taken.

use super::queue::{Queue, Row, Stage};
use super::transfer;
use crate::dataset::model::image::{MAX_IMAGE_BYTES, caption_name, is_caption};
use crate::dataset::ui::address::encode;
use crate::dataset::ui::state::Data;
use crate::ui::units::bytes;
use crate::ui::{Badge, GuideLink, Icon};
use leptos::prelude::*;

#[component]
pub fn Uploader(data: Data, is_empty: Memo<bool>) -> impl IntoView {
    let style = StoredValue::new(data.style_id());
    let queue = StoredValue::new(style.with_value(|s| transfer::queue(s)));
    let over = RwSignal::new(false);
    take_drops(style, over);
    // what arrived is shown; everything else on the page stays
    Effect::new(move |before: Option<u32>| {
        let stored = queue.with_value(|q| q.stored.get());
        if before.is_some_and(|b| b != stored) {
            data.refresh();
        }
        stored
    });
    let asked = move || is_empty.get() || data.address.with(|a| !a.get("upload").is_empty());
    let any = Memo::new(move |_| queue.with_value(|q| !q.rows.with(|r| r.is_empty())));
    view! {
        <DropZone style is_empty hidden=Signal::derive(move || !asked()) over live=data.live />
        <p class="drop-veil" hidden=move || !over.get() aria-hidden="true">
            <span class="drop-veil__words">
                <Icon name="upload" class="icon--large" />
                "Drop to upload"
            </span>
        </p>
        {move || any.get().then(|| view! { <Files style queue=queue.get_value() /> })}
    }
}

#[component]
fn DropZone(
    style: StoredValue<String>,
    is_empty: Memo<bool>,
    hidden: Signal<bool>,
    over: RwSignal<bool>,
    live: RwSignal<bool>,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    let action = style.with_value(|s| format!("/forms/styles/{s}/uploads"));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !send_chosen(style, input)
            && let Some(input) = input.get_untracked()
        {
            input.click();
        }
    };
    let what = move || {
        if is_empty.get() {
            "Drop the first images and captions here"
        } else {
            "Drop images and captions here"
        }
    };
    view! {
        <section
            class="dropzone"
            class:dropzone--large=is_empty
            class:dropzone--over=over
            aria-labelledby="drop-title"
            hidden=hidden
        >
            <Icon name="upload" class="dropzone__icon" />
            <h2 class="dropzone__what" id="drop-title">
                {what}
            </h2>
            <p class="dropzone__hint">
                {format!("JPEG, PNG, WebP, BMP up to {} each. ", bytes(MAX_IMAGE_BYTES))}
                "A caption is a .txt with its image's name: " <code>"fog.jpg"</code> ", " <code>"fog.txt"</code>
                ". Files go straight to your bucket."
            </p>
            <form
                class="dropzone__form"
                method="post"
                enctype="multipart/form-data"
                action=action
                on:submit=submit
            >
                // a form sent without script cannot ask on the way; it is read in this order
                <label class="dropzone__choice" hidden=move || live.get()>
                    "If a name is taken: "
                    <select class="input input--auto" name="clash">
                        <option value="skip">"leave it"</option>
                        <option value="keep_both">"keep both"</option>
                        <option value="replace">"replace"</option>
                    </select>
                </label>
                <input
                    class="file-input"
                    type="file"
                    name="files"
                    multiple
                    accept="image/*,.txt,.zip"
                    aria-label="Choose images and captions"
                    node_ref=input
                    on:change=move |_| {
                        send_chosen(style, input);
                    }
                />
                <button
                    class="button"
                    class:button--primary=is_empty
                    class:button--secondary=move || !is_empty.get()
                    type="submit"
                >
                    "Upload"
                </button>
            </form>
        </section>
    }
}

/// Sends what the file input holds and empties it; `false` when it holds nothing.
fn send_chosen(style: StoredValue<String>, input: NodeRef<leptos::html::Input>) -> bool {
    #[cfg(feature = "hydrate")]
    if let Some(input) = input.get_untracked()
        && let Some(files) = input.files()
        && files.length() > 0
    {
        style.with_value(|s| transfer::add(s, &files));
        input.set_value("");
        return true;
    }
    let _ = (style, input);
    false
}

#[cfg(not(feature = "hydrate"))]
fn take_drops(_: StoredValue<String>, _: RwSignal<bool>) {}

/// Files dragged over any part of the window. Drags of text or links are left alone.
#[cfg(feature = "hydrate")]
fn take_drops(style: StoredValue<String>, over: RwSignal<bool>) {
    use leptos::ev;
    fn has_files(event: &ev::DragEvent) -> bool {
        let types = event.data_transfer().map(|d| d.types());
        // a picture of the page itself comes with its HTML
        types.is_some_and(|t| t.includes(&"Files".into(), 0) && !t.includes(&"text/html".into(), 0))
    }
    Effect::new(move |_| {
        let enter = window_event_listener(ev::dragover, move |event| {
            if has_files(&event) {
                // without this the browser opens the file in place of the page
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                }
            }
        });
        let leave = window_event_listener(ev::dragleave, move |event| {
            // leaving the window, not an element of it
            if event.related_target().is_none() {
                over.set(false);
            }
        });
        let drop = window_event_listener(ev::drop, move |event| {
            over.set(false);
            if !has_files(&event) {
                return;
            }
            event.prevent_default();
            if let Some(files) = event.data_transfer().and_then(|d| d.files()) {
                style.with_value(|s| transfer::add(s, &files));
            }
        });
        on_cleanup(move || {
            enter.remove();
            leave.remove();
            drop.remove();
        });
    });
}

/// Everything on its way, with the whole above and each file below.
#[component]
fn Files(style: StoredValue<String>, queue: Queue) -> impl IntoView {
    let rows = queue.rows.clone();
    let since = queue.since_ms.clone();
    let sum = Memo::new(move |_| queue.sum());
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
    let percent = move || {
        let sum = sum.get();
        (sum.sent_bytes * 100)
            .checked_div(sum.all_bytes)
            .unwrap_or(0)
    };
    let retriable = {
        let rows = rows.clone();
        Memo::new(move |_| {
            rows.get()
                .iter()
                .any(|r| r.stage.with(|s| matches!(s, Stage::Failed(_))))
        })
    };
    let each = rows.clone();
    view! {
        <section class="panel uploads" aria-labelledby="uploads-title">
            <header class="uploads__head">
                <h2 class="uploads__title" id="uploads-title">
                    {move || sum.get().title()}
                </h2>
                <p class="uploads__sum" role="status">
                    {line}
                </p>
                <div class="uploads__actions">
                    <button
                        class="button button--secondary button--small"
                        type="button"
                        hidden=move || !retriable.get()
                        on:click=move |_| style.with_value(|s| transfer::retry_failed(s))
                    >
                        <Icon name="retry" />
                        "Retry failed"
                    </button>
                    <button
                        class="button button--ghost button--small"
                        type="button"
                        on:click=move |_| {
                            style
                                .with_value(|s| {
                                    if moving.get_untracked() {
                                        transfer::cancel_all(s);
                                    } else {
                                        transfer::clear(s);
                                    }
                                })
                        }
                    >
                        {move || if moving.get() { "Cancel all" } else { "Close" }}
                    </button>
                </div>
            </header>
            <progress
                class="progress uploads__total"
                class:progress--completed=move || !moving.get()
                max="100"
                value=percent
                aria-label="All uploads"
            ></progress>
            <ul class="uploads__list" tabindex="0" aria-label="Files">
                <For
                    each=move || each.get()
                    key=|row| row.id
                    children=move |row| file(style, row, rows.clone())
                />
            </ul>
        </section>
    }
}

fn file(style: StoredValue<String>, row: Row, rows: ArcRwSignal<Vec<Row>>) -> AnyView {
    let (id, size, shown) = (row.id, row.size_bytes, row.name.clone());
    let stage = RwSignal::from(row.stage);
    let name = StoredValue::new(row.name);
    let class = move || {
        let kind = match stage.get() {
            Stage::Running(_) => "running",
            Stage::Waiting | Stage::Exists => "waiting",
            Stage::Stored => "done",
            Stage::Failed(_) | Stage::Refused(_) | Stage::Cancelled => "failed",
        };
        format!("upload upload--{kind}")
    };
    let next = Memo::new(move |_| stage.with(Next::of));
    let picture = Memo::new(move |_| {
        let shown = stage.with(|s| *s == Stage::Stored) && !name.with_value(|n| is_caption(n));
        shown.then(|| {
            let mut url = style.with_value(|s| format!("/api/styles/{s}/images/"));
            name.with_value(|n| encode(n, &mut url));
            url + "/thumbnail"
        })
    });
    let with_caption = Memo::new(move |_| {
        let caption = name.with_value(|n| caption_name(n));
        rows.get().iter().any(|r| r.name == caption && r.id != id)
    });
    view! {
        <li class=class>
            {move || match picture.get() {
                Some(url) => {
                    view! { <img class="thumb" src=url alt="" width="32" height="32" /> }.into_any()
                }
                None => {
                    let icon = if name.with_value(|n| is_caption(n)) { "caption" } else { "image" };
                    view! {
                        <span class="thumb upload__kind">
                            <Icon name=icon />
                        </span>
                    }
                        .into_any()
                }
            }}
            <div>
                <p class="upload__name" title=shown.clone()>
                    {shown.clone()}
                </p>
                <p class="upload__size">{bytes(size)}</p>
            </div>
            <div class="upload__state">{move || state(stage, size, name, with_caption)}</div>
            <div class="upload__actions">{move || actions(style, id, next.get(), name)}</div>
        </li>
    }
    .into_any()
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
        Stage::Exists => badge(
            "pending",
            "already there",
            "Replace it, or leave it as it is.".to_owned(),
        ),
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
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Cancel,
    Retry,
    Replace,
    Nothing,
}

impl Next {
    fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Waiting | Stage::Running(_) => Self::Cancel,
            Stage::Failed(_) | Stage::Cancelled => Self::Retry,
            Stage::Exists => Self::Replace,
            Stage::Stored | Stage::Refused(_) => Self::Nothing,
        }
    }
}

fn actions(style: StoredValue<String>, id: u32, next: Next, name: StoredValue<String>) -> AnyView {
    let press = |words: &'static str, what: fn(&str, u32)| {
        let label = name.with_value(|n| format!("{words} {n}"));
        view! {
            <button
                class="button button--secondary button--small"
                type="button"
                aria-label=label
                on:click=move |_| style.with_value(|s| what(s, id))
            >
                {words}
            </button>
        }
        .into_any()
    };
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
        Next::Retry => press("Retry", transfer::retry),
        Next::Replace => press("Replace", transfer::replace),
        Next::Nothing => ().into_any(),
    }
}
