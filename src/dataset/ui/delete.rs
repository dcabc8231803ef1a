//! Deleting images: names and captions are shown and confirmed first, in a dialog, or on a page of its own without script.

use super::address::encode;
use super::state::Data;
use crate::dataset::api::DeleteImages;
use crate::dataset::model::image::{TrainingImage, caption_name};
use crate::error::AppError;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Open while names are asked about.
#[component]
pub fn DeleteDialog(data: Data) -> impl IntoView {
    let action = ServerAction::<DeleteImages>::new();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    // where the list is entered again when it comes without the deleted ones
    let place = RwSignal::new(None::<usize>);
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if data.deleting.with(|d| d.is_empty()) {
            dialog.close();
        } else if !dialog.open() {
            action.value().set(None);
            let _ = dialog.show_modal();
        }
    });
    Effect::new(move |_| match action.value().get() {
        Some(Ok(_)) => done(data, place),
        // some of them may be gone
        Some(Err(_)) => data.refresh(),
        None => {}
    });
    Effect::new(move |_| {
        data.listing.track();
        if let Some(at) = place.get_untracked() {
            place.set(None);
            data.grid.go_to(at);
        }
    });
    let confirm = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !action.pending().get_untracked() {
            action.dispatch(DeleteImages {
                style: data.style.get_value(),
                filenames: data.deleting.get_untracked(),
                confirmed: true,
            });
        }
    };
    let error = move || action.value().get().and_then(Result::err);
    view! {
        <dialog
            class="dialog"
            aria-labelledby="delete-title"
            node_ref=dialog
            on:close=move |_| data.deleting.set(Vec::new())
        >
            <form class="dialog__form" method="post" action=DeleteImages::url() on:submit=confirm>
                {move || {
                    let names = data.deleting.get();
                    (!names.is_empty()).then(|| untrack(|| question(data, names)))
                }}
                {move || error().map(|error| view! { <ErrorNotice error /> })}
                <div class="dialog__actions">
                    <button
                        class="button button--secondary"
                        type="button"
                        autofocus
                        on:click=move |_| data.deleting.set(Vec::new())
                    >
                        {move || keep(data.deleting.with(|d| d.len()))}
                    </button>
                    <button
                        class="button button--solid"
                        type="submit"
                        aria-busy=move || action.pending().get().to_string()
                    >
                        <Icon name="trash" />
                        {move || format!("Delete {}", plural(data.deleting.with(|d| d.len()), "image"))}
                    </button>
                </div>
            </form>
        </dialog>
    }
}

/// They are gone: out of the selection and the address, and the focus goes to where they were.
fn done(data: Data, place: RwSignal<Option<usize>>) {
    let gone = data.deleting.get_untracked();
    let rows = gone.iter().filter_map(|name| untrack(|| data.row_of(name)));
    place.set(Some(rows.min().unwrap_or(0)));
    data.selected
        .update(|s| s.retain(|name| !gone.contains(name)));
    data.deleting.set(Vec::new());
    let address = data.address.with_untracked(|a| {
        let open = a.get("image").to_owned();
        let image = if gone.contains(&open) { "" } else { &open };
        a.with("image", image)
            .and("deleted", &gone.len().to_string())
    });
    data.refresh();
    data.go(&address);
}

