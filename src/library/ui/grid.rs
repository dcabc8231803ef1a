//! The grid of styles: search, sort, new style; badges of live runs stay live.

use super::card::Card;
use crate::error::AppError;
use crate::library::api::cards;
use crate::library::model::StyleCard;
use crate::ui::frame::CrumbBar;
use crate::ui::poll::use_poll;
use crate::ui::query::{replace_query, use_query};
use crate::ui::units::plural;
use crate::ui::{ErrorNotice, Icon};
use leptos::prelude::*;
use leptos_meta::Title;

/// How often a page with a live run asks.
const LIVE_MS: u32 = 2_000;

#[component]
pub fn GridPage() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| cards());
    view! {
        <Title text="Styles" />
        <CrumbBar crumbs=vec![("Styles".to_owned(), "/".to_owned())] />
        <main id="main" tabindex="-1">
            <div class="page">
                <h1 class="visually-hidden">"Styles"</h1>
                <Transition fallback=Skeleton>
                    {move || Suspend::new(async move {
                        match loaded.await {
                            Ok(cards) => view! { <Grid cards loaded /> }.into_any(),
                            Err(error) => view! { <ErrorNotice error /> }.into_any(),
                        }
                    })}
                </Transition>
            </div>
        </main>
    }
}

#[component]
fn Skeleton() -> impl IntoView {
    let card = |_| {
        view! {
            <li class="style-card" aria-hidden="true">
                <div class="style-card__cover skeleton"></div>
                <div class="style-card__body">
                    <p class="skeleton skeleton--line"></p>
                    <p class="skeleton skeleton--line"></p>
                </div>
            </li>
        }
    };
    view! { <ul class="style-grid">{(0..10).map(card).collect_view()}</ul> }
}

type Cards = Resource<Result<Vec<StyleCard>, AppError>>;

#[component]
fn Grid(cards: Vec<StyleCard>, loaded: Cards) -> impl IntoView {
    if cards.is_empty() {
        return view! { <Empty /> }.into_any();
    }
    let total = cards.len();
    let q = use_query("q");
    let sort = use_query("sort");
    let all = StoredValue::new(cards);
    let live = Memo::new(move |_| {
        any_live(&loaded).unwrap_or_else(|| all.with_value(|c| c.iter().any(is_live)))
    });
    use_poll(live.into(), LIVE_MS, move || loaded.refetch());
    let shown = move || all.with_value(|cards| arranged(cards, &q.get(), &sort.get()));
    let count = Memo::new(move |_| shown().len());
    let latest_of = move |card: StyleCard| {
        let (id, first) = (card.style.id, card.latest);
        Signal::derive(move || {
            let now = loaded.get().and_then(Result::ok);
            let found = now.and_then(|cards| cards.into_iter().find(|c| c.style.id == id));
            found.map_or_else(|| first.clone(), |c| c.latest)
        })
    };
    view! {
        <div class="toolbar">
            <form class="toolbar__form" method="get" action="/" role="search">
                <label class="search toolbar__search">
                    <span class="visually-hidden">"Search styles"</span>
                    <Icon name="search" class="search__icon" />
                    <input
                        class="input"
                        type="search"
                        name="q"
                        placeholder="Search styles"
                        value=q.get_untracked()
                        prop:value=move || q.get()
                        on:input=move |e| replace_query("q", &event_target_value(&e))
                    />
                </label>
                <label class="toolbar__item">
                    "Sort "
                    <select
                        class="input input--auto"
                        name="sort"
                        on:change=move |e| replace_query("sort", &event_target_value(&e))
                    >
                        {SORTS
                            .into_iter()
                            .map(|(value, text)| {
                                view! {
                                    <option value=value selected=move || sort.get() == value>
                                        {text}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </select>
                </label>
                <noscript>
                    <button class="button button--secondary" type="submit">
                        "Apply"
                    </button>
                </noscript>
            </form>
            <p class="toolbar__count" role="status">
                {move || {
                    let shown = count.get();
                    if shown == total {
                        plural(total, "style")
                    } else {
                        format!("{shown} of {}", plural(total, "style"))
                    }
                }}
            </p>
            <div class="toolbar__end">
                <NewStyleLink text="New style" />
            </div>
        </div>
        <ul class="style-grid">
            <For
                each=shown
                key=|card| card.style.id.clone()
                children=move |card| view! { <Card latest=latest_of(card.clone()) card /> }
            />
        </ul>
        <div class="empty" hidden=move || count.get() != 0>
            <p class="empty__what">"No style fits the search"</p>
            <p class="empty__why">"Search looks at titles, trigger words and ids."</p>
            <a class="button button--secondary" href="/">
                "Show all styles"
            </a>
        </div>
    }
    .into_any()
}

/// `None` until the cards have been asked for again.
fn any_live(loaded: &Cards) -> Option<bool> {
    loaded.with(|answer| match answer {
        Some(Ok(cards)) => Some(cards.iter().any(is_live)),
        // a failed question is asked again
        Some(Err(_)) => Some(true),
        None => None,
    })
}

fn is_live(card: &StyleCard) -> bool {
    card.latest.as_ref().is_some_and(|run| run.live)
}

const SORTS: [(&str, &str); 3] = [
    ("", "registry order"),
    ("trained", "recently trained"),
    ("title", "title"),
];

/// The cards that fit, in the order asked for.
fn arranged(cards: &[StyleCard], q: &str, sort: &str) -> Vec<StyleCard> {
    let q = q.trim().to_lowercase();
    let fits = |card: &&StyleCard| {
        let style = &card.style;
        q.is_empty()
            || style.title.to_lowercase().contains(&q)
            || style.trigger_words.to_lowercase().contains(&q)
            || style.id.as_str() == q
    };
    let mut shown: Vec<StyleCard> = cards.iter().filter(fits).cloned().collect();
    let trained = |card: &StyleCard| card.latest.as_ref().map(|r| r.timestamp.clone());
    match sort {
        "title" => shown.sort_by_key(|c| c.style.title.to_lowercase()),
        "trained" => shown.sort_by_key(|c| std::cmp::Reverse(trained(c))),
        _ => {}
    }
    shown
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="empty">
            <Icon name="style" class="empty__mark" />
            <h2 class="empty__what">"No styles yet"</h2>
            <p class="empty__why">
                "A style is a set of captioned images and the LoRAs trained from them. Start one here, or point "
                <code>"ACTOR_MAKER_DIR"</code> " at an existing ActorMaker folder to open it unchanged."
            </p>
            <NewStyleLink text="Make the first style" />
        </section>
    }
}

/// The form is a page of its own: it would make the first visit's download a tenth larger.
#[component]
fn NewStyleLink(text: &'static str) -> impl IntoView {
    view! {
        <a class="button button--primary" href="/new">
            <Icon name="plus" />
            {text}
        </a>
    }
}
