//! The words the captions use, the most used first; each leads to its images.

use super::{Shown, place};
use crate::dataset::model::caption_words::{CaptionWord, CaptionWords};
use crate::dataset::ui::state::Data;
use crate::ui::units::plural;
use crate::ui::{Icon, focus_if_lost};
use leptos::prelude::*;

#[component]
pub fn Words(data: Data, shown: Shown) -> impl IntoView {
    let words = Memo::new(move |_| shown.with(|s| s.as_ref().map(|s| s.words.clone())));
    Effect::new(move |before: Option<usize>| {
        let now = words.with(|w| w.as_ref().map_or(0, |w| w.offset));
        // the link to this page went with the one before
        if before.is_some_and(|b| b != now) {
            focus_if_lost("captions-words");
        }
        now
    });
    view! {
        <section class="panel caption-view__block" aria-labelledby="captions-words">
            <h3 class="panel__title" id="captions-words" tabindex="-1">
                "Words"
            </h3>
            {move || words.get().map(|words| list(data, &words))}
        </section>
    }
}

fn list(data: Data, words: &CaptionWords) -> AnyView {
    let summary = match words.total {
        0 => "The captions use no words yet.".to_owned(),
        total => format!(
            "{} in {}, by the number of captions they stand in. The trigger and articles are left out.",
            plural(total, "different word"),
            plural(words.captions, "caption")
        ),
    };
    let items = words.words.iter().map(|w| item(data, w)).collect_view();
    view! {
        <p class="muted">{summary}</p>
        <ul class="words">{items}</ul>
        {pages(data, words)}
    }
    .into_any()
}

fn item(data: Data, word: &CaptionWord) -> AnyView {
    let href = place::images(data, &format!("word:{}", word.word));
    let mark = word.is_style_word.then(|| {
        view! {
            <Icon name="warning" />
            <span class="visually-hidden">"style word "</span>
        }
    });
    let more = (word.times > word.captions)
        .then(|| view! { <span class="muted">{format!(", {} times", word.times)}</span> });
    view! {
        <li>
            <a class="word" class:word--style=word.is_style_word href=href>
                {mark}
                <span>{word.word.clone()}</span>
                <span class="word__count">
                    {word.captions} <span class="visually-hidden">" captions"</span> {more}
                </span>
            </a>
        </li>
    }
    .into_any()
}

fn pages(data: Data, words: &CaptionWords) -> Option<AnyView> {
    let (from, shown) = (words.offset, words.words.len());
    if shown == words.total {
        return None;
    }
    let to = |from: usize| {
        let from = if from == 0 {
            String::new()
        } else {
            from.to_string()
        };
        place::here(data, &[("words", &from)]).href(&data.style_id())
    };
    let first = (from > 0).then(|| {
        view! {
            <a class="button button--secondary button--small" href=to(0) data-noscroll="">
                "Most used"
            </a>
        }
    });
    let next = (from + shown < words.total).then(|| {
        view! {
            <a class="button button--secondary button--small" href=to(from + shown) data-noscroll="">
                "Less used"
                <Icon name="chevron-right" />
            </a>
        }
    });
    let place = format!("{} to {} of {}", from + 1, from + shown, words.total);
    let view = view! {
        <nav class="row" aria-label="Pages of words">
            {first} <span class="muted">{place}</span> {next}
        </nav>
    };
    Some(view.into_any())
}
