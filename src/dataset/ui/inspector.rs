//! One image at close hand: large, its facts, its caption, its sets, previous and next.

use super::caption::CaptionForm;
use super::state::Data;
use super::tile::chip;
use crate::dataset::model::filter::sort::by_name;
use crate::dataset::model::image::{TrainingImage, is_read_by_trainer};
use crate::dataset::model::mending::can_be_decoded;
use crate::error::AppError;
use crate::ui::units::{bytes, minute};
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;

#[component]
pub fn Inspector(data: Data) -> impl IntoView {
    // built anew for another image only: a refresh must not touch what is being typed
    let name = Memo::new(move |_| {
        data.opened.with(|o| {
            o.as_ref()
                .map(|o| o.as_ref().map(|i| i.filename.clone()).map_err(Clone::clone))
        })
    });
    Effect::new(move |before: Option<bool>| {
        let open = name.with(Option::is_some);
        if open && before.is_some() {
            bring_into_view();
        }
        open
    });
    move || match name.get() {
        None => nothing(),
        Some(Err(error)) => refused(data, error),
        Some(Ok(_)) => match data.opened.get_untracked() {
            Some(Ok(image)) => opened(data, image),
            _ => nothing(),
        },
    }
}

/// On a narrow window the inspector stands above the grid, out of sight of the tile that was pressed.
fn bring_into_view() {
    #[cfg(feature = "hydrate")]
    request_animation_frame(|| {
        let panel = document().query_selector(".inspector").ok().flatten();
        if let Some(panel) = panel
            && panel.get_bounding_client_rect().bottom() < 0.0
        {
            panel.scroll_into_view();
        }
    });
}

fn nothing() -> AnyView {
    view! {
        <aside class="split__side split__side--empty panel" aria-label="Image">
            <div class="empty dataset__nothing">
                <Icon name="image" class="empty__mark" />
                <p class="empty__why">"Open an image to see it large and edit its caption."</p>
            </div>
        </aside>
    }
    .into_any()
}

fn refused(data: Data, error: AppError) -> AnyView {
    view! {
        <aside class="split__side panel inspector" aria-label="Image">
            <section class="inspector__section">
                <ErrorNotice error />
                <a class="button button--secondary" href=move || data.href("image", "") data-noscroll="">
                    "Close"
                </a>
            </section>
        </aside>
    }
    .into_any()
}

fn opened(data: Data, image: TrainingImage) -> AnyView {
    let name = image.filename.clone();
    let unread = (!is_read_by_trainer(&name)).then(|| {
        view! { <p class="field__error">"The trainer passes over this file: it does not read its extension."</p> }
    });
    view! {
        <aside class="split__side panel inspector" aria-label="Image" tabindex="0">
            <div class="inspector__preview">
                {picture(data, &image)}
            </div>
            <section class="inspector__section">
                <div class="inspector__head">
                    <h2 class="inspector__name">{name.clone()}</h2>
                    {ways(data, name)}
                </div>
                <p class="inspector__facts">{facts(&image)}</p>
                {unread}
            </section>
            <CaptionForm data image=image.clone() />
            <super::drafts::DraftBox data image=image.clone() />
            <super::quality::Remarks data image=image.clone() />
            {foot(data, image)}
        </aside>
    }
    .into_any()
}

/// The picture with what is cut away of it; nothing of a file that is none, or that no browser should decode.
fn picture(data: Data, image: &TrainingImage) -> AnyView {
    let frame = match (image.width, image.height) {
        (Some(w), Some(h)) if !can_be_decoded(w, h) => return no_picture("Too large to be shown"),
        (Some(w), Some(h)) => format!("--ratio:{:.4}", f64::from(w) / f64::from(h.max(1))),
        _ if image.problem.is_some() => return no_picture("Not a readable picture"),
        _ => String::new(),
    };
    view! {
        <div class="inspector__frame inspector__frame--sized inspector__frame--cropped" style=frame>
            <img
                class="inspector__image"
                src=format!("{}?v={}", image.url, image.etag)
                alt=image.filename.clone()
                width=image.width
                height=image.height
            />
            <super::quality::CropFrame data image=image.clone() />
        </div>
    }
    .into_any()
}

fn no_picture(why: &'static str) -> AnyView {
    view! {
        <p class="inspector__none muted">
            <Icon name="image" class="icon--large" />
            {why}
        </p>
    }
    .into_any()
}

