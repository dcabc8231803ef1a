//! What is wrong with the form, and what is only odd: each with the way to its field and into the guide.

use crate::training::model::guide::of_remark;
use crate::training::model::plan::Remark;
use crate::ui::{GuideLink, Icon};
use leptos::prelude::*;

/// Problems stop the start, warnings do not.
#[component]
pub fn Remarks(problems: Vec<Remark>, warnings: Vec<Remark>) -> impl IntoView {
    let problems = problems
        .into_iter()
        .map(|p| remark("error", "Problem: ", p));
    let warnings = warnings
        .into_iter()
        .map(|w| remark("warning", "Warning: ", w));
    view! {
        <ul class="checks">
            {problems.collect_view()} {warnings.collect_view()}
        </ul>
    }
}

fn remark(kind: &'static str, word: &'static str, remark: Remark) -> AnyView {
    let guide = of_remark(&remark);
    let text = match remark.field {
        Some(field) => view! {
            <a class="check__field" href=format!("#{field}") on:click=unfold>
                {remark.message}
            </a>
        }
        .into_any(),
        None => remark.message.into_any(),
    };
    view! {
        <li class=format!("check check--{kind}")>
            <Icon name=kind class="check__icon" />
            <span>
                <span class="visually-hidden">{word}</span>
                {text}
            </span>
            {guide.map(|to| view! { <GuideLink to about="This remark" /> })}
        </li>
    }
    .into_any()
}

/// Follows a link to a field.
fn unfold(event: leptos::ev::MouseEvent) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let target = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|t| t.closest("a").ok().flatten());
        let id = link
            .and_then(|l| l.get_attribute("href"))
            .unwrap_or_default();
        if show_field(id.trim_start_matches('#')) {
            event.prevent_default();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = event;
}

/// Opens the group that the field lies in and puts the cursor there; says whether there is such a field.
pub fn show_field(id: &str) -> bool {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let field = document().get_element_by_id(id);
        let Some(field) = field.and_then(|f| f.dyn_into::<web_sys::HtmlElement>().ok()) else {
            return false;
        };
        if let Ok(Some(group)) = field.closest("details") {
            let _ = group.set_attribute("open", "");
        }
        let _ = field.focus();
        true
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = id;
        false
    }
}