/// `?confirm=delete&filenames[]=…`: the same question where no script opens a dialog.
#[component]
pub fn ConfirmPage(data: Data) -> impl IntoView {
    let names = data.address.with_untracked(|a| a.all("filenames[]"));
    let refused = ServerAction::<DeleteImages>::new().value();
    let error = move || refused.get().and_then(Result::err);
    let back = data.address.with_untracked(|a| {
        let kept = a.with("image", a.get("image"));
        names
            .iter()
            .fold(kept, |to, name| to.and("filenames[]", name))
    });
    let back = back.href(&data.style_id());
    if names.is_empty() {
        let error = AppError::field("filenames", "Nothing is selected, so nothing is deleted.");
        return view! {
            <ErrorNotice error />
            <p class="dataset__again">
                <a class="button button--secondary" href=back>
                    "Back to the images"
                </a>
            </p>
        }
        .into_any();
    }
    let hidden = names.iter().map(|name| {
        view! { <input type="hidden" name="filenames[]" value=name.clone() /> }
    });
    let hidden = hidden.collect_view();
    let count = names.len();
    let images = plural(count, "image");
    view! {
        <section class="dialog dialog--page" aria-labelledby="delete-title">
            <form class="dialog__form" method="post" action=DeleteImages::url()>
                <input type="hidden" name="style" value=data.style_id() />
                <input type="hidden" name="confirmed" value="true" />
                {hidden}
                {move || error().map(|error| view! { <ErrorNotice error /> })}
                {question(data, names)}
                <div class="dialog__actions">
                    <a class="button button--secondary" href=back>
                        {keep(count)}
                    </a>
                    <button class="button button--solid" type="submit">
                        <Icon name="trash" />
                        {format!("Delete {images}")}
                    </button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn keep(count: usize) -> &'static str {
    if count == 1 { "Keep it" } else { "Keep them" }
}

/// Title, consequences and every name with its caption.
fn question(data: Data, names: Vec<String>) -> AnyView {
    let known: Vec<TrainingImage> = names.iter().filter_map(|n| data.image(n)).collect();
    let find = |name: &String| known.iter().find(|i| &i.filename == name);
    // an image that is not on this page may have a caption too
    let captions = names
        .iter()
        .filter(|n| find(n).is_none_or(|i| i.caption_etag.is_some()))
        .count();
    let with = match captions {
        0 => String::new(),
        1 if names.len() == 1 => " and its caption".to_owned(),
        n if n == names.len() => format!(" and their {}", plural(n, "caption")),
        n => format!(" and {}", plural(n, "caption")),
    };
    let title = format!("Delete {}{with}?", plural(names.len(), "image"));
    let it = if names.len() == 1 {
        "It is"
    } else {
        "They are"
    };
    let mut why = format!("{it} removed from the bucket and cannot be brought back.");
    data.sets.with(|sets| {
        for set in sets {
            let lost = set.filenames.iter().filter(|n| names.contains(n)).count();
            if lost > 0 {
                let all = set.filenames.len();
                why.push_str(&format!(
                    " {} keeps {} of {}.",
                    set.title(),
                    all - lost,
                    plural(all, "image")
                ));
            }
        }
    });
    why.push_str(" Trained versions keep their own list.");
    let style = data.style_id();
    let rows = names
        .iter()
        .map(|name| row(&style, name, find(name)))
        .collect_view();
    view! {
        <h2 class="dialog__title" id="delete-title">
            {title}
        </h2>
        <p class="muted">{why}</p>
        <ul class="dialog__names" tabindex="0" aria-label="What is deleted">
            {rows}
        </ul>
    }
    .into_any()
}

fn row(style: &str, name: &str, image: Option<&TrainingImage>) -> AnyView {
    let thumbnail = match image {
        Some(image) => image.thumbnail_url.clone(),
        None => {
            let mut url = format!("/api/styles/{style}/images/");
            encode(name, &mut url);
            url + "/thumbnail"
        }
    };
    let caption = match image {
        Some(image) if image.caption_etag.is_none() => "no caption".to_owned(),
        Some(TrainingImage {
            caption: Some(text),
            ..
        }) => {
            let line = text.lines().next().unwrap_or_default();
            format!("{}: {line}", caption_name(name))
        }
        _ => caption_name(name),
    };
    view! {
        <li class="dialog__name">
            <img class="thumb" src=thumbnail alt="" width="32" height="32" loading="lazy" />
            <span>
                {name.to_owned()} <br /> <span class="muted">{caption}</span>
            </span>
        </li>
    }
    .into_any()
}