fn facts(image: &TrainingImage) -> String {
    // why a file is no picture is among the remarks
    let size = match (image.width, image.height) {
        (Some(w), Some(h)) => format!("{w} × {h}"),
        _ => "not a readable picture".to_owned(),
    };
    format!(
        "{size} · {} · {}",
        bytes(image.size_bytes),
        minute(&image.last_modified)
    )
}

/// The images before and after one in the list's order. One that a filter has let go meanwhile leads on from its last place.
fn beside(data: Data, name: String) -> impl Fn(bool) -> Option<String> + Copy + Send + Sync {
    let here = StoredValue::new(name);
    let last_place = StoredValue::new(None::<usize>);
    move |forward: bool| {
        let names = data.names();
        let found = here.with_value(|here| names.iter().position(|n| n == here));
        let target = match (found, last_place.get_value()) {
            (Some(at), _) => {
                last_place.set_value(Some(at));
                if forward {
                    Some(at + 1)
                } else {
                    at.checked_sub(1)
                }
            }
            // what came after it has moved up
            (None, Some(at)) if forward => Some(at),
            (None, Some(at)) => at.checked_sub(1),
            (None, None) => {
                let is_before =
                    |here: &String| names.iter().filter(|n| by_name(n, here).is_lt()).count();
                let after = here.with_value(is_before);
                if forward {
                    Some(after)
                } else {
                    after.checked_sub(1)
                }
            }
        };
        target.and_then(|at| names.get(at).cloned())
    }
}

/// Previous, next, large or beside the grid, close.
fn ways(data: Data, name: String) -> AnyView {
    let beside = beside(data, name);
    let way = move |forward: bool, label: &'static str, icon: &'static str| {
        let target = Memo::new(move |_| beside(forward));
        view! {
            <a
                class="button button--ghost button--icon"
                href=move || target.get().map(|n| data.href("image", &n))
                role=move || target.get().is_none().then_some("link")
                aria-disabled=move || target.get().is_none().then_some("true")
                aria-label=label
                data-noscroll=""
            >
                <Icon name=icon />
            </a>
        }
    };
    let is_large = Memo::new(move |_| data.address.with(|a| a.get("view") == "large"));
    let size = move || data.href("view", if is_large.get() { "" } else { "large" });
    view! {
        {way(false, "Previous image", "chevron-left")}
        {way(true, "Next image", "chevron-right")}
        <a
            class="button button--ghost button--icon"
            href=size
            aria-label=move || if is_large.get() { "Back to the grid" } else { "Large view" }
            data-noscroll=""
        >
            {move || {
                let name = if is_large.get() { "images" } else { "image" };
                view! { <Icon name=name /> }
            }}
        </a>
        <a
            class="button button--ghost button--icon"
            href=move || data.href("image", "")
            aria-label="Close"
            data-noscroll=""
        >
            <Icon name="close" />
        </a>
    }
    .into_any()
}

/// Its sets, and the way to delete it: a link to the question, a dialog with script.
fn foot(data: Data, image: TrainingImage) -> AnyView {
    let name = image.filename;
    let (wanted, asked) = (name.clone(), name.clone());
    let ids = Memo::new(move |_| {
        let holds =
            |s: &&crate::dataset::model::selection::SelectionSet| s.filenames.contains(&wanted);
        data.sets.with(|sets| {
            sets.iter()
                .filter(holds)
                .map(|s| (s.id, s.title()))
                .collect::<Vec<_>>()
        })
    });
    let chips = move || {
        let ids = ids.get();
        let none = ids.is_empty().then_some("In no set");
        let sets = ids
            .into_iter()
            .map(|(id, title)| view! { {chip(id)} {title} });
        view! { {none} {sets.collect_view()} }
    };
    let confirm = move || {
        let address = data.address.with(|a| a.with("image", a.get("image")));
        address
            .and("confirm", "delete")
            .and("filenames[]", &name)
            .href(&data.style_id())
    };
    view! {
        <section class="inspector__section">
            <div class="row row--between">
                <p class="row muted">{chips}</p>
                <a
                    class="button button--danger button--small"
                    href=confirm
                    on:click=move |event| {
                        event.prevent_default();
                        data.deleting.set(vec![asked.clone()]);
                    }
                >
                    <Icon name="trash" />
                    "Delete…"
                </a>
            </div>
        </section>
    }
    .into_any()
}
