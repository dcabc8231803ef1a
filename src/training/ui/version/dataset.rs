//! What a run was trained on: images and captions as they were when it started, whatever became of them since.

use super::Live;
use crate::error::AppError;
use crate::training::api::snapshot as load;
use crate::training::model::preview::SnapshotImage;
use crate::training::model::version::TrainingVersion;
use crate::ui::query::encoded;
use crate::ui::units::plural;
use crate::ui::{AsTrained, ErrorNotice};
use leptos::prelude::*;

/// As many fit into the strip of the overview on the widest window.
const STRIP: usize = 24;

/// The dataset; `None` where none was kept, or where no open tab shows it.
#[derive(Clone, Copy)]
pub struct Snapshot(Resource<Result<Option<Vec<SnapshotImage>>, AppError>>);

impl Snapshot {
    /// Asked for once, and only when a tab shows it.
    pub fn of(live: Live, tab: Memo<String>) -> Self {
        let wanted = Memo::new(move |_| matches!(tab.read().as_str(), "" | "dataset"));
        let (style, id) = (live.style, live.id);
        Self(Resource::new(
            move || wanted.get(),
            move |wanted| async move {
                if wanted {
                    load(style.get_value(), id.get_value()).await
                } else {
                    Ok(None)
                }
            },
        ))
    }
}

/// `Set 2, 30 images`.
fn note(version: &TrainingVersion) -> String {
    let images = version.image_count.map(|n| plural(n as usize, "image"));
    let set = version.selection_set_id.map(|set| format!("Set {set}"));
    let known: Vec<String> = set.into_iter().chain(images).collect();
    known.join(", ")
}

/// The whole dataset with its captions.
#[component]
pub fn Dataset(live: Live, snapshot: Snapshot) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="dataset-title">
            <div class="panel__head">
                <h3 class="panel__title" id="dataset-title">
                    "Dataset"
                </h3>
                <span class="panel__note">{move || live.version.with(note)}</span>
            </div>
            <Transition fallback=|| {
                view! { <p class="muted">"Reading the snapshot…"</p> }
            }>
                {move || Suspend::new(async move {
                    match snapshot.0.await {
                        Ok(Some(images)) => view! { <Captions live images /> }.into_any(),
                        Ok(None) => view! { <p class="muted">{NO_SNAPSHOT}</p> }.into_any(),
                        Err(error) => view! { <ErrorNotice error /> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
}

const NO_SNAPSHOT: &str =
    "No snapshot was kept: which images and captions it was trained on is not known any more.";

#[component]
fn Captions(live: Live, images: Vec<SnapshotImage>) -> impl IntoView {
    let trigger = live
        .version
        .with_untracked(|v| v.parameters.get("class_tokens").map(ToString::to_string))
        .unwrap_or_default();
    let item = move |image: SnapshotImage| {
        let source = thumbnail(live, &image.filename);
        let caption = match image.as_trained {
            Some(text) => {
                let rest = text.strip_prefix(&trigger).map(str::to_owned);
                let trigger = if rest.is_some() {
                    trigger.clone()
                } else {
                    String::new()
                };
                let rest = Signal::stored(rest.unwrap_or(text));
                view! { <AsTrained trigger rest /> }.into_any()
            }
            None => view! { <p class="captions__remark">"Without a caption"</p> }.into_any(),
        };
        view! {
            <li class="captions__item">
                <img class="thumb" src=source alt="" loading="lazy" width="32" height="32" />
                <div>
                    <p class="captions__name">{image.filename}</p>
                    {caption}
                </div>
            </li>
        }
    };
    let items: Vec<_> = images.into_iter().map(item).collect();
    view! { <ul class="captions captions--whole">{items}</ul> }
}

/// One line of its images, for the overview.
#[component]
pub fn Strip(live: Live, snapshot: Snapshot) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="dataset-title">
            <div class="panel__head">
                <h3 class="panel__title" id="dataset-title">
                    "Dataset"
                </h3>
                <span class="panel__note">{move || live.version.with(note)}</span>
            </div>
            <Transition fallback=|| {
                view! { <div class="filmstrip"></div> }
            }>
                {move || Suspend::new(async move {
                    match snapshot.0.await {
                        Ok(Some(images)) => view! { <Film live images /> }.into_any(),
                        Ok(None) => view! { <p class="muted">{NO_SNAPSHOT}</p> }.into_any(),
                        Err(error) => view! { <ErrorNotice error /> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
}

#[component]
fn Film(live: Live, images: Vec<SnapshotImage>) -> impl IntoView {
    let thumb = move |image: &SnapshotImage| {
        let source = thumbnail(live, &image.filename);
        view! { <img class="thumb" src=source alt="" loading="lazy" width="40" height="40" /> }
    };
    let thumbs: Vec<_> = images.iter().take(STRIP).map(thumb).collect();
    view! { <div class="filmstrip">{thumbs}</div> }
}

fn thumbnail(live: Live, filename: &str) -> String {
    let name = encoded(filename);
    live.style
        .with_value(|style| format!("/api/styles/{style}/images/{name}/thumbnail"))
}
