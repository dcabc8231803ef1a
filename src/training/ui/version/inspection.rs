//! What the model file says of itself.

use super::Live;
use super::facts::{Fact, Facts};
use super::files::Files;
use crate::error::{AppError, ErrorKind};
use crate::training::api::{DeleteModelFile, ModelLook, look_into_model};
use crate::training::model::lora_file::{LoraFacts, TagCount, Verdict};
use crate::training::ui::status::is_live;
use crate::ui::units::{count, plural};
use crate::ui::{ErrorNotice, Notice};
use leptos::prelude::*;

#[component]
pub fn Inspection(live: Live) -> impl IntoView {
    let (style, id) = (live.style, live.id);
    let done = Memo::new(move |_| !live.version.with(is_live));
    let delete = ServerAction::<DeleteModelFile>::new();
    Effect::watch(
        move || delete.version().get(),
        move |_, _, _| live.again(),
        false,
    );
    let look = Resource::new(
        move || (done.get(), delete.version().get()),
        move |(done, _)| async move {
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
                    Ok(Some(look)) => view! { <Look live look delete /> }.into_any(),
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
fn Look(live: Live, look: ModelLook, delete: ServerAction<DeleteModelFile>) -> impl IntoView {
    let ModelLook { facts, files } = look;
    let refused = move || delete.value().get().and_then(Result::err);
    view! {
        <div class="stack">
            {move || refused().map(|error| view! { <ErrorNotice error /> })}
            {match facts {
                Ok(facts) => view! { <Header live facts /> }.into_any(),
                Err(error) => absent(live, error),
            }}
            <Files live files delete />
        </div>
    }
}

/// A file that should be there; where there is none to look for, the panel above says so.
fn absent(live: Live, error: AppError) -> AnyView {
    if error.kind == ErrorKind::NotFound && !live.downloadable.get_untracked() {
        return ().into_any();
    }
    view! { <ErrorNotice error /> }.into_any()
}

#[component]
fn Header(live: Live, facts: LoraFacts) -> impl IntoView {
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
    let other = live.version.with_untracked(|version| {
        let recorded = version.number("network_dim")?;
        facts.other_rank(&version.name, recorded as i64)
    });
    let other = other.map(|what| {
        view! { <Notice kind="warning" what remedy="Ask where it came from before it is used; continuing from it is refused." /> }
    });
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
                {other}
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
        words("Trigger", facts.trigger),
        words("Trained", facts.trained_at),
        words("Comment", facts.comment),
    ];
    all.into_iter().flatten().collect()
}

/// The pieces of the captions as the trainer counted them.
#[component]
fn Tags(tags: Vec<TagCount>, total: usize) -> impl IntoView {
    let note = format!(
        "{} between commas, as the trainer counted them",
        plural(total, "piece")
    );
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
                "Words of the captions " <span class="disclosure__note">{note}</span>
            </summary>
            <ul class="disclosure__body tags">{rows.collect_view()}</ul>
            {(more > 0).then(|| view! { <p class="muted">{format!("and {more} more")}</p> })}
        </details>
    }
}
