//! What became of the dataset from one run to another: images that came, went or were replaced, captions word by word.

use crate::styles::model::StyleId;
use crate::training::model::compare::{CaptionChange, DatasetChange, DatasetStep};
use crate::training::model::words::{Change, Piece};
use crate::ui::query::encoded;
use crate::ui::units::plural;
use leptos::prelude::*;

#[component]
pub fn Datasets(style: StyleId, datasets: Vec<DatasetStep>) -> impl IntoView {
    let style = StoredValue::new(style);
    let steps = datasets.into_iter().map(|step| {
        let title = format!("Images and captions, {} → {}", step.from, step.to);
        let (note, body) = match step.change {
            None => (String::new(), unknown(step.without).into_any()),
            Some(change) => (
                words(&change),
                view! { <Changed style change /> }.into_any(),
            ),
        };
        view! {
            <section class="panel" aria-label=title.clone()>
                <div class="panel__head">
                    <h3 class="panel__title">{title.clone()}</h3>
                    <span class="panel__note">{note}</span>
                </div>
                {body}
            </section>
        }
    });
    steps.collect_view()
}

fn unknown(without: Vec<String>) -> impl IntoView {
    let verb = if without.len() == 1 { "has" } else { "have" };
    let text = format!(
        "{} {verb} no snapshot of the dataset: the program that trained it kept none, so what changed is not known.",
        without.join(" and ")
    );
    view! { <p class="muted">{text}</p> }
}

/// `2 added · 1 removed · 27 unchanged`.
fn words(change: &DatasetChange) -> String {
    let parts = [
        (change.added.len(), "added"),
        (change.removed.len(), "removed"),
        (change.replaced.len(), "replaced"),
        (change.captions.len(), "recaptioned"),
        (change.unchanged, "unchanged"),
    ];
    let parts = parts.into_iter().filter(|(n, _)| *n > 0);
    let parts: Vec<String> = parts.map(|(n, what)| format!("{n} {what}")).collect();
    parts.join(" · ")
}

#[component]
fn Changed(style: StoredValue<StyleId>, change: DatasetChange) -> impl IntoView {
    if change.is_empty() {
        return view! { <p class="muted">"The same images with the same captions."</p> }.into_any();
    }
    let DatasetChange {
        added,
        removed,
        replaced,
        captions,
        ..
    } = change;
    view! {
        <div class="stack">
            {captions_changed(style, captions)}
            {images(style, "added", added)}
            {images(style, "removed", removed)}
            {images(style, "replaced by another file", replaced)}
        </div>
    }
    .into_any()
}

fn images(style: StoredValue<StyleId>, what: &'static str, names: Vec<String>) -> Option<AnyView> {
    let head = format!("{} {what}", plural(names.len(), "image"));
    let item = move |name: String| {
        let thumbnail = thumbnail(style, &name);
        view! { {thumbnail} <p class="captions__name">{name}</p> }.into_any()
    };
    folded(head, names.into_iter().map(item).collect())
}

fn captions_changed(style: StoredValue<StyleId>, captions: Vec<CaptionChange>) -> Option<AnyView> {
    let head = format!("{} changed", plural(captions.len(), "caption"));
    let item = move |caption: CaptionChange| {
        let thumbnail = thumbnail(style, &caption.filename);
        view! {
            {thumbnail}
            <div>
                <p class="captions__name">{caption.filename}</p>
                <Words pieces=caption.pieces />
            </div>
        }
        .into_any()
    };
    folded(head, captions.into_iter().map(item).collect())
}

/// A list of images under its count; nothing when there are none.
fn folded(head: String, items: Vec<AnyView>) -> Option<AnyView> {
    if items.is_empty() {
        return None;
    }
    let items = items
        .into_iter()
        .map(|item| view! { <li class="captions__item">{item}</li> });
    let view = view! {
        <details class="disclosure" open>
            <summary class="disclosure__summary">{head}</summary>
            <ul class="disclosure__body captions captions--whole">{items.collect_view()}</ul>
        </details>
    };
    Some(view.into_any())
}

/// A caption with what was taken out struck through and what was put in underlined.
#[component]
pub fn Words(pieces: Vec<Piece>) -> impl IntoView {
    let piece = |piece: Piece| match piece.change {
        Change::Same => view! { <span>{piece.text}</span> }.into_any(),
        Change::Removed => view! { <del class="words__removed">{piece.text}</del> }.into_any(),
        Change::Added => view! { <ins class="words__added">{piece.text}</ins> }.into_any(),
    };
    let pieces: Vec<_> = apart(pieces).into_iter().map(piece).collect();
    view! { <p class="as-trained">{pieces}</p> }
}

/// The blanks before what was taken out or put in stand by themselves: only words are struck through or underlined.
fn apart(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut found = Vec::with_capacity(2 * pieces.len());
    for Piece { change, text } in pieces {
        let words = text.trim_start();
        let blanks = &text[..text.len() - words.len()];
        if change == Change::Same || blanks.is_empty() {
            found.push(Piece { change, text });
            continue;
        }
        found.push(Piece {
            change: Change::Same,
            text: blanks.to_owned(),
        });
        found.push(Piece {
            change,
            text: words.to_owned(),
        });
    }
    found
}

fn thumbnail(style: StoredValue<StyleId>, filename: &str) -> impl IntoView + use<> {
    let name = encoded(filename);
    let source = style.with_value(|style| format!("/api/styles/{style}/images/{name}/thumbnail"));
    view! { <img class="thumb" src=source alt="" loading="lazy" width="32" height="32" /> }
}
