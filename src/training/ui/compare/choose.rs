//! Which versions stand side by side: a plain form of boxes.

use super::bounds;
use crate::styles::model::StyleId;
use crate::training::model::version::TrainingVersion;
use crate::training::ui::status::{name, recipe};
use crate::ui::{Badge, Icon};
use leptos::prelude::*;

#[component]
pub fn Choose(
    style: StyleId,
    ids: Vec<String>,
    versions: Vec<TrainingVersion>,
    /// Nothing can be shown yet.
    open: bool,
) -> impl IntoView {
    let several = versions.len() > 1;
    let rows = versions.into_iter().map(|version| {
        let ticked = ids.contains(&version.id);
        let (title, recipe) = (name(&version), recipe(&version));
        let kind = version.status.as_str().to_owned();
        view! {
            <li>
                <label class="choice compare__choice">
                    <input class="checkbox" type="checkbox" name="ids" value=version.id checked=ticked />
                    <span>
                        <span class="compare__name">{title}</span>
                        " "
                        <Badge kind=kind.clone() text=kind />
                        <span class="choice__hint">{recipe}</span>
                    </span>
                </label>
            </li>
        }
    });
    let why = match several {
        true => format!("Tick {} versions.", bounds()),
        false => "There is nothing to compare with yet: train a second version.".to_owned(),
    };
    view! {
        <details class="panel disclosure compare__choose" open=open>
            <summary class="disclosure__summary">"Choose versions"</summary>
            <form class="compare__form" method="get" action=format!("/styles/{style}/versions/compare")>
                <p class="muted">{why}</p>
                <ul class="compare__choices">{rows.collect_view()}</ul>
                {several
                    .then(|| {
                        view! {
                            <div class="button-group">
                                <button class="button button--primary" type="submit">
                                    <Icon name="compare" />
                                    "Compare"
                                </button>
                            </div>
                        }
                    })}
            </form>
        </details>
    }
}
