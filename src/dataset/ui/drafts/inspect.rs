//! The draft of one image, beside its caption; or the way to one.

use super::super::state::Data;
use super::choice::{Choice, STALE};
use super::is_open;
use crate::dataset::api::drafts::DraftCaptions;
use crate::dataset::model::drafts::Draft;
use crate::dataset::model::image::TrainingImage;
use crate::ui::{Badge, ErrorNotice, Icon, focus_if_lost, send_once};
use leptos::prelude::*;

const DRAFT: &str = "image-draft";

#[component]
pub fn DraftBox(data: Data, image: TrainingImage) -> impl IntoView {
    let name = StoredValue::new(image.filename);
    let etag = image.etag;
    let draft = Memo::new(move |_| name.with_value(|n| data.drafts.of(n)));
    Effect::new(move |before: Option<bool>| {
        let is_there = draft.with(Option::is_some);
        // the button went with what it was about
        if before.is_some_and(|b| b != is_there) {
            focus_if_lost(if is_there { DRAFT } else { "caption" });
        }
        is_there
    });
    view! {
        <section class="inspector__section" aria-label="Draft" id=DRAFT tabindex="-1">
            {move || match draft.get() {
                Some(draft) => {
                    let stale = draft.image_etag != etag;
                    view! { <Drafted data draft stale /> }.into_any()
                }
                None => view! { <Ask data name /> }.into_any(),
            }}
        </section>
    }
}

/// The word on the tile of an image with a draft.
pub fn mark(data: Data, name: StoredValue<String>) -> AnyView {
    let none = Memo::new(move |_| name.with_value(|n| data.drafts.of(n)).is_none());
    view! {
        <span class="drafts__mark" hidden=none>
            <Icon name="draft" />
            "Draft"
        </span>
    }
    .into_any()
}

#[component]
fn Drafted(data: Data, draft: Draft, stale: bool) -> impl IntoView {
    // the opened panel says it already
    let refused = move || {
        let panel = data.address.with(is_open);
        data.drafts.refused().filter(|_| !panel)
    };
    view! {
        <p class="row row--between">
            <span class="field__label">"Draft of the caption"</span>
            <Badge kind="pending" text="Draft" />
        </p>
        {stale.then(|| view! { <p class="field__hint">{STALE}</p> })}
        {move || refused().map(|error| view! { <ErrorNotice error /> })}
        <Choice data draft />
    }
}

/// The button that drafts one image: a run of one. Without a model it leads to the panel, which says how to get one.
#[component]
pub fn DraftOne(
    data: Data,
    name: StoredValue<String>,
    words: &'static str,
    class: &'static str,
    /// The remark it stands beside: several say the same words.
    #[prop(optional)]
    about: &'static str,
) -> impl IntoView {
    let drafts = data.drafts;
    let action: ServerAction<DraftCaptions> = drafts.begin;
    let class = StoredValue::new(format!("button button--small {class}"));
    let named = move |words: &str| (!about.is_empty()).then(|| format!("{words}: “{about}”"));
    let button = move || {
        view! {
            <ActionForm action>
                <input type="hidden" name="style" value=data.style_id() />
                <input type="hidden" name="filenames[]" value=name.get_value() />
                <button
                    class=class.get_value()
                    type="submit"
                    name="what"
                    value="selected"
                    aria-label=move || named(words).filter(|_| !drafts.is_running())
                    disabled=move || drafts.is_running() && !data.live.get()
                    {..send_once(Signal::derive(move || drafts.is_running() || action.pending().get()))}
                >
                    <Icon name="draft" />
                    {move || if drafts.is_running() { "Drafts are being made" } else { words }}
                </button>
            </ActionForm>
        }
    };
    let link = move || {
        let words = format!("{words}…");
        let named = named(&words);
        view! {
            <a
                class=class.get_value()
                href=move || data.href("drafts", "1")
                aria-label=named
                data-noscroll=""
            >
                <Icon name="draft" />
                {words}
            </a>
        }
    };
    let configured = Memo::new(move |_| drafts.is_configured());
    move || match configured.get() {
        true => button().into_any(),
        false => link().into_any(),
    }
}

/// The way to a draft, and why there is none.
#[component]
fn Ask(data: Data, name: StoredValue<String>) -> impl IntoView {
    let drafts = data.drafts;
    let refused = move || {
        let panel = data.address.with(is_open);
        let answer = drafts.begin.value().get();
        answer.and_then(Result::err).filter(|_| !panel)
    };
    // this one failed in the last run
    let failed = move || {
        drafts.view.with(|v| {
            let run = v.run.as_ref()?;
            let of_this = |p: &&crate::dataset::model::drafts::DraftProblem| {
                name.with_value(|n| p.filename == *n)
            };
            run.failed.iter().find(of_this).map(|p| p.message.clone())
        })
    };
    view! {
        {move || refused().map(|error| view! { <ErrorNotice error /> })}
        <p class="field__error" hidden=move || failed().is_none()>
            {failed}
        </p>
        <DraftOne data name words="Draft a caption" class="button--ghost" />
    }
}
