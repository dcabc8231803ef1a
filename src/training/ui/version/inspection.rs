//! What the model file says of itself, and every file the run left.

use super::Live;
use super::facts::{Fact, Facts};
use crate::error::{AppError, ErrorKind};
use crate::training::api::{ModelLook, look_into_model};
use crate::training::model::lora_file::{LoraFacts, RunFile, Verdict};
use crate::training::model::version::Status;
use crate::ui::units::{bytes, count, minute, plural};
use crate::ui::{ErrorNotice, Icon, Notice};
use leptos::prelude::*;

#[component]
pub fn Inspection(live: Live) -> impl IntoView {
    let (style, id) = (live.style, live.id);
    let done = Memo::new(move |_| live.version.with(|v| v.status == Status::Completed));
    let look = Resource::new(
        move || done.get(),
        move |done| async move {
            if !done {
                return Ok(None);
            }
            look_into_model(style.get_value(), id.get_value())
                .await
                .map(Some)
        },
    );
    view! {
        <Transition fallback=|| {
            view! { <p class="muted">"Reading the file's header…"</p> }
        }>
            {move || Suspend::new(async move {
                match look.await {
                    Ok(Some(look)) => view! { <Look live look /> }.into_any(),
                    Ok(None) => ().into_any(),
                    // the panel above says already that there is none here
                    Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Look(live: Live, look: ModelLook) -> impl IntoView {
    let ModelLook { facts, files } = look;
    view! {
        <div class="stack">
            {match facts {
                Ok(facts) => view! { <Header facts /> }.into_any(),
                Err(error) => absent(error),
            }}
            <Files live files />
        </div>
    }
}

fn absent(error: AppError) -> AnyView {
    view! { <ErrorNotice error /> }.into_any()
}

#[component]
fn Header(facts: LoraFacts) -> impl IntoView {
    let kind = match facts.verdict {
        Verdict::Whole => "success",
        Verdict::Longer => "warning",
        Verdict::Truncated | Verdict::Foreign => "error",
    };
    let remedy = match facts.verdict {
        Verdict::Whole | Verdict::Longer => "",
        Verdict::Truncated => "Train again from here, or copy the file again from the worker.",
        Verdict::Foreign => {
            "It is not what this studio's trainer writes; it will hardly load as a LoRA."
        }
    };
    let words = facts.words.clone();
    let (tags, total) = (facts.tags.clone(), facts.tags_total);
    let rows = rows(facts);
    view! {
        <section class="panel" aria-labelledby="header-title">
            <div class="panel__head">
                <h3 class="panel__title" id="header-title">
                    "What the file says"
                </h3>
            </div>
            <div class="stack">
                <Notice kind what=words remedy=remedy />
                <Facts facts=Signal::stored(rows) />
                {(total > 0).then(|| view! { <Tags tags total /> })}
            </div>
        </section>
    }
}

fn rows(facts: LoraFacts) -> Vec<Fact> {
    let rank = match (facts.rank, facts.network_dim, facts.network_alpha) {
        (None, None, _) => None,
        (rank, dim, alpha) => {
            let rank = rank.map(|r| r.to_string()).or(dim).unwrap_or_default();
            Some(format!(
                "{rank}, alpha {}",
                alpha.as_deref().unwrap_or("not said")
            ))
        }
    };
    let words = |name, value: Option<String>| value.map(|value| Fact::words(name, value));
    let all = [
        words("Rank", rank),
        words("Number format", facts.dtype),
        words(
            "Tensors",
            (facts.tensors > 0).then(|| count(facts.tensors as u64)),
        ),
        words("Steps", facts.steps),
        words("Passes", facts.epochs),
        words("Learning rate", facts.learning_rate),
        words("Base model", facts.base_model),
        words("Trained", facts.trained_at),
        words("Comment", facts.comment),
    ];
    all.into_iter().flatten().collect()
}

/// The captions the trainer counted; the first word is the trigger.
#[component]
fn Tags(tags: Vec<crate::training::model::lora_file::TagCount>, total: usize) -> impl IntoView {
    let note = format!("{} as the trainer counted them", plural(total, "caption"));
    let more = total.saturating_sub(tags.len());
    let rows = tags.into_iter().map(|t| {
        view! {
            <li class="tag">
                <span class="as-trained">{t.tag}</span>
                <span class="muted">{format!("{} ×", t.count)}</span>
            </li>
        }
    });
    view! {
        <details class="disclosure">
            <summary class="disclosure__summary">
                "Captions in the file " <span class="disclosure__note">{note}</span>
            </summary>
            <ul class="disclosure__body tags">{rows.collect_view()}</ul>
            {(more > 0).then(|| view! { <p class="muted">{format!("and {more} more")}</p> })}
        </details>
    }
}

#[component]
fn Files(live: Live, files: Vec<RunFile>) -> impl IntoView {
    if files.is_empty() {
        return ().into_any();
    }
    let note = plural(files.len(), "file");
    let row = move |file: RunFile| {
        let what = match file.step {
            Some(step) => format!("checkpoint after step {}", count(step.into())),
            None => "the model".to_owned(),
        };
        let href = live.api_address(&format!("files/{}", file.filename));
        view! {
            <tr>
                <th scope="row">
                    <code>{file.filename.clone()}</code>
                    <span class="run-file__what">{what}</span>
                </th>
                <td class="table__number">{bytes(file.size_bytes)}</td>
                <td>{minute(&file.modified)}</td>
                <td class="table__number">
                    <a
                        class="button button--ghost button--small"
                        href=href
                        rel="external"
                        aria-label=format!("Download {}", file.filename)
                    >
                        <Icon name="download" />
                    </a>
                </td>
            </tr>
        }
    };
    view! {
        <section class="panel" aria-labelledby="files-title">
            <div class="panel__head">
                <h3 class="panel__title" id="files-title">
                    "Files in the bucket"
                </h3>
                <span class="panel__note">{note}</span>
            </div>
            <div class="table-scroll" tabindex="0" role="region" aria-labelledby="files-title">
                <table class="table run-files">
                    <thead class="visually-hidden">
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"Size"</th>
                            <th scope="col">"Written"</th>
                            <th scope="col">"Download"</th>
                        </tr>
                    </thead>
                    <tbody>{files.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
