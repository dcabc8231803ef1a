//! Versions side by side: what differs is shown, what is equal is folded. Which ones stands in the address, `?ids=…&ids=…`.

mod choose;
mod dataset;
mod sections;

pub use dataset::Words;

use super::history::known;
use crate::error::{AppError, ErrorKind};
use crate::styles::model::StyleId;
use crate::training::api::compare::compare_versions;
use crate::training::api::versions;
use crate::training::model::compare::{Comparison, FEWEST, MOST};
use crate::training::model::version::TrainingVersion;
use crate::ui::frame::set_not_found;
use crate::ui::{ErrorNotice, Icon};
use choose::Choose;
use dataset::Datasets;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use sections::Sections;

#[component]
pub fn ComparePage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let style = params.read().get("id").unwrap_or_default();
        (style, ids(&query.read().get_all("ids").unwrap_or_default()))
    });
    let loaded = Resource::new(
        move || asked.get(),
        |(style, ids)| async move { load(known(&style)?, ids).await },
    );
    view! {
        <Title text="Compare versions" />
        <Transition fallback=Skeleton>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok(page) => view! { <Page page /> }.into_any(),
                    // the frame says already that there is no such style
                    Err(error) if error.kind == ErrorKind::NotFound => ().into_any(),
                    Err(error) => view! { <ErrorNotice error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// Ids of an address, each once; `ids=a,b` is `ids=a&ids=b`.
fn ids(values: &[String]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in values.iter().flat_map(|v| v.split(',')) {
        if !id.is_empty() && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// What the page shows.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Loaded {
    style: StyleId,
    ids: Vec<String>,
    /// All of the style, to choose from.
    versions: Vec<TrainingVersion>,
    /// `None` before enough are chosen.
    comparison: Option<Result<Comparison, AppError>>,
}

async fn load(style: StyleId, ids: Vec<String>) -> Result<Loaded, AppError> {
    let versions = versions(style.clone()).await?;
    let comparison = match ids.len() {
        // one alone is a choice that has just begun
        0..FEWEST => None,
        _ => Some(compare_versions(style.clone(), ids.join(",")).await),
    };
    Ok(Loaded {
        style,
        ids,
        versions,
        comparison,
    })
}

#[component]
fn Skeleton() -> impl IntoView {
    view! { <div class="panel skeleton skeleton--fill" aria-hidden="true"></div> }
}

#[component]
fn Page(page: Loaded) -> impl IntoView {
    let Loaded {
        style,
        ids,
        versions,
        comparison,
    } = page;
    let open = !matches!(comparison, Some(Ok(_)));
    let all = format!("/styles/{style}/versions");
    let shown = comparison.map(|comparison| match comparison {
        Ok(comparison) => view! { <Compared style=style.clone() comparison /> }.into_any(),
        Err(error) => {
            if error.kind == ErrorKind::NotFound {
                set_not_found();
            }
            view! { <ErrorNotice error /> }.into_any()
        }
    });
    view! {
        <div class="stack">
            <header class="row row--between">
                <h2 class="compare__title">"Compare versions"</h2>
                <a class="link" href=all>
                    "All versions"
                    <Icon name="arrow-right" />
                </a>
            </header>
            <Choose style=style.clone() ids versions open />
            {shown}
        </div>
    }
}

#[component]
fn Compared(style: StyleId, comparison: Comparison) -> impl IntoView {
    let Comparison {
        columns,
        sections,
        datasets,
    } = comparison;
    view! {
        <Sections style=style.clone() columns sections />
        <Datasets style datasets />
    }
}

/// How many may be chosen, in words.
fn bounds() -> String {
    format!("{FEWEST} to {MOST}")
}

#[cfg(test)]
mod tests {
    use super::ids;

    #[test]
    fn ids_come_one_by_one_or_in_one_value_and_count_once() {
        let asked = [
            "a,b".to_owned(),
            "b".to_owned(),
            String::new(),
            "c".to_owned(),
        ];
        assert_eq!(ids(&asked), ["a", "b", "c"]);
    }
}
