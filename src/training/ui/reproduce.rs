//! Reproducing a run of another machine: its exported file is chosen, and what of it is otherwise here is said before
//! anything happens. `?run=` names a file that was taken in.

use super::compare::Words;
use super::history::known;
use crate::styles::model::StyleId;
use crate::training::api::reproduce::{AdoptRun, reproduction_of};
use crate::training::model::compare::CaptionChange;
use crate::training::model::reproduce::{ImageDifferences, Reproduction, UnusableValue};
use crate::ui::query::use_query;
use crate::ui::units::{minute, plural};
use crate::ui::{ErrorNotice, Icon, Notice};
use leptos::prelude::*;

/// The run that is asked about, above the history.
#[component]
pub fn Reproduced(style: Memo<String>) -> impl IntoView {
    let (run, refused) = (use_query("run"), use_query("run_refused"));
    let report = Resource::new(
        move || (style.get(), run.get()),
        |(style, run)| async move {
            if run.is_empty() {
                return Ok(None);
            }
            let style = known(&style)?;
            reproduction_of(style.clone(), run)
                .await
                .map(|r| Some((style, r)))
        },
    );
    view! {
        {move || {
            let words = refused.get();
            (!words.is_empty())
                .then(|| view! { <Notice kind="error" what="The file was not taken in." remedy=words /> })
        }}
        <Transition>
            {move || Suspend::new(async move {
                match report.await {
                    Ok(Some((style, report))) => view! { <Report style report /> }.into_any(),
                    Ok(None) => ().into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// The form that takes a file in, below the history.
#[component]
pub fn Reproduce(style: Memo<String>) -> impl IntoView {
    let action = move || format!("/forms/styles/{}/reproductions", style.get());
    view! {
        <details class="disclosure reproduce">
            <summary class="disclosure__summary">
                "Reproduce a run"
                <span class="disclosure__note">"from the file another studio exported"</span>
            </summary>
            <form
                class="disclosure__body stack"
                method="post"
                enctype="multipart/form-data"
                action=action
            >
                <label class="field">
                    <span class="field__label">"Exported run"</span>
                    <input
                        class="file-input"
                        type="file"
                        name="file"
                        accept="application/json,.json"
                        required
                    />
                    <span class="field__hint">
                        "The .run.json of “Export as JSON”. What differs here is shown first; nothing is changed."
                    </span>
                </label>
                <div class="button-group">
                    <button class="button button--secondary" type="submit">
                        <Icon name="upload" />
                        "Show what differs"
                    </button>
                </div>
            </form>
        </details>
    }
}

#[component]
fn Report(style: StyleId, report: Reproduction) -> impl IntoView {
    let same = report.is_same();
    let title = format!("Reproduce {}", report.name);
    let there = format!(
        "Exported from “{}” on {}, where it is {}.",
        report.style,
        minute(&report.exported_at),
        report.status
    );
    let train = format!("/styles/{style}/train?from=run:{}", report.id);
    let known = report.known_as.clone();
    let run = report.id.clone();
    view! {
        <section class="panel stack reproduced" aria-labelledby="reproduced-title">
            <div class="panel__head">
                <h3 class="panel__title" id="reproduced-title">
                    {title}
                </h3>
                <span class="panel__note">{there}</span>
            </div>
            {same
                .then(|| {
                    view! {
                        <Notice
                            kind="success"
                            what="Everything stands here as it stood there: images, captions, parameters, workflow."
                        />
                    }
                })}
            <Images images=report.images dataset=report.dataset.clone() />
            <Captions captions=report.dataset.captions />
            <Values unusable=report.parameters absent=report.absent />
            {list("The trainer", report.trainer)}
            <div class="button-group">
                <a class="button button--primary" href=train>
                    <Icon name="train" />
                    "Open in the Train form"
                </a>
                <Adopt style run known />
            </div>
        </section>
    }
}

/// Its record beside the own ones, so that they can be compared.
#[component]
fn Adopt(style: StyleId, run: String, known: Option<String>) -> impl IntoView {
    let adopt = ServerAction::<AdoptRun>::new();
    let refused = move || adopt.value().get().and_then(Result::err);
    match known {
        Some(name) => {
            let words = format!("It is in the history as {name}; that record stays as it is.");
            view! { <p class="why">{words}</p> }.into_any()
        }
        None => view! {
            <ActionForm action=adopt>
                <input type="hidden" name="style" value=style.to_string() />
                <input type="hidden" name="run" value=run />
                <button class="button button--secondary" type="submit">
                    <Icon name="plus" />
                    "Add to the history"
                </button>
            </ActionForm>
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
        }
        .into_any(),
    }
}

#[component]
fn Images(images: Option<usize>, dataset: ImageDifferences) -> impl IntoView {
    let Some(images) = images else {
        let words = "The file holds no snapshot of the dataset: which images it was trained on is not known.";
        return view! { <p class="muted">{words}</p> }.into_any();
    };
    let same = format!(
        "{} of {} are here, unchanged.",
        dataset.same,
        plural(images, "image")
    );
    view! {
        <p>{same}</p>
        {list("Images that are not in the bucket", dataset.missing)}
        {list("Images of the same name with another content", dataset.replaced)}
        {list(
            "Images that could not be proved to be the same: their ETags are no hashes",
            dataset.unproven,
        )}
    }
    .into_any()
}

#[component]
fn Captions(captions: Vec<CaptionChange>) -> impl IntoView {
    if captions.is_empty() {
        return ().into_any();
    }
    let head = format!("{} read otherwise here", plural(captions.len(), "caption"));
    let items = captions.into_iter().map(|caption| {
        view! {
            <li>
                <p class="captions__name">{caption.filename}</p>
                <Words pieces=caption.pieces />
            </li>
        }
    });
    view! {
        <details class="disclosure" open>
            <summary class="disclosure__summary">{head}</summary>
            <ul class="disclosure__body captions captions--whole">{items.collect_view()}</ul>
        </details>
    }
    .into_any()
}

#[component]
fn Values(unusable: Vec<UnusableValue>, absent: Vec<String>) -> impl IntoView {
    let left_out = unusable
        .into_iter()
        .map(|v| format!("{} = {}: {}", v.name, v.value, v.message))
        .collect();
    let defaults = (!absent.is_empty()).then(|| {
        let words = format!(
            "{} the file does not name stand at their defaults: {}.",
            plural(absent.len(), "parameter"),
            absent.join(", ")
        );
        view! { <p class="muted">{words}</p> }
    });
    view! {
        {list("Parameters that are left out of the form", left_out)}
        {defaults}
    }
}

/// A named list that unfolds; nothing when it is empty.
fn list(what: &'static str, lines: Vec<String>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let count = lines.len();
    let items = lines.into_iter().map(|line| view! { <li>{line}</li> });
    let view = view! {
        <details class="disclosure" open=count <= 10>
            <summary class="disclosure__summary">
                {what} <span class="disclosure__note">{count}</span>
            </summary>
            <ul class="disclosure__body reproduce__list">{items.collect_view()}</ul>
        </details>
    };
    Some(view.into_any())
}
