//! Models in the bucket that no version knows, offered for import above the history; those of runs that ended badly, to be checked
//! again. Nothing shows when there are none.

use crate::error::{AppError, ErrorKind};
use crate::training::api::RecheckVersion;
use crate::training::api::import::{ImportModels, unknown_models};
use crate::training::model::import::{EndedRun, ModelFacts, NotImported, UnknownModel};
use crate::training::model::version::{Status, TrainingVersion};
use crate::ui::frame::StyleChanged;
use crate::ui::units::{bytes, count, minute, plural};
use crate::ui::{ErrorNotice, Icon, Notice, focus_soon};
use leptos::prelude::*;

#[component]
pub fn UnknownModels(
    /// Id of the style as the address has it.
    style: Memo<String>,
    import: ServerAction<ImportModels>,
    recheck: ServerAction<RecheckVersion>,
) -> impl IntoView {
    let asked = move || (import.version().get(), recheck.version().get());
    let models = Resource::new(
        move || (style.get(), asked()),
        |(style, _)| async move {
            let style = super::history::known(&style)?;
            unknown_models(style).await
        },
    );
    Effect::watch(asked, |_, _, _| StyleChanged::notify(), false);
    // the button that was pressed goes with its row
    let names = move || import.value().get()?.ok().map(|done| done.names);
    let imported = Memo::new(move |_| names().unwrap_or_default());
    Effect::watch(
        move || import.version().get(),
        move |_, _, _| {
            if imported.with_untracked(|names| !names.is_empty()) {
                focus_soon(IMPORTED);
            }
        },
        false,
    );
    view! {
        <div id=IMPORTED tabindex="-1" aria-live="polite">
            {move || imported.with(|names| told(names))}
        </div>
        <Transition>
            {move || Suspend::new(async move {
                match models.await {
                    Ok(models) => view! { <Found style models import recheck /> }.into_any(),
                    // the frame says already that there is no such style
                    Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                    Err(error) => view! { <Unreachable error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// Where it is said what an import came to, outside of what is asked for again.
const IMPORTED: &str = "imported";

fn told(names: &[String]) -> Option<impl IntoView + use<>> {
    let what = match names {
        [] => return None,
        [one] => format!("{one} is imported; it stands in the list below."),
        many => format!(
            "{} are imported; they stand in the list below.",
            plural(many.len(), "model")
        ),
    };
    Some(view! { <Notice kind="success" what=what /> })
}

/// The list of versions is there nevertheless.
#[component]
fn Unreachable(error: AppError) -> impl IntoView {
    view! {
        <Notice
            kind="warning"
            what="Models in S3 that no version knows could not be looked for."
            remedy=error.to_string()
        />
    }
}

#[component]
fn Found(
    style: Memo<String>,
    models: Vec<UnknownModel>,
    import: ServerAction<ImportModels>,
    recheck: ServerAction<RecheckVersion>,
) -> impl IntoView {
    let (of_runs, models): (Vec<_>, Vec<_>) = models.into_iter().partition(|m| m.run.is_some());
    let of_runs = of_runs
        .into_iter()
        .filter_map(|m| Some(of_run(style, m.run?, m.file, m.size_bytes, recheck)));
    let of_runs = of_runs.collect::<Vec<_>>();
    let refused = move || {
        import.value().get().map(|answer| match answer {
            Ok(done) => not_imported(done.refused).into_any(),
            Err(error) => view! { <ErrorNotice error /> }.into_any(),
        })
    };
    let sound = models.iter().filter(|m| m.problem.is_none()).count();
    let many = models.len();
    let rows = models.into_iter().map(|model| row(style, model, import));
    let checked = move || {
        recheck.value().get().map(|answer| match answer {
            Ok(version) => still_ended(&version).into_any(),
            Err(error) => view! { <ErrorNotice error /> }.into_any(),
        })
    };
    view! {
        <div>
            {refused} {checked}
            {(!of_runs.is_empty())
                .then(|| {
                    view! {
                        <section class="panel unknown" aria-labelledby="leftover-title">
                            <div class="panel__head">
                                <h3 class="panel__title" id="leftover-title">
                                    {format!(
                                        "{} in S3 of runs that did not complete",
                                        plural(of_runs.len(), "model"),
                                    )}
                                </h3>
                            </div>
                            <p class="muted">
                                "The file is there although its run counts as ended without it. Checking asks the trainer and S3 again, and takes a model that is whole."
                            </p>
                            <ul class="unknown__list">{of_runs}</ul>
                        </section>
                    }
                })}
            {(many > 0)
                .then(|| {
                    view! {
                        <section class="panel unknown" aria-labelledby="unknown-title">
                            <div class="panel__head">
                                <h3 class="panel__title" id="unknown-title">
                                    {format!("{} in S3 that no version knows", plural(many, "model"))}
                                </h3>
                                {(sound > 1)
                                    .then(|| {
                                        view! {
                                            <ImportForm
                                                style
                                                file=String::new()
                                                import
                                                words=format!("Import all {sound}")
                                            />
                                        }
                                    })}
                            </div>
                            <p class="muted">
                                "Trained elsewhere, or their record was lost. Importing makes a completed version of each; the file stays where it is."
                            </p>
                            <ul class="unknown__list">{rows.collect_view()}</ul>
                        </section>
                    }
                })}
        </div>
    }
}

fn not_imported(refused: Vec<NotImported>) -> Option<impl IntoView> {
    (!refused.is_empty()).then(|| {
        let rows = refused.into_iter().map(|r| {
            view! { <li>{format!("{}: {}", r.file, r.message)}</li> }
        });
        view! {
            <Notice kind="warning" what="Not imported:">
                <ul class="notice__list">{rows.collect_view()}</ul>
            </Notice>
        }
    })
}

fn row(
    style: Memo<String>,
    model: UnknownModel,
    import: ServerAction<ImportModels>,
) -> impl IntoView {
    let file = model.file.clone();
    let mut words = vec![bytes(model.size_bytes), minute(&model.modified)];
    words.extend(model.facts.as_ref().map(facts).into_iter().flatten());
    let label = format!("Import as {}", model.name);
    view! {
        <li class="unknown__row">
            <div class="unknown__main">
                <p class="unknown__name">
                    <code>{model.file}</code>
                </p>
                <p class="muted">{words.join(" · ")}</p>
                {model.problem.clone().map(|text| view! { <p class="version-row__error">{text}</p> })}
            </div>
            {model.problem.is_none().then(|| view! { <ImportForm style file import words=label /> })}
        </li>
    }
}

/// A model beside the run that was to write it.
fn of_run(
    style: Memo<String>,
    run: EndedRun,
    file: String,
    size_bytes: u64,
    recheck: ServerAction<RecheckVersion>,
) -> AnyView {
    let style = style.get_untracked();
    let href = format!("/styles/{style}/versions/{}", run.id);
    let words = format!("Check {} again", run.name);
    view! {
        <li class="unknown__row">
            <div class="unknown__main">
                <p class="unknown__name">
                    <code>{file}</code>
                </p>
                <p class="muted">
                    {bytes(size_bytes)} " · of " <a href=href>{run.name}</a> {format!(", which is {}", run.status.as_str())}
                </p>
            </div>
            <ActionForm action=recheck>
                <input type="hidden" name="style" value=style />
                <input type="hidden" name="id" value=run.id />
                <button
                    class="button button--secondary button--small"
                    type="submit"
                    aria-busy=move || recheck.pending().get().to_string()
                >
                    <Icon name="retry" />
                    {words}
                </button>
            </ActionForm>
        </li>
    }
    .into_any()
}

/// Said of a version that was checked again to no avail.
fn still_ended(version: &TrainingVersion) -> Option<impl IntoView + use<>> {
    let ended = version.status.is_final() && version.status != Status::Completed;
    let what = format!("{} is still {}.", version.name, version.status.as_str());
    let why = version.error.clone().unwrap_or_default();
    ended.then(|| view! { <Notice kind="warning" what remedy=why /> })
}

fn facts(facts: &ModelFacts) -> Vec<String> {
    let rank = facts.network_dim.map(|dim| match facts.network_alpha {
        Some(alpha) => format!("rank {dim}/{alpha}"),
        None => format!("rank {dim}"),
    });
    let rate = facts.learning_rate.map(|rate| format!("lr {rate:e}"));
    let steps = facts
        .steps
        .map(|steps| format!("{} steps", count(u64::from(steps))));
    let known = [rank, rate, steps, facts.base_model.clone()];
    known.into_iter().flatten().collect()
}

#[component]
fn ImportForm(
    style: Memo<String>,
    file: String,
    import: ServerAction<ImportModels>,
    words: String,
) -> impl IntoView {
    view! {
        <ActionForm action=import>
            <input type="hidden" name="style" value=style.get_untracked() />
            <input type="hidden" name="file" value=file />
            <button
                class="button button--secondary button--small"
                type="submit"
                aria-busy=move || import.pending().get().to_string()
            >
                <Icon name="plus" />
                <span class="button__text">{words}</span>
            </button>
        </ActionForm>
    }
}
