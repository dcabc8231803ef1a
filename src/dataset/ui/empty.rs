//! Around the images: the page while it loads, what to do on an empty one, and what just happened.

use super::state::Data;
use crate::error::ErrorKind;
use crate::ui::units::{count, plural};
use crate::ui::{ErrorNotice, Icon, Notice};
use leptos::prelude::*;

/// The page's layout before its content: nothing moves when that comes.
#[component]
pub fn Skeleton() -> impl IntoView {
    let tile = |_| {
        view! {
            <li class="tile">
                <div class="tile__frame">
                    <span class="skeleton skeleton--fill"></span>
                </div>
                <div class="tile__meta">
                    <p class="tile__line">
                        <span class="tile__open">
                            <span class="skeleton skeleton--line">"input_001.jpg"</span>
                        </span>
                    </p>
                    <p class="tile__caption">
                        <span class="skeleton skeleton--line">"a foggy valley"</span>
                    </p>
                </div>
            </li>
        }
    };
    view! {
        <div>
        <ul class="summary" aria-hidden="true">
            <li class="summary__item">
                <span class="skeleton skeleton--line">"43 images · 2 without caption"</span>
            </li>
        </ul>
        <div class="toolbar" aria-hidden="true">
            <div class="toolbar__end">
                <span class="button skeleton">"Upload files"</span>
            </div>
        </div>
        <div class="split dataset">
            <div>
                <p class="visually-hidden" role="status">
                    "Loading images"
                </p>
                <ul class="tile-grid" aria-hidden="true">
                    {(0..18).map(tile).collect_view()}
                </ul>
            </div>
            <aside class="split__side split__side--empty panel" aria-hidden="true">
                <div class="empty dataset__nothing"></div>
            </aside>
        </div>
        </div>
    }
}

/// What comes after the first upload.
#[component]
pub fn Ahead() -> impl IntoView {
    let step = |what: &'static str, why: &'static str, guide: (&'static str, &'static str)| {
        view! {
            <li class="panel ahead__item">
                <h2 class="ahead__what">{what}</h2>
                <p class="ahead__why">
                    {why} <a href=guide.0>{guide.1}</a>
                </p>
            </li>
        }
    };
    view! {
        <ol class="ahead">
            {step(
                "1. Upload",
                "20 to 30 images that share one look, each with a caption. ",
                ("/guide/images", "How to choose them"),
            )}
            {step(
                "2. Select",
                "Tick the ones to train on and save them as a selection set. Keep several to compare. ",
                ("/guide/selection-sets", "How sets work"),
            )}
            {step(
                "3. Train",
                "See the plan, the captions as trained and the cost, then start. ",
                ("/guide/training", "Which settings"),
            )}
        </ol>
    }
}

pub const HAPPENED: &str = "happened";

/// What the last action did, and what could not be loaded. The box itself stays, so that it is announced.
#[component]
pub fn Happened(data: Data) -> impl IntoView {
    view! {
        <div class="happened" id=HAPPENED tabindex="-1">
            {move || saved(data)} {move || unknown_set(data)} {move || nothing_combined(data)} {move || deleted(data)} {move || uploaded(data)} {move || trouble(data)}
        </div>
    }
}

/// `?set=1&how=subtract&other=2`, where no script says it beside the choice.
fn nothing_combined(data: Data) -> Option<impl IntoView> {
    let (how, first, second) = data.combination_of_address()?;
    let is_empty = how.of(&first.filenames, &second.filenames).is_empty();
    let what = how.of_nothing(&first.title(), &second.title());
    is_empty.then(|| view! { <Notice kind="warning" what /> })
}

/// `?saved=3`: the set and the way on.
fn saved(data: Data) -> Option<impl IntoView> {
    let id: u64 = data.address.with(|a| a.get("saved").parse().ok())?;
    let set = data
        .sets
        .with(|sets| sets.iter().find(|s| s.id == id).cloned())?;
    let what = format!(
        "{} saved, {}.",
        set.title(),
        plural(set.filenames.len(), "image")
    );
    let href = format!("/styles/{}/train?set={id}", data.style_id());
    Some(view! {
        <Notice kind="success" what=what>
            <p>
                <a class="link" href=href>
                    {format!("Train LoRA on {}", set.title())}
                    <Icon name="arrow-right" />
                </a>
            </p>
        </Notice>
    })
}

/// `?deleted=3` images, `&of=5` where it was stopped; `?gone=Boats`: a set.
fn deleted(data: Data) -> Option<impl IntoView> {
    let what = data.address.with(|a| {
        let images = a.get("deleted").parse::<usize>().ok();
        let of = a.get("of").parse::<usize>().ok();
        match (images, of, a.get("gone")) {
            (Some(gone), Some(all), _) => Some(stopped(gone, all)),
            (Some(gone), None, _) => Some(format!("{} deleted.", plural(gone, "image"))),
            (None, _, "") => None,
            (None, _, set) => Some(format!("{set} deleted. Its images stay.")),
        }
    })?;
    Some(view! { <Notice kind="success" what=what /> })
}

fn stopped(gone: usize, all: usize) -> String {
    let kept = all.saturating_sub(gone);
    format!(
        "Stopped: {} deleted, {} kept.",
        plural(gone, "image"),
        count(kept as u64)
    )
}

/// `?set=18`, which somebody deleted.
fn unknown_set(data: Data) -> Option<impl IntoView> {
    // one just saved may not be listed yet
    let asked = data.address.with(|a| {
        let asked = a.get("set");
        (!asked.is_empty() && a.get("saved") != asked).then(|| asked.to_owned())
    })?;
    data.chosen_set().is_none().then(|| {
        let what = format!("There is no set {asked} any more.");
        view! { <Notice kind="warning" what=what remedy="All images are shown; choose another set above them." /> }
    })
}

/// `?uploaded=3&same=1&renamed=…&failed=reason&…`: an upload without script.
fn uploaded(data: Data) -> Option<AnyView> {
    let (count, same, renamed, failed) = data.address.with(|a| {
        let number = |name: &str| a.get(name).parse::<usize>();
        (
            number("uploaded"),
            number("same").unwrap_or(0),
            a.all("renamed"),
            a.all("failed"),
        )
    });
    let count = count.ok()?;
    let mut what = match (count, same, failed.is_empty()) {
        (0, 0, true) => "No file was chosen".to_owned(),
        (0, ..) => "Nothing was stored".to_owned(),
        _ => format!("{} stored", plural(count, "file")),
    };
    if same > 0 {
        what.push_str(&format!(", {same} already there"));
    }
    let (kind, end) = match (failed.is_empty(), count + same) {
        (false, _) => ("warning", ", these were not:"),
        (true, 0) => ("warning", "."),
        _ => ("success", "."),
    };
    let lines = failed.into_iter().chain(renamed);
    let lines = lines.map(|line| view! { <li>{line}</li> }).collect_view();
    let view = view! {
        <Notice kind=kind what=what + end>
            <ul class="notice__list">{lines}</ul>
        </Notice>
    };
    Some(view.into_any())
}

/// A refresh that failed, over the last good list.
fn trouble(data: Data) -> Option<impl IntoView> {
    let error = data
        .listing
        .with(|l| l.error.clone().filter(|_| !l.page.images.is_empty()))?;
    // said beside the filter, or by the frame
    let elsewhere =
        super::toolbar::filter_error(data).is_some() || error.kind == ErrorKind::NotFound;
    (!elsewhere).then(|| view! { <ErrorNotice error /> })
}
