//! One style on the grid.

use crate::library::model::{LatestRun, StyleCard};
use crate::training::model::version::Status;
use crate::ui::units::plural;
use crate::ui::{Badge, Icon};
use leptos::prelude::*;

#[component]
pub fn Card(
    card: StyleCard,
    /// The run as it is now; follows a live run.
    #[prop(into)]
    latest: Signal<Option<LatestRun>>,
) -> impl IntoView {
    let style = card.style;
    let (id, title) = (style.id.to_string(), style.title);
    let data = format!("/styles/{id}/data");
    let sets = match card.sets {
        Some(sets) => plural(sets, "set"),
        None => "sets cannot be read".to_owned(),
    };
    let counts = match card.counts {
        Some((images, captions)) => format!(
            "{} · {} · {sets}",
            plural(images, "image"),
            plural(captions, "caption"),
        ),
        None => format!("S3 does not answer · {sets}"),
    };
    let badge = match card.versions {
        Some(_) => view! { <RunBadge latest /> }.into_any(),
        None => view! { <span class="muted">"Versions cannot be read"</span> }.into_any(),
    };
    let cover = match style.cover_url {
        Some(url) => view! {
            <img
                class="style-card__image"
                src=url
                alt=""
                loading="lazy"
                width="300"
                height="225"
            />
        }
        .into_any(),
        None => view! {
            <span class="style-card__no-cover" aria-hidden="true">
                {title.chars().next().map(|c| c.to_uppercase().to_string())}
            </span>
        }
        .into_any(),
    };
    let number = style.client_index.map(|n| format!("#{n}"));
    let trigger = match style.trigger_words.as_str() {
        "" => format!("style_{id}"),
        words => words.to_owned(),
    };
    view! {
        <li class="style-card">
            <div class="style-card__cover">{cover} <RunProgress latest /></div>
            <div class="style-card__body">
                <h2 class="style-card__title">
                    <span class="style-card__number">{number}</span>
                    <a class="style-card__link" href=data.clone()>
                        {title.clone()}
                    </a>
                </h2>
                <code class="style-card__trigger">{trigger}</code>
                <p class="style-card__counts">{counts}</p>
                <p class="style-card__status">
                    {badge}
                    {style
                        .good_version
                        .map(|version| {
                            view! {
                                <span class="good">
                                    <Icon name="star-filled" />
                                    {format!("{version} good")}
                                </span>
                            }
                        })}
                </p>
            </div>
            <div class="style-card__actions">
                <a
                    class="button button--secondary button--small"
                    href=data
                    aria-label=format!("Training data of {title}")
                >
                    "Training data"
                </a>
                <a
                    class="button button--primary button--quiet button--small"
                    href=format!("/styles/{id}/train")
                    aria-label=format!("Train LoRA of {title}")
                >
                    "Train LoRA"
                </a>
            </div>
        </li>
    }
}

#[component]
fn RunProgress(latest: Signal<Option<LatestRun>>) -> impl IntoView {
    let running = move || {
        latest
            .get()
            .filter(|r| r.live && r.status == Status::Training)
    };
    move || {
        running().map(|run| {
            let percent = run.percent.unwrap_or(0);
            view! {
                <progress
                    class="progress style-card__progress"
                    max="100"
                    value=percent
                    aria-label=format!("{} training", run.name)
                >
                    {format!("{percent} %")}
                </progress>
            }
        })
    }
}

#[component]
fn RunBadge(latest: Signal<Option<LatestRun>>) -> impl IntoView {
    move || match latest.get() {
        None => view! { <span class="muted">"Not trained yet"</span> }.into_any(),
        Some(run) => {
            let text = match (run.status, run.percent) {
                (Status::Training, Some(percent)) => format!("{} training {percent} %", run.name),
                (status, _) => format!("{} {}", run.name, status.as_str()),
            };
            view! { <Badge kind=run.status.as_str().to_owned() text=text /> }.into_any()
        }
    }
}
