//! Deleting images: names and captions are shown and confirmed first, in a dialog, or on a page of its own without script.

mod work;

use super::address::encode;
use super::state::{Data, KnownImages, learn};
use super::thumb;
use super::tile::is_unreadable;
use crate::dataset::api::DeleteImages;
use crate::dataset::model::filter::sort::by_name;
use crate::dataset::model::image::{TrainingImage, caption_name};
use crate::dataset::model::selection::{Shrunk, shrunk};
use crate::error::AppError;
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::collections::BTreeMap;
use work::Work;

/// Open while names are asked about, and while they are deleted.
#[component]
pub fn DeleteDialog(data: Data) -> impl IntoView {
    let work = Work::new(data);
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if data.deleting.with(|d| d.is_empty()) {
            dialog.close();
        } else if !dialog.open() {
            let _ = dialog.show_modal();
        }
    });
    let confirm = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        work.begin(data.deleting.get_untracked());
    };
    // what is being deleted is not kept by closing the dialog
    let close = move |event: leptos::ev::Event| {
        if untrack(|| work.is_busy()) {
            event.prevent_default();
            work.stop();
        }
    };
    view! {
        <dialog
            class="dialog"
            aria-labelledby="delete-title"
            node_ref=dialog
            on:cancel=close
            on:close=move |_| {
                work.stop();
                work.error.set(None);
                data.deleting.set(Vec::new());
            }
        >
            <form class="dialog__form" method="post" action=DeleteImages::url() on:submit=confirm>
                {move || {
                    let names = data.deleting.get();
                    (!names.is_empty()).then(|| untrack(|| question(data, names)))
                }}
                {move || work.error.get().map(|error| view! { <ErrorNotice error /> })}
                <Progress work />
                <div class="dialog__actions">
                    <KeepOrStop data work />
                    <button
                        class="button button--solid"
                        type="submit"
                        aria-busy=move || work.is_busy().to_string()
                    >
                        <Icon name="trash" />
                        {move || format!("Delete {}", plural(data.deleting.with(|d| d.len()), "image"))}
                    </button>
                </div>
            </form>
        </dialog>
    }
}

/// How much is gone, while it goes.
#[component]
fn Progress(work: Work) -> impl IntoView {
    view! {
        <p class="muted" role="status" hidden=move || !work.is_busy()>{move || work.progress().map(|(_, _, words)| words)}</p>
        {move || {
            work.progress()
                .map(|(gone, all, _)| {
                    view! { <progress class="progress" max=all value=gone aria-label="Deleted"></progress> }
                })
        }}
    }
}

/// Before: closes the dialog. While it deletes: stops what has not begun, as long as something has not.
#[component]
fn KeepOrStop(data: Data, work: Work) -> impl IntoView {
    let pressed = move |_| match untrack(|| work.is_busy()) {
        true => work.stop(),
        false => data.deleting.set(Vec::new()),
    };
    let is_late = move || work.is_busy() && !work.can_stop();
    view! {
        <button
            class="button button--secondary"
            type="button"
            autofocus
            aria-disabled=move || is_late().to_string()
            title=move || is_late().then_some("The rest is being deleted already.")
            on:click=pressed
        >
            {move || match work.is_busy() {
                true => "Stop",
                false => keep(data.deleting.with(|d| d.len())),
            }}
        </button>
    }
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

/// Of so many the picture and the caption are shown beside the name.
const PICTURED: usize = 100;

/// Title, consequences and every name.
fn question(data: Data, names: Vec<String>) -> AnyView {
    let known = known(data);
    let find = |name: &String| known.get(name);
    let with = captions(
        names
            .iter()
            .map(|n| find(n).map(|i| i.caption_etag.is_some())),
    );
    let title = format!("Delete {}{with}?", plural(names.len(), "image"));
    let it = if names.len() == 1 {
        "It is"
    } else {
        "They are"
    };
    let mut why = format!("{it} removed from the bucket and cannot be brought back.");
    let going = names.iter().map(String::as_str).collect();
    why.push_str(&data.sets.with(|sets| sets_keep(&shrunk(sets, &going))));
    why.push_str(" Trained versions keep their own list.");
    let style = data.style_id();
    let mut ordered: Vec<&String> = names.iter().collect();
    ordered.sort_by(|a, b| by_name(a, b));
    let row = |(at, name): (usize, &&String)| match at < PICTURED {
        true => row(&style, name, find(name)),
        false => view! { <li class="dialog__name">{(*name).clone()}</li> }.into_any(),
    };
    let rows = ordered.iter().enumerate().map(row).collect_view();
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

/// What selection sets lose, as further sentences.
pub fn sets_keep(sets: &[Shrunk]) -> String {
    let sentence = |set: &Shrunk| {
        let images = plural(set.all, "image");
        format!(" {} keeps {} of {images}.", set.title, set.kept)
    };
    sets.iter().map(sentence).collect()
}

/// Images that are on the page, or were.
fn known(data: Data) -> BTreeMap<String, TrainingImage> {
    let known = KnownImages::new(BTreeMap::new());
    data.listing.with(|l| learn(known, &l.page.images));
    data.shelf.teach(known);
    known.try_update_value(std::mem::take).unwrap_or_default()
}

/// How many captions go along, after the count of images. Of each image whether it has one, if that is known: what is not
/// known is not counted.
fn captions(of_images: impl Iterator<Item = Option<bool>>) -> String {
    let of_images: Vec<Option<bool>> = of_images.collect();
    let images = of_images.len();
    let sure = of_images.iter().filter(|has| **has == Some(true)).count();
    let is_sure = !of_images.contains(&None);
    match (sure, is_sure) {
        (0, true) => String::new(),
        _ if images == 1 => " and its caption".to_owned(),
        (_, false) => " and their captions".to_owned(),
        (n, true) if n == images => format!(" and their {}", plural(n, "caption")),
        (n, true) => format!(" and {}", plural(n, "caption")),
    }
}

fn picture(style: &str, name: &str, image: Option<&TrainingImage>) -> AnyView {
    let source = match image {
        Some(image) if is_unreadable(image) => return thumb::none("image"),
        Some(image) => image.thumbnail_url.clone(),
        None => {
            let mut url = format!("/api/styles/{style}/images/");
            encode(name, &mut url);
            url + "/thumbnail"
        }
    };
    view! { <img class="thumb" src=source alt="" width="32" height="32" loading="lazy" /> }
        .into_any()
}

fn row(style: &str, name: &str, image: Option<&TrainingImage>) -> AnyView {
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
            {picture(style, name, image)}
            <span>
                {name.to_owned()} <br /> <span class="muted">{caption}</span>
            </span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_counted_only_where_all_are_known() {
        let words = |of: &[Option<bool>]| captions(of.iter().copied());
        let (with, bare, unknown) = (Some(true), Some(false), None);
        assert_eq!(words(&[bare, bare]), "");
        assert_eq!(words(&[with]), " and its caption");
        assert_eq!(words(&[with, with]), " and their 2 captions");
        assert_eq!(words(&[with, bare]), " and 1 caption");
        assert_eq!(words(&[with, unknown, bare]), " and their captions");
        assert_eq!(words(&[bare, unknown]), " and their captions");
    }
}
