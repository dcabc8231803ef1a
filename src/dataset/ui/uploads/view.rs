//! The drop zone. Files dropped or pasted anywhere on the page are taken, folders and archives too.

use super::last::Last;
use super::list::Files;
use super::transfer;
use crate::dataset::model::image::MAX_IMAGE_BYTES;
use crate::dataset::ui::state::Data;
use crate::ui::Icon;
use crate::ui::units::bytes;
use leptos::prelude::*;

#[component]
pub fn Uploader(data: Data, is_empty: Memo<bool>) -> impl IntoView {
    let style = StoredValue::new(data.style_id());
    let queue = StoredValue::new(style.with_value(|s| transfer::queue(s)));
    let over = RwSignal::new(false);
    take_drops(data, over);
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
        <DropZone data is_empty hidden=Signal::derive(move || !asked()) over />
        <p class="drop-veil" hidden=move || !over.get() aria-hidden="true">
            <span class="drop-veil__words">
                <Icon name="upload" class="icon--large" />
                "Drop to upload"
            </span>
        </p>
        {move || {
            if any.get() {
                view! { <Files style queue=queue.get_value() /> }.into_any()
            } else {
                view! { <Last style /> }.into_any()
            }
        }}
    }
}

/// Takes files in. What is in the bucket already goes along, so that a near-duplicate is told before it is sent.
#[cfg(feature = "hydrate")]
fn take_in(data: Data, files: Vec<super::gather::Arrival>) {
    let known = data.known.try_with_value(|known| {
        let hashes = known
            .values()
            .filter_map(|i| Some((i.filename.clone(), i.hash?)));
        hashes.collect()
    });
    if let Some(known) = known {
        let style = data.style_id();
        transfer::know(&style, known);
        transfer::add(&style, files);
    }
}

#[component]
fn DropZone(
    data: Data,
    is_empty: Memo<bool>,
    hidden: Signal<bool>,
    over: RwSignal<bool>,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    let folder = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(folder) = folder.get() {
            folder.set_webkitdirectory(true);
        }
    });
    let live = data.live;
    let action = format!("/forms/styles/{}/uploads", data.style_id());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !send_chosen(data, input)
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
                ". Folders and .zip archives are opened. Files go straight to your bucket."
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
                        send_chosen(data, input);
                    }
                />
                <span hidden=move || !live.get()>
                    <button
                        class="button button--secondary"
                        type="button"
                        on:click=move |_| {
                            if let Some(folder) = folder.get_untracked() {
                                folder.click();
                            }
                        }
                    >
                        "Choose a folder"
                    </button>
                    <input
                        class="visually-hidden"
                        type="file"
                        tabindex="-1"
                        multiple
                        aria-label="Choose a folder of images and captions"
                        node_ref=folder
                        on:change=move |_| {
                            send_chosen(data, folder);
                        }
                    />
                </span>
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
fn send_chosen(data: Data, input: NodeRef<leptos::html::Input>) -> bool {
    #[cfg(feature = "hydrate")]
    if let Some(input) = input.get_untracked()
        && let Some(files) = input.files()
        && files.length() > 0
    {
        take_in(data, super::gather::chosen(&files));
        input.set_value("");
        return true;
    }
    let _ = (data, input);
    false
}

#[cfg(not(feature = "hydrate"))]
fn take_drops(_: Data, _: RwSignal<bool>) {}

/// Files dragged over any part of the window. Drags of text or links are left alone.
#[cfg(feature = "hydrate")]
fn take_drops(data: Data, over: RwSignal<bool>) {
    use leptos::ev;
    fn has_files(event: &ev::DragEvent) -> bool {
        let types = event.data_transfer().map(|d| d.types());
        // a picture of the page itself comes with its HTML
        types.is_some_and(|t| t.includes(&"Files".into(), 0) && !t.includes(&"text/html".into(), 0))
    }
    let take = Callback::new(move |files| take_in(data, files));
    Effect::new(move |_| {
        let enter = window_event_listener(ev::dragover, move |event| {
            if has_files(&event) {
                // without this the browser opens the file in place of the page
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                    super::analyst::warm();
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
            if let Some(data) = event.data_transfer() {
                super::gather::dropped(&data, take);
            }
        });
        let paste = window_event_listener(ev::paste, move |event| {
            let files = event
                .clipboard_data()
                .map(|data| super::gather::pasted(&data));
            let files = files.unwrap_or_default();
            // a text that is pasted goes where the cursor is
            if !files.is_empty() {
                event.prevent_default();
                take.run(files);
            }
        });
        on_cleanup(move || {
            enter.remove();
            leave.remove();
            drop.remove();
            paste.remove();
        });
    });
}
